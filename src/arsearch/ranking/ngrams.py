"""Character n-grams of words: four letters in a row, where the edges of the word count as letters.

Words that share many of them are mostly inflections or derivations of one another (McNamee and Mayfield, "Character
N-Gram Tokenization for European Language Text Retrieval", 2004), broken plurals and particles written onto the word
included, which no stemmer takes apart. The edges keep a short word from matching inside every long one.
"""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np
import numpy.typing as npt

from arsearch import kernel
from arsearch.common.array_types import Floats, Int32s, Int64s, UInt64s

__all__ = ["WORD_END", "GramTable", "count_grams", "find_grams", "grams_of", "match_grams", "words_by_bucket"]

WORD_END = "\n"
"""Follows each word of a text of words."""


_LETTERS = 4
_BUCKET_BITS = 20
GRAM_BUCKETS = 1 << _BUCKET_BITS
_SIEVE_BITS = 16
_CHARACTERS_AT_ONCE = 1 << 21
"""Characters of a vocabulary whose grams are in memory at a time, about 50 bytes for each."""
# Multiplicative hashing (Knuth, TAOCP 3, section 6.4), with 2^64 divided by the golden ratio.
_GOLDEN = np.uint64(0x9E3779B97F4A7C15)


def find_grams(words: str) -> tuple[UInt64s, Int64s]:
    """Return all grams of *words*, each followed by WORD_END: the grams (grams,), and which word each stands in.

    A word of n letters has n - 1 grams; a word of one letter has none.
    """
    windows, whole, ends = _windows(words)
    positions = np.flatnonzero(whole)
    return windows[positions], _owners(positions, ends)


def grams_of(words: str) -> UInt64s:
    """Return all grams of *words* (grams,), each word followed by WORD_END, as :func:`find_grams` does."""
    if kernel.native is None:
        return find_grams(words)[0]
    units = np.frombuffer(words.encode("utf-16-le", "surrogatepass"), dtype="<u2")
    return np.frombuffer(kernel.native.find_grams(units), np.uint64)


def match_grams(words: str, asked: UInt64s) -> tuple[Int64s, Int64s]:
    """Return where *asked*, distinct grams in order, occur in *words*: indexes into *asked*, and the word each time."""
    windows, whole, ends = _windows(words)
    if not len(asked):
        return np.empty(0, np.int64), np.empty(0, np.int64)
    # Most grams are none of those asked for; a small table tells that faster than bisection.
    sieve = np.zeros(1 << _SIEVE_BITS, dtype=np.bool_)
    sieve[_hash(asked, _SIEVE_BITS)] = True
    positions = np.flatnonzero(sieve[_hash(windows, _SIEVE_BITS)] & whole)
    found = windows[positions]
    indexes = np.minimum(np.searchsorted(asked, found), len(asked) - 1)
    sure = asked[indexes] == found
    return indexes[sure], _owners(positions[sure], ends)


def count_grams(words: str) -> Int64s:
    """Return how many grams each of *words* has (words,)."""
    return np.asarray(np.maximum(np.diff(_windows(words)[2]) - 2, 0), dtype=np.int64)


def _windows(words: str) -> tuple[UInt64s, npt.NDArray[np.bool_], Int64s]:
    """Return every four letters in a row, which of them are grams, and the offsets of the gaps between words.

    Letters are the 16-bit units of UTF-16, four of which are read as one number.
    """
    encoded = (WORD_END + words).encode("utf-16-le", "surrogatepass")
    edges = np.frombuffer(encoded, dtype="<u2") == ord(WORD_END)
    ends = np.flatnonzero(edges)
    count = len(edges) - _LETTERS + 1
    if count < 1:
        return np.empty(0, np.uint64), np.empty(0, np.bool_), ends
    overlapping: UInt64s = np.ndarray((count,), dtype="<u8", buffer=encoded, strides=(2,))
    return overlapping.astype(np.uint64), ~(edges[1:-2] | edges[2:-1]), ends


def _owners(positions: Int64s, ends: Int64s) -> Int64s:
    return np.asarray(np.searchsorted(ends, positions, side="right") - 1, dtype=np.int64)


class GramTable:
    """How rare each gram is among the articles of an index.

    A gram is in an article if any word with it is. How many articles that are is estimated from how many articles
    each word has, as if words were independent of one another; the ranking is as good as with the exact number. Grams
    share 2^20 buckets, so that the table has one size whatever the corpus.
    """

    def __init__(
        self, idf: npt.NDArray[np.float16], offsets: npt.NDArray[np.int64], words: npt.NDArray[np.int32]
    ) -> None:
        """Take the columns of the table.

        *idf* (2^20,) of each bucket; bucket *b* has the words ``words[offsets[b] : offsets[b + 1]]``, by their index in
        the vocabulary.
        """
        self.idf = idf
        self.offsets = offsets
        self.words = words

    @classmethod
    def of(cls, words: str, frequencies: npt.NDArray[np.number], articles: int) -> GramTable:
        """Make the table of *articles* articles from *words* and in how many articles each is (words,)."""
        share = np.minimum(np.asarray(frequencies, dtype=np.float64) / (articles + 1), 1 - 1e-6)
        sizes = np.zeros(1 << _BUCKET_BITS, dtype=np.int64)
        absent = np.zeros(1 << _BUCKET_BITS)
        for first, part in _parts(words):
            grams, owners = find_grams(part)
            buckets = _hash(grams, _BUCKET_BITS)
            sizes += np.bincount(buckets, minlength=len(sizes))
            absent += np.bincount(buckets, weights=np.log1p(-share)[first + owners], minlength=len(absent))
        used = np.flatnonzero(sizes)
        expected = -articles * np.expm1(absent[used])
        idf = np.full(1 << _BUCKET_BITS, np.log1p((articles + 0.5) / 0.5), dtype=np.float16)
        idf[used] = np.log1p((articles - expected + 0.5) / (expected + 0.5))
        offsets = np.concatenate([np.zeros(1, np.int64), np.cumsum(sizes)])
        words_in_order = np.empty(int(offsets[-1]), dtype=np.int32)
        free = offsets[:-1].copy()
        for first, part in _parts(words):
            grams, owners = find_grams(part)
            # One sort of both in one number takes a fifth of the time of sorting positions by bucket.
            both = np.sort(_hash(grams, _BUCKET_BITS) << np.int64(32) | (first + owners))
            buckets = both >> np.int64(32)
            counts = np.bincount(buckets, minlength=len(free))
            # What this part has of a bucket comes after what the parts before had of it.
            words_in_order[np.arange(len(both)) + (free - (np.cumsum(counts) - counts))[buckets]] = both & 0xFFFFFFFF
            free += counts
        return cls(idf, offsets, words_in_order)

    def words_with(self, grams: UInt64s) -> npt.NDArray[np.int32]:
        """Return the words of the vocabulary that have any of *grams*, sorted, and a few that share their buckets."""
        buckets = self.buckets_of(grams).tolist()
        parts = [self.words[self.offsets[bucket] : self.offsets[bucket + 1]] for bucket in buckets]
        words = np.sort(np.concatenate([np.empty(0, np.int32), *parts]))
        return words[np.diff(words, prepend=-1) > 0]  # np.unique takes four times as long

    def words_by_segment(self, grams: UInt64s) -> list[Int32s]:
        """Return the same by segment of the index, counted from 0 in each; in no order, and some several times."""
        return [self.words_with(grams)]

    @staticmethod
    def buckets_of(grams: UInt64s) -> Int64s:
        """Return the buckets that *grams* are in, sorted, each once."""
        return np.unique(_hash(grams, _BUCKET_BITS))

    def idf_of(self, grams: UInt64s) -> Floats:
        """Return the idf of each of *grams*."""
        return np.asarray(self.idf[_hash(grams, _BUCKET_BITS)], dtype=np.float32)


def words_by_bucket(words: str) -> tuple[Int64s, Int64s, npt.NDArray[np.int32]]:
    """Return the buckets that grams of *words* are in, sorted, where the words of each begin, and those words.

    The second has one number more than the first: where the last ones end. Few words take little time, which a whole
    table does not.
    """
    if len(words) > _CHARACTERS_AT_ONCE:
        table = GramTable.of(words, np.zeros(words.count(WORD_END)), 0)
        buckets = np.flatnonzero(np.diff(table.offsets))
        return buckets, np.append(table.offsets[buckets], table.offsets[-1]), table.words
    grams, owners = find_grams(words)
    both = np.sort(_hash(grams, _BUCKET_BITS) << np.int64(32) | owners)
    every = both >> np.int64(32)
    begins = np.flatnonzero(np.diff(every, prepend=-1))
    return every[begins], np.append(begins, len(both)), (both & 0xFFFFFFFF).astype(np.int32)


def _parts(words: str) -> Iterator[tuple[int, str]]:
    """Yield *words* in parts of about ``_CHARACTERS_AT_ONCE``, each with how many words come before it."""
    first = begin = 0
    while begin < len(words):
        end = words.find(WORD_END, begin + _CHARACTERS_AT_ONCE) + 1 or len(words)
        part = words[begin:end]
        yield first, part
        first += part.count(WORD_END)
        begin = end


def _hash(grams: UInt64s, bits: int) -> Int64s:
    return (grams * _GOLDEN >> np.uint64(64 - bits)).astype(np.int64)
