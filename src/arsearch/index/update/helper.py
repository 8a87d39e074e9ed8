"""A second process that takes work off an indexing run: ``python -m`` this module.

Reading, cleaning and comparing articles is Python's work, of which one process can do only one thing at a time. The
helper does a few tasks for the run, one after the other; what comes of them does not depend on who does them. It holds
nothing of the index, and nothing but JSON goes between the two, a line each. Where there is little to do, or one
process is to do all, the run does them itself.
"""

from __future__ import annotations

import importlib
import json
import os
import queue
import signal
import subprocess
import sys
import threading
from collections import deque
from collections.abc import Callable, Iterator
from contextlib import suppress
from pathlib import Path
from typing import IO, Any, Literal

import orjson

from arsearch.common.memory import rare_collections
from arsearch.common.processors import processors
from arsearch.errors import CorpusError

__all__ = ["Helper", "main"]

Task = Literal["read", "clean"]
_TASKS: dict[str, tuple[str, str]] = {
    "read": ("arsearch.index.update.file_batches", "read_task"),
    "clean": ("arsearch.index.update.preprocess", "clean_task"),
}
"""What can be asked for: functions that take JSON types and return or yield them."""
_WAITING = 4
"""Answers that are kept for the run; with more, the helper waits."""
_ROOM_SECONDS = 0.01
_SOURCE = Path(__file__).parents[3]
_VALUE, _CORPUS_ERROR, _ERROR, _END, _GONE = range(5)


class Helper:
    """Does tasks in another process, in order."""

    def __init__(self, processes: int) -> None:
        """Let *processes* work together; 0 stands for two, where there are two processors."""
        self._wanted = min(processes or processors(), 2) > 1 and bool(sys.executable)
        self._process: subprocess.Popen[bytes] | None = None
        self._answers: queue.Queue[tuple[int, Any]] = queue.Queue(_WAITING)
        self._pending: deque[object] = deque()

    @property
    def is_wanted(self) -> bool:
        """Whether more than one process, or thread, is to work."""
        return self._wanted

    def close(self) -> None:
        """End the process, whatever it does."""
        process, self._process = self._process, None
        if process is not None:
            process.kill()
            while self._thread.is_alive():  # it may wait for room
                with suppress(queue.Empty):
                    self._answers.get(timeout=_ROOM_SECONDS)
            process.wait()
            for pipe in (process.stdin, process.stdout):
                with suppress(OSError):
                    pipe.close()  # type: ignore[union-attr]
        self._wanted = False

    def call(self, task: Task, *arguments: Any) -> Callable[[], Any]:
        """Have *task* done; what is returned gives its result, and is to be called in the order of the calls."""
        if not self._send(task, arguments):
            done = _function(task)(*arguments)
            return lambda: done
        call = object()
        self._pending.append(call)

        def result() -> Any:
            assert self._pending.popleft() is call
            kind, value = self._answers.get() if self._process is not None else (_GONE, None)
            if kind == _GONE:
                self.close()
            # What it could not do is done here, and fails as it would have without it.
            return value if kind == _VALUE else _function(task)(*arguments)

        return result

    def stream(self, task: Task, *arguments: Any) -> Iterator[Any]:
        """Yield what *task* yields. Nothing else is to be asked for meanwhile. Raises CorpusError as the task does."""
        if not self._send(task, arguments):
            yield from _function(task)(*arguments)
            return
        while True:
            kind, value = self._answers.get()
            if kind == _END:
                return
            if kind == _GONE:
                self.close()
                raise CorpusError(
                    "The process that reads for the index has ended, perhaps for want of memory. Run `arsearch index` "
                    "again, or set index_processes to 1."
                )
            if kind == _CORPUS_ERROR:
                raise CorpusError(value)
            if kind == _ERROR:
                raise RuntimeError(value)
            yield value

    def _send(self, task: Task, arguments: tuple[Any, ...]) -> bool:
        """Ask the process, which is started with the first task; return whether there is one."""
        if not self._wanted:
            return False
        if self._process is None:
            self._process = _start()
            self._thread = threading.Thread(target=_receive, args=(self._process, self._answers), daemon=True)
            self._thread.start()
        assert self._process.stdin is not None
        try:
            _write(self._process.stdin, [task, arguments])
        except OSError:
            if self._pending:  # those say so when they are asked for
                return True
            self.close()
            return False
        return True


def _start() -> subprocess.Popen[bytes]:
    paths = [str(_SOURCE), *filter(None, [os.environ.get("PYTHONPATH")])]
    return subprocess.Popen(
        [sys.executable, "-m", __name__],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        env=os.environ | {"PYTHONPATH": os.pathsep.join(paths)},
    )


def _write(file: IO[bytes], value: Any) -> None:
    try:
        line = orjson.dumps(value)
    except TypeError:  # names of files may hold half of a pair of characters, and numbers may be of any size
        line = json.dumps(value, ensure_ascii=False).encode("utf-8", "surrogatepass")
    file.write(line + b"\n")
    file.flush()


def _read(line: bytes) -> Any:
    try:
        return orjson.loads(line)
    except ValueError:
        return json.loads(line.decode("utf-8", "surrogatepass"))


def _receive(process: subprocess.Popen[bytes], answers: queue.Queue[tuple[int, Any]]) -> None:
    """Put what *process* answers into *answers*, and at last that it has ended."""
    assert process.stdout is not None
    with suppress(ValueError, OSError):  # it has ended in the middle of an answer
        for line in process.stdout:
            kind, value = _read(line)
            answers.put((kind, value))
    answers.put((_GONE, None))


def _function(task: str) -> Callable[..., Any]:
    module, name = _TASKS[task]
    function: Callable[..., Any] = getattr(importlib.import_module(module), name)
    return function


def main() -> None:
    """Do what standard input says, and answer on standard output, until there is no more."""
    signal.signal(signal.SIGINT, signal.SIG_IGN)  # the run ends this process
    answers = os.fdopen(os.dup(1), "wb")
    os.dup2(2, 1)  # whatever else is printed goes where messages go
    with rare_collections(), suppress(BrokenPipeError):
        for line in sys.stdin.buffer:
            task, arguments = _read(line)
            _answer(_function(task), arguments, answers)


def _answer(function: Callable[..., Any], arguments: list[Any], answers: IO[bytes]) -> None:
    try:
        result = function(*arguments)
        if not isinstance(result, Iterator):
            _write(answers, [_VALUE, result])
            return
        for value in result:
            _write(answers, [_VALUE, value])
        _write(answers, [_END, None])
    except BrokenPipeError:
        raise
    except CorpusError as error:
        _write(answers, [_CORPUS_ERROR, str(error)])
    except Exception as error:
        _write(answers, [_ERROR, repr(error)])


if __name__ == "__main__":
    main()
