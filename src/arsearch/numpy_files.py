"""Writing NumPy files so that a full disk is noticed."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt

__all__ = ["write_array"]


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
