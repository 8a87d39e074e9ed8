"""Changing one array, or the facts, of a file that holds several."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt

from arsearch.common.array_files import ArrayFile, write_arrays

__all__ = ["arrays_of", "change_array", "change_facts"]


def arrays_of(path: Path) -> dict[str, npt.NDArray[Any]]:
    """Return all arrays of *path*, in memory."""
    file = ArrayFile(path)
    return {name: np.array(file.get(name, *file.kind(name))) for name in file.names}


def change_array(paths: Iterable[Path], name: str, change: Callable[[Any], Any]) -> None:
    """Let each of *paths* be another file, with the array *name* as *change* makes it of what it was."""
    for path in paths:
        arrays, facts = arrays_of(path), ArrayFile(path).facts
        arrays[name] = np.asarray(change(arrays[name]))
        path.unlink()  # other commits may share it
        write_arrays(path, arrays, facts)


def change_facts(path: Path, **facts: Any) -> None:
    """Let *path* be another file, with other *facts*."""
    arrays, known = arrays_of(path), ArrayFile(path).facts
    path.unlink()
    write_arrays(path, arrays, known | facts)
