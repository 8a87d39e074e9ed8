"""Building anew when the program or its settings have changed and sources are gone: from the article store."""

from __future__ import annotations

import dataclasses
import json
import shutil
import sqlite3
import zlib
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest

import arsearch
from arsearch import CorruptIndexError, IncompatibleIndexError, Settings
from arsearch.common.array_files import ArrayFile, write_arrays
from arsearch.common.segments import read_deleted
from arsearch.index import Changes, Layout, stored_articles, update_index, verify
from arsearch.index.store.stored import CurrentStore, open_stored
from arsearch.index.store.traces import KINDS

from ...arrays import arrays_of
from ..forging import reseal
from ..small_index import edit_manifest
from .test_sources import BREAD, SEA, SKY, bodies, counts, ids, write

FURNITURE = [{"id": f"{number}", "body": f"خبر رقم {number}\nأترك رد", "source": "س"} for number in range(9)]


@pytest.fixture
def orphaned(settings: Settings, tmp_path: Path) -> Settings:
    """An index with articles of a source that is gone, of one that is there, added, and deleted by hand."""
    gone, there = write(tmp_path / "gone.jsonl", SEA, *FURNITURE), write(tmp_path / "there.jsonl", SKY)
    update_index([gone, there], settings)
    update_index([], settings, changes=Changes(add=(write(tmp_path / "one.jsonl", BREAD),), delete=("8",)))
    gone.unlink()
    return settings


def live(settings: Settings) -> Path:
    layout = Layout(settings.index)
    return layout.commit(layout.current())


def test_full_takes_the_articles_of_missing_sources_from_the_store(orphaned: Settings) -> None:
    before = list(stored_articles(orphaned.index))
    summary = update_index([], orphaned, full=True)
    assert summary.added == len(before) == 11
    assert list(stored_articles(orphaned.index)) == before
    assert {tally.format for tally in summary.tallies} == {"earlier index", "JSON lines"}
    assert summary.dropped[0].line == "أترك رد"  # they are cleaned again, from what was read
    with arsearch.open_index(orphaned.index, settings=orphaned) as index:
        assert index.article("0").body == "خبر رقم 0"
    assert "is not there any more" in update_index([], orphaned).problems[0].message


def test_when_the_source_is_back_it_counts(orphaned: Settings, tmp_path: Path) -> None:
    update_index([], orphaned, full=True)
    write(tmp_path / "gone.jsonl", SEA | {"body": "زورق صغير"})
    assert counts(update_index([], orphaned)) == (0, 1, 8, 1)
    assert bodies(orphaned)["sea"] == "زورق صغير"


@pytest.mark.parametrize("change", [{"format_version": 999}, {"analysis_version": 999}])
def test_another_version_says_what_to_run_and_loses_nothing(orphaned: Settings, change: dict[str, Any]) -> None:
    before = list(stored_articles(orphaned.index))
    edit_manifest(orphaned, **change)
    with pytest.raises(IncompatibleIndexError, match="Run `arsearch index`"):
        arsearch.open_index(orphaned.index)
    summary = update_index([], dataclasses.replace(orphaned, model=""))
    assert summary.rebuilt_because
    assert list(stored_articles(orphaned.index)) == before
    assert Layout(orphaned.index).live_manifest().encoder.endswith("encoder")  # not the bundled one


def test_an_index_of_which_the_commits_had_another_name_says_what_to_run_and_loses_nothing(orphaned: Settings) -> None:
    """Up to format version 7 the folder of commits was called ``generations``."""
    before = list(stored_articles(orphaned.index))
    edit_manifest(orphaned, format_version=7)
    (orphaned.index / "commits").rename(orphaned.index / "generations")
    with pytest.raises(IncompatibleIndexError, match="Run `arsearch index`"):
        arsearch.open_index(orphaned.index)
    assert update_index([], dataclasses.replace(orphaned, model="")).rebuilt_because
    assert list(stored_articles(orphaned.index)) == before
    assert not (orphaned.index / "generations").exists()


def as_format_9(commit: Path) -> None:
    """Let *commit* be as format version 9 had it: keys of articles in SQLite too, and beside them sorted ones."""
    articles = commit / "articles"
    for path in [*articles.glob("0*.arrays")]:
        arrays = arrays_of(path)
        keys = {kind: arrays.pop(f"{kind}_keys") for kind in KINDS}
        counts = {kind: arrays.pop(f"{kind}_counts").astype(np.int64) for kind in KINDS}
        for kind, type_of_keys in zip(KINDS, (np.uint64, np.int64), strict=True):
            owners = np.repeat(arrays["ordinals"], counts[kind])
            order = arrays.pop(f"{kind}_order").astype(np.int64)
            arrays |= {f"{kind}_keys": keys[kind][order].view(type_of_keys), f"{kind}_owners": owners[order]}
        short = arrays.pop("short")
        path.unlink()
        write_arrays(path, arrays)
        with sqlite3.connect(path.with_suffix(".sqlite")) as connection:
            connection.execute("PRAGMA user_version = 4")
            connection.execute(
                "CREATE TABLE traces (ordinal INTEGER PRIMARY KEY, lines BLOB NOT NULL, bands BLOB, short INTEGER)"
            )
            ends = {kind: np.cumsum(counts[kind]) for kind in KINDS}
            for number, ordinal in enumerate(arrays["ordinals"].tolist()):
                lines, bands = (
                    keys[kind][ends[kind][number] - counts[kind][number] : ends[kind][number]].tobytes()
                    for kind in KINDS
                )
                row = (ordinal, lines, bands, int(short[number]))
                connection.execute("INSERT INTO traces VALUES (?, ?, ?, ?)", row)
        connection.close()
    shutil.rmtree(commit / "lexical")


def as_format_8(commit: Path) -> None:
    """Let *commit* be as format version 8 had it: each segment a folder, each array a file of NumPy's."""
    as_format_9(commit)
    articles = commit / "articles"
    state = ArrayFile(articles / "state.arrays")
    (articles / "state.json").write_text(json.dumps(state.facts), encoding="utf-8")
    for name, values in arrays_of(state.path).items():
        np.save(articles / f"{name}.npy", values)
    gone = read_deleted(articles, "i8")
    (articles / "segments.json").write_text(json.dumps([name for name, _ in gone]), encoding="utf-8")
    for name, deleted in gone:
        np.save(articles / f"{name}.deleted.npy", deleted)
        (articles / name).mkdir()
        (articles / f"{name}.sqlite").rename(articles / name / "articles.sqlite")
        for array, values in arrays_of(articles / f"{name}.arrays").items():
            if array == "dictionary":
                (articles / name / "texts.dictionary").write_bytes(values.tobytes())
            else:
                np.save(articles / name / f"{array}.npy", values)
    for path in articles.glob("*.arrays"):
        path.unlink()
    shutil.rmtree(commit / "semantic")


@pytest.mark.parametrize(("version", "as_it_was"), [(8, as_format_8), (9, as_format_9)])
def test_an_index_of_an_earlier_format_says_what_to_run_and_loses_nothing(
    orphaned: Settings, version: int, as_it_was: Callable[[Path], None]
) -> None:
    """Up to format version 8 each segment was a folder of many files; up to 9 keys of articles were in SQLite."""
    before = list(stored_articles(orphaned.index))
    deleted = [name for name, gone in read_deleted(live(orphaned) / "articles", "i8") if len(gone)]
    as_it_was(live(orphaned))
    edit_manifest(orphaned, format_version=version)
    reseal(orphaned.index, live(orphaned).name)
    with pytest.raises(IncompatibleIndexError, match=rf"format version {version}.*Run `arsearch index`"):
        arsearch.open_index(orphaned.index)
    assert list(stored_articles(orphaned.index)) == before
    assert deleted
    summary = update_index([], dataclasses.replace(orphaned, model=""))
    assert f"format version {version}" in summary.rebuilt_because
    assert list(stored_articles(orphaned.index)) == before
    assert Layout(orphaned.index).live_manifest().format_version > version
    update_index([], orphaned, changes=Changes(delete=("sea",)))  # and it can be built upon
    assert verify(orphaned.index) == []


def test_another_encoder_is_tried_on_all_articles(orphaned: Settings, tmp_path: Path) -> None:
    model = shutil.copytree(orphaned.model, tmp_path / "model")
    summary = update_index([], dataclasses.replace(orphaned, model=str(model)))
    assert (summary.added, summary.articles) == (11, 11)
    assert "encoder" in summary.rebuilt_because


def test_a_store_of_the_first_version_is_read(settings: Settings, tmp_path: Path) -> None:
    """Such stores had no ``user_version``, the source of each article in a column, and cleaned texts alone."""
    corpus = write(tmp_path / "corpus.jsonl", SKY)
    update_index([corpus], settings)
    shutil.rmtree(live(settings) / "articles")
    path = live(settings) / "articles.sqlite"
    with sqlite3.connect(path) as old:
        old.execute(
            "CREATE TABLE articles (ordinal INTEGER PRIMARY KEY AUTOINCREMENT, id TEXT NOT NULL UNIQUE, "
            "hash TEXT NOT NULL, origin TEXT NOT NULL, title TEXT NOT NULL, author TEXT NOT NULL, date TEXT NOT NULL, "
            "source TEXT NOT NULL, url TEXT NOT NULL, tags TEXT NOT NULL, language TEXT NOT NULL, body BLOB NOT NULL, "
            "copy_of INTEGER)"
        )
        for origin, identifier, body in ((str(corpus), "sky", "قمر"), (str(tmp_path / "gone.jsonl"), "sea", "سفينة")):
            old.execute(
                "INSERT INTO articles (id, hash, origin, title, author, date, source, url, tags, language, body) "
                "VALUES (?, 'h', ?, 'عنوان', '', '2020-01-01', 'س', '', '[\"وسم\"]', 'ar', ?)",
                (identifier, origin, zlib.compress(body.encode())),
            )
    old.close()
    edit_manifest(settings, format_version=4, sources=[str(corpus), str(tmp_path / "gone.jsonl")])
    update_index([], settings)
    assert ids(settings) == ["sea", "sky"]
    [sea, _] = stored_articles(settings.index)
    assert (sea.title, sea.date, sea.tags, sea.body) == ("عنوان", "2020-01-01", ("وسم",), "سفينة")
    assert bodies(settings)["sky"] == SKY["body"]  # of a source that is there


def test_what_only_a_damaged_store_has_is_not_silently_dropped(orphaned: Settings, tmp_path: Path) -> None:
    path = live(orphaned) / "articles" / "0001.sqlite"
    data = bytearray(path.read_bytes())
    data[len(data) // 2] ^= 0xFF
    path.write_bytes(data)
    with pytest.raises(CorruptIndexError, match="rollback"):
        update_index([], orphaned, full=True)
    assert update_index([tmp_path / "there.jsonl"], orphaned, full=True).articles == 1


def test_the_store_says_which_version_it_is(settings: Settings, tmp_path: Path) -> None:
    update_index([write(tmp_path / "corpus.jsonl", SKY)], settings)
    path = live(settings) / "articles" / "0001.sqlite"
    with open_stored(live(settings)) as store:
        assert isinstance(store, CurrentStore)
        assert store.is_current
    connection = sqlite3.connect(path)
    connection.execute("PRAGMA user_version = 999")
    connection.close()
    with open_stored(live(settings)) as store:
        assert isinstance(store, CurrentStore)
        assert not store.is_current
        assert [article.id for article in store.articles()] == ["sky"]
    write(tmp_path / "corpus.jsonl", SKY, SEA)
    assert "another version" in update_index([], settings).rebuilt_because
