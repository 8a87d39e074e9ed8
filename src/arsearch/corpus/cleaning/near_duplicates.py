"""Duplicates: articles that say the same, word for word or nearly.

Two articles are as similar as their sets of three consecutive folded words (Jaccard). MinHash (Broder, "On the
resemblance and containment of documents", 1997) makes 60 numbers of such a set, and articles that agree in one of 12
bands of five are worth comparing: of those with similarity 0.8 99 in 100 do, of those with 0.3 three. Words and what is
made of them are hashes all the way, the same in every process; the kernel finds their minima.
"""

from __future__ import annotations

import hashlib
import random
from collections import Counter
from collections.abc import Sequence
from typing import NamedTuple

import numpy as np

from arsearch.common.array_types import Int64s, UInt64s
from arsearch.common.minima import minima

__all__ = ["SHINGLE_WORDS", "Shingles", "bands", "shingle_hashes", "similarity", "similarity_of", "word_hash"]

SHINGLE_WORDS = 3
_PERMUTATIONS = 60
_ROWS = 5
_BANDS = _PERMUTATIONS // _ROWS
_KEY_BITS = np.uint64(32)
# Odd, and no small multiples of each other, so that the order of words counts.
_OF_A_PLACE = np.array([0x9E3779B97F4A7C15, 0xC2B2AE3D27D4EB4F, 0x165667B19E3779F9], dtype=np.uint64)
_chance = random.Random(1436)
_FACTORS = np.array([_chance.getrandbits(64) | 1 for _ in range(_PERMUTATIONS)], dtype=np.uint64)
_SUMMANDS = np.array([_chance.getrandbits(64) for _ in range(_PERMUTATIONS)], dtype=np.uint64)
_OF_A_ROW = np.array([_chance.getrandbits(64) | 1 for _ in range(_ROWS)], dtype=np.uint64)
_OF_A_BAND = np.array([_chance.getrandbits(64) for _ in range(_BANDS)], dtype=np.uint64)


def word_hash(word: str) -> bytes:
    """Return the hash by which a folded *word* is compared, 8 bytes."""
    return hashlib.blake2b(word.encode("utf-8", "surrogatepass"), digest_size=8).digest()


def bands(words: Sequence[UInt64s], shingles: Sequence[UInt64s]) -> list[bytes]:
    """Return the keys under which each of several articles can be found, 8 bytes each.

    *words* are the hashes of the words of each article, *shingles* what :func:`shingle_hashes` makes of them. The first
    key is that of the very same words; of the others similar articles most likely share one.
    """
    offsets = np.array([0, *map(len, shingles)]).cumsum()
    least = minima(np.concatenate([np.empty(0, np.uint64), *shingles]), offsets, _FACTORS, _SUMMANDS)
    rows = (least >> _KEY_BITS).reshape(len(shingles), _BANDS, _ROWS)
    keys = (rows * _OF_A_ROW).sum(axis=2, dtype=np.uint64) + _OF_A_BAND
    keys = (keys ^ (keys >> _KEY_BITS)) * _OF_A_PLACE[0]
    keys ^= keys >> _KEY_BITS
    same = [hashlib.blake2b(each.tobytes(), digest_size=8).digest() for each in words]
    return [first + some.tobytes() for first, some in zip(same, keys, strict=True)]


def similarity(words: Sequence[str], others: Sequence[str]) -> float:
    """Return the Jaccard similarity of two articles, from 0 to 1; what is said twice counts twice.

    :func:`similarity_of` gives the same, of hashes and faster.
    """
    these, those = Counter(_shingles(words)), Counter(_shingles(others))
    return (these & those).total() / (these | those).total()


def _shingles(words: Sequence[str]) -> list[str]:
    """Return every three consecutive *words*; all of them together if there are fewer."""
    if len(words) < SHINGLE_WORDS:
        return [" ".join(words)]
    return list(map(" ".join, zip(words, words[1:], words[2:], strict=False)))


class Shingles(NamedTuple):
    """What an article is compared by: its distinct shingles, by their hashes, and how often each is there."""

    hashes: UInt64s
    """Sorted (shingles,)."""
    counts: Int64s
    """(shingles,)."""
    total: int

    @classmethod
    def of(cls, hashes: UInt64s) -> Shingles:
        """Return the shingles with these *hashes*, in any order."""
        distinct, counts = np.unique(hashes, return_counts=True)
        return cls(distinct, counts, len(hashes))


def shingle_hashes(words: UInt64s) -> UInt64s:
    """Return a hash of every three consecutive words, of which *words* are the hashes; of all if there are fewer."""
    mixed = (words ^ (words >> np.uint64(29))) * _OF_A_PLACE[0]
    mixed ^= mixed >> np.uint64(32)
    count = max(len(mixed) - SHINGLE_WORDS + 1, 1)
    sums = np.zeros(count, dtype=np.uint64)
    for place, factor in enumerate(_OF_A_PLACE):
        some = mixed[place : place + count]
        sums[: len(some)] += some * factor
    return sums


def similarity_of(one: Shingles, other: Shingles, least: float = 0.0) -> float:
    """Return what :func:`similarity` returns of the words; 0 where it is below *least* as far as lengths tell."""
    if min(one.total, other.total) / max(one.total, other.total) < least:
        return 0.0
    if len(one.hashes) > len(other.hashes):
        one, other = other, one
    places = np.minimum(np.searchsorted(other.hashes, one.hashes), len(other.hashes) - 1)
    shared = np.flatnonzero(other.hashes[places] == one.hashes)
    common = int(np.minimum(one.counts[shared], other.counts[places[shared]]).sum())
    return common / (one.total + other.total - common)
