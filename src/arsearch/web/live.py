"""The index as a server sees it: always the live commit, without a restart."""

from __future__ import annotations

import dataclasses
import threading
from pathlib import Path

from arsearch.backends import choose_backend
from arsearch.search import Searcher, synonyms_stamp
from arsearch.settings import Settings

__all__ = ["LiveIndex"]


class LiveIndex:
    """Hands out the searcher of the live commit, and opens a new one when that or the synonyms have changed.

    A searcher that is in use when the commit changes stays open until nobody refers to it any more.
    """

    def __init__(self, index: Path, settings: Settings) -> None:
        self.settings = settings
        self._path = index
        self._backend = choose_backend(dataclasses.replace(settings, index=index))
        self._lock = threading.Lock()
        self._searcher: Searcher | None = None
        self._earlier: Searcher | None = None

    def searcher(self) -> Searcher:
        """Return a searcher on the live commit. Raises an IndexStateError if there is none that can be used."""
        state = self._backend.current(), synonyms_stamp(self.settings)
        searcher = self._searcher
        if searcher is None or _state(searcher) != state:
            with self._lock:
                if self._searcher is None or _state(self._searcher) != state:
                    self._searcher = Searcher(self._path, self.settings)
                    self._earlier = None  # a writer could not delete what is kept open
                searcher = self._searcher
        return searcher

    def searcher_of(self, commit: str) -> Searcher:
        """Return a searcher on the commit of this identity, for those who go on in it.

        Raises NoIndexError if it is not kept any more. One earlier commit is kept open, until the live one changes.
        """
        live = self.searcher()
        if commit == live.index.manifest.generation:
            return live
        earlier = self._earlier
        if earlier is None or _state(earlier) != (commit, live.synonyms_stamp):
            with self._lock:
                self._earlier = earlier = Searcher(self._path, self.settings, commit=commit)
        return earlier


def _state(searcher: Searcher) -> tuple[str, tuple[int, int] | None]:
    return searcher.index.manifest.generation, searcher.synonyms_stamp
