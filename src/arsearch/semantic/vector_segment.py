"""One segment of vectors: a FAISS index of passages that never changes, and which article each row belongs to."""

from __future__ import annotations

from functools import cached_property
from pathlib import Path
from typing import Any
from weakref import WeakValueDictionary

import numpy as np
import numpy.typing as npt

from arsearch import kernel
from arsearch.common.array_files import ArrayFile, FileIdentity
from arsearch.common.array_types import Indices, Mask, UInt8s, UInt32s, Vectors
from arsearch.common.segments import arrays_file
from arsearch.semantic.faiss_file import map_bytes
from arsearch.semantic.quantization import to_codes

__all__ = ["COLUMNS", "NORMS", "ROWS", "SCALE", "VectorSegment", "faiss_file", "open_vector_segment", "read_scale"]

ROWS = "passages"
NORMS = "norms"
SCALE = "scale"
COLUMNS = 3  # ordinal, start, end

_INT8_ZERO = np.float32(128)  # what FAISS stores for 0
_EXACT = 1024
"""The dimension up to which FAISS's sums in float32 are those of whole numbers, which the kernel makes."""


def faiss_file(folder: Path, name: str) -> Path:
    """Return FAISS's file of the segment *name* of *folder*."""
    return folder / f"{name}.faiss"


class VectorSegment:
    """The vectors of one segment, memory-mapped; let go of with the last reference to it.

    A flat one of bytes is searched by the kernel: it finds what FAISS finds, in two thirds of the time, and a process
    that searches needs no FAISS.
    """

    def __init__(self, folder: Path, name: str) -> None:
        """Open the segment *name* of *folder*.

        Raises OSError, ValueError, RuntimeError, KeyError or TypeError for files that are none.
        """
        self._path, arrays = faiss_file(folder, name), ArrayFile(arrays_file(folder, name))
        self.rows: UInt32s = arrays.get(ROWS, "u4", 2)
        """Ordinal, start and end of each passage (rows, 3)."""
        self.norms: Vectors = arrays.get(NORMS, "f4", 1)
        """The length of each vector as it is stored (rows,)."""
        self.scale = float(arrays.facts[SCALE])
        """What vectors were multiplied by to be stored."""
        if not (np.isfinite(self.scale) and self.scale > 0):
            raise ValueError(f"its scale is {self.scale}")
        self._codes: npt.NDArray[Any] | None = None
        if kernel.native is not None and self.scale != 1.0:
            self._codes = map_bytes(self._path)
        if self._codes is None:
            self._codes = _codes_of(self._index)
            self._size, self.dimension = int(self._index.ntotal), int(self._index.d)
        else:
            self._size, self.dimension = self._codes.shape
        if not np.isfinite(self.norms).all():
            raise ValueError("a vector has a length that is none")
        if self.rows.shape != (self._size, COLUMNS) or self.norms.shape != (self._size,):
            raise ValueError("its files do not fit together")

    @cached_property
    def _index(self) -> Any:
        """The index as FAISS has it."""
        import faiss

        # One query has too little to do for several threads; the processors are for several queries.
        faiss.omp_set_num_threads(1)
        index: Any = faiss.read_index(str(self._path), faiss.IO_FLAG_MMAP_IFC)
        _check_kind(index, self.scale, self._path.name)
        if hasattr(index, "nlist"):
            index.make_direct_map()
        return index

    def __len__(self) -> int:
        return self._size

    def search(self, query: Vectors, depth: int, rows: Mask | None) -> Indices:
        """Return the *depth* rows nearest to *query* (1, dimension), which is scaled, of *rows* alone if given."""
        codes = self._codes
        if kernel.native is not None and codes is not None and codes.dtype == np.uint8 and self.dimension <= _EXACT:
            allowed = None if rows is None else np.ascontiguousarray(rows)
            nearest = kernel.native.nearest_rows(codes.reshape(-1), query[0].astype(np.int8), allowed, depth)
            return np.frombuffer(nearest, np.int64)
        found: Indices = self._index.search(query, depth, params=self._parameters(rows))[1][0]
        return found[found >= 0]

    def _parameters(self, rows: Mask | None) -> Any:
        """Return FAISS's search parameters that look at *rows* alone."""
        import faiss

        if rows is None:
            return None
        selector = faiss.IDSelectorBitmap(np.packbits(rows, bitorder="little"))  # type: ignore[call-arg, arg-type]  # SWIG takes the array
        if hasattr(self._index, "nlist"):
            return faiss.SearchParametersIVF(sel=selector, nprobe=self._index.nprobe)  # type: ignore[call-arg]
        return faiss.SearchParameters(sel=selector)  # type: ignore[call-arg]

    def quantized(self, rows: Indices) -> UInt8s:
        """Return *rows* as they stand in the index (rows, code size)."""
        if self._codes is not None:
            return self._codes[rows].view(np.uint8)
        return to_codes(self.decoded(rows), "float16" if self._index.code_size > self.dimension else "int8")

    def decoded(self, rows: Indices) -> Vectors:
        """Return the vectors of *rows* (rows, dimension) as they are stored, of any length."""
        if not len(rows):
            return np.empty((0, self.dimension), np.float32)
        if self._codes is not None:
            if kernel.native is not None and self._codes.dtype == np.uint8:
                numbers = np.empty((len(rows), self.dimension), np.float32)
                kernel.native.take_rows(self._codes.reshape(-1), np.ascontiguousarray(rows), numbers.reshape(-1))
                return numbers
            chosen: Vectors = self._codes[rows].astype(np.float32)
            if self._codes.dtype == np.uint8:
                chosen -= _INT8_ZERO
            return chosen
        stored: Vectors = self._index.reconstruct_batch(rows)
        return stored


_open: WeakValueDictionary[tuple[FileIdentity, FileIdentity], VectorSegment] = WeakValueDictionary()


def open_vector_segment(folder: Path, name: str) -> VectorSegment:
    """Return the segment *name* of *folder*, opened, the same one for all commits that have it and are open.

    Raises as :class:`VectorSegment` does.
    """
    key = FileIdentity.of(faiss_file(folder, name).stat()), FileIdentity.of(arrays_file(folder, name).stat())
    segment = _open.get(key)
    if segment is None:
        _open[key] = segment = VectorSegment(folder, name)
    return segment


def read_scale(folder: Path, name: str) -> float:
    """Return what the vectors of a segment were multiplied by. Raises OSError, ValueError, KeyError or TypeError."""
    return float(ArrayFile(arrays_file(folder, name)).facts[SCALE])


def _check_kind(index: Any, scale: float, name: str) -> None:
    """Raise ValueError if *index*, of vectors stored with *scale*, is none that ``VectorsWriter`` writes."""
    import faiss

    if type(index) not in (faiss.IndexScalarQuantizer, faiss.IndexIVFScalarQuantizer):
        raise ValueError(f"{name} holds a {type(index).__name__}")
    kind = faiss.ScalarQuantizer.QT_fp16 if scale == 1.0 else faiss.ScalarQuantizer.QT_8bit_direct_signed
    if index.sq.qtype != kind or index.metric_type != faiss.METRIC_INNER_PRODUCT:
        raise ValueError(f"{name} stores or compares vectors otherwise")
    if hasattr(index, "nlist") and not (1 <= index.nprobe <= index.nlist == index.quantizer.ntotal):
        raise ValueError(f"{name} has {index.nlist} lists for {index.quantizer.ntotal} clusters")


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
