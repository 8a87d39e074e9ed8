"""The segments of a commit, opened to look after them: which articles live, which words there are."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import Protocol

import numpy as np
import numpy.typing as npt

from arsearch.common.array_types import Int64s
from arsearch.common.segments import arrays_file, read_deleted
from arsearch.errors import CorruptIndexError
from arsearch.lexical.segment.segment import Segment

__all__ = ["LiveSegments", "OpenSegments", "open_segments", "read_segments"]


class LiveSegments(Protocol):
    """Segments, and how many live articles they have."""

    @property
    def segments(self) -> Sequence[Segment]:
        """The segments, in order."""

    def __len__(self) -> int:
        """How many articles live."""


def read_segments(folder: Path) -> list[tuple[str, npt.NDArray[np.int32]]]:
    """Return the segments of the lexical index in *folder*, each with its deleted documents.

    Raises OSError or ValueError if they cannot be read.
    """
    return read_deleted(folder, "i4")


def open_segments(folder: Path) -> list[Segment]:
    """Open the segments of the lexical index in *folder*. Raises CorruptIndexError if they do not fit together."""
    try:
        return [Segment(arrays_file(folder, name), deleted) for name, deleted in read_segments(folder)]
    except (OSError, ValueError, KeyError, TypeError, IndexError) as error:
        raise CorruptIndexError(
            f"The words in {folder} cannot be read ({error}). Run `arsearch verify`, then `arsearch index --full`."
        ) from error


class OpenSegments:
    """The segments of a lexical index, without all that searching needs."""

    def __init__(self, folder: Path) -> None:
        """Open *folder*. Raises CorruptIndexError if files are missing or do not fit together."""
        self.segments: Sequence[Segment] = open_segments(folder)

    def __len__(self) -> int:
        return sum(int(np.count_nonzero(segment.live)) for segment in self.segments)

    def live_ordinals(self) -> Int64s:
        """Return the ordinals of all live articles, sorted."""
        parts = [segment.columns.ordinals[segment.live].astype(np.int64) for segment in self.segments]
        return np.sort(np.concatenate([np.empty(0, np.int64), *parts]))

    def close(self) -> None:
        """Let go of the files."""
        for segment in self.segments:
            segment.close()
        self.segments = ()
