"""The whole of arsearch without HTTP: words and meaning merged, articles fetched, snippets cut."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

import arsearch
from benchmarks.engines.base import TOP

__all__ = ["Hybrid"]


class Hybrid:
    """A search as a reader asks for it."""

    def index(self, documents: Path, folder: Path) -> None:
        """Build the whole index: articles, words, vectors, checksums."""
        arsearch.build_index([documents], folder / "index", settings=arsearch.Settings(model="fast"))

    def settle(self, folder: Path) -> None:
        """Nothing to do."""

    def open(self, folder: Path) -> None:
        """Open the index, and load the encoder, which is otherwise loaded by the first query."""
        self._searcher = arsearch.open_index(folder / "index", settings=arsearch.Settings())
        self._searcher.encoder  # noqa: B018

    def prepare(self, text: str, stems: Sequence[str]) -> str:  # noqa: ARG002  # analyses itself
        """Take the text as typed."""
        return text

    def search(self, query: str) -> arsearch.SearchResults:
        """Answer with articles and snippets."""
        return self._searcher.search(query, mode="hybrid", limit=TOP)

    def numbers(self, found: arsearch.SearchResults) -> list[int]:
        """Return the numbers, which the articles have as ids."""
        return [int(hit.id) for hit in found.hits]
