"""The vectors of a generation: a FAISS index of passages, and which article each row belongs to.

Vectors are stored as int8 or float16. Up to ``exact_vectors`` passages every one is compared with the query; beyond,
an inverted file (IVF; Sivic and Zisserman 2003, FAISS) looks only at the clusters nearest to it.
"""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt

from arsearch.common.array_types import Indices, Mask, Ordinals, UInt8s, UInt32s, Vectors
from arsearch.common.numpy_files import read_array
from arsearch.errors import CorruptIndexError
from arsearch.semantic.quantization import scaled, to_codes

__all__ = ["COLUMNS", "FAISS_FILE", "NORMS_FILE", "ROWS_FILE", "SCALE_FILE", "PassageVectors", "stored_as"]


FAISS_FILE = "passages.faiss"
ROWS_FILE = "passages.npy"
NORMS_FILE = "norms.npy"
SCALE_FILE = "scale.json"
COLUMNS = 3  # ordinal, start, end

_INT8_ZERO = np.float32(128)  # what FAISS stores for 0
_BATCH_ROWS = 1 << 16
_PASSAGES_AN_ARTICLE = 2  # how much deeper than articles wanted the first look goes
_MIN_DEPTH = 64  # so that what rounding puts just outside a short list comes in


class PassageVectors:
    """The vectors of a generation, opened for searching. Safe to use from several threads."""

    def __init__(self, folder: Path, numbers: Ordinals | None = None) -> None:
        """Open *folder*, memory-mapped. Articles are called ``numbers[ordinal]``, without *numbers* by their ordinal.

        Raises CorruptIndexError if a file is missing or they disagree.
        """
        import faiss

        # One query has too little to do for several threads; the processors are for several queries.
        faiss.omp_set_num_threads(1)
        try:
            index: Any = faiss.read_index(str(folder / FAISS_FILE), faiss.IO_FLAG_MMAP_IFC)
            rows = read_array(folder / ROWS_FILE, "u4", 2)
            self._norms: Vectors = read_array(folder / NORMS_FILE, "f4", 1, mapped=False)
            self._scale = float(json.loads((folder / SCALE_FILE).read_text(encoding="utf-8"))["scale"])
            _check_kind(index, self._scale)
            if not np.isfinite(self._norms).all():
                raise ValueError(f"{NORMS_FILE} holds what is no length")
        except (OSError, ValueError, RuntimeError, KeyError, TypeError) as error:
            raise CorruptIndexError(
                f"The vectors in {folder} cannot be read ({error}). "
                "Run `arsearch verify`, then `arsearch index --full`."
            ) from error
        if rows.shape != (index.ntotal, COLUMNS) or self._norms.shape != (index.ntotal,):
            raise CorruptIndexError(f"The vectors in {folder} do not fit together. Run `arsearch index --full`.")
        self._index = index
        self._rows: UInt32s = rows
        ordinals = np.asarray(rows[:, 0], dtype=np.int64)
        if numbers is not None and ordinals.max(initial=-1) >= len(numbers):
            raise CorruptIndexError(f"The vectors in {folder} are of other articles. Run `arsearch index --full`.")
        self._owners = ordinals if numbers is None else numbers[ordinals]
        # Rows of one article stand together, but articles need not be in order of their numbers.
        self._order = np.argsort(self._owners, kind="stable")
        counts = np.bincount(self._owners[self._owners >= 0])
        self._counts = counts
        self._firsts = np.cumsum(counts) - counts + int(np.count_nonzero(self._owners < 0))
        self._codes = _codes_of(index)
        if hasattr(index, "nlist"):
            index.make_direct_map()

    def __len__(self) -> int:
        return int(self._index.ntotal)

    def close(self) -> None:
        """Let go of the files, and of the memory they are mapped into. Nothing can be searched then."""
        vars(self).clear()

    def count_articles(self) -> int:
        """Return how many articles have a vector."""
        return int(np.count_nonzero(self._counts))

    @property
    def dimension(self) -> int:
        """Length of a vector."""
        return int(self._index.d)

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
        parameters, selectable = self._parameters(allowed)
        asked = scaled(query[np.newaxis], self._scale)
        depth = min(selectable, max(_MIN_DEPTH, count * _PASSAGES_AN_ARTICLE))
        while depth:
            _, rows = self._index.search(asked, depth, params=parameters)
            rows = rows[0][rows[0] >= 0]
            # Several passages of one article: go deeper until there are enough articles, or no more rows.
            if len(np.unique(self._owners[rows])) >= count or depth >= selectable or len(rows) < depth:
                break
            depth = min(selectable, depth * 4)
        else:
            return np.empty(0, np.int64), np.empty(0, np.float32)
        # FAISS rounded the query too; with the query as it is, neighbours come in their right order.
        cosines = self._cosines(query, rows)
        rows, cosines = rows[order := np.argsort(-cosines, kind="stable")], cosines[order]
        best = np.sort(np.unique(self._owners[rows], return_index=True)[1])[:count]
        return self._owners[rows[best]], cosines[best]

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

    def span(self, row: int) -> tuple[int, int]:
        """Return where the passage of *row* starts and ends in the body of its article."""
        _, start, end = self._rows[row]
        return int(start), int(end)

    def vector_of(self, article: int) -> Vectors:
        """Return the normalised mean of the vectors of an article (dimension,), zeros if it has none."""
        rows = self._rows_of(article)
        if not len(rows):
            return np.zeros(self.dimension, dtype=np.float32)
        mean = self._decoded(rows).mean(axis=0)
        return np.asarray(mean / max(float(np.linalg.norm(mean)), np.finfo(np.float32).tiny), dtype=np.float32)

    def passages_of(self, article: int) -> tuple[npt.NDArray[np.int64], Vectors]:
        """Return the passages of an article: start and end of each in the body (n, 2), and their vectors."""
        rows = self._rows_of(article)
        return self._rows[rows, 1:].astype(np.int64), self._decoded(rows) / np.float32(self._scale)

    def _rows_of(self, article: int) -> Indices:
        """Return the rows of the passages of *article*, in order."""
        if article >= len(self._counts):
            return np.empty(0, np.int64)
        first = self._firsts[article]
        return self._order[first : first + self._counts[article]]

    def decoded_rows(self, keep: Ordinals) -> tuple[Ordinals, npt.NDArray[np.int64], Vectors]:
        """Return the rows of the articles *keep*, as :meth:`VectorsWriter.add` takes them."""
        rows = np.flatnonzero(np.isin(self._owners, keep))
        return self._owners[rows], self._rows[rows, 1:].astype(np.int64), self._decoded(rows) / np.float32(self._scale)

    def quantized_rows(self, keep: Ordinals) -> Iterator[tuple[Ordinals, npt.NDArray[np.int64], UInt8s, Vectors]]:
        """Yield the rows of the articles *keep*, many at a time, as :meth:`VectorsWriter.take_over` takes them."""
        rows = np.flatnonzero(np.isin(self._owners, keep))
        for begin in range(0, len(rows), _BATCH_ROWS):
            some = rows[begin : begin + _BATCH_ROWS]
            yield self._owners[some], self._rows[some, 1:].astype(np.int64), self._quantized(some), self._norms[some]

    def _quantized(self, rows: Ordinals) -> UInt8s:
        """Return *rows* as they stand in the index (rows, code size)."""
        if self._codes is not None:
            return self._codes[rows].view(np.uint8)
        return to_codes(self._decoded(rows), "float16" if self._index.code_size > self.dimension else "int8")

    def _cosines(self, query: Vectors, rows: Ordinals) -> Vectors:
        """Return the cosine of *query*, of length 1, with each of *rows*; 0 for a row of zeros."""
        products = self._decoded(rows) @ query
        return np.asarray(products / np.maximum(self._norms[rows], np.finfo(np.float32).tiny), dtype=np.float32)

    def _decoded(self, rows: Ordinals) -> Vectors:
        """Return the vectors of *rows* (rows, dimension) as they are stored, of any length."""
        if not len(rows):
            return np.empty((0, self.dimension), np.float32)
        if self._codes is not None:
            chosen: Vectors = self._codes[rows].astype(np.float32)
            if self._codes.dtype == np.uint8:
                chosen -= _INT8_ZERO
            return chosen
        stored: Vectors = self._index.reconstruct_batch(rows)
        return stored

    def _parameters(self, allowed: Mask | None) -> tuple[Any, int]:
        """Return FAISS's search parameters for the articles *allowed*, and how many rows they leave."""
        import faiss

        is_ivf = hasattr(self._index, "nlist")
        if allowed is None:
            return None, len(self)
        rows = allowed[self._owners] & (self._owners >= 0)
        bits = np.packbits(rows, bitorder="little")
        selector = faiss.IDSelectorBitmap(bits)  # type: ignore[call-arg, arg-type]  # SWIG takes the array
        count = int(np.count_nonzero(rows))
        if is_ivf:
            return faiss.SearchParametersIVF(sel=selector, nprobe=self._index.nprobe), count  # type: ignore[call-arg]
        return faiss.SearchParameters(sel=selector), count  # type: ignore[call-arg]


def _check_kind(index: Any, scale: float) -> None:
    """Raise ValueError if *index*, of vectors stored with *scale*, is none that :class:`VectorsWriter` writes."""
    import faiss

    if type(index) not in (faiss.IndexScalarQuantizer, faiss.IndexIVFScalarQuantizer):
        raise ValueError(f"{FAISS_FILE} holds a {type(index).__name__}")
    if not (np.isfinite(scale) and scale > 0):
        raise ValueError(f"{SCALE_FILE} gives the scale {scale}")
    kind = faiss.ScalarQuantizer.QT_fp16 if scale == 1.0 else faiss.ScalarQuantizer.QT_8bit_direct_signed
    if index.sq.qtype != kind or index.metric_type != faiss.METRIC_INNER_PRODUCT:
        raise ValueError(f"{FAISS_FILE} stores or compares vectors otherwise")
    if hasattr(index, "nlist") and not (1 <= index.nprobe <= index.nlist == index.quantizer.ntotal):
        raise ValueError(f"{FAISS_FILE} has {index.nlist} lists for {index.quantizer.ntotal} clusters")


def _codes_of(index: Any) -> npt.NDArray[Any] | None:
    """Return the rows of a flat *index* (rows, dimension) as they are stored, None if they are not in order.

    FAISS decodes one row after the other, which takes three times as long as NumPy takes for all.
    """
    import faiss

    if hasattr(index, "nlist") or not index.ntotal:
        return None
    codes = faiss.rev_swig_ptr(index.codes.data(), index.ntotal * index.code_size)
    dtype = np.uint8 if index.sq.qtype == faiss.ScalarQuantizer.QT_8bit_direct_signed else np.float16
    return codes.view(dtype).reshape(index.ntotal, index.d)


def stored_as(folder: Path) -> str:
    """Return how the vectors in *folder* are stored, ``int8`` or ``float16``, or an empty text if it cannot be told."""
    try:
        scale = float(json.loads((folder / SCALE_FILE).read_text(encoding="utf-8"))["scale"])
    except (OSError, ValueError, KeyError, TypeError):
        return ""
    return "float16" if scale == 1.0 else "int8"
