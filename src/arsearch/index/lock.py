"""The lock of the one writer, and who holds it.

The lock is the kernel's (flock(2), LockFileEx): it goes with the process that held it, however that died, so there
is nothing to take over and no age after which a lock would count as left behind. Beside it the holder writes down who
it is, for messages only.
"""

from __future__ import annotations

import datetime
import json
import os
import socket
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import asdict, dataclass
from typing import Self

from filelock import FileLock, Timeout

from arsearch.errors import IndexLockedError
from arsearch.index.fault_points import fault_point
from arsearch.index.layout import Layout

__all__ = ["POLL_SECONDS", "Owner", "locked", "turn"]

POLL_SECONDS = 0.1
_A_COMMIT_OR_TWO = 10.0
"""Seconds for which a writer is waited for in any case where a server makes one small commit after another."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Owner:
    """Who writes to an index, and since when (UTC, ISO 8601)."""

    pid: int
    host: str
    since: str

    @classmethod
    def this_process(cls) -> Self:
        """Return what this process has to say of itself."""
        now = datetime.datetime.now(datetime.UTC).isoformat(timespec="seconds")
        return cls(pid=os.getpid(), host=socket.gethostname(), since=now)

    @classmethod
    def read(cls, layout: Layout) -> Self | None:
        """Return who says to be writing to *layout*, None if nobody does. Whether it does, only the lock can tell."""
        try:
            return cls(**json.loads(layout.owner.read_text(encoding="utf-8")))
        except (OSError, ValueError, TypeError):
            return None

    @classmethod
    def at_work(cls, layout: Layout) -> Self | None:
        """Return who writes to *layout* as far as can be told without touching its lock, None if nobody does.

        A process of this machine that has ended writes no more, whatever it left behind. Good for telling people, and
        for nothing else: another process may have its number by now.
        """
        owner = cls.read(layout)
        if owner is None or owner.host != socket.gethostname() or os.name == "nt":
            return owner
        try:
            os.kill(owner.pid, 0)  # asks only whether it is there; on Windows it would be a signal
        except (ProcessLookupError, TypeError, OverflowError):
            return None
        except OSError:
            pass  # it is there, and somebody else's
        return owner

    @property
    def seconds(self) -> float | None:
        """How long it has been writing, None if it does not say so."""
        try:
            return (datetime.datetime.now(datetime.UTC) - datetime.datetime.fromisoformat(self.since)).total_seconds()
        except (ValueError, TypeError):
            return None

    def __str__(self) -> str:
        """Name the process, and how long it has been writing."""
        process = f"process {self.pid} on {self.host}"
        return process if self.seconds is None else f"{process}, for {_duration(self.seconds)}"


def _duration(seconds: float) -> str:
    minutes, seconds = divmod(max(0, int(seconds)), 60)
    hours, minutes = divmod(minutes, 60)
    return f"{hours} h {minutes} min" if hours else f"{minutes} min {seconds} s" if minutes else f"{seconds} s"


@contextmanager
def turn(layout: Layout, wait: float) -> Iterator[None]:
    """Stand at the door, where only one may wait: who has just held the lock comes after those who waited meanwhile.

    Without a log of writes nobody takes the lock again and again. Raises Timeout.
    """
    if not layout.writes.is_dir():
        yield
        return
    with FileLock(layout.writes / "turn.lock").acquire(timeout=wait, poll_interval=POLL_SECONDS):
        yield


@contextmanager
def locked(layout: Layout, *, wait: float = 0.0) -> Iterator[None]:
    """Hold the lock of the one writer, after waiting for it for at most *wait* seconds, or ten where a server writes.

    Raises IndexLockedError if another process has it, OSError if the directory cannot be written to.
    """
    lock = FileLock(layout.lock)
    if layout.writes.is_dir():
        wait = max(wait, _A_COMMIT_OR_TWO)
    try:
        with turn(layout, wait):
            lock.acquire(timeout=wait, poll_interval=POLL_SECONDS)
    except Timeout:
        owner = Owner.read(layout)
        waited = f" I waited for {_duration(wait)}." if wait else ""
        raise IndexLockedError(
            f"Another process is writing to the index {layout.root}{f': {owner}' if owner else ''}.{waited} "
            "Try again when it has finished, or have it waited for with `--wait SECONDS`."
        ) from None
    try:
        with suppress(OSError):  # a full disk must not keep anybody from rolling back
            layout.owner.write_text(json.dumps(asdict(Owner.this_process())), encoding="utf-8")
        fault_point("lock taken")
        yield
    finally:
        with suppress(OSError):
            layout.owner.unlink(missing_ok=True)
        lock.release()
