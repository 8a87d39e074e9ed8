"""Memory of the process."""

from __future__ import annotations

import ctypes
import sys
import time
from contextlib import suppress

__all__ = ["give_memory_back"]

_EVERY = 10.0
"""Seconds between two times: looking through all that is free takes some milliseconds, and what was freed is used
again meanwhile."""
_last = -_EVERY


def give_memory_back() -> None:
    """Give memory that is free back to the system, which glibc does by itself for the end of the heap alone.

    Soon after another time it does nothing.
    """
    global _last  # there is one heap
    now = time.monotonic()
    if sys.platform != "linux" or now < _last + _EVERY:
        return
    _last = now
    with suppress(AttributeError, OSError):  # musl has none
        ctypes.CDLL(None).malloc_trim(0)
