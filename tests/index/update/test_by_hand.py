"""Articles added and deleted by hand, indexes made compact, articles taken out again."""

from __future__ import annotations

import gzip
import io
import json
from pathlib import Path
from types import SimpleNamespace

import pytest

import arsearch
from arsearch import ArsearchError, ArticleNotFoundError, Settings
from arsearch.common.segments import read_deleted
from arsearch.index import Changes, Layout, export_articles, stored_articles, update_index, verify

from .test_sources import BREAD, SEA, SKY, bodies, counts, ids, write

NEW_SEA = SEA | {"body": "زورق صغير"}


@pytest.fixture
def corpus(settings: Settings, tmp_path: Path) -> Path:
    path = write(tmp_path / "corpus.jsonl", SEA, SKY)
    update_index([path], settings)
    return path


def add(settings: Settings, *paths: Path) -> tuple[int, int, int, int]:
    return counts(update_index([], settings, changes=Changes(add=paths)))


def delete(settings: Settings, *identifiers: str) -> tuple[int, int, int, int]:
    return counts(update_index([], settings, changes=Changes(delete=identifiers)))


def test_an_added_article_stays_whatever_the_sources_say(settings: Settings, corpus: Path, tmp_path: Path) -> None:
    assert add(settings, write(tmp_path / "one.jsonl", BREAD)) == (1, 0, 0, 2)
    write(corpus, SKY)
    assert counts(update_index([], settings)) == (0, 0, 1, 1)
    assert counts(update_index([], settings, full=True))[0] == 2
    assert ids(settings) == ["bread", "sky"]
    assert counts(update_index([corpus], settings, full=True))[0] == 1  # begins anew
    assert ids(settings) == ["sky"]


def test_an_added_article_counts_before_that_of_a_source(settings: Settings, corpus: Path, tmp_path: Path) -> None:
    assert add(settings, write(tmp_path / "one.jsonl", NEW_SEA)) == (0, 1, 0, 1)
    write(corpus, SEA | {"body": "باخرة"}, SKY)
    update_index([], settings)
    assert bodies(settings)["sea"] == NEW_SEA["body"]
    update_index([], settings, full=True)
    assert bodies(settings)["sea"] == NEW_SEA["body"]


def test_a_deleted_article_stays_away_until_it_is_added(settings: Settings, corpus: Path, tmp_path: Path) -> None:
    assert delete(settings, "sea") == (0, 0, 1, 1)
    write(corpus, SEA | {"body": "باخرة"}, SKY)
    summary = update_index([], settings)
    assert (counts(summary), summary.tallies[0].withheld) == ((0, 0, 0, 1), 1)
    update_index([], settings, full=True)
    assert ids(settings) == ["sky"]
    assert add(settings, write(tmp_path / "one.jsonl", NEW_SEA)) == (1, 0, 0, 1)
    assert ids(settings) == ["sea", "sky"]
    assert delete(settings, "sea") == (0, 0, 1, 1)
    assert counts(update_index([corpus], settings, full=True))[0] == 2


def test_an_id_that_is_not_there_deletes_nothing(settings: Settings, corpus: Path) -> None:
    with pytest.raises(ArticleNotFoundError, match=r"'moon'.*nothing was deleted"):
        delete(settings, "sea", "moon")
    assert ids(settings) == ["sea", "sky"]
    delete(settings, "sea")
    with pytest.raises(ArticleNotFoundError, match="'sea'"):
        delete(settings, "sea")


def test_the_last_article_cannot_be_deleted(settings: Settings, corpus: Path) -> None:
    with pytest.raises(ArsearchError, match="of no use"):
        delete(settings, "sea", "sky")
    assert ids(settings) == ["sea", "sky"]


def test_articles_are_added_from_standard_input_and_to_no_index(
    settings: Settings, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("sys.stdin", SimpleNamespace(buffer=io.BytesIO(json.dumps(SEA).encode())))
    assert add(settings, Path("-")) == (1, 0, 0, 0)
    assert ids(settings) == ["sea"]
    assert counts(update_index([], settings)) == (0, 0, 0, 0)


def test_compacting_leaves_one_segment_of_live_articles(settings: Settings, tmp_path: Path) -> None:
    corpus = tmp_path / "corpus.jsonl"
    records = [{"id": f"{number}", "body": f"سفينة رقم {number}"} for number in range(40)]
    update_index([write(corpus, *records)], settings)
    update_index([write(corpus, *records[:-1])], settings)

    def deleted() -> int:
        layout = Layout(settings.index)
        [(_, gone)] = read_deleted(layout.commit(layout.current()) / "lexical", "i4")
        return len(gone)

    before = deleted()
    assert counts(update_index([], settings, changes=Changes(compact=True))) == (0, 0, 0, 39)
    assert deleted() < before
    assert verify(settings.index) == []
    with arsearch.open_index(settings.index, settings=settings) as index:
        assert index.search("سفينة", mode="lexical").total == 39


@pytest.mark.parametrize("name", ["out.jsonl", "out.jsonl.gz"])
def test_indexing_an_export_gives_the_same_index(
    settings: Settings, tmp_path: Path, tiny_encoder: str, name: str
) -> None:
    boilerplate = [{"id": f"{n}", "body": f"خبر {n}\nأترك رد", "source": "س", "tags": ["أ"]} for n in range(9)]
    long = " ".join(f"كلمة{number}" for number in range(40))
    copies = [{"id": "first", "body": long, "date": "2020-01-01"}, {"id": "again", "body": long}]
    update_index([write(tmp_path / "corpus.jsonl", SEA, *boilerplate, *copies)], settings)
    add(settings, write(tmp_path / "one.jsonl", BREAD))
    delete(settings, "3")
    out = tmp_path / name
    assert export_articles(settings.index, out) == 12
    data = out.read_bytes()
    lines = (gzip.decompress(data) if name.endswith(".gz") else data).decode().splitlines()
    assert json.loads(lines[0]) == {"id": "0", "body": "خبر 0\nأترك رد", "source": "س", "tags": ["أ"]}  # as it was read
    again = Settings(index=tmp_path / "again", model=tiny_encoder)
    assert update_index([out], again).copies == 1
    assert list(stored_articles(again.index)) == list(stored_articles(settings.index))
    export_articles(again.index, out)
    assert out.read_bytes() == data


def test_an_export_that_cannot_be_written_leaves_what_was_there(
    settings: Settings, corpus: Path, tmp_path: Path
) -> None:
    with pytest.raises(ArsearchError, match="cannot be written"):
        export_articles(settings.index, tmp_path / "no" / "out.jsonl")
    out = tmp_path / "out.jsonl"
    out.write_text("before", encoding="utf-8")
    layout = Layout(settings.index)
    (layout.commit(layout.current()) / "articles" / "0001.sqlite").write_bytes(b"no database at all")
    with pytest.raises(ArsearchError, match="cannot be read"):
        export_articles(settings.index, out)
    assert out.read_text(encoding="utf-8") == "before"
    assert [path.name for path in tmp_path.iterdir() if "new" in path.name] == []
