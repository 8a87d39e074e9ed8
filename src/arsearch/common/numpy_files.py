"""NumPy's own file format: written so that no error is lost, read so that no file is taken for another."""

from __future__ import annotations

import math
import mmap
import os
import re
import struct
from functools import lru_cache
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt

__all__ = ["read_array", "write_array"]

_HEAD = struct.Struct("<6sBBH")
"""What begins a file of version 1.0: magic, version, and the length of the head that follows."""
_PLAIN_HEAD = re.compile(
    rb"\{'descr': '([<|][biufS]\d{1,3})', 'fortran_order': False, 'shape': \((\d{1,15},(?: ?\d{1,15},?){0,3})\), \} *\n"
)


def write_array(path: Path, values: npt.NDArray[Any]) -> None:
    """Write *values* to the file *path*, byte for byte as numpy.save does. Raises OSError.

    numpy.save writes through a file of C's that it closes without looking at the outcome: what is still buffered when
    the disk is full, up to 4096 bytes, is lost without an error.
    """
    contiguous = np.ascontiguousarray(values)
    with path.open("wb") as file:
        np.lib.format.write_array_header_1_0(file, np.lib.format.header_data_from_array_1_0(contiguous))
        if contiguous.size:
            file.write(contiguous.reshape(-1).view(np.uint8).data)


def read_array(path: Path, types: str, dimensions: int, *, mapped: bool = True) -> Any:
    """Return the array in the file *path*, which has so many *dimensions* and one of the *types*.

    Those are given as NumPy writes them, without byte order: ``"i4"``, ``"u1 u2"``. The array is *mapped* into memory,
    or in memory whole. Raises OSError, and ValueError if the file holds anything else.
    """
    try:
        with path.open("rb", buffering=0) as file:
            values = _mapped(file) if mapped else None
        if values is None:
            values = _loaded(path, mapped=mapped)
    except OSError:
        raise
    except Exception as error:  # NumPy raises whatever it stumbles over in the header of a file that is none
        raise ValueError(f"{path.name} is no array ({error})") from error
    if values.dtype not in map(np.dtype, types.split()) or values.ndim != dimensions:
        raise ValueError(
            f"{path.name} holds {values.dtype.str} in {values.ndim} dimensions, not {types} in {dimensions}"
        )
    return values


def _mapped(file: Any) -> Any:
    """Return the array in *file*, mapped into memory; None if that is for NumPy to read.

    A commit has hundreds of small arrays, and numpy.load takes most of a millisecond for each.
    """
    size = os.fstat(file.fileno()).st_size
    if size <= _HEAD.size:
        return None
    whole = mmap.mmap(file.fileno(), 0, access=mmap.ACCESS_READ)
    prefix, major, minor, length = _HEAD.unpack_from(whole)
    begin = _HEAD.size + length
    if (prefix, major, minor) != (np.lib.format.MAGIC_PREFIX, 1, 0) or begin > size:
        return None
    head = _head_of(whole[_HEAD.size : begin])
    if head is None:
        return None
    kind, shape = head
    if begin + math.prod(shape) * kind.itemsize > size or not math.prod(shape):
        return None
    return np.ndarray(shape, kind, buffer=whole, offset=begin)


@lru_cache(maxsize=1024)
def _head_of(text: bytes) -> tuple[np.dtype[Any], tuple[int, ...]] | None:
    """Return type and shape that the head *text* gives; None if it is not as plain as those that are written here."""
    found = _PLAIN_HEAD.fullmatch(text)
    if found is None:
        return None
    return np.dtype(found[1].decode()), tuple(int(number) for number in found[2].split(b",") if number.strip())


def _loaded(path: Path, *, mapped: bool) -> Any:
    with path.open("rb") as file:  # NumPy would open archives too, and leave damaged ones open
        if file.read(len(np.lib.format.MAGIC_PREFIX)) != np.lib.format.MAGIC_PREFIX:
            raise ValueError("it begins otherwise")
    # Plain arrays on the map: every slice of a numpy.memmap pays for its class.
    return np.load(path, mmap_mode="r" if mapped else None, allow_pickle=False).view(np.ndarray)
