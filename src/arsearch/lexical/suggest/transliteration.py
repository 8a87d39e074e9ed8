"""Words typed in Latin letters: which words of the index they may be."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from functools import cached_property

import numpy as np
import numpy.typing as npt

from arsearch.arabic import arabizi
from arsearch.arabic import letters as ar
from arsearch.lexical.suggest.alignment import Costs, align
from arsearch.lexical.suggest.word_list import LETTERS, WordList, code_of, codes_table

__all__ = ["ARABIZI_FREQUENCY_WEIGHT", "Transliterator", "WordCandidate"]

_EXAMINED = 192
ARABIZI_FREQUENCY_WEIGHT = 0.16
"""What a word costs less for each e-fold in how many documents it is: names are searched that are written about."""
_TAIL = 0.05
_LONGEST = 24
_ALLOWED_A_LETTER = 0.22
_MIN_ALLOWED = 0.75

_VOWELS = frozenset((ar.ALEF, ar.WAW, ar.YEH, ar.HAMZA, ar.HEH))
_ALL = (1 << 64) - 1


@dataclass(frozen=True, slots=True)
class WordCandidate:
    """A word of the index that a typed one may be: its folded form, its cost, and how many documents have it."""

    folded: str
    cost: float
    frequency: int


class Transliterator:
    """Finds words of a list by the way they are written in Latin letters."""

    def __init__(self, words: WordList) -> None:
        self._words = words

    @cached_property
    def _typed_masks(self) -> npt.NDArray[np.uint64]:
        """Of the letters of each word those that are always typed."""
        keep = sum(1 << bit for bit, letter in enumerate(LETTERS) if letter not in arabizi.UNTYPED)
        return self._words.masks & np.uint64(keep)

    @cached_property
    def _consonants(self) -> npt.NDArray[np.int8]:
        """How many letters of each word are no vowels; the lam of an article, which may be left out, is not counted."""
        is_consonant = np.array([False, *(letter not in _VOWELS for letter in LETTERS)])
        codes = self._words.codes
        has_article = (codes[:, 0] == code_of(ar.ALEF)) & (codes[:, 1] == code_of(ar.LAM))
        count: npt.NDArray[np.int8] = (is_consonant[codes].sum(axis=1) - has_article).astype(np.int8)
        return count

    def candidates(self, latin: str, limit: int, *, begun: bool = False) -> list[WordCandidate]:
        """Return the words that *latin* most likely stands for, best first; where it is only *begun*, begin with.

        *latin* is in lower case, letters, digits and apostrophes.
        """
        if not latin or len(latin) > _LONGEST or not len(self._words):
            return []
        numbers = self._promising(latin, begun)
        codes, lengths = self._words.codes[numbers], self._words.lengths[numbers]
        longest = int(lengths.max(initial=1))
        costs = align(_costs(latin), codes[:, :longest], lengths, tail=_TAIL if begun else None)
        ranks = costs - ARABIZI_FREQUENCY_WEIGHT * self._words.weights[numbers]
        allowed = max(_MIN_ALLOWED, _ALLOWED_A_LETTER * len(latin))
        best = np.lexsort((lengths, ranks))
        best = best[costs[best] <= allowed][:limit]
        return [
            WordCandidate(self._words.text(int(numbers[index])), float(costs[index]), int(frequency))
            for index, frequency in zip(best, self._words.frequencies[numbers[best]], strict=True)
        ]

    def _promising(self, latin: str, begun: bool) -> npt.NDArray[np.int64]:
        """Return the words that have the letters of *latin* and, unless it is begun, few others."""
        typed, possible = _letters_of(latin)
        if begun:
            numbers = np.flatnonzero((self._words.masks & np.uint64(typed[0] if typed else possible)) != 0)
            surplus = np.zeros(len(numbers), dtype=np.float32)
        else:
            others = np.bitwise_count(self._typed_masks & np.uint64(~possible & _ALL))
            numbers = np.flatnonzero(others <= 1)
            surplus = others[numbers].astype(np.float32)
        masks, further = self._words.masks[numbers], self._consonants[numbers].astype(np.float32)
        further -= len(typed) - latin.startswith(("al", "el"))
        penalty = 4 * surplus - np.float32(0.3) * self._words.weights[numbers]
        penalty += np.maximum(-further, 0) if begun else np.abs(further)
        for options in dict.fromkeys(typed):
            penalty += np.float32(4) * ((masks & np.uint64(options)) == 0)
        if len(penalty) <= _EXAMINED:
            return numbers
        return numbers[np.argpartition(penalty, _EXAMINED)[:_EXAMINED]]


def _bits(letters: Iterable[str]) -> int:
    return sum(1 << (code_of(letter) - 1) for letter in letters)


def _letters_of(latin: str) -> tuple[list[int], int]:
    """Return for each consonant of *latin* the letters it may be, and all letters that may be in the word, as bits."""
    typed, possible, position = [], 0, 0
    while position < len(latin):
        length = next(
            (
                length
                for length in range(arabizi.LONGEST_CHUNK, 0, -1)
                if position + length <= len(latin) and arabizi.chunk_at(latin, position, position + length)
            ),
            1,
        )
        # A chunk may also be read one character at a time: "sh" is one letter or two.
        parts = [arabizi.chunk_at(latin, at, at + 1) for at in range(position, position + length)]
        options = _bits({**arabizi.chunk_at(latin, position, position + length), **parts[0]})
        possible |= options | _bits({letter: 0.0 for part in parts for letter in part})
        if options and latin[position] not in arabizi.SILENT:
            typed.append(options)
        position += length
    return typed, possible


def _costs(latin: str) -> Costs:
    letters: list[npt.NDArray[np.float32]] = []
    stands_for: list[list[tuple[int, int]]] = [[]]
    stands_for_none: list[list[tuple[int, float]]] = [[]]
    for end in range(1, len(latin) + 1):
        chunks = []
        for length in range(1, min(arabizi.LONGEST_CHUNK, end) + 1):
            options = arabizi.chunk_at(latin, end - length, end)
            if options:
                chunks.append((length, len(letters)))
                letters.append(codes_table(options, np.inf))
        stands_for.append(chunks)
        last = latin[end - 1]
        silent = [(1, arabizi.SILENT.get(last, arabizi.EXTRA))]
        if end == 1 and last in "aeiou":
            silent = [(1, arabizi.SILENT_FIRST)]
        elif end > 1 and last == latin[end - 2]:
            silent = [(1, min(silent[0][1], 0.3))]
        stands_for_none.append(silent)
    has_all_vowels = arabizi.has_all_vowels(latin)
    untyped = codes_table(arabizi.UNTYPED_AMONG_VOWELS if has_all_vowels else arabizi.UNTYPED, arabizi.EXTRA)
    untyped[0] = 0
    article = (code_of(ar.ALEF), code_of(ar.LAM), arabizi.SKIPPED_ARTICLE)
    readings = np.array(letters, np.float32).reshape(-1, len(untyped))
    return Costs(len(latin), readings, stands_for, stands_for_none, untyped, skippable=article)
