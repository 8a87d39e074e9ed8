"""NumPy files are numpy.save's, and a full disk is never overlooked."""

from __future__ import annotations

import resource
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt
import pytest

from arsearch.common.numpy_files import write_array


@pytest.mark.parametrize(
    "values",
    [
        np.arange(7, dtype=np.int32),
        np.empty(0, np.int64),
        np.empty((0, 3), np.uint32),
        np.arange(12.0, dtype=np.float32).reshape(3, 4).T,
        np.array([b"2015-07-21", b""], dtype="S19"),
    ],
    ids=["numbers", "none", "no rows", "not contiguous", "bytes"],
)
def test_files_are_those_of_numpy(tmp_path: Path, values: npt.NDArray[Any]) -> None:
    write_array(tmp_path / "ours.npy", values)
    np.save(tmp_path / "theirs.npy", np.ascontiguousarray(values), allow_pickle=False)
    assert (tmp_path / "ours.npy").read_bytes() == (tmp_path / "theirs.npy").read_bytes()


@pytest.mark.parametrize("count", [20, 100, 5000])
def test_a_full_disk_is_told_of(tmp_path: Path, count: int) -> None:
    """numpy.save loses the last 72 of 100 bytes here without a word."""
    limits = resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, (140, limits[1]))
    try:
        with pytest.raises(OSError, match="File too large"):
            write_array(tmp_path / "values.npy", np.ones(count, np.uint8))
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, limits)
