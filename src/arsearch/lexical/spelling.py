"""Words that an index does not have: which of its words were meant."""

from __future__ import annotations

from functools import cached_property

import numpy as np
import numpy.typing as npt

from arsearch.arabic import edits
from arsearch.lexical.alignment import Costs, align
from arsearch.lexical.transliteration import Candidate
from arsearch.lexical.wordlist import LETTERS, WordList, code_of, codes_table

__all__ = ["Speller"]

_EXAMINED = 200
_FREQUENCY_WEIGHT = 0.06
"""What a word costs less for each e-fold in how many documents it is."""
_LONGEST = 18


class Speller:
    """Finds words of a list that are spelled much like another one."""

    def __init__(self, words: WordList) -> None:
        self._words = words

    @cached_property
    def _by_length(self) -> tuple[npt.NDArray[np.int64], npt.NDArray[np.int64], npt.NDArray[np.uint64]]:
        """Numbers of the words by length, where each length begins, and their masks in that order."""
        order = np.argsort(self._words.lengths, kind="stable")
        edges = np.searchsorted(self._words.lengths[order], np.arange(self._words.codes.shape[1] + 4))
        return order, edges, self._words.masks[order]

    def candidates(self, exact: str, limit: int, *, allowed: float | None = None) -> list[Candidate]:
        """Return the words that *exact*, a folded word of Arabic letters, may have been meant for, best first.

        None costs more than *allowed*, by default what the length of the word suggests. The word itself is not among
        them.
        """
        if not 2 <= len(exact) <= _LONGEST or not all(map(code_of, exact)) or not len(self._words):
            return []
        numbers = self._promising(exact)
        codes, lengths = self._words.codes[numbers], self._words.lengths[numbers]
        costs = align(_costs(exact), codes[:, : int(lengths.max(initial=1))], lengths)
        ranks = costs - _FREQUENCY_WEIGHT * self._words.weights[numbers]
        limit_of_cost = edits.allowed_cost(len(exact)) if allowed is None else allowed
        best = np.lexsort((numbers, ranks))
        best = best[costs[best] <= limit_of_cost + 1e-6]
        found = (
            Candidate(self._words.text(int(numbers[place])), float(costs[place]), int(self._words.frequencies[number]))
            for place, number in zip(best.tolist(), numbers[best].tolist(), strict=True)
        )
        return [candidate for candidate in found if candidate.exact != exact][:limit]

    def _promising(self, exact: str) -> npt.NDArray[np.int64]:
        """Return the words of about the same length that share most letters with *exact*."""
        order, edges, masks = self._by_length
        room = 1 if len(exact) < 5 else 2
        first, last = edges[max(len(exact) - room, 0)], edges[min(len(exact) + room + 1, len(edges) - 1)]
        mask = np.bitwise_or.reduce([np.uint64(1 << (code_of(letter) - 1)) for letter in exact])
        different = np.bitwise_count(masks[first:last] ^ mask)
        near = np.flatnonzero(different <= (2 if len(exact) < 5 else 4))
        numbers = order[first:last][near]
        if len(numbers) <= _EXAMINED:
            return numbers
        penalty = different[near] - np.float32(0.25) * self._words.weights[numbers]
        penalty += 0.5 * np.abs(self._words.lengths[numbers] - len(exact))
        # Most slips are inside a word, not in its first letter.
        penalty += 0.8 * (self._words.codes[numbers, 0] != code_of(exact[0]))
        return numbers[np.argpartition(penalty, _EXAMINED)[:_EXAMINED]]


def _costs(exact: str) -> Costs:
    stands_for: list[list[tuple[int, npt.NDArray[np.float32]]]] = [[]]
    stands_for_none: list[list[tuple[int, float]]] = [[]]
    swaps: list[list[tuple[int, int, float]]] = [[]]
    for end, letter in enumerate(exact, 1):
        costs = {meant: edits.substitution_cost(letter, meant) for meant in LETTERS}
        stands_for.append([(1, codes_table(costs, np.inf))])
        before = exact[end - 2] if end > 1 else ""
        extra = edits.MISSING.get(letter, edits.EXTRA)
        stands_for_none.append([(1, min(extra, edits.DOUBLED) if letter == before else extra)])
        swaps.append([(code_of(letter), code_of(before), edits.SWAPPED)] if before and before != letter else [])
    untyped = codes_table(edits.MISSING, edits.UNTYPED)
    untyped[0] = 0
    return Costs(len(exact), stands_for, stands_for_none, untyped, swaps)
