"""Commits: one is live or another, nothing is lost when something fails, and what is damaged is named."""

from __future__ import annotations

import dataclasses
import os
import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from filelock import FileLock

import arsearch
from arsearch import CorruptIndexError, IndexLockedError, IndexStateError, NoIndexError, Settings
from arsearch.index import Layout, rollback, update_index, verify
from arsearch.semantic import cut_passages

from ..conftest import WriteCorpus
from .small_index import BREAD, SEA, SKY, damage, edit_manifest, found


@pytest.fixture
def crash_in_the_middle(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    """Make the second update fail when the passages of its second article are cut, as a bug or a full disk would."""
    real = cut_passages
    calls = iter(range(10))

    def failing(*given: Any, **named: Any) -> object:
        if next(calls) == 2:
            raise OSError(28, "No space left on device")
        return real(*given, **named)

    monkeypatch.setattr("arsearch.index.update.analyse.cut_passages", failing)
    yield
    monkeypatch.undo()


@pytest.mark.usefixtures("crash_in_the_middle")
def test_a_failure_leaves_the_live_commit_and_no_rest(settings: Settings, write_corpus: WriteCorpus) -> None:
    corpus = write_corpus([SEA])
    update_index([corpus], settings)
    write_corpus([SEA, SKY, BREAD])
    with pytest.raises(IndexStateError, match=r"No space left.*room on the disk"):
        update_index([corpus], settings)
    assert Layout(settings.index).commits() == ["00000001"]
    assert [path.name for path in (settings.index / "commits").iterdir()] == ["00000001"]
    assert found(settings, "سفينة") == ["sea"]
    assert verify(settings.index) == []


def test_leftovers_of_a_dead_writer_are_swept_up(settings: Settings, write_corpus: WriteCorpus) -> None:
    corpus = write_corpus([SEA])
    update_index([corpus], settings)
    leftover = settings.index / "commits" / "00000002.building"
    leftover.mkdir()
    (leftover / "rest").write_text("x", encoding="ascii")
    write_corpus([SEA, SKY])
    update_index([corpus], settings)
    assert not leftover.exists()


def test_a_second_writer_is_refused(settings: Settings, write_corpus: WriteCorpus) -> None:
    corpus = write_corpus([SEA])
    update_index([corpus], settings)
    with FileLock(settings.index / "write.lock"), pytest.raises(IndexLockedError, match="Another process"):
        update_index([corpus], settings)


def test_old_commits_are_collected(settings: Settings, write_corpus: WriteCorpus) -> None:
    for number in range(4):
        update_index([write_corpus([SEA | {"body": f"سفينة {number}"}])], settings)
    assert Layout(settings.index).commits() == ["00000003", "00000004"]


def test_rollback_serves_the_commit_before(settings: Settings, write_corpus: WriteCorpus) -> None:
    update_index([write_corpus([SEA])], settings)
    update_index([write_corpus([SKY])], settings)
    assert rollback(settings.index) == "00000001"
    assert found(settings, "سفينة") == ["sea"]
    with pytest.raises(NoIndexError, match="no earlier whole commit"):
        rollback(settings.index)
    update_index([write_corpus([BREAD])], settings)
    assert Layout(settings.index).current() == "00000003"
    assert found(settings, "فرن") == ["bread"]


def test_readers_keep_their_commit(settings: Settings, write_corpus: WriteCorpus) -> None:
    update_index([write_corpus([SEA])], settings)
    with arsearch.open_index(settings.index) as before:
        update_index([write_corpus([SKY])], settings)
        assert [hit.id for hit in before.search("سفينة", mode="lexical").hits] == ["sea"]
    assert found(settings, "سفينة") == []


def test_verify_names_every_file_with_a_flipped_byte(settings: Settings, write_corpus: WriteCorpus) -> None:
    update_index([write_corpus([SEA, SKY, BREAD])], settings)
    layout = Layout(settings.index)
    folder = layout.commit(layout.current())
    files = [path for path in sorted(folder.rglob("*")) if path.is_file() and path.name != "manifest.json"]
    assert len(files) > 6
    for path in files:
        data = path.read_bytes()
        if not data:
            continue
        path.write_bytes(data[:-1] + bytes([data[-1] ^ 1]))
        [fault] = verify(settings.index)
        assert str(path) in fault
        path.write_bytes(data)
    (folder / "stranger").write_text("x", encoding="ascii")
    assert "does not belong" in verify(settings.index)[0]


def test_a_truncated_file_is_noticed_on_opening(settings: Settings, write_corpus: WriteCorpus) -> None:
    update_index([write_corpus([SEA])], settings)
    layout = Layout(settings.index)
    path = layout.commit(layout.current()) / "semantic" / "0001.faiss"
    path.write_bytes(path.read_bytes()[:-2])
    with pytest.raises(CorruptIndexError, match=r"0001\.faiss"):
        arsearch.open_index(settings.index)


def test_an_index_that_cannot_be_read_is_not_silently_replaced(settings: Settings, write_corpus: WriteCorpus) -> None:
    corpus = write_corpus([SEA])
    update_index([corpus], settings)
    layout = Layout(settings.index)
    (layout.commit(layout.current()) / "manifest.json").write_text("{", encoding="utf-8")
    for sources in ([corpus], []):
        with pytest.raises(CorruptIndexError, match="with all your sources"):
            update_index(sources, settings)
    assert update_index([corpus], settings, full=True).articles == 1


@pytest.mark.parametrize("pattern", ["lexical/0*.arrays", "articles/*.sqlite", "semantic/*.faiss"])
def test_an_update_takes_nothing_over_from_damaged_files(
    settings: Settings, write_corpus: WriteCorpus, pattern: str
) -> None:
    corpus = write_corpus([SEA])
    update_index([corpus], settings)
    layout = Layout(settings.index)
    damage(layout.commit("00000001"), pattern)
    write_corpus([SEA, SKY])
    assert re.search("checksum|damaged", update_index([corpus], settings).rebuilt_because)
    assert verify(settings.index) == []
    assert found(settings, "سفينة") == ["sea"]


def test_rollback_passes_over_damaged_commits(settings: Settings, write_corpus: WriteCorpus) -> None:
    keeping = dataclasses.replace(settings, keep_commits=3)
    for record in (SEA, SKY, BREAD):
        update_index([write_corpus([record])], keeping, full=True)
    damage(Layout(settings.index).commit("00000002"), "lexical/0*.arrays")
    assert rollback(settings.index) == "00000001"


def test_a_commit_that_was_rolled_back_from_is_not_kept(settings: Settings, write_corpus: WriteCorpus) -> None:
    for record in (SEA, SKY):
        update_index([write_corpus([record])], settings)
    rollback(settings.index)
    update_index([write_corpus([BREAD])], settings)
    assert Layout(settings.index).commits() == ["00000001", "00000003"]
    assert rollback(settings.index) == "00000001"


def test_rollback_passes_over_commits_of_other_rules(settings: Settings, write_corpus: WriteCorpus) -> None:
    for record in (SEA, SKY):
        update_index([write_corpus([record])], settings)
    layout = Layout(settings.index)
    edit_manifest(settings, "00000001", analysis_version=0)
    with pytest.raises(NoIndexError, match="no earlier whole commit"):
        rollback(settings.index)
    assert layout.current() == "00000002"


def test_the_live_commit_is_switched_by_a_rename(settings: Settings, write_corpus: WriteCorpus) -> None:
    """Whoever reads CURRENT in that moment reads the old name or the new one: the old file is never written to."""
    update_index([write_corpus([SEA])], settings)
    with (settings.index / "CURRENT").open(encoding="ascii") as before:
        update_index([write_corpus([SKY])], settings)
        assert before.read().startswith("00000001 ")
    assert (settings.index / "CURRENT").read_text(encoding="ascii").startswith("00000002 ")


def test_everything_is_on_the_disk_before_the_switch(
    settings: Settings, write_corpus: WriteCorpus, monkeypatch: pytest.MonkeyPatch
) -> None:
    synced: list[str] = []
    real = os.fsync

    def fsync(descriptor: int) -> None:
        synced.append(str(Path(f"/proc/self/fd/{descriptor}").readlink()))
        real(descriptor)

    monkeypatch.setattr(os, "fsync", fsync)
    update_index([write_corpus([SEA])], settings)
    root = str(settings.index.resolve())
    switched = synced.index(f"{root}/CURRENT.new")
    commit = Layout(settings.index).commit("00000001")
    for path in commit.rglob("*"):
        name = path.relative_to(commit).as_posix()
        assert f"{root}/commits/00000001.building/{name}" in synced[:switched], name
    assert f"{root}/commits" in synced[:switched]
    assert root in synced[switched:]


def test_a_stray_file_among_the_commits_is_swept_up(settings: Settings, write_corpus: WriteCorpus) -> None:
    corpus = write_corpus([SEA])
    update_index([corpus], settings)
    (settings.index / "commits" / "stray.building").write_text("x", encoding="ascii")
    write_corpus([SEA, SKY])
    assert update_index([corpus], settings).unchanged == 1
