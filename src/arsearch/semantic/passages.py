"""Passages: the pieces of an article that get a vector each.

One vector for a long article blurs what it says; an article is as near to a query as its nearest passage. A passage
is a run of words of the body, cut at words, with the title before it as context.
"""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
import numpy.typing as npt

__all__ = ["Passage", "cut_passages"]


class Passage(NamedTuple):
    """``body[start:end]`` of an article."""

    start: int
    end: int


def cut_passages(body: str, starts: npt.NDArray[np.integer], *, size: int) -> list[Passage]:
    """Cut *body*, whose words begin at *starts* (words,), into passages of *size* words.

    The last passage takes up to half as many words more rather than leave a short rest. A body without words is one
    passage.
    """
    cuts = range(0, max(1, len(starts) - size // 2), size)
    begins = [0, *(int(starts[cut]) for cut in cuts[1:])]
    ends = [*begins[1:], len(body)]
    return [Passage(begin, end) for begin, end in zip(begins, ends, strict=True)]
