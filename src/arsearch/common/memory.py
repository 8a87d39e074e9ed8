"""Memory of the process."""

from __future__ import annotations

import ctypes
import gc
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress

__all__ = ["give_memory_back", "rare_collections"]

_OBJECTS = 100_000
"""That are made before Python looks for cycles among the young ones."""

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


@contextmanager
def rare_collections() -> Iterator[None]:
    """Have Python look for cycles of objects less often in the block: where many objects are made, few are in any."""
    before = gc.get_threshold()
    if before[0]:
        gc.set_threshold(max(_OBJECTS, before[0]), *before[1:])
    try:
        yield
    finally:
        gc.set_threshold(*before)
