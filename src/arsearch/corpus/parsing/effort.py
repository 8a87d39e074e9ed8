"""What reading a file may cost: processor time and memory, relative to the size of the file on disk.

Parsers are other people's, and there is always one more input that makes one of them work for minutes. So each step of
every reader is watched from outside: a thread looks how much time the reading thread has had and how much memory the
process has, and interrupts it when that is too much. Time is that of the processor, so that a busy machine makes no
file unreadable.
"""

from __future__ import annotations

import ctypes
import threading
import time
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import TypeVar

__all__ = ["Effort", "bounded"]

T = TypeVar("T")

_EVERY_SECONDS = 0.05
_LOOK_SECONDS = 0.001
_MIB = 1 << 20
_TIMES_A_MIB = 6
_MEMORY_A_BYTE = 32
_STATM = Path("/proc/self/statm")
_PAGE_BYTES = 4096


class _TooMuchError(BaseException):
    """Raised in the reading thread; no parser takes it for an error of its own."""


def _cpu_seconds(thread: int) -> float:
    """Return the processor time of *thread*; any clock where that is not known."""
    if hasattr(time, "pthread_getcpuclockid"):
        return time.clock_gettime(time.pthread_getcpuclockid(thread))
    return time.monotonic()


class _ThreadClock:
    """The processor time of one thread, to a millisecond: between two looks at it, the time of the day goes on.

    A look costs as much as a short record takes to read.
    """

    def __init__(self) -> None:
        self._known = (0, 0.0, 0.0)
        """The thread, its processor time, and when that was looked at."""

    def __call__(self, thread: int) -> float:
        of_thread, seconds, looked = self._known
        now = time.perf_counter()
        passed = now - looked
        if thread == of_thread and passed < _LOOK_SECONDS:
            return seconds + passed
        there = _cpu_seconds(thread)
        if thread == of_thread:  # it had less than the time of the day, and never goes back
            there = max(there, seconds + min(passed, _LOOK_SECONDS))
        self._known = thread, there, now
        return there


def _memory_bytes() -> int:
    """Return the memory of this process, 0 if it is not known."""
    with suppress(OSError, ValueError, IndexError):
        return int(_STATM.read_text(encoding="ascii").split()[1]) * _PAGE_BYTES
    return 0


class Effort:
    """What reading a file of *size* bytes may still cost. For one thread at a time.

    It may take *seconds*, and six times as many for each MiB; and *memory* bytes, and 32 for each byte.
    """

    def __init__(
        self,
        size: int,
        seconds: float,
        memory: int,
        *,
        clock: Callable[[int], float] | None = None,
        memory_now: Callable[[], int] = _memory_bytes,
    ) -> None:
        self.seconds = seconds * (1 + _TIMES_A_MIB * size / _MIB)
        self.memory = memory + _MEMORY_A_BYTE * size
        self.message = ""
        """Why reading was interrupted, if it was."""
        self._clock = clock or _ThreadClock()
        self._memory_now = memory_now
        self._memory_before = memory_now()
        self._used = 0.0
        self._thread = 0
        self._began = 0.0

    def begin(self) -> None:
        """Begin a step in this thread."""
        self._thread = threading.get_ident()
        self._began = self._clock(self._thread)
        _WATCHER.watch(self)

    def end(self) -> None:
        """End the step: nothing is interrupted any more."""
        if _WATCHER.forget(self):
            thread, self._thread = self._thread, 0
            self._used += self._clock(thread) - self._began
            if self.message:
                ctypes.pythonapi.PyThreadState_SetAsyncExc(ctypes.c_ulong(thread), None)

    @property
    def seconds_left(self) -> float:
        """The processor time that is left, between steps or in the middle of one in this thread."""
        return self.seconds - self._used - (self._clock(self._thread) - self._began if self._thread else 0.0)

    @property
    def too_much_time(self) -> str:
        """What the report says of a file that took more time."""
        return (
            f"took more than {self.seconds:.0f} seconds of processor time for its size; the rest was not read "
            "(raise the setting document_seconds if the file is sound)"
        )

    @property
    def too_much_memory(self) -> str:
        """What the report says of a file that took more memory."""
        return (
            f"took more than {self.memory >> 20} MiB of memory for its size; the rest was not read "
            "(raise the setting document_memory_mb if the file is sound)"
        )

    def charge(self, seconds: float) -> None:
        """Take off the processor time that another process had. Raises ValueError, which says so, when none is left."""
        self._used += seconds
        if self.seconds_left <= 0:
            raise ValueError(self.too_much_time)

    def look(self) -> None:
        """Interrupt the step if it has cost too much."""
        if self.seconds_left < 0:
            self.message = self.too_much_time
        elif self._memory_now() - self._memory_before > self.memory:
            self.message = self.too_much_memory
        else:
            return
        ctypes.pythonapi.PyThreadState_SetAsyncExc(ctypes.c_ulong(self._thread), ctypes.py_object(_TooMuchError))


class _Watcher:
    """The thread that looks at all steps that are being taken; there is one while anything is read."""

    def __init__(self) -> None:
        self._changed = threading.Condition()
        self._watched: set[Effort] = set()
        self._readers = 0
        self._thread: threading.Thread | None = None

    @contextmanager
    def running(self) -> Iterator[None]:
        """Have the thread run until the end of the block, and of all others that overlap with it."""
        with self._changed:
            self._readers += 1
            if self._thread is None or not self._thread.is_alive():  # the first, or this process was forked
                self._thread = threading.Thread(target=self._run, name="arsearch-effort", daemon=True)
                self._thread.start()
        try:
            yield
        finally:
            last = None
            with self._changed:
                self._readers -= 1
                if not self._readers:
                    last, self._thread = self._thread, None
                    self._changed.notify_all()
            if last is not None and last.is_alive():
                last.join()

    def watch(self, effort: Effort) -> None:
        with self._changed:
            self._watched.add(effort)

    def forget(self, effort: Effort) -> bool:
        with self._changed:
            was_there = effort in self._watched
            self._watched.discard(effort)
            return was_there

    def _run(self) -> None:
        with self._changed:
            while self._thread is threading.current_thread():
                self._changed.wait(_EVERY_SECONDS)
                for effort in self._watched:
                    effort.look()


_WATCHER = _Watcher()


def bounded(items: Iterable[T], effort: Effort) -> Iterator[T]:
    """Yield *items*, each a step of *effort*. Raises ValueError, which says so, when they have cost too much."""
    steps = iter(items)
    with _WATCHER.running():
        while True:
            try:
                try:
                    effort.begin()
                    item = next(steps)
                finally:
                    effort.end()
            except StopIteration:
                return
            except _TooMuchError:
                effort.end()  # it may have come in the middle of that
                raise ValueError(effort.message) from None
            yield item
