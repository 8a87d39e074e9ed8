"""The vectors of a commit: segments of passages, searched as one.

Vectors are stored as int8 or float16. In a segment of up to ``exact_vectors`` passages every one is compared with the
query; beyond, an inverted file (IVF; Sivic and Zisserman 2003, FAISS) looks only at the clusters nearest to it.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from pathlib import Path

import numpy as np
import numpy.typing as npt

from arsearch.common.array_types import Indices, Int64s, Mask, Ordinals, UInt8s, Vectors
from arsearch.common.segments import read_names
from arsearch.errors import CorruptIndexError
from arsearch.semantic.quantization import scaled
from arsearch.semantic.vector_segment import VectorSegment, open_vector_segment, read_scale

__all__ = ["PassageVectors", "stored_as"]

_BATCH_ROWS = 1 << 16
_TINY = np.finfo(np.float32).tiny
_PASSAGES_AN_ARTICLE = 2  # how much deeper than articles wanted the first look goes
_MIN_DEPTH = 64  # so that what rounding puts just outside a short list comes in


class PassageVectors:
    """The vectors of a commit, opened for searching. Safe to use from several threads."""

    def __init__(self, folder: Path, numbers: Ordinals | None = None, *, segments: Sequence[str] | None = None) -> None:
        """Open *folder*, or some *segments* of it, memory-mapped.

        Articles are called ``numbers[ordinal]``, without *numbers* by their ordinal.

        Rows of articles that ``numbers`` has no document for are not there. Raises CorruptIndexError if a file is
        missing or they disagree.
        """
        try:
            self._segments = [open_vector_segment(folder, name) for name in segments or read_names(folder)]
            if len({(segment.dimension, segment.scale) for segment in self._segments}) != 1:
                raise ValueError("its segments differ in their kind")
        except (OSError, ValueError, RuntimeError, KeyError, TypeError) as error:
            raise CorruptIndexError(
                f"The vectors in {folder} cannot be read ({error}). "
                "Run `arsearch verify`, then `arsearch index --full`."
            ) from error
        self.dimension = self._segments[0].dimension
        """Length of a vector."""
        self._scale = self._segments[0].scale
        sizes = [len(segment) for segment in self._segments]
        self._bases: Int64s = np.cumsum([0, *sizes])
        """Where the rows of each segment begin among all rows."""
        ordinals = np.concatenate([segment.rows[:, 0] for segment in self._segments]).astype(np.int64)
        self._norms = np.concatenate([segment.norms for segment in self._segments])
        if numbers is not None and ordinals.max(initial=-1) >= len(numbers):
            raise CorruptIndexError(f"The vectors in {folder} are of other articles. Run `arsearch index --full`.")
        self._owners: Int64s = ordinals if numbers is None else numbers[ordinals]
        live = self._owners >= 0
        self._live = [
            None if (here := live[first : first + size]).all() else here
            for first, size in zip(self._bases.tolist(), sizes, strict=False)
        ]
        """Which rows of each segment are of articles that are there, None for all of them."""
        # Rows of one article stand together, but articles need not be in order of their numbers.
        self._order = np.argsort(self._owners, kind="stable")
        self._counts = np.bincount(self._owners[live])
        self._live_count = int(self._counts.sum())
        self._firsts = np.cumsum(self._counts) - self._counts + int(np.count_nonzero(~live))

    def __len__(self) -> int:
        return self._live_count

    def close(self) -> None:
        """Let go of the files, and of the memory they are mapped into. Nothing can be searched then."""
        vars(self).clear()

    def count_articles(self) -> int:
        """Return how many articles have a vector."""
        return int(np.count_nonzero(self._counts))

    @property
    def storage(self) -> str:
        """How vectors are stored: ``int8`` or ``float16``."""
        return "float16" if self._scale == 1.0 else "int8"

    def search(self, query: Vectors, count: int, allowed: Mask | None = None) -> tuple[Ordinals, Vectors]:
        """Return the *count* articles nearest to *query* (dimension,), best first: numbers and cosines.

        With *allowed* (articles,), only those articles are looked at for which it is true.
        """
        if not len(self) or not query.any():
            return np.empty(0, np.int64), np.empty(0, np.float32)
        masks, selectable = self._masks(allowed)
        asked = scaled(query[np.newaxis], self._scale)
        depth = min(selectable, max(_MIN_DEPTH, count * _PASSAGES_AN_ARTICLE))
        while depth:
            rows = self._nearest(asked, depth, masks)
            # FAISS rounded the query too; with the query as it is, neighbours come in their right order.
            cosines = self._cosines(query, rows)
            rows, cosines = rows[order := np.argsort(-cosines, kind="stable")], cosines[order]
            best = np.sort(np.unique(self._owners[rows], return_index=True)[1])[:count]
            # Several passages of one article: go deeper until there are enough articles, or no more rows.
            if len(best) >= count or depth >= selectable or len(rows) < depth:
                return self._owners[rows[best]], cosines[best]
            depth = min(selectable, depth * 4)
        return np.empty(0, np.int64), np.empty(0, np.float32)

    def _nearest(self, asked: Vectors, depth: int, masks: list[Mask | None]) -> Indices:
        """Return *depth* rows of each segment, those nearest to *asked*; all that are among the nearest are there."""
        found = [
            base + segment.search(asked, min(depth, len(segment)), mask)
            for base, segment, mask in zip(self._bases.tolist(), self._segments, masks, strict=False)
            if len(segment)
        ]
        return np.concatenate(found)

    def _masks(self, allowed: Mask | None) -> tuple[list[Mask | None], int]:
        """Return which rows of each segment may be found, None for all, and how many these are."""
        if allowed is None:
            return self._live, len(self)
        rows = allowed[self._owners] & (self._owners >= 0)
        ends = self._bases[1:].tolist()
        return [rows[first:end] for first, end in zip(self._bases.tolist(), ends, strict=False)], int(
            np.count_nonzero(rows)
        )

    def score(self, query: Vectors, articles: Ordinals) -> tuple[Vectors, Ordinals]:
        """Return for each of *articles* the cosine of its nearest passage (float32) and that passage's row.

        Articles without a vector get -1, the least a cosine can be, and row -1.
        """
        scores = np.full(len(articles), -1.0, dtype=np.float32)
        best = np.full(len(articles), -1, dtype=np.int64)
        if not len(self) or not len(articles) or not query.any():
            return scores, best
        known = np.flatnonzero(articles < len(self._counts))
        counts = self._counts[articles[known]]
        known, counts = known[counts > 0], counts[counts > 0]
        if not len(known):
            return scores, best
        begins = np.cumsum(counts) - counts
        within = np.arange(int(counts.sum())) - np.repeat(begins, counts)
        rows = self._order[np.repeat(self._firsts[articles[known]], counts) + within]
        cosines = self._cosines(query, rows)
        scores[known] = np.maximum.reduceat(cosines, begins)
        is_best = cosines == np.repeat(scores[known], counts)
        winners = np.flatnonzero(is_best)[::-1]  # the first of equals is written last
        best[np.repeat(known, counts)[winners]] = rows[winners]
        return scores, best

    def vector_of(self, article: int) -> Vectors:
        """Return the normalised mean of the vectors of an article (dimension,), zeros if it has none."""
        rows = self._rows_of(article)
        if not len(rows):
            return np.zeros(self.dimension, dtype=np.float32)
        mean = self._decoded(rows).mean(axis=0)
        return np.asarray(mean / max(float(np.linalg.norm(mean)), _TINY), dtype=np.float32)

    def passages_of(self, article: int) -> tuple[npt.NDArray[np.int64], Vectors]:
        """Return the passages of an article: start and end of each in the body (n, 2), and their vectors."""
        rows = self._rows_of(article)
        return self.spans(rows), self._decoded(rows) / np.float32(self._scale)

    def _rows_of(self, article: int) -> Indices:
        """Return the rows of the passages of *article*, in order."""
        if article >= len(self._counts):
            return np.empty(0, np.int64)
        first = self._firsts[article]
        return self._order[first : first + self._counts[article]]

    def decoded_rows(self, keep: Ordinals) -> tuple[Ordinals, npt.NDArray[np.int64], Vectors]:
        """Return the rows of the articles *keep*, as :meth:`VectorsWriter.add` takes them."""
        rows = np.flatnonzero(np.isin(self._owners, keep))
        return self._owners[rows], self.spans(rows), self._decoded(rows) / np.float32(self._scale)

    def quantized_rows(self, keep: Ordinals) -> Iterator[tuple[Ordinals, npt.NDArray[np.int64], UInt8s, Vectors]]:
        """Yield the rows of the articles *keep*, many at a time, as :meth:`VectorsWriter.take_over` takes them."""
        rows = np.flatnonzero(np.isin(self._owners, keep))
        for begin in range(0, len(rows), _BATCH_ROWS):
            some = rows[begin : begin + _BATCH_ROWS]
            codes = np.concatenate([segment.quantized(local) for segment, _, local in self._by_segment(some)])
            yield self._owners[some], self.spans(some), codes, self._norms[some]

    def _cosines(self, query: Vectors, rows: Ordinals) -> Vectors:
        """Return the cosine of *query*, of length 1, with each of *rows*; 0 for a row of zeros."""
        products = self._decoded(rows) @ query
        return np.asarray(products / np.maximum(self._norms[rows], _TINY), dtype=np.float32)

    def _decoded(self, rows: Indices) -> Vectors:
        """Return the vectors of *rows* (rows, dimension) as they are stored, of any length."""
        if len(self._segments) == 1:
            return self._segments[0].decoded(rows)
        vectors = np.empty((len(rows), self.dimension), np.float32)
        for segment, places, local in self._by_segment(rows):
            vectors[places] = segment.decoded(local)
        return vectors

    def spans(self, rows: Indices) -> npt.NDArray[np.int64]:
        """Return where the passages of *rows* start and end in the bodies of their articles (rows, 2)."""
        spans = np.empty((len(rows), 2), np.int64)
        for segment, places, local in self._by_segment(rows):
            spans[places] = segment.rows[local, 1:]
        return spans

    def _by_segment(self, rows: Indices) -> Iterator[tuple[VectorSegment, Indices, Indices]]:
        """Yield the segments that *rows* are of, with their indices into *rows*, and the rows as they are there."""
        if len(self._segments) == 1:
            yield self._segments[0], np.arange(len(rows)), rows
            return
        numbers = np.searchsorted(self._bases, rows, side="right") - 1
        for number in np.unique(numbers).tolist():
            places = np.flatnonzero(numbers == number)
            yield self._segments[number], places, rows[places] - self._bases[number]


def stored_as(folder: Path) -> str:
    """Return how the vectors in *folder* are stored, ``int8`` or ``float16``, or an empty text if it cannot be told."""
    try:
        scales = {read_scale(folder, name) for name in read_names(folder)}
    except (OSError, ValueError, KeyError, TypeError):
        return ""
    return "" if len(scales) != 1 else "float16" if scales == {1.0} else "int8"
