"""Any flipped byte in any file is found and named; what was never written is found by looking at the articles."""

from __future__ import annotations

import json
import os
import random
import re
import shutil
import sqlite3
import sys
from collections.abc import Iterator
from contextlib import ExitStack, closing
from pathlib import Path
from typing import Any

import numpy as np
import pytest

import arsearch
from arsearch import CorruptIndexError, Settings
from arsearch.index import Layout, Manifest, inspect_index, rollback, update_index, verify
from arsearch.index.checksummed import ChecksumError, add_checksum, check_and_load
from arsearch.index.learned_weights import write_weights
from arsearch.index.manifest import checksum
from arsearch.lexical.segment.packing.bits import PADDING
from arsearch.ranking import shipped_weights
from arsearch.semantic import load_encoder

from ..arrays import change_array
from ..conftest import ROOT
from .versions import MARKER, write_version

SEALED = ("CURRENT", "manifest.json", "weights.json")


@pytest.fixture(autouse=True)
def no_syncing(monkeypatch: pytest.MonkeyPatch) -> None:
    """No power is lost here."""
    monkeypatch.setattr(os, "fsync", lambda descriptor: None)


@pytest.fixture
def settings(tmp_path: Path, tiny_encoder: str) -> Settings:
    """An index of two commits, and weights of its own."""
    settings = Settings(index=tmp_path / "index", model=tiny_encoder)
    for version in (0, 1):
        update_index([write_version(tmp_path / "corpus.jsonl", version)], settings)
    write_weights(settings.index, shipped_weights())
    return settings


def live_folder(settings: Settings) -> Path:
    return Layout(settings.index).commit(Layout(settings.index).current())


def files(folder: Path) -> Iterator[Path]:
    yield from (path for path in sorted(folder.rglob("*")) if path.is_file() and path.stat().st_size)


class flipped:  # noqa: N801  # used as a function
    """One bit of a file is another one, wherever hard links show it. A context manager."""

    def __init__(self, path: Path, place: int) -> None:
        self._path, self._place = path, place

    def _flip(self) -> None:
        with self._path.open("rb+") as file:
            file.seek(self._place)
            [byte] = file.read(1)
            file.seek(self._place)
            file.write(bytes([byte ^ 1]))

    __enter__ = _flip

    def __exit__(self, *error: object) -> None:
        self._flip()


def test_a_flipped_bit_in_any_file_is_found_and_named(settings: Settings) -> None:
    chance = random.Random(3)
    names = set()
    by_inode = {path.stat().st_ino: path for path in files(settings.index) if path.name != "write.lock"}
    for place in (0.0, chance.random(), chance.random(), 1.0):
        for chosen in (("CURRENT",), ("manifest.json", "weights.json"), ()):
            paths = [path for path in by_inode.values() if (path.name in chosen if chosen else path.name not in SEALED)]
            with ExitStack() as stack:
                for path in paths:
                    stack.enter_context(flipped(path, round(place * (path.stat().st_size - 1))))
                found = inspect_index(settings.index, sample=0)
            for path in paths:
                assert any(str(path) in fault for fault in (*found.faults, *found.older_faults)), (path, place)
                names.add(path.name)
    assert {*SEALED, "0001.sqlite", "0001.faiss", "0001.arrays", "segments.arrays"} <= names
    assert verify(settings.index) == []


def test_faults_of_earlier_commits_are_told_apart(settings: Settings) -> None:
    [path] = Layout(settings.index).commit("00000001").glob("semantic/0*.arrays")
    with flipped(path, 100):
        found = inspect_index(settings.index)
    assert found.faults == ()
    assert [str(path) in fault for fault in found.older_faults] == [True]


def test_every_flipped_bit_of_the_small_files_is_noticed_on_opening(settings: Settings) -> None:
    """No such index is ever served: neither another commit nor other weights."""
    for path in (settings.index / "CURRENT", live_folder(settings) / "manifest.json", settings.index / "weights.json"):
        size = path.stat().st_size
        for place in range(0, size, max(1, size // 100)):
            with flipped(path, place), pytest.raises(CorruptIndexError, match=re.escape(path.name)):
                arsearch.open_index(settings.index, settings=settings)


def test_headers_are_checked_on_opening(settings: Settings) -> None:
    for path in files(live_folder(settings)):
        place = min(60, path.stat().st_size - 1)
        with flipped(path, place), pytest.raises(CorruptIndexError, match=re.escape(path.name)):
            arsearch.open_index(settings.index, settings=settings)


def test_missing_and_truncated_files_name_themselves_on_opening(settings: Settings) -> None:
    for path in files(live_folder(settings)):
        aside = path.with_name("aside")
        path.rename(aside)
        with pytest.raises(CorruptIndexError, match=re.escape(path.name)):
            arsearch.open_index(settings.index, settings=settings)
        shutil.copyfile(aside, path)
        os.truncate(path, path.stat().st_size - 1)
        with pytest.raises(CorruptIndexError, match=re.escape(path.name)):
            arsearch.open_index(settings.index, settings=settings)
        aside.replace(path)
    arsearch.open_index(settings.index, settings=settings).close()


def test_a_pointer_to_another_commit_is_mended_by_rollback(settings: Settings) -> None:
    pointer = settings.index / "CURRENT"
    pointer.write_bytes(pointer.read_bytes().replace(b"00000002", b"00000001"))
    with pytest.raises(CorruptIndexError, match=r"CURRENT is not what was written.*arsearch rollback"):
        arsearch.open_index(settings.index, settings=settings)
    assert rollback(settings.index) == "00000002"
    assert verify(settings.index) == []


def rewrite_manifest(settings: Settings) -> None:
    """Make the manifest say that every file is what it is now: checksums find nothing any more."""
    folder = live_folder(settings)
    manifest = Manifest.read(folder)
    record = check_and_load((folder / "manifest.json").read_bytes())
    record["files"] = {
        name: {"size": now.size, "sha256": now.sha256, "head": now.head}
        for name in manifest.files
        for now in [checksum(folder / name)]
    }
    (folder / "manifest.json").write_bytes(add_checksum(record))
    Layout(settings.index).switch(folder.name)


@pytest.mark.parametrize(
    ("pattern", "array", "place", "by", "message"),
    [
        ("lexical/0*.arrays", "posting_counts", slice(None), 1, "is damaged|elsewhere"),
        ("lexical/0*.arrays", "posting_bytes", -1 - PADDING, 1, "is damaged|elsewhere"),
        ("lexical/0*.arrays", "span_bytes", -1, 1, "words are not those of its text"),
        ("lexical/0*.arrays", "text_bytes", -1 - PADDING, 1, "words are not those of its text"),
        ("lexical/0*.arrays", "lengths", 0, 1, "length in the field"),
        ("semantic/0*.arrays", "passages", (0, 1), 1, "passages of the article"),
    ],
)
def test_what_does_not_agree_with_the_articles_is_found(
    settings: Settings, pattern: str, array: str, place: Any, by: int, message: str
) -> None:
    def change(values: Any) -> Any:
        if len(values):
            values[place] += by
        return values

    change_array(live_folder(settings).glob(pattern), array, change)
    rewrite_manifest(settings)
    faults = verify(settings.index)
    assert faults
    assert re.search(message, " ".join(faults))
    assert inspect_index(settings.index, sample=0).faults == ()


def test_an_article_that_only_one_store_has_is_found(settings: Settings) -> None:
    [path] = live_folder(settings).glob("articles/*.sqlite")
    with closing(sqlite3.connect(path)) as database, database:
        database.execute("DELETE FROM articles WHERE id = ?", (MARKER,))
    rewrite_manifest(settings)
    [counts, articles] = verify(settings.index)
    assert "different numbers of articles" in counts
    assert "hold different articles" in articles


def test_vectors_of_another_text_are_found(settings: Settings, monkeypatch: pytest.MonkeyPatch) -> None:
    class Other:
        def __init__(self, name: str) -> None:
            self._encoder = load_encoder(name)

        def __getattr__(self, name: str) -> Any:
            return getattr(self._encoder, name)

        def encode_passages(self, texts: list[str]) -> Any:
            return np.roll(self._encoder.encode_passages(["قمر ونجم" for _ in texts]), 1, axis=1)

    monkeypatch.setattr("arsearch.index.verification.load_encoder", Other)
    assert any("vectors of the article" in fault for fault in verify(settings.index))


def test_a_model_that_is_gone_is_told_of(settings: Settings, tmp_path: Path, tiny_encoder: str) -> None:
    model = shutil.copytree(tiny_encoder, tmp_path / "model")
    run = Settings(index=tmp_path / "other", model=str(model))
    update_index([tmp_path / "corpus.jsonl"], run)
    shutil.rmtree(model)
    verification = inspect_index(run.index)
    assert verification.faults == ()
    assert "vectors were not compared" in verification.notice
    assert verification.passages == 0 < verification.sampled


def test_files_that_commits_share_are_read_once(settings: Settings) -> None:
    verification = inspect_index(settings.index)
    folder = live_folder(settings)
    inodes = {path.stat().st_ino for path in files(folder.parent) if path.name != "manifest.json"}
    empty = {path.stat().st_ino for path in folder.parent.rglob("*") if path.is_file() and not path.stat().st_size}
    assert verification.files == len(inodes | empty)
    assert verification.sampled == verification.articles


@pytest.mark.parametrize("record", [{"a": 1}, {"a": "ب\n", "checksum_of": [1, {"x": None}]}])
def test_seals(record: dict[str, Any]) -> None:
    data = add_checksum(record)
    assert check_and_load(data) == record
    assert json.loads(data) == {"checksum": json.loads(data)["checksum"]} | record
    for place in range(len(data)):
        changed = data[:place] + bytes([data[place] ^ 4]) + data[place + 1 :]
        for broken in (changed, data[:place], data[:place] + b" " + data[place:]):
            with pytest.raises(ChecksumError):
                check_and_load(broken)


def test_nothing_is_ever_unpickled(settings: Settings, monkeypatch: pytest.MonkeyPatch) -> None:
    """Neither by arsearch nor by what it opens files with: pickle is asked for nothing, NumPy refuses it."""
    found: list[str] = []
    watching = True

    def hook(event: str, arguments: tuple[Any, ...]) -> None:
        if watching and event == "pickle.find_class":
            found.append(f"{event} {arguments}")

    sys.addaudithook(hook)
    loaded: list[bool] = []
    real = np.load

    def load(*arguments: Any, **options: Any) -> Any:
        loaded.append(options.get("allow_pickle", False))
        return real(*arguments, **options)

    monkeypatch.setattr(np, "load", load)
    with arsearch.open_index(settings.index, settings=settings) as index:
        assert index.search("سفينة").mode == "hybrid"
    assert verify(settings.index) == []
    watching = False
    assert found == []
    assert not any(loaded)
    for path in (ROOT / "src").rglob("*.py"):
        assert not re.search(r"\b(import|from) (pickle|marshal|shelve)\b|allow_pickle=True", path.read_text("utf-8"))
