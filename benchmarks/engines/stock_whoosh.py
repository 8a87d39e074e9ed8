"""Whoosh as it comes: its own codec, matchers and BM25F, on words that were analysed before."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import Any

from whoosh import scoring
from whoosh.analysis import RegexTokenizer
from whoosh.fields import STORED, TEXT, Schema
from whoosh.filedb.filestore import FileStorage
from whoosh.query import Or, Term

from benchmarks.engines.base import TOP, stem_lines

__all__ = ["StockWhoosh"]

_MEMORY_MB = 256


class StockWhoosh:
    """Whoosh's default codec."""

    def index(self, documents: Path, folder: Path) -> None:
        """Index with one writer in this process."""
        schema = Schema(text=TEXT(analyzer=RegexTokenizer(r"\S+")), number=STORED)
        writer = FileStorage(str(folder)).create().create_index(schema).writer(limitmb=_MEMORY_MB)
        for number, line in enumerate(stem_lines(documents)):
            writer.add_document(text=line, number=number)
        writer.commit()

    def settle(self, folder: Path) -> None:
        """Nothing to do: one writer leaves one segment."""

    def open(self, folder: Path) -> None:
        """Open a searcher."""
        index = FileStorage(str(folder)).open_index()
        self._searcher = index.searcher(weighting=scoring.BM25F(B=0.75, K1=1.2))

    def prepare(self, text: str, stems: Sequence[str]) -> Any:  # noqa: ARG002  # does not analyse
        """Return the query of the stems."""
        return Or([Term("text", stem) for stem in stems])

    def search(self, query: Any) -> Any:
        """Answer."""
        return self._searcher.search(query, limit=TOP)

    def numbers(self, found: Any) -> list[int]:
        """Return the stored numbers."""
        return [hit["number"] for hit in found]
