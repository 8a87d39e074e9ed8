"""A preposition written onto a word, where the articles have the word without it."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path

import pytest

import arsearch
from arsearch import Searcher, Settings
from arsearch.arabic.clitics import stems_without_particles

BODIES = {
    "voltaire": "كان فولتير كاتبا",
    "france": "زار الوفد فرنسا",
    "garment": "صناعة اللباس",
    "courage": "قصيدة عن الباس",
    "by the sea": "رحلة ببحر العرب",
}


@pytest.fixture(scope="module")
def index(tmp_path_factory: pytest.TempPathFactory, tiny_encoder: str) -> Iterator[Searcher]:
    folder: Path = tmp_path_factory.mktemp("particles")
    lines = [json.dumps({"id": name, "body": body}) for name, body in BODIES.items()]
    (folder / "corpus.jsonl").write_text("\n".join(lines), encoding="utf-8")
    arsearch.build_index([folder / "corpus.jsonl"], folder / "index", model=tiny_encoder, settings=Settings())
    with arsearch.open_index(folder / "index", settings=Settings()) as searcher:
        yield searcher


@pytest.mark.parametrize(
    ("query", "expected"),
    [
        ("لفولتير", ["voltaire"]),
        ("وبفرنسا", ["france"]),
        ("فلفرنسا", ["france"]),
        ("لباس", ["garment"]),  # its first letter is its own, though there is a word without it
        ("ببحر", ["by the sea"]),  # written so in an article
        ("كفولتير", []),  # this letter begins too many names
    ],
)
@pytest.mark.parametrize("operators", [True, False])
def test_a_preposition_is_taken_off_where_only_the_word_without_it_is_known(
    index: Searcher, query: str, expected: list[str], operators: bool
) -> None:
    results = index.search(query, mode="lexical", as_typed=True, operators=operators)
    assert [hit.id for hit in results] == expected


def test_the_word_is_marked(index: Searcher) -> None:
    assert "<mark>فولتير</mark>" in index.marked_article("voltaire", "لفولتير")[2]


def test_three_letters_remain() -> None:
    assert list(stems_without_particles("لبحر")) == ["بحر"]
    assert list(stems_without_particles("لحر")) == []
    assert list(stems_without_particles("وبفرنسا")) == ["فرنس"]
