"""Memory of the process."""

from __future__ import annotations

import ctypes
import sys
from contextlib import suppress

__all__ = ["give_memory_back"]


def give_memory_back() -> None:
    """Give memory that is free back to the system, which glibc does by itself for the end of the heap alone."""
    if sys.platform == "linux":
        with suppress(AttributeError, OSError):  # musl has none
            ctypes.CDLL(None).malloc_trim(0)
