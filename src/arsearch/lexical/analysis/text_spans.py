"""Many chunks of one text: its code points as an array, and a hash of each chunk."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Self

import numpy as np
import numpy.typing as npt

from arsearch.common.array_types import CodePoints, Int64s
from arsearch.lexical.analysis.hashing import hashes_of

__all__ = ["TextSpans", "code_points"]


@dataclass(frozen=True, slots=True)
class TextSpans:
    """Chunks ``text[begin:end]``, which may be empty; *codes* are the code points of *text*."""

    text: str
    codes: CodePoints
    begins: Int64s
    ends: Int64s

    @classmethod
    def of(cls, texts: Sequence[str]) -> Self:
        """Return *texts*, one after the other."""
        joined = "".join(texts)
        lengths = np.fromiter(map(len, texts), dtype=np.int64, count=len(texts))
        ends = np.cumsum(lengths)
        return cls(joined, code_points(joined), ends - lengths, ends)

    def __len__(self) -> int:
        return len(self.begins)

    def among(self, which: Int64s | npt.NDArray[np.bool_]) -> TextSpans:
        """Return those that *which* chooses."""
        return TextSpans(self.text, self.codes, self.begins[which], self.ends[which])

    def texts(self) -> list[str]:
        """Return each chunk as a string."""
        text = self.text
        return [text[begin:end] for begin, end in zip(self.begins.tolist(), self.ends.tolist(), strict=True)]

    def hashes(self) -> npt.NDArray[np.uint64]:
        """Return a hash of 64 bits for each chunk, see :mod:`arsearch.lexical.analysis.hashing`."""
        return hashes_of(self.codes, self.begins, self.ends)


def code_points(text: str) -> CodePoints:
    """Return the code points of *text* (characters,), in two bytes each unless some need more."""
    short = text.encode("utf-16-le", "surrogatepass")
    if len(short) == 2 * len(text):
        return np.frombuffer(short, dtype="<u2")
    return np.frombuffer(text.encode("utf-32-le", "surrogatepass"), dtype="<u4")
