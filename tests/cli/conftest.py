"""Two small articles, and an index of them."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from ..conftest import WriteCorpus
from .command import arsearch

ARTICLES: list[dict[str, Any]] = [
    {
        "id": "sea",
        "title": "البحر",
        "body": "سفينة دخلت المينـــاء",
        "source": "المرفأ",
        "date": "2020-01-02T00:00:00+00:00",
    },
    {
        "id": "sky",
        "title": "السماء",
        "body": "قمر ونجم",
        "source": "الأفق",
        "author": "منى",
        "tags": ["فلك"],
        "date": "2021-05-06T07:08",
    },
]


@pytest.fixture
def corpus(write_corpus: WriteCorpus) -> Path:
    return write_corpus(ARTICLES)


def indexed(corpus: Path, index: Path, encoder: str) -> Path:
    completed = arsearch("index", corpus, "--index", index, "--model", encoder)
    assert completed.returncode == 0, completed.stderr
    assert "2 articles" in completed.stdout
    assert "2 added" in completed.stdout
    assert completed.stderr == ""  # no progress bar in a pipe
    return index


@pytest.fixture(scope="session")
def index(tmp_path_factory: pytest.TempPathFactory, tiny_encoder: str) -> Path:
    """The articles, indexed once; what changes an index takes `own_index`."""
    folder = tmp_path_factory.mktemp("commands")
    (folder / "corpus.jsonl").write_text("\n".join(map(json.dumps, ARTICLES)), encoding="utf-8")
    return indexed(folder / "corpus.jsonl", folder / "index", tiny_encoder)


@pytest.fixture
def own_index(tmp_path: Path, corpus: Path, tiny_encoder: str) -> Path:
    return indexed(corpus, tmp_path / "index", tiny_encoder)
