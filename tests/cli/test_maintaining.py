"""Keeping an index up to date from a shell: by hand, by watching, and after interruptions. Real processes."""

from __future__ import annotations

import gzip
import json
import os
import signal
import subprocess
import sys
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from queue import Empty, Queue
from typing import Any

import pytest

from .command import ENVIRONMENT, arsearch

pytestmark = pytest.mark.slow

LONGEST_WAIT = 120.0
SEA = {"id": "sea", "title": "البحر", "body": "سفينة تدخل الميناء"}
SKY = {"id": "sky", "title": "السماء", "body": "قمر ونجم"}


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    path = tmp_path / "corpus"
    path.mkdir()
    write(path / "a.jsonl", SEA)
    return path


@pytest.fixture
def index(tmp_path: Path, folder: Path, tiny_encoder: str) -> Path:
    path = tmp_path / "index"
    assert arsearch("index", folder, "--index", path, "--model", tiny_encoder).returncode == 0
    return path


def write(path: Path, *records: dict[str, Any]) -> None:
    draft = path.with_name(".draft")
    draft.write_text("".join(json.dumps(record) + "\n" for record in records), encoding="utf-8")
    draft.replace(path)


def found(index: Path, query: str) -> list[str]:
    answer = json.loads(arsearch("search", query, "--index", index, "--mode", "lexical", "--json").stdout)
    return [hit["id"] for hit in answer["hits"]]


class Lines:
    """The lines of a running process as they come."""

    def __init__(self, process: subprocess.Popen[str]) -> None:
        self._queue: Queue[str] = Queue()
        self.seen: list[str] = []
        self._threads = [threading.Thread(target=self._read, args=(s,)) for s in (process.stdout, process.stderr)]
        for thread in self._threads:
            thread.start()

    def _read(self, stream: Any) -> None:
        with stream:
            for line in stream:
                self._queue.put(line)

    def join(self) -> None:
        """Wait until the process, which has ended, has said all."""
        for thread in self._threads:
            thread.join()

    def wait_for(self, text: str) -> str:
        """Return the next line with *text* in it."""
        while True:
            try:
                line = self._queue.get(timeout=LONGEST_WAIT)
            except Empty:
                pytest.fail(f"no line with {text!r} came; there were: {''.join(self.seen)}")
            self.seen.append(line)
            if text in line:
                return line


@contextmanager
def running(*command: object, **environment: str) -> Iterator[tuple[subprocess.Popen[str], Lines]]:
    process = subprocess.Popen(
        list(map(str, command)),
        env=ENVIRONMENT | {"PYTHONUTF8": "1", "PYTHONUNBUFFERED": "1"} | environment,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
        encoding="utf-8",
    )
    lines = Lines(process)
    try:
        yield process, lines
    finally:
        process.kill()
        process.wait()
        lines.join()


def test_a_watched_folder_is_followed_through_bad_files_until_ctrl_c(index: Path, folder: Path) -> None:
    command = (sys.executable, "-m", "arsearch", "index", "--watch", "--index", index)
    with running(*command) as (process, lines):
        lines.wait_for("Watching 1 sources")
        write(folder / "b.jsonl", SKY)
        lines.wait_for("2 articles in")
        assert found(index, "نجم") == ["sky"]
        (folder / "c.jsonl").write_text('{"id": "x", broken', encoding="utf-8")
        lines.wait_for("not JSON")
        (folder / "a.jsonl").unlink()
        lines.wait_for("1 deleted")
        (folder / "c.jsonl").unlink()
        (folder / "b.jsonl").unlink()
        lines.wait_for("No article was found")  # an error ends nothing
        write(folder / "d.jsonl", SKY | {"body": "شمس"})
        lines.wait_for("1 changed")
        process.send_signal(signal.SIGINT)
        lines.wait_for("Stopped watching.")
        assert process.wait(LONGEST_WAIT) == 0
    assert found(index, "شمس") == ["sky"]


def test_a_watched_file_may_be_replaced_go_and_come_back(tmp_path: Path, tiny_encoder: str) -> None:
    corpus, index = tmp_path / "one.jsonl", tmp_path / "index"
    write(corpus, SEA)
    command = (sys.executable, "-m", "arsearch", "index", corpus, "--watch", "--index", index, "--model", tiny_encoder)
    with running(*command) as (_, lines):
        lines.wait_for("Watching 1 sources")
        write(corpus, SEA, SKY)
        lines.wait_for("1 added")
        corpus.unlink()
        lines.wait_for("is not there any more")
        write(corpus, SKY)
        lines.wait_for("1 deleted")


def test_articles_are_added_and_deleted_by_hand(index: Path, tmp_path: Path) -> None:
    completed = subprocess.run(
        [sys.executable, "-m", "arsearch", "add", "-", "--index", str(index)],
        env=ENVIRONMENT | {"PYTHONUTF8": "1"},
        input=json.dumps(SKY),
        capture_output=True,
        text=True,
        encoding="utf-8",
        check=False,
    )
    assert "1 added" in completed.stdout, completed.stderr
    assert found(index, "نجم") == ["sky"]
    assert json.loads(arsearch("delete", "sky", "--index", index, "--json").stdout)["deleted"] == 1
    assert found(index, "نجم") == []
    gone = arsearch("delete", "sky", "--index", index)
    assert (gone.returncode, "'sky'" in gone.stderr) == (1, True)
    assert arsearch("add", tmp_path / "nowhere.jsonl", "--index", index).returncode == 1


def test_an_index_is_made_compact_and_exported(index: Path, folder: Path, tmp_path: Path) -> None:
    write(folder / "a.jsonl", SEA | {"body": "زورق"}, SKY)
    arsearch("index", "--index", index)
    assert "The live commit has" in arsearch("compact", "--index", index).stdout
    exported = arsearch("export", "--index", index)
    assert [json.loads(line)["id"] for line in exported.stdout.splitlines()] == ["sea", "sky"]
    out = tmp_path / "out.jsonl.gz"
    assert "2 articles are in" in arsearch("export", "--index", index, "--out", out).stdout
    assert gzip.decompress(out.read_bytes()).decode() == exported.stdout
    assert json.loads(arsearch("export", "--index", index, "--out", out, "--json").stdout)["articles"] == 2


def test_a_source_is_forgotten(index: Path, tmp_path: Path) -> None:
    other = tmp_path / "other.jsonl"
    write(other, SKY)
    arsearch("index", other, "--index", index)
    other.unlink()
    kept = arsearch("index", "--index", index)
    assert (kept.returncode, "is not there any more" in kept.stderr) == (0, True)
    assert found(index, "نجم") == ["sky"]
    assert "1 deleted" in arsearch("index", "--index", index, "--forget", other).stdout
    assert arsearch("index", "--index", index).stderr == ""


def test_progress_is_told_as_json_lines_beside_the_summary(tmp_path: Path, folder: Path, tiny_encoder: str) -> None:
    with (folder / "a.jsonl").open("a", encoding="utf-8") as file:
        file.write("{broken\n")
    completed = arsearch("index", folder, "--index", tmp_path / "new", "--model", tiny_encoder, "--json")
    assert json.loads(completed.stdout)["articles"] == 1
    events = [json.loads(line) for line in completed.stderr.splitlines()]
    [problem] = [event for event in events if event["event"] == "problem"]
    assert (problem["line"], problem["skipped"]) == (2, True)
    stages = [event["stage"] for event in events if event["event"] == "progress"]
    assert list(dict.fromkeys(stages)) == ["reading", "comparing", "indexing", "writing"]
    reading = next(event for event in events if event.get("stage") == "reading")
    assert (reading["unit"], reading["total"]) == ("bytes", (folder / "a.jsonl").stat().st_size)


SLOW_ENCODER = '''
import sys
from pathlib import Path

import numpy as np

from arsearch.index import update_index
from arsearch.settings import Settings

log, index, corpus = map(Path, sys.argv[1:4])


class Slow:
    """An encoder that says what it embeds, and waits to be ended when it has embedded two parts."""

    name, fingerprint, dimension = "slow", "1", 8
    parts = 0

    def encode_queries(self, texts):
        return np.ones((len(texts), 8), np.float32) / np.float32(8**0.5)

    def encode_passages(self, texts):
        Slow.parts += 1
        if Slow.parts == 3 and len(sys.argv) > 4:
            print("two parts are embedded", flush=True)
            sys.stdin.read()
        with log.open("a", encoding="utf-8") as file:
            file.writelines(text.replace("\\n", " ") + "\\n" for text in texts)
        return self.encode_queries(texts)


import arsearch.index.update.plan as plan
import arsearch.semantic.cache as cache

plan.load_encoder = lambda name: Slow()
cache._EMBEDDED_AT_ONCE = 5
try:
    print(update_index([corpus], Settings(index=index)).articles, "articles")
except KeyboardInterrupt:
    print("interrupted")
'''


@pytest.mark.parametrize("ended_by", [signal.SIGKILL, signal.SIGINT])
def test_what_was_embedded_before_a_run_was_ended_is_not_embedded_again(
    tmp_path: Path, ended_by: signal.Signals
) -> None:
    program, log, index, corpus = (tmp_path / name for name in ("slow.py", "log", "index", "corpus.jsonl"))
    program.write_text(SLOW_ENCODER, encoding="utf-8")
    write(corpus, *({"id": f"{number}", "body": f"نص رقم {number}"} for number in range(23)))
    read, hold = os.pipe()  # the process waits for an end of its input that never comes
    with subprocess.Popen(
        [sys.executable, program, log, index, corpus, "wait"],
        env=ENVIRONMENT | {"PYTHONUTF8": "1"},
        stdin=read,
        stdout=subprocess.PIPE,
        text=True,
    ) as process:
        assert process.stdout is not None
        assert process.stdout.readline() == "two parts are embedded\n"
        process.send_signal(ended_by)
        process.wait(LONGEST_WAIT)
    os.close(read)
    os.close(hold)
    assert not (index / "CURRENT").exists()
    before = log.read_text(encoding="utf-8").splitlines()
    assert len(before) == 10
    finished = subprocess.run(
        [sys.executable, program, log, index, corpus],
        env=ENVIRONMENT | {"PYTHONUTF8": "1"},
        capture_output=True,
        text=True,
        encoding="utf-8",
        check=False,
    )
    assert finished.stdout == "23 articles\n", finished.stderr
    embedded = [text for text in log.read_text(encoding="utf-8").splitlines() if text.startswith(" نص رقم")]
    assert len(embedded) == len(set(embedded)) == 23  # the others are what encoders are tried on
    assert [path.name for path in (index / "commits").iterdir()] == ["00000001"]


def test_ctrl_c_leaves_the_index_as_it_was_and_says_so(index: Path, folder: Path) -> None:
    os.mkfifo(folder.parent / "endless.jsonl")  # reading it waits for a writer that says nothing
    command = (sys.executable, "-m", "arsearch", "add", folder.parent / "endless.jsonl", "--index", index, "--json")
    with running(*command) as (process, lines):
        lines.wait_for('"reading"')
        process.send_signal(signal.SIGINT)
        lines.wait_for("Interrupted. The index is as it was")
        assert process.wait(LONGEST_WAIT) == 130
    assert found(index, "سفينة") == ["sea"]
