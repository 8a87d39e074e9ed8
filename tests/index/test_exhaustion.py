"""No room, no right to write, no file descriptors: a clear error, the live commit serves on, nothing is left."""

from __future__ import annotations

import gc
import itertools
import os
import resource
import subprocess
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

import arsearch
from arsearch import CorpusError, CorruptIndexError, IndexStateError, Settings
from arsearch.index import Layout, layout, rollback, update_index, verify
from arsearch.index import durability as durable

from .test_crashes import assert_nothing_is_left, served_version
from .versions import write_version

pytestmark = pytest.mark.slow

Mount = Callable[[Path, str], None]
_STEP = 1 << 19


@pytest.fixture
def mount() -> Iterator[Mount]:
    """Mount a file system in memory on a folder, with the options given, or skip the test where that is not allowed."""
    mounted: list[Path] = []

    def mount(folder: Path, options: str) -> None:
        folder.mkdir(exist_ok=True)
        command = ["mount", "-t", "tmpfs", "-o", options, "tmpfs", str(folder)]
        try:
            subprocess.run(command, check=True, capture_output=True)
        except (OSError, subprocess.CalledProcessError) as error:
            pytest.skip(f"file systems cannot be mounted here: {error}")
        mounted.append(folder)

    yield mount
    for folder in reversed(mounted):
        subprocess.run(["umount", "--lazy", str(folder)], check=True)


@contextmanager
def limited(kind: int, value: int) -> Iterator[None]:
    before, sys.dont_write_bytecode = resource.getrlimit(kind), True  # CPython 3.11 would keep half a module
    resource.setrlimit(kind, (value, before[1]))
    try:
        yield
    finally:
        resource.setrlimit(kind, before)
        sys.dont_write_bytecode = False


def limit_that_leaves(spare: int) -> int:
    """Return the limit under which so many descriptors can be opened."""
    used = {int(name.name) for name in Path("/proc/self/fd").iterdir()}
    free = (number for number in itertools.count() if number not in used)
    return next(itertools.islice(free, spare, None))


def test_a_full_disk_at_every_size(tmp_path: Path, tiny_encoder: str, mount: Mount) -> None:
    """The disk is full after every so many bytes of an update, until there is room for all of it."""
    disk = tmp_path / "disk"
    mount(disk, "size=80m")
    settings = Settings(index=disk / "index", model=tiny_encoder)
    corpus = tmp_path / "corpus.jsonl"
    for version in (0, 1):
        update_index([write_version(corpus, version)], settings)
    write_version(corpus, 2)
    ballast = disk / "ballast"
    refused = 0
    for room in range(0, 80 << 20, _STEP):
        status = os.statvfs(disk)
        ballast.write_bytes(bytes(max(0, status.f_bavail * status.f_frsize - room)))
        error = ""
        try:
            update_index([corpus], settings)
        except IndexStateError as raised:
            error = str(raised)
        finally:
            ballast.unlink()
        if not error:
            break
        refused += 1
        assert "cannot be written" in error
        assert "room on the disk" in error
        assert served_version(settings, verified=refused % 4 == 0) == 1
        assert_nothing_is_left(settings)
    assert refused > 4
    assert served_version(settings) == 2


def test_no_rollback_without_room_for_a_line(tmp_path: Path, tiny_encoder: str, mount: Mount) -> None:
    disk = tmp_path / "disk"
    mount(disk, "size=80m")
    settings = Settings(index=disk / "index", model=tiny_encoder)
    for version in (0, 1):
        update_index([write_version(tmp_path / "corpus.jsonl", version)], settings)
    status = os.statvfs(disk)
    (disk / "ballast").write_bytes(bytes(status.f_bavail * status.f_frsize))
    with pytest.raises(IndexStateError, match="No space left"):
        rollback(settings.index)
    assert_nothing_is_left(settings)
    assert served_version(settings) == 1
    (disk / "ballast").unlink()
    assert rollback(settings.index) == "00000001"
    assert_nothing_is_left(settings)


@pytest.mark.parametrize("switched", [False, True], ids=["before", "after"])
def test_a_failure_of_the_very_switch(
    tmp_path: Path, tiny_encoder: str, monkeypatch: pytest.MonkeyPatch, switched: bool
) -> None:
    """The pointer cannot be written, or is, and then the folder it is in cannot be synced: what it names is served."""
    settings = Settings(index=tmp_path / "index", model=tiny_encoder)
    corpus = tmp_path / "corpus.jsonl"
    update_index([write_version(corpus, 0)], settings)
    real = durable.replace_file

    def failing(path: Path, data: bytes) -> None:
        if switched:
            real(path, data)
        raise OSError(5, "Input/output error")

    monkeypatch.setattr(layout, "replace_file", failing)
    with pytest.raises(IndexStateError, match="Input/output error"):
        update_index([write_version(corpus, 1)], settings)
    monkeypatch.undo()
    assert served_version(settings) == int(switched)
    assert Layout(settings.index).commits() == ["00000001", "00000002"][: 1 + switched]
    assert_nothing_is_left(settings)


def test_a_limit_on_the_size_of_files(tmp_path: Path, tiny_encoder: str) -> None:
    """As a quota does: writes fail with another error than on a full disk (EFBIG), and everywhere."""
    settings = Settings(index=tmp_path / "index", model=tiny_encoder)
    corpus = tmp_path / "corpus.jsonl"
    update_index([write_version(corpus, 0)], settings)
    write_version(corpus, 1)
    for size in (0, 40, 1000, 3000, 20_000):
        with limited(resource.RLIMIT_FSIZE, size), pytest.raises(IndexStateError, match="cannot be written"):
            update_index([corpus], settings)
        assert_nothing_is_left(settings)
    assert served_version(settings) == 0
    update_index([corpus], settings)
    assert served_version(settings) == 1


def test_a_directory_that_is_read_only(tmp_path: Path, tiny_encoder: str, mount: Mount) -> None:
    disk = tmp_path / "disk"
    mount(disk, "size=80m")
    settings = Settings(index=disk / "index", model=tiny_encoder)
    corpus = tmp_path / "corpus.jsonl"
    for version in (0, 1):
        update_index([write_version(corpus, version)], settings)
    subprocess.run(["mount", "-o", "remount,ro", str(disk)], check=True)
    with pytest.raises(IndexStateError, match=r"cannot be written.*Read-only"):
        update_index([write_version(corpus, 2)], settings)
    with pytest.raises(IndexStateError, match=r"cannot be written.*Read-only"):
        rollback(settings.index)
    assert served_version(settings) == 1
    subprocess.run(["mount", "-o", "remount,rw", str(disk)], check=True)
    update_index([corpus], settings)
    assert_nothing_is_left(settings)


def test_too_few_file_descriptors(tmp_path: Path, tiny_encoder: str) -> None:
    settings = Settings(index=tmp_path / "index", model=tiny_encoder)
    corpus = tmp_path / "corpus.jsonl"
    update_index([write_version(corpus, 0)], settings)
    arsearch.open_index(settings.index, settings=settings).close()
    write_version(corpus, 1)
    for spare in (1, 2, 3, 4, 5, 6):
        gc.collect()  # maps that nobody refers to any more
        with limited(resource.RLIMIT_NOFILE, limit_that_leaves(spare)):
            with pytest.raises(IndexStateError, match=r"too many files open.*ulimit") as raised:
                arsearch.open_index(settings.index, settings=settings)
            assert not isinstance(raised.value, CorruptIndexError)
            del raised
            # It depends on what is reached first with the last one: a file of the index, or of the sources.
            with pytest.raises((IndexStateError, CorpusError), match="ulimit"):
                update_index([corpus], settings)
        assert Layout(settings.index).commits() == ["00000001"]
    with limited(resource.RLIMIT_NOFILE, limit_that_leaves(12)):  # a segment has few files
        arsearch.open_index(settings.index, settings=settings).close()
    assert verify(settings.index) == []
    assert served_version(settings) == 0
    update_index([corpus], settings)
    assert served_version(settings) == 1
    assert_nothing_is_left(settings)


def test_the_command_line_says_what_is_wrong(tmp_path: Path, tiny_encoder: str) -> None:
    corpus = write_version(tmp_path / "corpus.jsonl", 0)
    completed = subprocess.run(
        [sys.executable, "-m", "arsearch", "index", corpus, "--index", tmp_path / "index", "--model", tiny_encoder],
        preexec_fn=lambda: resource.setrlimit(resource.RLIMIT_FSIZE, (1000, 1000)),
        env=os.environ | {"PYTHONDONTWRITEBYTECODE": "1"},  # CPython 3.11 would keep what it could write of a module
        capture_output=True, text=True, check=False,
    )  # fmt: skip
    assert completed.returncode == 1
    assert completed.stderr.startswith("Error: The index")
    assert "Traceback" not in completed.stderr
