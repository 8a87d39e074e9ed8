"""BM25 as a Whoosh weighting model."""

from __future__ import annotations

import math
from typing import Any

from whoosh.scoring import WeightingModel, WeightLengthScorer, WeightScorer

from arsearch.lexical.search.bm25 import K1, B, inverse_document_frequency

__all__ = ["LuceneBM25"]


class LuceneBM25(WeightingModel):  # type: ignore[misc]  # whoosh has no types
    """The same scores for Whoosh's own matchers; terms of fields that are not scored count 1."""

    def idf(self, searcher: Any, fieldname: str, text: bytes) -> float:
        """Return the idf of a term."""
        reader = searcher.get_parent().reader()
        return float(inverse_document_frequency(reader.doc_count(), reader.doc_frequency(fieldname, text)))

    def scorer(self, searcher: Any, fieldname: str, text: bytes, qf: int = 1) -> Any:  # noqa: ARG002  # Whoosh's
        """Return the scorer of a term."""
        if not searcher.schema[fieldname].scorable:
            return WeightScorer.for_(searcher, fieldname, text)
        return _Scorer(searcher, fieldname, text)


class _Scorer(WeightLengthScorer):  # type: ignore[misc]  # whoosh has no types
    def __init__(self, searcher: Any, fieldname: str, text: bytes) -> None:
        parent = searcher.get_parent()
        self._idf = parent.idf(fieldname, text)
        reader = parent.reader()
        self._average = max(reader.field_length(fieldname) / max(reader.doc_count(), 1), 1.0)
        self.setup(searcher, fieldname, text)

    def _score(self, weight: float, length: float) -> float:
        if math.isinf(weight):
            return float(self._idf)
        return float(self._idf * weight / (weight + K1 * (1 - B + B * length / self._average)))
