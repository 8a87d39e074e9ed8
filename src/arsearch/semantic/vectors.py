"""The vectors of a generation: a FAISS index of passages, and which article each row belongs to.

Vectors are stored as int8 or float16. Up to ``exact_vectors`` passages every one is compared with the query; beyond,
an inverted file (IVF; Sivic and Zisserman 2003, FAISS) looks only at the clusters nearest to it.
"""

from __future__ import annotations

import json
import math
import tempfile
from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
import numpy.typing as npt

from arsearch.arrays import write_array
from arsearch.errors import CorruptIndexError
from arsearch.semantic.encoder import Vectors

if TYPE_CHECKING:
    import faiss

__all__ = ["Ordinals", "PassageVectors", "VectorsWriter", "int8_codes"]

Ordinals = npt.NDArray[np.int64]
Mask = npt.NDArray[np.bool_]
Spans = npt.NDArray[np.uint32]

_FAISS_FILE = "passages.faiss"
_ROWS_FILE = "passages.npy"
_NORMS_FILE = "norms.npy"
_SCALE_FILE = "scale.json"
_COLUMNS = 3  # ordinal, start, end

_INT8_MOST = 127
_INT8_ZERO = np.float32(128)  # what FAISS stores for 0
# The components of a unit vector of length d have a deviation of about 1 / sqrt(d); greater ones are cut off.
_DEVIATIONS = 6.0
_ADDED_AT_ONCE = 1 << 16
# Clusters: 4 sqrt(n) of them, trained on 40 vectors each (FAISS's guidelines for indexes of about a million vectors).
_CLUSTERS = 4
_TRAINED_ON = 40
# A query looks into this part of the clusters: recall of the best 10 is then above 0.95, which a test holds.
_PROBED = 1 / 16
_PASSAGES_AN_ARTICLE = 2  # how much deeper than articles wanted the first look goes
_LEAST_DEPTH = 64  # so that what rounding puts just outside a short list comes in


class VectorsWriter:
    """Collects rows and writes them into a folder. Rows of an earlier generation can be taken over without encoding.

    Rows are kept as they will be stored, in a temporary file, so that memory does not grow with them.
    """

    def __init__(self, dimension: int, *, storage: str, exact: int, scratch: Path | None = None) -> None:
        """Write vectors of length *dimension* as *storage*, ``int8`` or ``float16``; up to *exact* in a flat index.

        The temporary file is in the folder *scratch*, or where temporary files are.
        """
        self._dimension = dimension
        self._storage = storage
        self._exact = exact
        self._scale = _int8_scale(dimension) if storage == "int8" else 1.0
        self._rows: list[npt.NDArray[np.uint32]] = []
        self._norms: list[npt.NDArray[np.float32]] = []
        self._file = tempfile.TemporaryFile(dir=scratch)  # noqa: SIM115  # closed with the writer

    def add(self, ordinals: Ordinals, spans: npt.NDArray[np.int64], vectors: npt.NDArray[np.floating[Any]]) -> None:
        """Add rows: *ordinals* (n,), *spans* (n, 2) of start and end in the body, *vectors* (n, dimension)."""
        if len(ordinals):
            rounded = vectors.astype(np.float16).astype(np.float32)  # as the cache of slow models has them
            self.take_over(ordinals, spans, _scaled(rounded, self._scale))

    def take_over(self, ordinals: Ordinals, spans: npt.NDArray[np.int64], stored: Vectors) -> None:
        """Add rows whose vectors are given as an index of this kind has *stored* them (n, dimension)."""
        self._rows.append(np.column_stack([ordinals, spans]).astype(np.uint32))
        self._norms.append(np.linalg.norm(stored, axis=1))
        self._file.write(stored.astype(self._storage).tobytes())

    def write(self, folder: Path) -> int:
        """Write everything into *folder* and return the number of rows."""
        import faiss

        folder.mkdir(parents=True, exist_ok=True)
        rows = np.concatenate([np.empty((0, _COLUMNS), np.uint32), *self._rows])
        index: Any = self._faiss_index(len(rows))
        vectors = self._stored(len(rows))
        if not index.is_trained:
            every = max(1, len(rows) // (_TRAINED_ON * index.nlist))
            index.train(vectors[::every].astype(np.float32))
        for begin in range(0, len(rows), _ADDED_AT_ONCE):
            index.add(vectors[begin : begin + _ADDED_AT_ONCE].astype(np.float32))
        write_array(folder / _NORMS_FILE, np.concatenate([np.empty(0, np.float32), *self._norms]))
        with (folder / _FAISS_FILE).open("wb") as file:
            # FAISS's own files report no error of closing them, and others not as OSError.
            faiss.write_index(index, faiss.PyCallbackIOWriter(file.write))  # type: ignore[attr-defined]  # SWIG's
        write_array(folder / _ROWS_FILE, rows)
        (folder / _SCALE_FILE).write_text(json.dumps({"scale": self._scale}), encoding="utf-8")
        self.close()
        return len(rows)

    def close(self) -> None:
        """Let go of the temporary file; what was written stays."""
        self._file.close()

    def _stored(self, count: int) -> npt.NDArray[Any]:
        """Return the vectors collected so far, mapped into memory."""
        shape = (count, self._dimension)
        if not count:
            return np.empty(shape, dtype=self._storage)
        self._file.flush()
        return np.memmap(self._file, dtype=self._storage, mode="r", shape=shape).view(np.ndarray)

    def _faiss_index(self, count: int) -> faiss.Index:
        import faiss

        kinds = {"int8": faiss.ScalarQuantizer.QT_8bit_direct_signed, "float16": faiss.ScalarQuantizer.QT_fp16}
        kind = kinds[self._storage]
        if count <= self._exact:
            flat = faiss.IndexScalarQuantizer(self._dimension, kind, faiss.METRIC_INNER_PRODUCT)
            flat.is_trained = True  # neither kind has anything to learn
            return flat
        clusters = int(_CLUSTERS * math.sqrt(count))
        coarse: Any = faiss.IndexFlatIP(self._dimension)
        index = faiss.IndexIVFScalarQuantizer(
            coarse, self._dimension, clusters, kind, faiss.METRIC_INNER_PRODUCT, False
        )
        index.nprobe = max(1, round(clusters * _PROBED))
        coarse.this.disown()  # its owner is the index from now on, not Python
        index.own_fields = True
        return index


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
            index: Any = faiss.read_index(str(folder / _FAISS_FILE), faiss.IO_FLAG_MMAP_IFC)
            rows = np.load(folder / _ROWS_FILE, mmap_mode="r", allow_pickle=False).view(np.ndarray)
            self._norms: Vectors = np.load(folder / _NORMS_FILE, allow_pickle=False)
            self._scale = float(json.loads((folder / _SCALE_FILE).read_text(encoding="utf-8"))["scale"])
        except (OSError, ValueError, RuntimeError, KeyError, TypeError) as error:
            raise CorruptIndexError(
                f"The vectors in {folder} cannot be read. Run `arsearch verify`, then `arsearch index --full`."
            ) from error
        if rows.ndim != 2 or rows.shape != (index.ntotal, _COLUMNS) or self._norms.shape != (index.ntotal,):
            raise CorruptIndexError(f"The vectors in {folder} do not fit together. Run `arsearch index --full`.")
        self._index = index
        self._rows: Spans = rows
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

    def count_articles(self) -> int:
        """Return how many articles have a vector."""
        return int(np.count_nonzero(self._counts))

    @property
    def dimension(self) -> int:
        """Length of a vector."""
        return int(self._index.d)

    def search(self, query: Vectors, count: int, allowed: Mask | None = None) -> tuple[Ordinals, Vectors]:
        """Return the *count* articles nearest to *query* (dimension,), best first: numbers and cosines.

        With *allowed* (articles,), only those articles are looked at for which it is true.
        """
        if not len(self) or not query.any():
            return np.empty(0, np.int64), np.empty(0, np.float32)
        parameters, selectable = self._parameters(allowed)
        scaled = _scaled(query[np.newaxis], self._scale)
        depth = min(selectable, max(_LEAST_DEPTH, count * _PASSAGES_AN_ARTICLE))
        while depth:
            _, rows = self._index.search(scaled, depth, params=parameters)
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
        rows = np.flatnonzero(self._owners == article)
        if not len(rows):
            return np.zeros(self.dimension, dtype=np.float32)
        mean = self._stored(rows).mean(axis=0)
        return np.asarray(mean / max(float(np.linalg.norm(mean)), np.finfo(np.float32).tiny), dtype=np.float32)

    def passages_of(self, article: int) -> tuple[npt.NDArray[np.int64], Vectors]:
        """Return the passages of an article: start and end of each in the body (n, 2), and their vectors."""
        if article >= len(self._counts):
            return np.empty((0, 2), np.int64), np.empty((0, self.dimension), np.float32)
        rows = self._order[self._firsts[article] : self._firsts[article] + self._counts[article]]
        return self._rows[rows, 1:].astype(np.int64), self._stored(rows) / np.float32(self._scale)

    def take(self, keep: Ordinals) -> tuple[Ordinals, npt.NDArray[np.int64], Vectors]:
        """Return the rows of the articles *keep*, as :meth:`VectorsWriter.add` takes them."""
        rows = np.flatnonzero(np.isin(self._owners, keep))
        return self._owners[rows], self._rows[rows, 1:].astype(np.int64), self._stored(rows) / np.float32(self._scale)

    def stored(self, keep: Ordinals) -> Iterator[tuple[Ordinals, npt.NDArray[np.int64], Vectors]]:
        """Yield the rows of the articles *keep*, many at a time, as :meth:`VectorsWriter.take_over` takes them."""
        rows = np.flatnonzero(np.isin(self._owners, keep))
        for begin in range(0, len(rows), _ADDED_AT_ONCE):
            some = rows[begin : begin + _ADDED_AT_ONCE]
            yield self._owners[some], self._rows[some, 1:].astype(np.int64), self._stored(some)

    def _cosines(self, query: Vectors, rows: Ordinals) -> Vectors:
        """Return the cosine of *query*, of length 1, with each of *rows*; 0 for a row of zeros."""
        products = self._stored(rows) @ query
        return np.asarray(products / np.maximum(self._norms[rows], np.finfo(np.float32).tiny), dtype=np.float32)

    def _stored(self, rows: Ordinals) -> Vectors:
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


def int8_codes(vectors: Vectors) -> npt.NDArray[np.int8]:
    """Return unit *vectors* (n, dimension) as an index of int8 holds them."""
    half = vectors.astype(np.float16).astype(np.float32)  # as rows wait to be written
    return _scaled(half, _int8_scale(vectors.shape[1])).astype(np.int8)


def _int8_scale(dimension: int) -> float:
    """Return what unit vectors are multiplied by to be stored as int8.

    It depends on nothing but the length of the vectors, so that rows taken over from an earlier generation are the
    same as rows encoded anew.
    """
    return _INT8_MOST / min(1.0, _DEVIATIONS / math.sqrt(dimension))


def _scaled(vectors: Vectors, scale: float) -> Vectors:
    """Return *vectors* (n, dimension) as the index holds them: whole numbers of int8 where it has a scale."""
    if scale == 1.0:
        return np.ascontiguousarray(vectors, dtype=np.float32)
    return np.asarray(np.rint(vectors * np.float32(scale)).clip(-_INT8_MOST, _INT8_MOST), dtype=np.float32)
