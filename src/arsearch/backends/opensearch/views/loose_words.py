"""Words of a document that have letters in common with a query, and too few of them to resemble one of its words.

Ranking counts the n-grams they share with the query, and nothing else of them: not what they are, nor where they stand
(:mod:`arsearch.ranking.features` takes what resembles by less than a quarter for chance). Most words that have an
n-gram of a query are of this kind, above all those that begin with the article and the same letter. So a node sends
only which n-grams they have and how many of them there are, and here a word is made up that has just these.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from functools import lru_cache

import numpy as np

from arsearch.common.array_types import Int64s, UInt64s
from arsearch.ranking import WORD_END

__all__ = [
    "LOOSE_LENGTH", "AskedGrams", "LooseWordError", "asked_grams", "free_places", "made_up_word", "seen_by_nodes",
]  # fmt: skip

LOOSE_LENGTH = 2_000
"""Tokens of the longest document of which nodes send words so: ranking looks at no token behind them."""

_MOST = 60
"""N-grams, and words, of a query that fit into the bits of a number."""
_LETTERS = 4
_UNIT = 16
_FILLER = "\uf8ff"
"""The last code point for private use: no word has it."""


class LooseWordError(ValueError):
    """A number stands for no n-grams of the query."""


@dataclass(frozen=True, slots=True)
class AskedGrams:
    """The n-grams of a query, as nodes see them.

    *numbers*: each once; *having*: bits that say which words of the query have each; *sizes*: how many different ones
    each word has, empty where a query has too many for words to be sent loosely.
    """

    numbers: tuple[int, ...]
    having: tuple[int, ...]
    sizes: tuple[int, ...]


def seen_by_nodes(grams: UInt64s) -> tuple[int, ...]:
    """Return *grams* (grams,), the first letter of each in its lowest bits, with that in the highest, with a sign."""
    turned = np.zeros(len(grams), np.uint64)
    for letter in range(_LETTERS):
        turned = turned << np.uint64(_UNIT) | (grams >> np.uint64(_UNIT * letter)) & np.uint64(0xFFFF)
    return tuple(turned.view(np.int64).tolist())


@lru_cache(256)
def asked_grams(seen: tuple[int, ...]) -> AskedGrams:
    """Return the n-grams *seen*, those of one word after those of the other."""
    words: list[set[int]] = [set()]
    for gram in seen:
        words[-1].add(gram)
        if gram & 0xFFFF == ord(WORD_END):  # it was the last of its word
            words.append(set())
    words = [word for word in words if word]
    numbers = tuple(sorted(set(seen)))
    if len(numbers) > _MOST or len(words) > _MOST:
        return AskedGrams(numbers, (0,) * len(numbers), ())
    having = tuple(sum(1 << at for at, word in enumerate(words) if gram in word) for gram in numbers)
    return AskedGrams(numbers, having, tuple(map(len, words)))


def made_up_word(code: int, numbers: Sequence[int]) -> str:
    """Return a word with the n-grams of a *code*, among *numbers*, and so many others that it resembles nothing.

    A code has one digit for each n-gram of a word, in a system with one digit more than there are n-grams: its index
    and 1. Raises LooseWordError if it is none.
    """
    first, middle, last, rest, count = "", "", "", code, 0
    while rest:
        rest, digit = divmod(rest, len(numbers) + 1)
        if not digit:
            raise LooseWordError
        units = (numbers[digit - 1] & (1 << 64) - 1).to_bytes(_LETTERS * 2, "big")
        letters = units.decode("utf-16-be", "surrogatepass")
        if letters[0] == WORD_END and not first:
            first = letters.strip(WORD_END)
        elif letters[-1] == WORD_END and not last:
            last = letters.strip(WORD_END)
        elif WORD_END in letters:
            raise LooseWordError
        else:
            middle += letters + _FILLER
        count += 1
    if not count:
        raise LooseWordError
    return first + _FILLER * (_LETTERS * count + 8) + middle + last


def free_places(taken: Int64s, first: Int64s, lengths: Int64s, counts: Int64s) -> Int64s:
    """Return *counts* (documents,) places for tokens in each document that none has: the first ones, int64.

    Documents of *lengths* stand one after the other from *first* (documents,); *taken* are places among all of them.
    """
    is_free = np.ones(int(lengths.sum()), dtype=np.bool_)
    is_free[taken] = False
    free = np.flatnonzero(is_free)
    begins = np.searchsorted(free, first)
    within = np.arange(int(counts.sum())) - np.repeat(np.cumsum(counts) - counts, counts)
    places: Int64s = free[np.repeat(begins, counts) + within]
    return places
