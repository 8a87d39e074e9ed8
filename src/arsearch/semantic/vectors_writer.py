"""Writing the vectors of a commit, in memory that hardly grows with them."""

from __future__ import annotations

import math
import tempfile
from contextlib import closing
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
import numpy.typing as npt

from arsearch.common.array_files import write_arrays
from arsearch.common.array_types import Mask, Ordinals, UInt8s
from arsearch.common.segments import arrays_file, link_file, next_segment, read_names, to_merge, write_segments
from arsearch.semantic.faiss_file import write_flat, write_inverted
from arsearch.semantic.quantization import code_size, int8_scale, scaled, stored_vectors, to_codes
from arsearch.semantic.vector_segment import COLUMNS, NORMS, ROWS, SCALE, faiss_file, open_vector_segment
from arsearch.semantic.vectors import PassageVectors

if TYPE_CHECKING:
    import faiss

__all__ = ["VectorsWriter"]

_AT_ONCE = 1 << 16
# Clusters: 4 sqrt(n) of them, trained on 40 vectors each (FAISS's guidelines for indexes of about a million vectors).
_CLUSTERS = 4
_TRAINED_ON = 40
# A query looks into this part of the clusters: recall of the best 10 is then above 0.95, which a test holds.
_PROBED = 1 / 16


class VectorsWriter:
    """Collects rows and writes them as a segment. Rows of earlier segments can be taken over without encoding.

    Rows are kept as they will be stored, in a temporary file: 16 bytes of each are in memory, whatever its length.
    """

    def __init__(self, dimension: int, *, storage: str, exact: int, scratch: Path | None = None) -> None:
        """Write vectors of length *dimension* as *storage*, ``int8`` or ``float16``; up to *exact* in a flat index.

        The temporary file is in the folder *scratch*, or where temporary files are.
        """
        self._dimension = dimension
        self._storage = storage
        self._exact = exact
        self._scale = int8_scale(dimension) if storage == "int8" else 1.0
        self._rows: list[npt.NDArray[np.uint32]] = []
        self._norms: list[npt.NDArray[np.float32]] = []
        self._count = 0
        self._file = tempfile.TemporaryFile(dir=scratch)  # noqa: SIM115  # closed with the writer

    def add(self, ordinals: Ordinals, spans: npt.NDArray[np.int64], vectors: npt.NDArray[np.floating[Any]]) -> None:
        """Add rows: *ordinals* (n,), *spans* (n, 2) of start and end in the body, *vectors* (n, dimension)."""
        if len(ordinals):
            rounded = vectors.astype(np.float16).astype(np.float32)  # as the cache of slow models has them
            stored = scaled(rounded, self._scale)
            norms = np.asarray(np.linalg.norm(stored, axis=1), dtype=np.float32)
            self.take_over(ordinals, spans, to_codes(stored, self._storage), norms)

    def take_over(
        self, ordinals: Ordinals, spans: npt.NDArray[np.int64], codes: UInt8s, norms: npt.NDArray[np.float32]
    ) -> None:
        """Add rows whose *codes* (n, code size) and *norms* (n,) are those of an index of this kind."""
        self._rows.append(np.column_stack([ordinals, spans]).astype(np.uint32))
        self._norms.append(norms)
        self._count += len(norms)
        self._file.write(codes.tobytes())

    def commit(self, folder: Path, previous: Path | None, live: Mask, *, compact: bool = False) -> int:
        """Write what was collected beside the segments of *previous* into the new *folder*; return the number of rows.

        *live* (greatest ordinal + 1,) says which articles are still there. Small segments, and those of which much has
        gone, are merged into the new one; with *compact* all are.
        """
        folder.mkdir(parents=True)
        names = read_names(previous) if previous else []
        owners = [open_vector_segment(previous, name).rows[:, 0] for name in names] if previous else []
        alive = [int(np.count_nonzero(live[rows])) for rows in owners]
        merged = to_merge(alive, list(map(len, owners)), self._count, compact=compact)
        kept = [name for number, name in enumerate(names) if number not in merged]
        if previous:
            if gone := [name for number, name in enumerate(names) if number in merged]:
                with closing(PassageVectors(previous, segments=gone)) as old:
                    for rows in old.quantized_rows(np.flatnonzero(live)):
                        self.take_over(*rows)
            for name in kept:
                for file in (arrays_file, faiss_file):
                    link_file(file(previous, name), file(folder, name))
        write_segments(folder, kept)
        count = sum(alive) - sum(alive[number] for number in merged)
        if self._count or not kept:
            count += self.write(folder, next_segment(folder, names))
        self.close()
        return count

    def write(self, folder: Path, name: str = "0001") -> int:
        """Write everything as the segment *name* of *folder*, and return the number of rows."""
        folder.mkdir(parents=True, exist_ok=True)
        write_segments(folder, [*(read_names(folder) if name != "0001" else []), name])
        count = self._write_segment(folder, name)
        self.close()
        return count

    def _write_segment(self, folder: Path, name: str) -> int:
        import faiss

        path = faiss_file(folder, name)
        rows = np.concatenate([np.empty((0, COLUMNS), np.uint32), *self._rows])
        codes = self._codes(len(rows))
        index = self._flat_index() if len(rows) <= self._exact else self._trained_index(codes)
        try:
            if hasattr(index, "nlist"):
                write_inverted(path, index, codes, self._lists(index, codes))
            else:
                write_flat(path, index, codes)
        except RuntimeError:  # a FAISS with another layout: let it write itself, with all rows in memory
            self._fill(index, codes)
            with path.open("wb") as file:
                # FAISS's own files report no error of closing them, and others not as OSError.
                faiss.write_index(index, faiss.PyCallbackIOWriter(file.write))  # type: ignore[attr-defined]  # SWIG's
        norms = np.concatenate([np.empty(0, np.float32), *self._norms])
        write_arrays(arrays_file(folder, name), {ROWS: rows, NORMS: norms}, {SCALE: self._scale})
        return len(rows)

    def close(self) -> None:
        """Let go of the temporary file; what was written stays."""
        self._file.close()

    def _codes(self, count: int) -> UInt8s:
        """Return what was collected, mapped into memory."""
        shape = (count, code_size(self._dimension, self._storage))
        if not count:
            return np.empty(shape, dtype=np.uint8)
        self._file.flush()
        return np.memmap(self._file, dtype=np.uint8, mode="r", shape=shape).view(np.ndarray)

    @property
    def _kind(self) -> int:
        import faiss

        kinds = {"int8": faiss.ScalarQuantizer.QT_8bit_direct_signed, "float16": faiss.ScalarQuantizer.QT_fp16}
        return int(kinds[self._storage])

    def _flat_index(self) -> faiss.Index:
        import faiss

        flat = faiss.IndexScalarQuantizer(self._dimension, self._kind, faiss.METRIC_INNER_PRODUCT)
        flat.is_trained = True  # neither kind has anything to learn
        return flat

    def _trained_index(self, codes: UInt8s) -> Any:
        import faiss

        clusters = int(_CLUSTERS * math.sqrt(len(codes)))
        coarse: Any = faiss.IndexFlatIP(self._dimension)
        index: Any = faiss.IndexIVFScalarQuantizer(
            coarse, self._dimension, clusters, self._kind, faiss.METRIC_INNER_PRODUCT, False
        )
        index.nprobe = max(1, round(clusters * _PROBED))
        coarse.this.disown()  # its owner is the index from now on, not Python
        index.own_fields = True
        every = max(1, len(codes) // (_TRAINED_ON * clusters))
        index.train(stored_vectors(np.ascontiguousarray(codes[::every]), self._storage))
        return index

    def _fill(self, index: Any, codes: UInt8s) -> None:
        """Add *codes* to *index*."""
        for begin in range(0, len(codes), _AT_ONCE):
            index.add(stored_vectors(codes[begin : begin + _AT_ONCE], self._storage))

    def _lists(self, index: Any, codes: UInt8s) -> npt.NDArray[np.int64]:
        """Return for each of *codes* the cluster it belongs to (rows,)."""
        lists = np.empty(len(codes), dtype=np.int64)
        for begin in range(0, len(codes), _AT_ONCE):
            some = stored_vectors(codes[begin : begin + _AT_ONCE], self._storage)
            lists[begin : begin + len(some)] = index.quantizer.assign(some, 1)[:, 0]
        return lists
