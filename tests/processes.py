"""What the tests leave running: every process that a run starts has its mark in its environment."""

from __future__ import annotations

import os
import select
import signal
import time
import uuid
from contextlib import suppress
from pathlib import Path

__all__ = ["left_behind", "mark", "stop"]

_VARIABLE = "ARSEARCH_TEST_RUN"
_PATIENCE_SECONDS = 20.0
"""How long what is just ending may take."""


def mark() -> bool:
    """Mark this process, and so all that it starts, as one of this run; return whether it is the one that began it."""
    if _VARIABLE in os.environ:
        return False
    os.environ[_VARIABLE] = uuid.uuid4().hex
    return True


def left_behind() -> list[str]:
    """Return the command lines of the processes of this run but for this one, after those that are ending have."""
    end = time.monotonic() + _PATIENCE_SECONDS
    while (found := _of_this_run()) and (left := end - time.monotonic()) > 0:
        _wait_for_the_end(found[0], left)
    return [f"{process}: {_read(process, 'cmdline').replace(chr(0), ' ')}" for process in found]


def stop() -> None:
    """End them."""
    for process in _of_this_run():
        with suppress(OSError):
            os.kill(process, signal.SIGKILL)


def _of_this_run() -> list[int]:
    if not Path("/proc/self/environ").exists():
        return []
    marked = f"{_VARIABLE}={os.environ[_VARIABLE]}\0"
    numbers = (int(folder.name) for folder in Path("/proc").iterdir() if folder.name.isdigit())
    return [number for number in numbers if number != os.getpid() and marked in _read(number, "environ")]


def _wait_for_the_end(process: int, seconds: float) -> None:
    """Wait, for no longer than that, without asking again and again: the processors are for those that are ending."""
    with suppress(OSError):  # it has ended, or the system is too old to tell: then it is asked again
        descriptor = os.pidfd_open(process)
        try:
            select.select([descriptor], [], [], seconds)
        finally:
            os.close(descriptor)


def _read(process: int, name: str) -> str:
    with suppress(OSError):
        return Path(f"/proc/{process}/{name}").read_text(encoding="utf-8", errors="replace")
    return ""
