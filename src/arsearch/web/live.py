"""The index as a server sees it: always the live generation, without a restart."""

from __future__ import annotations

import threading
from pathlib import Path

from arsearch.index import Layout
from arsearch.search import Searcher
from arsearch.settings import Settings

__all__ = ["LiveIndex"]


class LiveIndex:
    """Hands out the searcher of the live generation, and opens a new one when ``CURRENT`` has changed.

    A searcher that is in use when the generation changes stays open until nobody refers to it any more.
    """

    def __init__(self, index: Path, settings: Settings) -> None:
        self.settings = settings
        self._layout = Layout(index)
        self._lock = threading.Lock()
        self._searcher: Searcher | None = None

    def searcher(self) -> Searcher:
        """Return a searcher on the live generation. Raises an IndexStateError if there is none that can be used."""
        live = self._layout.current()
        searcher = self._searcher
        if searcher is None or searcher.generation.manifest.generation != live:
            with self._lock:
                if self._searcher is None or self._searcher.generation.manifest.generation != live:
                    self._searcher = Searcher(self._layout.root, self.settings)
                searcher = self._searcher
        return searcher
