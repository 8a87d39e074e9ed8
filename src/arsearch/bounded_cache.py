"""A cache with bounds: the entries used least recently leave when there are too many, or when they are too large."""

from __future__ import annotations

import dataclasses
import sys
import threading
from collections import OrderedDict
from collections.abc import Callable, Hashable, Mapping
from typing import Any, Generic, TypeVar

__all__ = ["BoundedCache", "size_in_memory"]

Key = TypeVar("Key", bound=Hashable)
Value = TypeVar("Value")


class BoundedCache(Generic[Key, Value]):
    """Keeps values by key, at most *entries* of them and at most *size* bytes. Safe to use from several threads.

    Without entries or bytes nothing is kept. *size_of* says how many bytes a value takes.
    """

    def __init__(self, entries: int, size: int, size_of: Callable[[Value], int]) -> None:
        self._most_entries = entries
        self._most_bytes = size
        self._size_of = size_of
        self._values: OrderedDict[Key, tuple[Value, int]] = OrderedDict()
        self._bytes = 0
        self._lock = threading.Lock()

    def __len__(self) -> int:
        return len(self._values)

    @property
    def size(self) -> int:
        """Bytes that the values take."""
        return self._bytes

    def get(self, key: Key) -> Value | None:
        """Return the value of *key*, None if it is not kept (any more)."""
        with self._lock:
            found = self._values.get(key)
            if found is None:
                return None
            self._values.move_to_end(key)
            return found[0]

    def put(self, key: Key, value: Value) -> None:
        """Keep *value* in place of what *key* had; one that alone is larger than all may be is not kept."""
        size = self._size_of(value)
        with self._lock:
            before = self._values.pop(key, None)
            self._bytes -= before[1] if before else 0
            if self._most_entries < 1 or size > self._most_bytes:
                return
            self._bytes += size
            self._values[key] = value, size
            while len(self._values) > self._most_entries or self._bytes > self._most_bytes:
                _, (_, freed) = self._values.popitem(last=False)
                self._bytes -= freed

    def clear(self) -> None:
        """Keep nothing of what is kept now."""
        with self._lock:
            self._values.clear()
            self._bytes = 0


def size_in_memory(value: Any) -> int:
    """Return about how many bytes *value* takes: itself and what it holds, of dataclasses and Python's own types.

    What is held twice counts twice, so that the estimate is rather too high.
    """
    size = sys.getsizeof(value)
    if isinstance(value, (str, bytes, int, float)) or value is None:
        return size
    if isinstance(value, Mapping):
        return size + sum(size_in_memory(key) + size_in_memory(held) for key, held in value.items())
    if isinstance(value, (tuple, list, set, frozenset)):
        return size + sum(map(size_in_memory, value))
    if dataclasses.is_dataclass(value):
        return size + sum(size_in_memory(getattr(value, field.name)) for field in dataclasses.fields(value))
    return size
