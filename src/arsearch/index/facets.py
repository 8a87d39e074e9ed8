"""Facets: how many of the articles found have each author, source, section, tag or year."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from arsearch.index.store import ArticleStore

__all__ = ["FACETS", "Facets"]

FACETS = ("source", "author", "section", "tag", "year")

Ordinals = npt.NDArray[np.int64]


@dataclass(frozen=True, slots=True)
class _Column:
    """The values of one facet, coded: article ``ordinals[i]`` has ``values[codes[i]]``; an article may stand twice."""

    values: list[str]
    ordinals: Ordinals
    codes: npt.NDArray[np.int64]


class Facets:
    """The facets and dates of a generation, read from the article store when first asked for."""

    def __init__(self, store: ArticleStore) -> None:
        self._store = store
        self._columns: dict[str, _Column] = {}
        self._dates: dict[int, str] | None = None

    def count(self, found: Ordinals, *, limit: int) -> dict[str, list[tuple[str, int]]]:
        """Return for each facet the *limit* most frequent values among *found*, with their counts."""
        return {name: self._count(self._column(name), found, limit) for name in FACETS}

    def order_by_date(self, found: Ordinals) -> npt.NDArray[np.int64]:
        """Return the indices that sort *found* newest first, those without a date last, equals in the order given."""
        if self._dates is None:
            self._dates = dict(self._store.column("date"))
        dates = np.array([self._dates.get(int(ordinal), "") for ordinal in found])
        # A stable sort from oldest to newest of the reversed array, reversed: equal dates keep their order.
        return (len(dates) - 1 - np.argsort(dates[::-1], kind="stable"))[::-1]

    def _column(self, name: str) -> _Column:
        if name not in self._columns:
            pairs = self._store.column("date" if name == "year" else name)
            if name == "year":
                pairs = [(ordinal, date[:4]) for ordinal, date in pairs]
            codes: dict[str, int] = {}
            coded = np.array([codes.setdefault(value, len(codes)) for _, value in pairs], dtype=np.int64)
            self._columns[name] = _Column(list(codes), np.array([ordinal for ordinal, _ in pairs], np.int64), coded)
        return self._columns[name]

    @staticmethod
    def _count(column: _Column, found: Ordinals, limit: int) -> list[tuple[str, int]]:
        counts = np.bincount(column.codes[np.isin(column.ordinals, found)], minlength=len(column.values))
        best = np.argsort(-counts, kind="stable")[:limit]
        return [(column.values[code], int(counts[code])) for code in best if counts[code]]
