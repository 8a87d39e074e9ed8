"""Words that an index does not have: which of its words were meant."""

from __future__ import annotations

from functools import cache, cached_property, lru_cache, reduce
from itertools import islice
from operator import or_
from typing import NamedTuple

import numpy as np
import numpy.typing as npt

from arsearch import kernel
from arsearch.arabic import edits
from arsearch.lexical.search.maxscore import best_first
from arsearch.lexical.suggest.alignment import Costs, align
from arsearch.lexical.suggest.transliteration import WordCandidate
from arsearch.lexical.suggest.word_list import LETTERS, WordList, code_of, codes_table

__all__ = ["Speller"]

_EXAMINED = 200
_CACHED = 1 << 12
_FREQUENCY_WEIGHT = 0.06
"""What a word costs less for each e-fold in how many documents it is."""
_LONGEST = 18


class _Sorted(NamedTuple):
    """Words by length: their *numbers* in the list, the *edges* of each length, and columns in that order.

    *masks* uint64, *weights* float32, *lengths* int64 and *initials*, the codes of first letters, uint8 (words,).
    """

    numbers: npt.NDArray[np.int64]
    edges: npt.NDArray[np.int64]
    masks: npt.NDArray[np.uint64]
    weights: npt.NDArray[np.float32]
    lengths: npt.NDArray[np.int64]
    initials: npt.NDArray[np.uint8]


class Speller:
    """Finds words of a list that are spelled much like another one."""

    def __init__(self, words: WordList) -> None:
        self._words = words
        self._found = lru_cache(maxsize=_CACHED)(self._find)  # queries have the same words again and again

    @cached_property
    def _by_length(self) -> _Sorted:
        words = self._words
        lengths = words.lengths.astype(np.uint8)  # for which NumPy has a radix sort
        order = np.argsort(lengths, kind="stable")
        return _Sorted(
            order,
            np.searchsorted(lengths[order], np.arange(words.codes.shape[1] + 4, dtype=np.uint8)),
            words.masks[order],
            words.weights[order],
            words.lengths[order],
            np.ascontiguousarray(words.codes[order, 0]),
        )

    def candidates(self, folded: str, limit: int, *, allowed: float | None = None) -> list[WordCandidate]:
        """Return the words that *folded*, a folded word of Arabic letters, may have been meant for, best first.

        None costs more than *allowed*, by default what the length of the word suggests. The word itself is not among
        them.
        """
        return list(self._found(folded, limit, edits.allowed_cost(len(folded)) if allowed is None else allowed))

    def _find(self, folded: str, limit: int, allowed: float) -> tuple[WordCandidate, ...]:
        if not 2 <= len(folded) <= _LONGEST or not all(map(code_of, folded)) or not len(self._words):
            return ()
        numbers = self._promising(folded)
        codes, lengths = self._words.codes[numbers], self._words.lengths[numbers]
        costs = align(_costs(folded), codes[:, : int(lengths.max(initial=1))], lengths)
        ranks = costs - _FREQUENCY_WEIGHT * self._words.weights[numbers]
        best = np.lexsort((numbers, ranks))
        best = best[costs[best] <= allowed + 1e-6]
        found = (
            WordCandidate(
                self._words.text(int(numbers[index])), float(costs[index]), int(self._words.frequencies[number])
            )
            for index, number in zip(best.tolist(), numbers[best].tolist(), strict=True)
        )
        return tuple(islice((candidate for candidate in found if candidate.folded != folded), limit))

    def _promising(self, folded: str) -> npt.NDArray[np.int64]:
        """Return the words of about the same length that share most letters with *folded*."""
        words = self._by_length
        is_short = len(folded) < 5
        room, most_different = (1, 2) if is_short else (2, 4)
        first = int(words.edges[max(len(folded) - room, 0)])
        last = int(words.edges[min(len(folded) + room + 1, len(words.edges) - 1)])
        mask = reduce(or_, (1 << (code_of(letter) - 1) for letter in folded))
        if kernel.native is not None:
            columns = (words.masks, words.weights, words.lengths, words.initials)
            asked = (first, last, mask, most_different, len(folded), code_of(folded[0]), _EXAMINED)
            return words.numbers[np.frombuffer(kernel.native.nearest_words(*columns, *asked), dtype=np.int64)]
        different = np.bitwise_count(words.masks[first:last] ^ np.uint64(mask))
        near = np.flatnonzero(different <= most_different)
        indices = first + near
        penalty = different[near] - np.float32(0.25) * words.weights[indices]
        penalty += np.float32(0.5) * np.abs(words.lengths[indices] - len(folded)).astype(np.float32)
        # Most slips are inside a word, not in its first letter.
        penalty += np.where(words.initials[indices] != code_of(folded[0]), np.float32(0.8), np.float32(0))
        return words.numbers[indices[best_first(-penalty, _EXAMINED)]]


@cache
def _stands_for(letter: str) -> npt.NDArray[np.float32]:
    """Return what it costs to read *letter* as each letter (codes,)."""
    return codes_table({meant: edits.substitution_cost(letter, meant) for meant in LETTERS}, np.inf)


def _costs(folded: str) -> Costs:
    stands_for: list[list[tuple[int, npt.NDArray[np.float32]]]] = [[]]
    stands_for_none: list[list[tuple[int, float]]] = [[]]
    swaps: list[list[tuple[int, int, float]]] = [[]]
    for end, letter in enumerate(folded, 1):
        stands_for.append([(1, _stands_for(letter))])
        before = folded[end - 2] if end > 1 else ""
        extra = edits.MISSING.get(letter, edits.EXTRA)
        stands_for_none.append([(1, min(extra, edits.DOUBLED) if letter == before else extra)])
        swaps.append([(code_of(letter), code_of(before), edits.SWAPPED)] if before and before != letter else [])
    untyped = codes_table(edits.MISSING, edits.UNTYPED)
    untyped[0] = 0
    return Costs(len(folded), stands_for, stands_for_none, untyped, swaps)
