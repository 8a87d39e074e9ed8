"""A second process that takes work off an indexing run: ``python -m`` this module.

Reading, cleaning and comparing articles is Python's work, of which one process can do only one thing at a time. The
helper calls functions of arsearch for the run, one after the other; what they return does not depend on who calls them.
It holds nothing of the index. Where there is little to do, or one process is to do all, the run calls them itself.
"""

from __future__ import annotations

import os
import pickle
import queue
import signal
import subprocess
import sys
import threading
from collections import deque
from collections.abc import Callable, Iterator
from contextlib import suppress
from pathlib import Path
from typing import Any, BinaryIO, TypeVar

from arsearch.errors import CorpusError

__all__ = ["Helper", "main"]

T = TypeVar("T")
_WAITING = 4
"""Answers that are kept for the run; with more, the helper waits."""
_ROOM_SECONDS = 0.01
_SOURCE = Path(__file__).parents[3]
_VALUE, _ERROR, _END = range(3)


class Helper:
    """Calls functions in another process, in order. A context manager that ends it."""

    def __init__(self, processes: int) -> None:
        """Let *processes* work together; 0 stands for two, where there are two processors."""
        self._wanted = min(processes or _processors(), 2) > 1 and bool(sys.executable)
        self._process: subprocess.Popen[bytes] | None = None
        self._answers: queue.Queue[tuple[int, Any]] = queue.Queue(_WAITING)
        self._pending: deque[_Call] = deque()

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

    def call(self, function: Callable[..., T], *arguments: Any) -> Callable[[], T]:
        """Have *function* called; what is returned gives its result, and is to be called in the same order."""
        call = _Call(function, arguments)
        if self._send(call):
            self._pending.append(call)
            return lambda: self._result(call)
        result = function(*arguments)
        return lambda: result

    def stream(self, function: Callable[..., Iterator[T]], *arguments: Any) -> Iterator[T]:
        """Yield what *function* yields. Nothing else is to be asked for meanwhile."""
        if not self._send(_Call(function, arguments)):
            yield from function(*arguments)
            return
        while True:
            kind, value = self._answers.get()
            if kind == _END:
                if value is None:
                    return
                self.close()
                raise CorpusError(
                    "The process that reads for the index has ended, perhaps for want of memory. Run `arsearch index` "
                    "again, or set index_processes to 1."
                )
            if kind == _ERROR:
                raise value
            yield value

    def _result(self, call: _Call) -> Any:
        assert self._pending[0] is call
        self._pending.popleft()
        answer: tuple[int, Any] = self._answers.get() if self._process is not None else (_END, "")
        kind, value = answer
        if kind == _END:  # it has gone: what it was to do is done here
            self.close()
            return call.function(*call.arguments)
        if kind == _ERROR:
            raise value
        return value

    def _send(self, call: _Call) -> bool:
        """Send *call* to the process, which is started with the first one; return whether there is one."""
        if not self._wanted:
            return False
        if self._process is None:
            self._process = _start()
            self._thread = threading.Thread(target=_receive, args=(self._process, self._answers), daemon=True)
            self._thread.start()
        assert self._process.stdin is not None
        try:
            pickle.dump((call.function, call.arguments), self._process.stdin, pickle.HIGHEST_PROTOCOL)
            self._process.stdin.flush()
        except OSError:
            if self._pending:  # those say so when they are asked for
                return True
            self.close()
            return False
        return True


class _Call:
    def __init__(self, function: Callable[..., Any], arguments: tuple[Any, ...]) -> None:
        self.function = function
        self.arguments = arguments


def _start() -> subprocess.Popen[bytes]:
    paths = [str(_SOURCE), *filter(None, [os.environ.get("PYTHONPATH")])]
    return subprocess.Popen(
        [sys.executable, "-m", __name__],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        env=os.environ | {"PYTHONPATH": os.pathsep.join(paths)},
    )


def _receive(process: subprocess.Popen[bytes], answers: queue.Queue[tuple[int, Any]]) -> None:
    """Put what *process* answers into *answers*, and at last that it has ended."""
    with suppress(Exception):  # it has ended in the middle of an answer
        while True:
            answers.put(pickle.load(process.stdout))  # type: ignore[arg-type]  # our own process
    answers.put((_END, "ended"))


def _processors() -> int:
    """Return how many processors this process may use."""
    if hasattr(os, "sched_getaffinity"):
        return len(os.sched_getaffinity(0))
    return os.cpu_count() or 1


def main() -> None:
    """Call what standard input says, and answer on standard output, until there is no more."""
    signal.signal(signal.SIGINT, signal.SIG_IGN)  # the run ends this process
    answers = os.fdopen(os.dup(1), "wb")
    os.dup2(2, 1)  # whatever else is printed goes where messages go
    with suppress(EOFError, BrokenPipeError):
        while True:
            function, arguments = pickle.load(sys.stdin.buffer)  # from the run that started this
            _answer(function, arguments, answers)


def _answer(function: Callable[..., Any], arguments: tuple[Any, ...], answers: BinaryIO) -> None:
    def say(kind: int, value: Any) -> None:
        pickle.dump((kind, value), answers, pickle.HIGHEST_PROTOCOL)
        answers.flush()

    try:
        result = function(*arguments)
        if not isinstance(result, Iterator):
            say(_VALUE, result)
            return
        for value in result:
            say(_VALUE, value)
        say(_END, None)
    except BrokenPipeError:
        raise
    except Exception as error:
        say(_ERROR, error)


if __name__ == "__main__":
    main()
