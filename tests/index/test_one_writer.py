"""One writer at a time, named; readers keep what they read; the rest is collected, and rolled back to by name."""

from __future__ import annotations

import gc
import json
import os
import socket
import subprocess
import sys
import threading
import warnings
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path

import pytest
from click.testing import CliRunner

import arsearch
from arsearch import CorruptIndexError, IndexLockedError, NoIndexError, Settings
from arsearch.backends import choose_backend
from arsearch.cli import main
from arsearch.index import Layout, forget_weights, read_weights, rollback, update_index, verify, write_weights
from arsearch.index.lock import Owner, locked
from arsearch.ranking import shipped_weights

from .versions import MARKER, write_version

READER = """
import sys, arsearch
with arsearch.open_index(sys.argv[1]) as index:
    print(index.index.manifest.commit, flush=True)
    sys.stdin.read()
    print(index.article("version").title, index.search(sys.argv[2], mode="lexical").total, flush=True)
"""
WRITER = """
import sys
from pathlib import Path
from arsearch.index import Layout
from arsearch.index.lock import locked
with locked(Layout(Path(sys.argv[1]))):
    print("locked", flush=True)
    sys.stdin.read()
"""


@pytest.fixture(autouse=True)
def no_syncing(monkeypatch: pytest.MonkeyPatch) -> None:
    """No power is lost here."""
    monkeypatch.setattr(os, "fsync", lambda descriptor: None)


@pytest.fixture
def versions(settings: Settings, tmp_path: Path) -> Iterator[int]:
    """Each next() makes a commit of the version that it gives."""

    def make() -> Iterator[int]:
        version = 0
        while True:
            update_index([write_version(tmp_path / "corpus.jsonl", version)], settings)
            yield version
            version += 1

    return make()


@contextmanager
def process(program: str, *arguments: object) -> Iterator[subprocess.Popen[str]]:
    """Another process, which has said its first line when the block begins, and is gone when it ends."""
    command = [sys.executable, "-c", program, *map(str, arguments)]
    with subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True) as running:
        try:
            yield running
        finally:
            running.kill()


def first_line(running: subprocess.Popen[str]) -> str:
    assert running.stdout is not None
    return running.stdout.readline().strip()


def on_disk(settings: Settings) -> list[str]:
    return sorted(path.name for path in (settings.index / "commits").iterdir())


def test_a_second_writer_is_told_who_writes(settings: Settings, versions: Iterator[int]) -> None:
    next(versions)
    with process(WRITER, settings.index) as writer:
        assert first_line(writer) == "locked"
        for attempt in (lambda: next(versions), lambda: rollback(settings.index)):
            with pytest.raises(IndexLockedError, match=rf"process {writer.pid} on .*, for \d+ s\. .*--wait"):
                attempt()


def test_the_lock_of_a_dead_writer_is_free(settings: Settings, tmp_path: Path, versions: Iterator[int]) -> None:
    next(versions)
    with process(WRITER, settings.index) as writer:
        assert first_line(writer) == "locked"
        writer.kill()
        writer.wait()
        assert Owner.read(Layout(settings.index)) is not None  # it could not take back what it said
        update_index([write_version(tmp_path / "corpus.jsonl", 1)], settings)
    assert Owner.read(Layout(settings.index)) is None


def test_who_writes_is_said_of_the_index(settings: Settings, versions: Iterator[int]) -> None:
    next(versions)
    backend = choose_backend(settings)
    assert backend.facts()["writer"] is None
    with process(WRITER, settings.index) as writer:
        assert first_line(writer) == "locked"
        said = backend.facts()["writer"]
        assert (said["pid"], said["host"]) == (writer.pid, socket.gethostname())
        assert 0 <= said["seconds"] < 600
        shown = CliRunner().invoke(main, ["info", "--index", str(settings.index)]).output
        assert f"writer           process {writer.pid} on " in shown
        writer.kill()
        writer.wait()
        assert backend.facts()["writer"] is None


def test_weights_are_written_by_the_one_writer(
    settings: Settings, versions: Iterator[int], monkeypatch: pytest.MonkeyPatch
) -> None:
    next(versions)
    write_weights(settings.index, shipped_weights())
    monkeypatch.setattr("arsearch.index.learned_weights._PATIENCE", 0.01)
    with process(WRITER, settings.index) as writer:
        assert first_line(writer) == "locked"
        with pytest.raises(IndexLockedError, match=f"process {writer.pid}"):
            write_weights(settings.index, replace(shipped_weights(), semantic=9.0))
        with pytest.raises(IndexLockedError, match=f"process {writer.pid}"):
            forget_weights(settings.index)
    assert read_weights(settings.index) == shipped_weights()
    forget_weights(settings.index)
    assert read_weights(settings.index) is None


def test_what_a_dead_writer_said_is_not_believed(settings: Settings) -> None:
    """Its number may be another process's now, or another machine's: only the lock counts."""
    settings.index.mkdir()
    layout = Layout(settings.index)
    layout.owner.write_text(json.dumps({"pid": os.getpid(), "host": "elsewhere", "since": "2020-01-01T00:00:00+00:00"}))
    with locked(layout):
        assert Owner.read(layout) != Owner(pid=os.getpid(), host="elsewhere", since="2020-01-01T00:00:00+00:00")


@pytest.mark.parametrize("said", ["", "{", "[]", '{"pid": 1}', '{"pid": 1, "host": "x", "since": "yesterday"}'])
def test_an_owner_that_says_nonsense(settings: Settings, said: str) -> None:
    settings.index.mkdir()
    layout = Layout(settings.index)
    with locked(layout):
        layout.owner.write_text(said)
        with pytest.raises(IndexLockedError, match="Another process is writing"), locked(layout):
            pass


def test_waiting_for_the_writer(settings: Settings, versions: Iterator[int], tmp_path: Path) -> None:
    next(versions)
    corpus = write_version(tmp_path / "corpus.jsonl", 1)
    waited = threading.Event()
    with process(WRITER, settings.index) as writer:
        assert first_line(writer) == "locked"
        with pytest.raises(IndexLockedError, match="waited"):
            update_index([corpus], settings, wait=0.01)

        def update() -> None:
            update_index([corpus], settings, wait=600)
            waited.set()

        thread = threading.Thread(target=update)
        thread.start()
        assert writer.stdin is not None
        writer.stdin.close()
        thread.join()
    assert waited.is_set()
    assert Layout(settings.index).current() == "00000002"


def test_a_reader_in_another_process_keeps_its_commit(settings: Settings, versions: Iterator[int]) -> None:
    next(versions)
    with process(READER, settings.index, "سفينة") as reader:
        assert first_line(reader) == "00000001"
        for _ in range(4):
            next(versions)
        assert on_disk(settings) == ["00000001", "00000004", "00000005"]
        assert reader.communicate()[0] == "0 0\n"
    next(versions)
    assert on_disk(settings) == ["00000005", "00000006"]


def test_a_reader_that_was_killed_keeps_nothing(settings: Settings, versions: Iterator[int]) -> None:
    next(versions)
    with process(READER, settings.index, "سفينة") as reader:
        assert first_line(reader) == "00000001"
        next(versions), next(versions)
        assert on_disk(settings) == ["00000001", "00000002", "00000003"]
    next(versions)
    assert on_disk(settings) == ["00000003", "00000004"]


def test_readers_let_go_by_closing_or_by_being_forgotten(settings: Settings, versions: Iterator[int]) -> None:
    next(versions)
    closed = arsearch.open_index(settings.index, settings=settings)
    forgotten = arsearch.open_index(settings.index, settings=settings)
    next(versions), next(versions)
    assert on_disk(settings) == ["00000001", "00000002", "00000003"]
    closed.close()
    next(versions)
    assert on_disk(settings) == ["00000001", "00000003", "00000004"]
    assert forgotten.article(MARKER).title == "0"
    with warnings.catch_warnings():  # Python 3.13 says that the store was not closed: just so
        warnings.simplefilter("ignore", ResourceWarning)
        del forgotten
        gc.collect()
    next(versions)
    assert on_disk(settings) == ["00000004", "00000005"]


@pytest.mark.parametrize("keep", [1, 2, 4])
def test_never_more_than_those_that_are_kept(settings: Settings, tmp_path: Path, keep: int) -> None:
    keeping = replace(settings, keep_commits=keep)
    for version in range(6):
        update_index([write_version(tmp_path / "corpus.jsonl", version)], keeping)
        assert len(on_disk(settings)) == min(keep, version + 1)
        if version == 3 and keep > 1:
            rollback(settings.index)
            assert len(on_disk(settings)) == keep
    fewer = replace(settings, keep_commits=1)
    assert update_index([tmp_path / "corpus.jsonl"], fewer).commit == on_disk(settings)[-1]
    assert len(on_disk(settings)) == 1


def test_rolling_back_and_forth_by_name(settings: Settings, tmp_path: Path) -> None:
    keeping = replace(settings, keep_commits=3)
    for version in range(3):
        update_index([write_version(tmp_path / "corpus.jsonl", version)], keeping)
    for name, version in (("00000001", 0), ("3", 2), ("00000002", 1), ("00000002", 1)):
        assert rollback(settings.index, name) == f"{int(name):08d}"
        with arsearch.open_index(settings.index, settings=settings) as index:
            assert index.article(MARKER).title == str(version)
        assert verify(settings.index) == []
    for name in ("00000009", "", "../00000001", "x"):
        with pytest.raises(NoIndexError, match="There are: 00000001, 00000002, 00000003"):
            rollback(settings.index, name)
    [path] = Layout(settings.index).commit("00000003").glob("articles/*.sqlite")
    path.write_bytes(path.read_bytes()[:-1] + b"x")
    with pytest.raises(CorruptIndexError, match=r"0003\.sqlite.*nothing was changed"):
        rollback(settings.index, "00000003")
    assert Layout(settings.index).current() == "00000002"


def test_names_are_never_used_twice(settings: Settings, versions: Iterator[int]) -> None:
    """A page that was cached under the name of a commit must not meet another one of that name."""
    seen = set()
    for _ in range(3):
        next(versions)
        seen.add(Layout(settings.index).current())
    rollback(settings.index)
    next(versions)
    assert Layout(settings.index).current() not in seen


def test_half_a_commit_is_none(settings: Settings, versions: Iterator[int]) -> None:
    next(versions)
    layout = Layout(settings.index)
    torn = layout.commit("00000007")
    (torn / "lexical").mkdir(parents=True)
    going = layout.commit("00000006.collected")
    going.mkdir()
    assert layout.commits() == ["00000001"]
    next(versions)
    assert on_disk(settings) == ["00000001", "00000008"]


def test_a_commit_collected_while_it_is_opened(settings: Settings, versions: Iterator[int]) -> None:
    """A reader that has read CURRENT, and then waits for so long that its commit goes, gets the new one."""
    next(versions)
    behind = [Layout(settings.index).pointer()]
    real = Layout.pointer
    for _ in range(3):
        next(versions)
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(Layout, "pointer", lambda layout: behind.pop() if behind else real(layout))
        with arsearch.open_index(settings.index, settings=settings) as index:
            assert index.article(MARKER).title == "3"
    behind.append(replace(real(Layout(settings.index)), name="00000001"))
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(Layout, "pointer", lambda layout: behind.pop() if behind else real(layout))
        assert verify(settings.index) == []
