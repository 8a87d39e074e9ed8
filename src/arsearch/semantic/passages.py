"""Passages: the pieces of an article that get a vector each.

One vector for a long article blurs what it says; an article is as near to a query as its nearest passage. A passage
is a run of words of the body, cut at words, with the title before it as context.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import NamedTuple

from arsearch.arabic import Token

__all__ = ["Passage", "cut_passages"]


class Passage(NamedTuple):
    """``body[start:end]`` of an article."""

    start: int
    end: int


def cut_passages(body: str, tokens: Sequence[Token], *, size: int) -> list[Passage]:
    """Cut *body*, whose tokens are *tokens*, into passages of *size* words.

    The last passage takes up to half as many words more rather than leave a short rest. A body without words is one
    passage.
    """
    cuts = range(0, max(1, len(tokens) - size // 2), size)
    starts = [0] + [tokens[cut].start for cut in cuts[1:]]
    ends = [*starts[1:], len(body)]
    return [Passage(start, end) for start, end in zip(starts, ends, strict=True)]
