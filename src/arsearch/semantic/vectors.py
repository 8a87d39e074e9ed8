"""The vectors of a generation: a FAISS index of passages, and which article each row belongs to."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np
import numpy.typing as npt

from arsearch.errors import CorruptIndexError
from arsearch.semantic.encoder import Vectors

if TYPE_CHECKING:
    import faiss

__all__ = ["Ordinals", "PassageVectors", "VectorsWriter"]

Ordinals = npt.NDArray[np.int64]
Spans = npt.NDArray[np.uint32]

_FAISS_FILE = "passages.faiss"
_ROWS_FILE = "passages.npy"
_COLUMNS = 3  # ordinal, start, end


class VectorsWriter:
    """Collects rows and writes them into a folder. Rows of an earlier generation can be taken over without encoding."""

    def __init__(self, dimension: int) -> None:
        import faiss

        # Rows of float16 lose less than 1e-3 of a cosine and halve the file (FAISS, scalar quantizer).
        self._index = faiss.IndexScalarQuantizer(dimension, faiss.ScalarQuantizer.QT_fp16, faiss.METRIC_INNER_PRODUCT)
        self._rows: list[npt.NDArray[np.int64]] = []

    def add(self, ordinals: Ordinals, spans: npt.NDArray[np.int64], vectors: Vectors) -> None:
        """Add rows: *ordinals* (n,), *spans* (n, 2) of start and end in the body, *vectors* (n, dimension)."""
        if len(ordinals):
            self._rows.append(np.column_stack([ordinals, spans]).astype(np.int64))
            self._index.add(np.ascontiguousarray(vectors))

    def write(self, folder: Path) -> int:
        """Write everything into *folder* and return the number of rows."""
        import faiss

        folder.mkdir(parents=True, exist_ok=True)
        faiss.write_index(self._index, str(folder / _FAISS_FILE))
        rows = np.concatenate(self._rows) if self._rows else np.empty((0, _COLUMNS), np.int64)
        np.save(folder / _ROWS_FILE, rows.astype(np.uint32), allow_pickle=False)
        return len(rows)


class PassageVectors:
    """The vectors of a generation, opened for searching."""

    def __init__(self, folder: Path) -> None:
        """Open *folder*, memory-mapped. Raises CorruptIndexError if a file is missing or the two disagree."""
        import faiss

        try:
            self._index: faiss.Index = faiss.read_index(str(folder / _FAISS_FILE), faiss.IO_FLAG_MMAP_IFC)
            rows = np.load(folder / _ROWS_FILE, mmap_mode="r", allow_pickle=False)
        except (OSError, ValueError, RuntimeError) as error:
            raise CorruptIndexError(
                f"The vectors in {folder} cannot be read. Run `arsearch verify`, then `arsearch index --full`."
            ) from error
        if rows.ndim != 2 or rows.shape != (self._index.ntotal, _COLUMNS):
            raise CorruptIndexError(f"The vectors in {folder} do not fit together. Run `arsearch index --full`.")
        self._rows: Spans = rows
        self._ordinals = np.asarray(rows[:, 0], dtype=np.int64)
        # Rows of one article stand together, but articles need not be in order of their ordinals.
        self._order = np.argsort(self._ordinals, kind="stable")
        self._sorted = self._ordinals[self._order]

    def __len__(self) -> int:
        return int(self._index.ntotal)

    def count_articles(self) -> int:
        """Return how many articles have a vector."""
        return len(np.unique(self._ordinals))

    @property
    def dimension(self) -> int:
        """Length of a vector."""
        return int(self._index.d)

    def search(self, query: Vectors, count: int, allowed: Ordinals | None = None) -> tuple[Ordinals, Vectors]:
        """Return the *count* articles nearest to *query* (dimension,), best first: ordinals and cosines.

        With *allowed*, a sorted array of ordinals, only those articles are looked at.
        """
        import faiss

        if not len(self) or not query.any():
            return np.empty(0, np.int64), np.empty(0, np.float32)
        parameters = None
        if allowed is not None:
            rows = np.flatnonzero(np.isin(self._ordinals, allowed))
            parameters = faiss.SearchParameters(sel=faiss.IDSelectorBatch(rows))  # type: ignore[call-arg]  # SWIG
        depth = min(len(self), count)
        while True:
            cosines, rows = self._index.search(query[np.newaxis], depth, params=parameters)
            found = rows[0] >= 0
            cosines, rows = cosines[0][found], rows[0][found]
            ordinals, first = np.unique(self._ordinals[rows], return_index=True)
            # Several passages of one article: go deeper until there are enough articles, or no more rows.
            if len(ordinals) >= count or depth == len(self) or not found.all():
                break
            depth = min(len(self), depth * 4)
        first = np.sort(first)[:count]
        return self._ordinals[rows[first]], cosines[first].astype(np.float32)

    def score(self, query: Vectors, ordinals: Ordinals) -> tuple[Vectors, Ordinals]:
        """Return for each of *ordinals* the cosine of its nearest passage (float32) and that passage's row.

        Articles without a vector get -1, the least a cosine can be, and row -1.
        """
        scores = np.full(len(ordinals), -1.0, dtype=np.float32)
        best = np.full(len(ordinals), -1, dtype=np.int64)
        if not len(self) or not len(ordinals) or not query.any():
            return scores, best
        starts = np.searchsorted(self._sorted, ordinals, side="left")
        counts = np.searchsorted(self._sorted, ordinals, side="right") - starts
        owners = np.repeat(np.arange(len(ordinals)), counts)
        within = np.arange(len(owners)) - np.repeat(np.cumsum(counts) - counts, counts)
        rows = self._order[np.repeat(starts, counts) + within]
        if not len(rows):
            return scores, best
        cosines = self._index.reconstruct_batch(rows) @ query
        order = np.lexsort((cosines, owners))  # the last of each owner is its best
        last = np.append(np.flatnonzero(np.diff(owners[order])), len(order) - 1)
        winners = order[last]
        scores[owners[winners]] = cosines[winners]
        best[owners[winners]] = rows[winners]
        return scores, best

    def span(self, row: int) -> tuple[int, int]:
        """Return where the passage of *row* starts and ends in the body of its article."""
        _, start, end = self._rows[row]
        return int(start), int(end)

    def vector_of(self, ordinal: int) -> Vectors:
        """Return the normalised mean of the vectors of an article (dimension,), zeros if it has none."""
        rows = np.flatnonzero(self._ordinals == ordinal)
        if not len(rows):
            return np.zeros(self.dimension, dtype=np.float32)
        mean = self._index.reconstruct_batch(rows).mean(axis=0)
        return np.asarray(mean / max(float(np.linalg.norm(mean)), np.finfo(np.float32).tiny), dtype=np.float32)

    def take(self, keep: Ordinals) -> tuple[Ordinals, npt.NDArray[np.int64], Vectors]:
        """Return the rows of the articles in *keep*, as :meth:`VectorsWriter.add` takes them."""
        rows = np.flatnonzero(np.isin(self._ordinals, keep))
        vectors = self._index.reconstruct_batch(rows) if len(rows) else np.empty((0, self.dimension), np.float32)
        return self._ordinals[rows], self._rows[rows, 1:].astype(np.int64), vectors
