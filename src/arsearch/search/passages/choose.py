"""Choosing among passages: what says the same is said once, and a budget is kept."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Sequence

import numpy as np

from arsearch.arabic import fold
from arsearch.common.array_types import Floats, Scores, Vectors

__all__ = ["NearCopies", "TextBudget", "by_marginal_relevance"]

_WORD = re.compile(r"\w+")
_RUN = 3
"""Words of the sequences that are compared, as near-duplicates of articles are."""


def by_marginal_relevance(scores: Scores, vectors: Vectors, diversity: float, taken: Sequence[int]) -> Iterator[int]:
    """Yield the indices of passages, each the best beside those *taken* (Carbonell and Goldstein 1998).

    *scores* (passages,); *vectors* (passages, dimension), of length 1, or 0 where there is none; *diversity* from 0,
    by their scores alone, to 1. Who asks appends to *taken* what was yielded and kept, before asking on.
    """
    if diversity <= 0.0 or len(scores) < 2:
        yield from np.argsort(-scores, kind="stable").tolist()
        return
    least, most = float(scores.min()), float(scores.max())
    relevance: Floats = np.asarray((scores - least) / max(most - least, 1e-9), dtype=np.float32)
    nearest: Floats = np.zeros(len(scores), np.float32)
    seen = 0
    left = np.ones(len(scores), np.bool_)
    while left.any():
        for index in taken[seen:]:
            nearest = np.maximum(nearest, vectors @ vectors[index])
        seen = len(taken)
        worth = np.where(left, (1.0 - diversity) * relevance - diversity * nearest, -np.inf)
        best = int(np.argmax(worth))
        left[best] = False
        yield best


class NearCopies:
    """Remembers passages, and knows one that says what an earlier one does: agencies' texts stand in many articles."""

    def __init__(self, similarity: float) -> None:
        """*similarity*: share of the shorter one's sequences of three words that both have to have."""
        self._similarity = similarity
        self._known: list[set[tuple[str, ...]]] = []

    def is_new(self, text: str) -> bool:
        """Whether *text* says anything that none before it said; if it does, it is remembered."""
        words = _WORD.findall(fold(text))
        runs = set(zip(*(words[first:] for first in range(_RUN)), strict=False)) or {tuple(words)}
        for known in self._known:
            if len(runs & known) >= self._similarity * min(len(runs), len(known)):
                return False
        self._known.append(runs)
        return True


class TextBudget:
    """How much text there is room for; what does not fit is passed over, and something shorter may."""

    def __init__(self, characters: int, tokens: int, count_tokens: Callable[[str], int]) -> None:
        """*characters* and *tokens* are the most of all texts together, 0 for no limit."""
        self._characters = characters
        self._tokens = tokens
        self._count_tokens = count_tokens
        self._used_characters = self._used_tokens = 0

    def has_room_for(self, text: str) -> bool:
        """Whether *text* fits beside what was taken before; if it does, it is taken."""
        characters = self._used_characters + len(text)
        tokens = self._used_tokens + (self._count_tokens(text) if self._tokens else 0)
        if (self._characters and characters > self._characters) or (self._tokens and tokens > self._tokens):
            return False
        self._used_characters, self._used_tokens = characters, tokens
        return True
