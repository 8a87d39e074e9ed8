"""The matrix product, without false alarms."""

from __future__ import annotations

from typing import Any

import numpy as np
import numpy.typing as npt

__all__ = ["product"]


def product(rows: npt.NDArray[Any], columns: npt.NDArray[Any]) -> npt.NDArray[np.float32]:
    """Return ``rows @ columns`` as float32, for finite numbers.

    OpenBLAS reads past the end of short rows on some processors and throws away what it made of that. If the memory
    there looks like no number, NumPy sees the processor's flag and warns of an invalid value that is nowhere in the
    result.
    """
    with np.errstate(invalid="ignore", over="ignore"):
        return np.asarray(rows @ columns, dtype=np.float32)
