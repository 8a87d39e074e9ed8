"""Several named arrays in one file that never changes, mapped into memory once.

::

    head      64 bytes: magic, where the table begins, its length and its CRC-32
    arrays    one after the other, each from a multiple of 64 bytes on
    table     JSON: of each array its type, shape, place and CRC-32; and a few facts beside them

A commit would open, link and sync hundreds of files if each array had its own. The table stands at the end, so that
arrays are written as they come, and of any size.
"""

from __future__ import annotations

import json
import math
import mmap
import os
import re
import struct
import tempfile
import zlib
from collections.abc import Iterable, Mapping
from pathlib import Path
from types import TracebackType
from typing import Any, NamedTuple, Self

import numpy as np
import numpy.typing as npt

__all__ = ["ArrayFile", "ArrayFileWriter", "ArrayParts", "FileIdentity", "damaged_arrays", "write_arrays"]

_MAGIC = b"ARARRAY1"
_HEAD = struct.Struct("<8sQQI")
_ALIGNMENT = 64
"""Of an array, and the size of the head: a line of a processor's cache."""
_TYPE = re.compile(r"[<|>][biufS]\d{1,3}")
_MAX_DIMENSIONS = 4
_MAX_SIZE = 1 << 60
_SPOOLED_BYTES = 1 << 22
"""Of an array that is written in parts beside others: more than that waits in a temporary file."""
_COPIED_AT_ONCE = 1 << 20


class _Entry(NamedTuple):
    """An array of the table."""

    dtype: np.dtype[Any]
    shape: tuple[int, ...]
    offset: int
    crc32: int

    @property
    def size(self) -> int:
        """Bytes."""
        return math.prod(self.shape) * self.dtype.itemsize


class FileIdentity(NamedTuple):
    """What tells a file from all others, whatever its name, and changes if anybody writes to it."""

    device: int
    inode: int
    size: int
    modified: int

    @classmethod
    def of(cls, status: os.stat_result) -> Self:
        """Return that of the file with this *status*."""
        return cls(status.st_dev, status.st_ino, status.st_size, status.st_mtime_ns)


class ArrayFile:
    """The arrays of one file. What was got of them stays mapped as long as anybody has it."""

    def __init__(self, path: Path) -> None:
        """Open *path*. Raises OSError, and ValueError if it is not what :class:`ArrayFileWriter` writes."""
        self.path = path
        try:
            with path.open("rb", buffering=0) as file:
                self._map = mmap.mmap(file.fileno(), 0, access=mmap.ACCESS_READ)
            self._entries, self.facts = _read_table(self._map)
        except (ValueError, TypeError, KeyError, AttributeError, RecursionError) as error:
            raise ValueError(f"{path} is no file of arrays ({error})") from error

    @property
    def names(self) -> list[str]:
        """The names of the arrays, in the order in which they were written."""
        return list(self._entries)

    def __contains__(self, name: str) -> bool:
        return name in self._entries

    def kind(self, name: str) -> tuple[str, int]:
        """Return type and number of dimensions of the array *name*, as :meth:`get` takes them. Raises KeyError."""
        entry = self._entries[name]
        return entry.dtype.str, len(entry.shape)

    def get(self, name: str, types: str, dimensions: int) -> Any:
        """Return the array *name*, which has so many *dimensions* and one of the *types*; it cannot be written to.

        Those are given as NumPy writes them, without byte order: ``"i4"``, ``"u1 u2"``. Raises ValueError if there is
        none.
        """
        entry = self._entries.get(name)
        if entry is None:
            raise ValueError(f"{self.path} has no array {name}")
        if entry.dtype not in map(np.dtype, types.split()) or len(entry.shape) != dimensions:
            raise ValueError(
                f"{self.path}: {name} is {entry.dtype.str} in {len(entry.shape)} dimensions, not {types} in "
                f"{dimensions}"
            )
        return self._array(entry)

    def _array(self, entry: _Entry) -> npt.NDArray[Any]:
        if not entry.size:
            return np.empty(entry.shape, entry.dtype)
        return np.ndarray(entry.shape, entry.dtype, buffer=self._map, offset=entry.offset)

    def damaged(self) -> list[str]:
        """Return the names of the arrays that are not what was written. All of the file is read."""
        return [
            name
            for name, entry in self._entries.items()
            if zlib.crc32(memoryview(self._map)[entry.offset : entry.offset + entry.size]) != entry.crc32
        ]


def damaged_arrays(path: Path) -> list[str]:
    """Return which arrays of *path* are not what was written, as far as can be told; none if it is no such file."""
    try:
        return ArrayFile(path).damaged()
    except (OSError, ValueError):
        return []


def _read_table(data: mmap.mmap) -> tuple[dict[str, _Entry], dict[str, Any]]:
    """Return the arrays and the facts of the file *data*. Raises ValueError, TypeError or KeyError."""
    if len(data) < _ALIGNMENT:
        raise ValueError("it is too short")
    magic, begin, length, crc32 = _HEAD.unpack_from(data)
    if magic != _MAGIC:
        raise ValueError("it begins otherwise")
    if not _ALIGNMENT <= begin <= begin + length == len(data):
        raise ValueError("its table is not at its end")
    text = data[begin:]
    if zlib.crc32(text) != crc32:
        raise ValueError("the checksum of its table differs")
    table = json.loads(text)
    entries = {}
    for name, (kind, shape, offset, of_array) in table["arrays"].items():
        if not (_TYPE.fullmatch(kind) and isinstance(shape, list) and len(shape) <= _MAX_DIMENSIONS):
            raise ValueError(f"{name} has no type or shape")
        if not all(type(number) is int and 0 <= number < _MAX_SIZE for number in (*shape, offset, of_array)):
            raise ValueError(f"{name} has a number that is none")
        entry = _Entry(np.dtype(kind), tuple(shape), offset, of_array)
        if offset % _ALIGNMENT or offset < _ALIGNMENT or offset + entry.size > begin:
            raise ValueError(f"{name} does not stand in the file")
        entries[str(name)] = entry
    if not isinstance(table["facts"], dict):
        raise ValueError("it has no facts")
    return entries, table["facts"]


class ArrayFileWriter:
    """Writes a file of arrays; a context manager that finishes it, unless there was an error."""

    def __init__(self, path: Path) -> None:
        """Write the new file *path*. Raises OSError here and wherever something is written."""
        self._folder = path.parent
        self._file = path.open("wb")
        self._file.write(bytes(_ALIGNMENT))
        self._end = _ALIGNMENT
        self._entries: dict[str, list[Any]] = {}
        self.facts: dict[str, Any] = {}
        """What stands beside the arrays, as JSON types."""

    def write(self, name: str, values: npt.NDArray[Any]) -> None:
        """Write the array *name*, row after row."""
        contiguous = np.ascontiguousarray(values)
        self._write(name, contiguous.dtype, contiguous.shape, [_bytes_of(contiguous)])

    def write_parts(self, name: str, dtype: npt.DTypeLike, parts: Iterable[npt.NDArray[Any]]) -> int:
        """Write the array *name* of one dimension, which never stands in memory whole; return its length."""
        kind = np.dtype(dtype)
        written = self._write(name, kind, None, (_bytes_of(np.ascontiguousarray(part, dtype=kind)) for part in parts))
        return written // kind.itemsize

    def parts(self, name: str, dtype: npt.DTypeLike) -> ArrayParts:
        """Return what takes the array *name* part by part while others are written."""
        return ArrayParts(self, name, np.dtype(dtype), self._folder)

    def _write(
        self, name: str, dtype: np.dtype[Any], shape: tuple[int, ...] | None, parts: Iterable[memoryview | bytes]
    ) -> int:
        """Write an array and return how many bytes it has; without a *shape* it has one dimension."""
        if name in self._entries:
            raise ValueError(f"the array {name} is there already")
        crc32 = size = 0
        for part in parts:
            crc32 = zlib.crc32(part, crc32)
            size += len(part)
            self._file.write(part)
        shape = (size // dtype.itemsize,) if shape is None else shape
        self._entries[name] = [np.lib.format.dtype_to_descr(dtype), shape, self._end, crc32]
        padding = -size % _ALIGNMENT
        self._file.write(bytes(padding))
        self._end += size + padding
        return size

    def close(self) -> None:
        """Write the table and let go of the file, even if that fails."""
        with self._file:
            table = json.dumps({"arrays": self._entries, "facts": self.facts}, ensure_ascii=False).encode()
            self._file.write(table)
            self._file.seek(0)
            self._file.write(_HEAD.pack(_MAGIC, self._end, len(table), zlib.crc32(table)))

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        if error is None:
            self.close()
        else:
            self._file.close()


class ArrayParts:
    """An array that is written part by part; it comes into its file when it is closed."""

    def __init__(self, writer: ArrayFileWriter, name: str, dtype: np.dtype[Any], folder: Path) -> None:
        self._writer = writer
        self._name = name
        self._dtype = dtype
        self._spooled = tempfile.SpooledTemporaryFile(_SPOOLED_BYTES, dir=str(folder))  # noqa: SIM115  # closed with it

    def add(self, values: npt.NDArray[Any]) -> None:
        """Write *values* after those before."""
        self._spooled.write(_bytes_of(np.ascontiguousarray(values, dtype=self._dtype)))

    def close(self) -> None:
        """Bring the array into its file, and let go of the temporary one even if that fails."""
        with self._spooled:
            self._spooled.seek(0)
            parts = iter(lambda: self._spooled.read(_COPIED_AT_ONCE), b"")
            self._writer._write(self._name, self._dtype, None, parts)

    def abandon(self) -> None:
        """Let go of the temporary file: the array comes nowhere."""
        self._spooled.close()


def _bytes_of(contiguous: npt.NDArray[Any]) -> memoryview | bytes:
    return contiguous.reshape(-1).view(np.uint8).data if contiguous.size else b""


def write_arrays(path: Path, arrays: Mapping[str, npt.NDArray[Any]], facts: Mapping[str, Any] | None = None) -> None:
    """Write *arrays* and *facts* into the new file *path*. Raises OSError."""
    with ArrayFileWriter(path) as out:
        for name, values in arrays.items():
            out.write(name, values)
        out.facts.update(facts or {})
