"""A store of articles that somebody else made holds tables and nothing that runs."""

from __future__ import annotations

import json
import shutil
import sqlite3
from contextlib import closing
from pathlib import Path

import numpy as np
import pytest

import arsearch
from arsearch import Settings
from arsearch.errors import CorruptIndexError
from arsearch.index.commit import Commit
from arsearch.index.store.legacy.one_file import LegacyStore
from arsearch.index.store.segment import ArticleSegment
from arsearch.index.store.segment_file import articles_file, open_article_file

from .forging import reseal

ENDLESS = "WITH RECURSIVE n(x) AS (VALUES (1) UNION ALL SELECT x + 1 FROM n) SELECT x FROM n"

HOSTILE = {
    "an endless view": f"ALTER TABLE articles RENAME TO real; CREATE VIEW articles AS {ENDLESS}",
    "a view nobody asks": f"CREATE VIEW other AS {ENDLESS}",
    "a trigger": "CREATE TRIGGER t AFTER INSERT ON articles BEGIN DELETE FROM articles; END",
    "a virtual table": "CREATE VIRTUAL TABLE other USING fts5(x)",
}


@pytest.fixture
def index(tmp_path: Path, tiny_encoder: str) -> Path:
    (tmp_path / "corpus.jsonl").write_text(json.dumps({"id": "1", "body": "سفينة في البحر"}), encoding="utf-8")
    arsearch.build_index([tmp_path / "corpus.jsonl"], tmp_path / "index", model=tiny_encoder, settings=Settings())
    return tmp_path / "index"


def opened(articles: Path) -> ArticleSegment:
    file = open_article_file(articles, "0001")
    return ArticleSegment("0001", articles_file(articles, "0001"), file, np.empty(0, np.int64))


@pytest.mark.parametrize("kind", HOSTILE)
def test_a_store_with_anything_but_tables_is_refused(index: Path, kind: str) -> None:
    store = index / "commits" / "00000001" / "articles" / "0001.sqlite"
    with closing(sqlite3.connect(store)) as connection:
        connection.executescript(HOSTILE[kind])
    reseal(index, "00000001")
    with pytest.raises(CorruptIndexError, match="did not make"):
        Commit.open_live(index)
    with pytest.raises(CorruptIndexError):
        LegacyStore(store)


def test_a_statement_that_does_not_end_is_ended(index: Path) -> None:
    """Steps are counted, not seconds."""
    with (
        closing(opened(index / "commits" / "00000001" / "articles")) as store,
        pytest.raises(CorruptIndexError, match="sensible time"),
    ):
        store.rows(f"SELECT count(*) FROM ({ENDLESS})")


def test_each_statement_has_its_own_steps(index: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("arsearch.index.store.database._MIN_STEPS", 300_000)
    monkeypatch.setattr("arsearch.index.store.database._STEPS_A_BYTE", 0)
    with closing(opened(index / "commits" / "00000001" / "articles")) as store:
        for _ in range(20):
            store.rows(f"SELECT count(*) FROM ({ENDLESS} LIMIT 10000)")
        assert len(store.rows("SELECT id FROM articles")) == 1


def test_functions_of_a_schema_are_not_called(index: Path, tmp_path: Path) -> None:
    store = shutil.copytree(index / "commits" / "00000001" / "articles", tmp_path / "other")
    with closing(opened(store)) as segment:
        assert segment.rows("PRAGMA trusted_schema") == [(0,)]
