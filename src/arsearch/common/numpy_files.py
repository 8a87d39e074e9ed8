"""NumPy's own file format: written so that no error is lost, read so that no file is taken for another."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt

__all__ = ["read_array", "write_array"]


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
        with path.open("rb") as file:  # NumPy would open archives too, and leave damaged ones open
            if file.read(len(np.lib.format.MAGIC_PREFIX)) != np.lib.format.MAGIC_PREFIX:
                raise ValueError("it begins otherwise")
        # Plain arrays on the map: every slice of a numpy.memmap pays for its class.
        values = np.load(path, mmap_mode="r" if mapped else None, allow_pickle=False).view(np.ndarray)
    except OSError:
        raise
    except Exception as error:  # NumPy raises whatever it stumbles over in the header of a file that is none
        raise ValueError(f"{path.name} is no array ({error})") from error
    if values.dtype not in map(np.dtype, types.split()) or values.ndim != dimensions:
        raise ValueError(
            f"{path.name} holds {values.dtype.str} in {values.ndim} dimensions, not {types} in {dimensions}"
        )
    return values
