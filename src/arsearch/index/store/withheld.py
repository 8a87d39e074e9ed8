"""Articles that were deleted by hand, in an article store that is being written."""

from __future__ import annotations

import sqlite3

from arsearch.index.store.segments import ArticleSegments
from arsearch.index.store.state import StoreState

__all__ = ["WithheldTable"]


class WithheldTable:
    """The ids of articles that stay out, whatever their sources say."""

    def __init__(self, connection: sqlite3.Connection, earlier: ArticleSegments | None, state: StoreState) -> None:
        """Begin with what *earlier* says, and count in *state*."""
        self._connection = connection
        self._earlier = earlier
        self._state = state

    def __contains__(self, identifier: str) -> bool:
        if not self._state.withheld:
            return False
        row = self._connection.execute("SELECT gone FROM withheld WHERE id = ?", (identifier,)).fetchone()
        if row is not None:
            return not row[0]
        return bool(self._earlier and self._earlier.is_withheld(identifier))

    def add(self, identifier: str) -> None:
        """Delete an article by hand."""
        if identifier not in self:
            self._set(identifier, gone=False)

    def discard(self, identifier: str) -> None:
        """Take that back."""
        if identifier in self:
            self._set(identifier, gone=True)

    def _set(self, identifier: str, *, gone: bool) -> None:
        self._state.withheld += -1 if gone else 1
        row = (identifier, int(gone), self._state.version)
        self._connection.execute("INSERT OR REPLACE INTO withheld VALUES (?, ?, ?)", row)
