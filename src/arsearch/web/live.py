"""The index as a server sees it: always the live generation, without a restart."""

from __future__ import annotations

import threading
from pathlib import Path

from arsearch.index import Layout
from arsearch.search import Searcher, synonyms_stamp
from arsearch.settings import Settings

__all__ = ["LiveIndex"]


class LiveIndex:
    """Hands out the searcher of the live generation, and opens a new one when ``CURRENT`` or the synonyms have changed.

    A searcher that is in use when the generation changes stays open until nobody refers to it any more.
    """

    def __init__(self, index: Path, settings: Settings) -> None:
        self.settings = settings
        self._layout = Layout(index)
        self._lock = threading.Lock()
        self._searcher: Searcher | None = None

    def searcher(self) -> Searcher:
        """Return a searcher on the live generation. Raises an IndexStateError if there is none that can be used."""
        state = self._layout.current(), synonyms_stamp(self.settings)
        searcher = self._searcher
        if searcher is None or _state(searcher) != state:
            with self._lock:
                if self._searcher is None or _state(self._searcher) != state:
                    self._searcher = Searcher(self._layout.root, self.settings)
                searcher = self._searcher
        return searcher


def _state(searcher: Searcher) -> tuple[str, tuple[int, int] | None]:
    return searcher.generation.manifest.generation, searcher.synonyms_stamp
