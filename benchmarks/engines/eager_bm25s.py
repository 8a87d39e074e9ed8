"""bm25s: every score computed while indexing, in sparse matrices; NumPy alone, without Numba."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import Any

import bm25s
from bm25s.tokenization import Tokenized

from benchmarks.engines.base import TOP, stem_lines

__all__ = ["EagerBM25"]


class EagerBM25:
    """Its index holds no positions, so it finds no phrases."""

    def index(self, documents: Path, folder: Path) -> None:
        """Number the words and index them."""
        vocabulary: dict[str, int] = {}
        numbers = [
            [vocabulary.setdefault(stem, len(vocabulary)) for stem in line.split()] for line in stem_lines(documents)
        ]
        retriever = bm25s.BM25(method="lucene", k1=1.2, b=0.75)
        retriever.index(Tokenized(ids=numbers, vocab=vocabulary), show_progress=False)
        retriever.save(folder)

    def settle(self, folder: Path) -> None:
        """Nothing to do."""

    def open(self, folder: Path) -> None:
        """Open the index, mapped into memory."""
        self._retriever = bm25s.BM25.load(folder, mmap=True, show_progress=False)

    def prepare(self, text: str, stems: Sequence[str]) -> Any:  # noqa: ARG002  # does not analyse
        """Return the stems, in the form for several queries at once."""
        return [list(stems)]

    def search(self, query: Any) -> Any:
        """Answer."""
        return self._retriever.retrieve(query, k=TOP, show_progress=False, backend_selection="numpy")

    def numbers(self, found: Any) -> list[int]:
        """Return the documents that have any word: bm25s fills up with others."""
        return [
            int(number) for number, score in zip(found.documents[0], found.scores[0], strict=True) if float(score) > 0
        ]
