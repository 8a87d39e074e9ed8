"""FAISS index files of any size, written row by row: an index made in memory first would need all of it there.

FAISS writes the head of an empty index of the kind, and the rows follow it in FAISS's own layout (faiss 1.15,
``impl/index_write.cpp``): a flat index ends with the number of bytes and the codes; an inverted file ends with the
sizes of its lists, then for each list its codes and ids. What was written is opened again before it counts, so another
layout in another version of FAISS would be an error and no damaged index.
"""

from __future__ import annotations

import itertools
import mmap
import struct
from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
import numpy.typing as npt

from arsearch.common.array_types import UInt8s

if TYPE_CHECKING:
    import faiss

__all__ = ["map_bytes", "write_flat", "write_inverted"]

_COUNT_AT = 8
"""The number of rows stands behind the name of the kind and the dimension."""
_LISTS = b"ilar"
"""The name of inverted lists held as arrays; all of an empty index from here on is about its lists."""
_FULL = b"full"
"""All sizes of lists are given, not only those of lists that have rows."""
_AT_ONCE = 1 << 16
_BYTES_HEAD = struct.Struct("<4siqqqBiiifqqqQ")
"""What stands before the rows of a flat index of bytes."""

Write = Callable[[bytes], object]


def write_flat(path: Path, empty: faiss.Index, codes: UInt8s) -> None:
    """Write into *path* the flat index that *empty* becomes with *codes* added (rows, code size).

    Raises OSError, and RuntimeError if this version of FAISS cannot read what was written.
    """
    with path.open("wb") as file:
        file.write(_head(empty, len(codes))[: -struct.calcsize("<Q")])
        file.write(struct.pack("<Q", codes.size))
        for begin in range(0, len(codes), _AT_ONCE):
            file.write(codes[begin : begin + _AT_ONCE].tobytes())
    _check(path, empty, len(codes))


def write_inverted(path: Path, empty: Any, codes: UInt8s, lists: npt.NDArray[np.int64]) -> None:
    """Write into *path* the inverted file that the trained *empty* becomes with *codes* added (rows, code size).

    *lists* (rows,) says in which list each row is. Raises as :func:`write_flat` does.
    """
    head = _head(empty, len(codes))
    order = np.argsort(lists, kind="stable")
    sizes = np.bincount(lists, minlength=empty.nlist).astype("<u8")
    edges = np.concatenate([np.zeros(1, np.int64), np.cumsum(sizes.astype(np.int64))]).tolist()
    with path.open("wb") as file:
        file.write(head[: head.rindex(_LISTS)])
        file.write(_LISTS + struct.pack("<QQ", empty.nlist, codes.shape[1]) + _FULL + struct.pack("<Q", empty.nlist))
        file.write(sizes.tobytes())
        for first, last in itertools.pairwise(edges):
            rows = order[first:last]
            file.write(codes[rows].tobytes())
            file.write(rows.astype("<i8").tobytes())
    _check(path, empty, len(codes))


def map_bytes(path: Path) -> UInt8s | None:
    """Return the rows (rows, dimension) of the flat index of signed bytes in *path*, mapped, as FAISS holds them.

    None where the file is anything else, whatever it is. Raises OSError.
    """
    with path.open("rb", buffering=0) as file:
        head = file.read(_BYTES_HEAD.size)
        if len(head) < _BYTES_HEAD.size:
            return None
        name, dimension, rows, _, _, is_trained, metric, kind, _, _, width, size, trained, count = _BYTES_HEAD.unpack(
            head
        )
        # An inner product of bytes with a sign, which nothing has to be learnt for.
        is_of_kind = (name, is_trained, metric, kind, trained) == (b"IxSQ", 1, 0, 8, 0)
        if not is_of_kind or not rows > 0 < dimension == width == size or count != rows * dimension:
            return None
        mapped = mmap.mmap(file.fileno(), 0, access=mmap.ACCESS_READ)
    if len(mapped) != _BYTES_HEAD.size + count:
        return None
    return np.frombuffer(mapped, np.uint8, offset=_BYTES_HEAD.size).reshape(rows, dimension)


def _head(empty: faiss.Index, count: int) -> bytes:
    import faiss

    head = bytearray(faiss.serialize_index(empty).tobytes())
    struct.pack_into("<q", head, _COUNT_AT, count)
    return bytes(head)


def _check(path: Path, empty: faiss.Index, count: int) -> None:
    import faiss

    index: Any = faiss.read_index(str(path), faiss.IO_FLAG_MMAP_IFC)
    if (index.ntotal, index.d, type(index)) != (count, empty.d, type(empty)):
        raise RuntimeError(f"FAISS {faiss.__version__} reads {path} as something else than was written.")
