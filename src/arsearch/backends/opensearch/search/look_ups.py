"""Answers that are kept, and asked for together where it can be foreseen which will be needed."""

from __future__ import annotations

import sys
from collections.abc import Callable, Hashable, Iterator, Sequence
from contextlib import contextmanager
from contextvars import ContextVar
from typing import Any, TypeVar

from arsearch.common.bounded_cache import BoundedCache

__all__ = ["LookUps"]

T = TypeVar("T")
Body = dict[str, Any]
Noted = dict[Hashable, tuple[Body, Callable[[Body], Any]]]

_KEPT = 1 << 12


class LookUps:
    """What was looked up with one search each. *search* answers several. Safe to use from several threads."""

    def __init__(self, search: Callable[[Sequence[Body]], list[Body]]) -> None:
        self._search = search
        self._kept: BoundedCache[Hashable, tuple[Any]] = BoundedCache(_KEPT, sys.maxsize, len)
        self._noted: ContextVar[Noted | None] = ContextVar("arsearch_looked_up_ahead", default=None)

    def find(self, key: Hashable, search: Callable[[], Body], read: Callable[[Body], T], nothing: T) -> T:
        """Return what *read* makes of the answer to *search*; *nothing* while it is only noted what will be needed."""
        kept = self._kept.get(key)
        if kept is not None:
            found: T = kept[0]
            return found
        noted = self._noted.get()
        if noted is not None:
            noted[key] = search(), read
            return nothing
        [answer] = self._search([search()])
        found = read(answer)
        self._kept.put(key, (found,))
        return found

    def now(self, search: Body) -> Body:
        """Return the answer to *search*, which is not kept."""
        return self._search([search])[0]

    @contextmanager
    def ahead(self) -> Iterator[None]:
        """Note what is looked up meanwhile, and look it up at once in the end."""
        noted: Noted = {}
        token = self._noted.set(noted)
        try:
            yield
        finally:
            self._noted.reset(token)
        answers = self._search([search for search, _ in noted.values()])
        for (key, (_, read)), answer in zip(noted.items(), answers, strict=True):
            self._kept.put(key, (read(answer),))
