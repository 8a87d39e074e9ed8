"""One segment of vectors: a FAISS index of passages that never changes, and which article each row belongs to."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt

from arsearch.common.array_types import Indices, Mask, UInt8s, UInt32s, Vectors
from arsearch.common.numpy_files import read_array
from arsearch.semantic.quantization import to_codes

__all__ = ["COLUMNS", "FAISS_FILE", "NORMS_FILE", "ROWS_FILE", "SCALE_FILE", "VectorSegment", "read_scale"]

FAISS_FILE = "passages.faiss"
ROWS_FILE = "passages.npy"
NORMS_FILE = "norms.npy"
SCALE_FILE = "scale.json"
COLUMNS = 3  # ordinal, start, end

_INT8_ZERO = np.float32(128)  # what FAISS stores for 0


class VectorSegment:
    """The vectors in a folder, memory-mapped."""

    def __init__(self, folder: Path) -> None:
        """Open *folder*. Raises OSError, ValueError, RuntimeError, KeyError or TypeError for files that are none."""
        import faiss

        index: Any = faiss.read_index(str(folder / FAISS_FILE), faiss.IO_FLAG_MMAP_IFC)
        self.rows: UInt32s = read_array(folder / ROWS_FILE, "u4", 2)
        """Ordinal, start and end of each passage (rows, 3)."""
        self.norms: Vectors = read_array(folder / NORMS_FILE, "f4", 1, mapped=False)
        """The length of each vector as it is stored (rows,)."""
        self.scale = read_scale(folder)
        """What vectors were multiplied by to be stored."""
        _check_kind(index, self.scale)
        if not np.isfinite(self.norms).all():
            raise ValueError(f"{NORMS_FILE} holds what is no length")
        if self.rows.shape != (index.ntotal, COLUMNS) or self.norms.shape != (index.ntotal,):
            raise ValueError("its files do not fit together")
        self._index = index
        self._codes = _codes_of(index)
        if hasattr(index, "nlist"):
            index.make_direct_map()

    def __len__(self) -> int:
        return int(self._index.ntotal)

    @property
    def dimension(self) -> int:
        """Length of a vector."""
        return int(self._index.d)

    def search(self, query: Vectors, depth: int, rows: Mask | None) -> Indices:
        """Return the *depth* rows nearest to *query* (1, dimension), which is scaled, of *rows* alone if given."""
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
            chosen: Vectors = self._codes[rows].astype(np.float32)
            if self._codes.dtype == np.uint8:
                chosen -= _INT8_ZERO
            return chosen
        stored: Vectors = self._index.reconstruct_batch(rows)
        return stored

    def close(self) -> None:
        """Let go of the files, and of the memory they are mapped into."""
        vars(self).clear()


def read_scale(folder: Path) -> float:
    """Return what the vectors in *folder* were multiplied by. Raises as :class:`VectorSegment` does."""
    return float(json.loads((folder / SCALE_FILE).read_text(encoding="utf-8"))["scale"])


def _check_kind(index: Any, scale: float) -> None:
    """Raise ValueError if *index*, of vectors stored with *scale*, is none that ``VectorsWriter`` writes."""
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
