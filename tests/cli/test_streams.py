"""What becomes of output that does not arrive: one line and a status, whatever the buffering."""

from __future__ import annotations

import os
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

import arsearch
import arsearch.index
from arsearch import Settings

from ..conftest import ROOT

pytestmark = [
    pytest.mark.slow,
    pytest.mark.skipif(sys.platform == "win32", reason="descriptors as POSIX has them"),
]
FULL = Path("/dev/full")
needs_full = pytest.mark.skipif(not FULL.exists(), reason="needs a device that is always full")
CANNOT = "Error: the output cannot be written: "
CLOSED_OUTPUT = '"$@" >&-'
CLOSED_ERRORS = '"$@" 2>&-'
ALL_CLOSED = '"$@" <&- >&- 2>&-'


@pytest.fixture(params=[{}, {"PYTHONUNBUFFERED": "1"}], ids=["buffered", "unbuffered"])
def environment(request: pytest.FixtureRequest) -> dict[str, str]:
    """Nothing of what happens to be set where the tests run."""
    return {"PYTHONPATH": str(ROOT / "src"), "PYTHONDEVMODE": "1", **request.param}


@pytest.fixture(scope="module")
def index(tmp_path_factory: pytest.TempPathFactory, tiny_encoder: str) -> Path:
    """More articles than a pipe or a buffer holds."""
    folder = tmp_path_factory.mktemp("streams")
    lines = (f'{{"id": "{number}", "body": "{"سفينة في الميناء " * 20}{number}"}}\n' for number in range(500))
    (folder / "corpus.jsonl").write_text("".join(lines), encoding="utf-8")
    arsearch.build_index([folder / "corpus.jsonl"], folder / "index", model=tiny_encoder, settings=Settings())
    return folder / "index"


def command(*arguments: object) -> list[str]:
    return [sys.executable, "-m", "arsearch", *map(str, arguments)]


def is_one_clear_line(errors: str) -> bool:
    return errors.startswith(CANNOT) and errors.count("\n") == 1


@contextmanager
def full() -> Iterator[int]:
    descriptor = os.open(FULL, os.O_WRONLY)
    try:
        yield descriptor
    finally:
        os.close(descriptor)


@needs_full
@pytest.mark.parametrize(
    "arguments",
    [("search", "سفينة"), ("search", "سفينة", "--json"), ("info",), ("export",), ("verify",), ("analyze", "سفينة")],
    ids=" ".join,
)
def test_a_full_device(index: Path, environment: dict[str, str], arguments: tuple[str, ...]) -> None:
    with full() as output:
        done = subprocess.run(
            command(*arguments, "--index", index), env=environment, stdout=output, stderr=subprocess.PIPE, check=False
        )
    assert done.returncode == 1
    assert is_one_clear_line(done.stderr.decode()), done.stderr.decode()


@needs_full
@pytest.mark.parametrize("arguments", [("--help",), ("--version",), ("search", "--help"), ("token", "--help")])
def test_help_on_a_full_device(environment: dict[str, str], arguments: tuple[str, ...]) -> None:
    with full() as output:
        done = subprocess.run(command(*arguments), env=environment, stdout=output, stderr=subprocess.PIPE, check=False)
    assert done.returncode == 1
    assert is_one_clear_line(done.stderr.decode()), done.stderr.decode()


@pytest.mark.parametrize("arguments", [("export",), ("search", "سفينة", "--json"), ("--help",)], ids=" ".join)
def test_a_reader_that_has_seen_enough(index: Path, environment: dict[str, str], arguments: tuple[str, ...]) -> None:
    reading, writing = os.pipe()
    os.close(reading)
    try:
        place = () if arguments == ("--help",) else ("--index", index)
        done = subprocess.run(
            command(*arguments, *place), env=environment, stdout=writing, stderr=subprocess.PIPE, check=False
        )
    finally:
        os.close(writing)
    assert done.returncode == 1
    assert done.stderr == b""


def test_a_terminal_that_was_closed(index: Path, environment: dict[str, str]) -> None:
    """Whoever ignores the hangup finds that nothing can be written any more."""
    master, terminal = os.openpty()
    os.close(master)
    try:
        done = subprocess.run(
            command("export", "--index", index), env=environment, stdout=terminal, stderr=subprocess.PIPE, check=False
        )
        both = subprocess.run(
            command("export", "--index", index), env=environment, stdout=terminal, stderr=terminal, check=False
        )
    finally:
        os.close(terminal)
    assert done.returncode == both.returncode == 1
    assert is_one_clear_line(done.stderr.decode()), done.stderr.decode()


def test_output_that_is_closed(index: Path, environment: dict[str, str]) -> None:
    done = shell(CLOSED_OUTPUT, command("search", "سفينة", "--index", index), environment)
    assert done.returncode == 1
    assert is_one_clear_line(done.stderr), done.stderr


@pytest.mark.parametrize("closed", [CLOSED_OUTPUT, CLOSED_ERRORS, ALL_CLOSED])
def test_no_file_takes_the_place_of_a_stream_that_is_closed(
    tmp_path: Path, tiny_encoder: str, environment: dict[str, str], closed: str
) -> None:
    """A store that was opened as standard output would get the summary written into it."""
    (tmp_path / "corpus.jsonl").write_text('{"id": "1", "body": "سفينة"}\nno JSON\n', encoding="utf-8")
    index = tmp_path / "index"
    indexing = command("index", tmp_path / "corpus.jsonl", "--index", index, "--model", tiny_encoder)
    done = shell(closed, indexing, environment)
    assert done.returncode == (0 if closed == CLOSED_ERRORS else 1)
    assert arsearch.index.verify(index) == []


@needs_full
def test_messages_that_cannot_be_written_stop_no_work(
    tmp_path: Path, tiny_encoder: str, environment: dict[str, str]
) -> None:
    (tmp_path / "corpus.jsonl").write_text('{"id": "1", "body": "سفينة"}\nno JSON\n', encoding="utf-8")
    index = tmp_path / "index"
    indexing = command("index", tmp_path / "corpus.jsonl", "--index", index, "--model", tiny_encoder, "--json")
    with full() as errors:
        done = subprocess.run(indexing, env=environment, stdout=subprocess.PIPE, stderr=errors, check=False)
        lost = subprocess.run(command("search"), env=environment, stdout=subprocess.PIPE, stderr=errors, check=False)
    assert done.returncode == 1
    assert b'"articles": 1' in done.stdout
    assert arsearch.index.verify(index) == []
    assert lost.returncode == 1


@needs_full
def test_nothing_can_be_written_at_all(index: Path, environment: dict[str, str]) -> None:
    with full() as output:
        done = subprocess.run(
            command("search", "سفينة", "--index", index), env=environment, stdout=output, stderr=output, check=False
        )
    assert done.returncode == 1


def shell(line: str, arguments: list[str], environment: dict[str, str]) -> subprocess.CompletedProcess[str]:
    """Run the words of a command as ``"$@"`` in *line*."""
    return subprocess.run(
        ["/bin/sh", "-c", line, "sh", *arguments],
        env=environment,
        capture_output=True,
        encoding="utf-8",
        check=False,
    )
