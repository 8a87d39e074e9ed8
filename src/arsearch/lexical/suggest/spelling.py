"""Words that an index does not have: which of its words were meant."""

from __future__ import annotations

from functools import cache, lru_cache, reduce
from itertools import islice
from operator import or_

import numpy as np
import numpy.typing as npt

from arsearch import kernel
from arsearch.arabic import edits
from arsearch.common.array_types import Int64s
from arsearch.lexical.search.maxscore import best_first
from arsearch.lexical.suggest.alignment import Costs, align
from arsearch.lexical.suggest.transliteration import WordCandidate
from arsearch.lexical.suggest.word_list import (
    LETTERS,
    WordList,
    WordsByLength,
    code_of,
    codes_table,
    masks_of,
    weights_of,
)

__all__ = ["Speller"]

_EXAMINED = 200
_CACHED = 1 << 12
_FREQUENCY_WEIGHT = 0.06
"""What a word costs less for each e-fold in how many documents it is."""
_LONGEST = 18

_Swap = tuple[int, int, float]


class Speller:
    """Finds words of a list that are spelled much like another one."""

    def __init__(self, words: WordList) -> None:
        self._words = words
        self._found = lru_cache(maxsize=_CACHED)(self._find)  # queries have the same words again and again

    def candidates(self, folded: str, limit: int, *, allowed: float | None = None) -> list[WordCandidate]:
        """Return the words that *folded*, a folded word of Arabic letters, may have been meant for, best first.

        None costs more than *allowed*, by default what the length of the word suggests. The word itself is not among
        them.
        """
        return list(self._found(folded, limit, edits.allowed_cost(len(folded)) if allowed is None else allowed))

    def _find(self, folded: str, limit: int, allowed: float) -> tuple[WordCandidate, ...]:
        if not 2 <= len(folded) <= _LONGEST or not all(map(code_of, folded)) or not len(self._words):
            return ()
        numbers, costs = self._examined(folded)
        near = np.flatnonzero(costs <= allowed + 1e-6)
        if not len(near):
            return ()
        numbers, costs = numbers[near], costs[near]
        frequencies = self._words.frequencies[numbers]
        best = np.lexsort((numbers, costs - _FREQUENCY_WEIGHT * weights_of(frequencies)))
        columns = (numbers[best].tolist(), costs[best].tolist(), frequencies[best].tolist())
        found = (
            WordCandidate(self._words.text(number), cost, frequency)
            for number, cost, frequency in zip(*columns, strict=True)
        )
        return tuple(islice((candidate for candidate in found if candidate.folded != folded), limit))

    def _examined(self, folded: str) -> tuple[Int64s, npt.NDArray[np.float32]]:
        """Return the words of about the same length that share most letters with *folded*, and what each costs."""
        if (base := self._words.base) is None:
            return _near(self._words, folded)
        known = base.near.get(folded)
        if known is None:
            known = _near(base.words, folded)
            base.near.put(folded, known)
        if not len(self._words.not_in_base):
            return known
        own = _near(self._words, folded)
        if not len(own[0]):
            return known
        # A word that others have too is more frequent than in the base, so it is among the first of both or of neither.
        still = self._words.is_as_in_base[known[0]]
        numbers = np.concatenate([known[0][still], own[0]])
        costs = np.concatenate([known[1][still], own[1]])
        order = np.lexsort((numbers, self._words.lengths[numbers]))
        numbers, costs = numbers[order], costs[order]
        best = best_first(-_penalties(self._words, numbers, folded), _EXAMINED)
        return numbers[best], costs[best]


def _near(words: WordList, folded: str) -> tuple[Int64s, npt.NDArray[np.float32]]:
    """Return those of *words* that are not in their base which share most letters with *folded*, and their costs."""
    numbers = _promising(words.by_length, folded)
    lengths = words.lengths[numbers]
    return numbers, align(_costs(folded), words.codes[numbers][:, : int(lengths.max(initial=1))], lengths)


def _promising(words: WordsByLength, folded: str) -> Int64s:
    """Return the numbers of the words of about the same length that share most letters with *folded*."""
    room, most_different = _tolerance(folded)
    first = int(words.edges[max(len(folded) - room, 0)])
    last = int(words.edges[min(len(folded) + room + 1, len(words.edges) - 1)])
    if kernel.native is not None:
        columns = (words.masks, words.weights, words.lengths, words.initials)
        asked = (first, last, _mask(folded), most_different, len(folded), code_of(folded[0]), _EXAMINED)
        return words.numbers[np.frombuffer(kernel.native.nearest_words(*columns, *asked), dtype=np.int64)]
    different = np.bitwise_count(words.masks[first:last] ^ np.uint64(_mask(folded)))
    near = np.flatnonzero(different <= most_different)
    indices = first + near
    penalty = _penalty(folded, different[near], words.weights[indices], words.lengths[indices], words.initials[indices])
    return words.numbers[indices[best_first(-penalty, _EXAMINED)]]


def _tolerance(folded: str) -> tuple[int, int]:
    """Return how many letters more or fewer than *folded* a word may have, and how many others."""
    return (1, 2) if len(folded) < 5 else (2, 4)


def _mask(folded: str) -> int:
    return reduce(or_, (1 << (code_of(letter) - 1) for letter in folded))


def _penalties(words: WordList, numbers: Int64s, folded: str) -> npt.NDArray[np.float32]:
    """Return how far *numbers* of *words* are from *folded*, as they are chosen by."""
    codes = words.codes[numbers]
    different = np.bitwise_count(masks_of(codes) ^ np.uint64(_mask(folded)))
    return _penalty(folded, different, weights_of(words.frequencies[numbers]), words.lengths[numbers], codes[:, 0])


def _penalty(
    folded: str,
    different: npt.NDArray[np.uint8],
    weights: npt.NDArray[np.float32],
    lengths: Int64s,
    initials: npt.NDArray[np.uint8],
) -> npt.NDArray[np.float32]:
    penalty = different - np.float32(0.25) * weights
    penalty += np.float32(0.5) * np.abs(lengths - len(folded)).astype(np.float32)
    # Most slips are inside a word, not in its first letter.
    penalty += np.where(initials != code_of(folded[0]), np.float32(0.8), np.float32(0))
    return penalty


@cache
def _readings() -> npt.NDArray[np.float32]:
    """Return what it costs to read each letter of ``LETTERS`` as each letter (letters, codes)."""
    costs = [{meant: edits.substitution_cost(typed, meant) for meant in LETTERS} for typed in LETTERS]
    return np.array([codes_table(each, np.inf) for each in costs])


@cache
def _untyped() -> npt.NDArray[np.float32]:
    """Return what each letter costs that was not typed (codes,)."""
    untyped = codes_table(edits.MISSING, edits.UNTYPED)
    untyped[0] = 0
    return untyped


@cache
def _steps(before: str, letter: str) -> tuple[list[tuple[int, int]], list[tuple[int, float]], list[_Swap]]:
    """Return what a typed *letter* stands for, its cost as one too many, and that of swapping it with *before*."""
    extra = edits.MISSING.get(letter, edits.EXTRA)
    too_many = min(extra, edits.DOUBLED) if letter == before else extra
    swaps = [(code_of(letter), code_of(before), edits.SWAPPED)] if before and before != letter else []
    return [(1, code_of(letter) - 1)], [(1, too_many)], swaps


def _costs(folded: str) -> Costs:
    steps = [_steps(before, letter) for before, letter in zip(("", *folded), folded, strict=False)]
    stands_for, stands_for_none, swaps = zip(([], [], []), *steps, strict=True)
    return Costs(len(folded), _readings(), stands_for, stands_for_none, _untyped(), swaps)
