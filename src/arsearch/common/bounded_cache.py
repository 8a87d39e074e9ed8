"""A cache with bounds: the entries used least recently leave when there are too many, or when they are too large."""

from __future__ import annotations

import threading
from collections import OrderedDict
from collections.abc import Callable, Hashable, Iterable
from typing import Generic, TypeVar

__all__ = ["BoundedCache"]

Key = TypeVar("Key", bound=Hashable)
Value = TypeVar("Value")


class BoundedCache(Generic[Key, Value]):
    """Keeps values by key, at most *entries* of them and at most *size* bytes. Safe to use from several threads.

    Without entries or bytes nothing is kept. *size_of* says how many bytes a value takes.
    """

    def __init__(self, entries: int, size: int, size_of: Callable[[Value], int]) -> None:
        self._max_entries = entries
        self._max_bytes = size
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
        self.put_all(((key, value),))

    def put_all(self, pairs: Iterable[tuple[Key, Value]]) -> None:
        """Keep each value of *pairs* as :meth:`put` does, in one turn."""
        if self._max_entries < 1:
            return
        sized = [(key, value, self._size_of(value)) for key, value in pairs]
        with self._lock:
            for key, value, size in sized:
                before = self._values.pop(key, None)
                self._bytes -= before[1] if before else 0
                if size <= self._max_bytes:
                    self._bytes += size
                    self._values[key] = value, size
            while len(self._values) > self._max_entries or self._bytes > self._max_bytes:
                _, (_, freed) = self._values.popitem(last=False)
                self._bytes -= freed

    def clear(self) -> None:
        """Keep nothing of what is kept now."""
        with self._lock:
            self._values.clear()
            self._bytes = 0
