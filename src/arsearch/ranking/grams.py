"""Character n-grams of words: four letters in a row, where the edges of the word count as letters.

Words that share many of them are mostly inflections or derivations of one another (McNamee and Mayfield, "Character
N-Gram Tokenization for European Language Text Retrieval", 2004), broken plurals and particles written onto the word
included, which no stemmer takes apart. The edges keep a short word from matching inside every long one.
"""

from __future__ import annotations

import numpy as np
import numpy.typing as npt

__all__ = ["WORD_END", "GramTable", "find_grams"]

WORD_END = "\n"
"""Follows each word of a text of words."""

Int64s = npt.NDArray[np.int64]
UInt64s = npt.NDArray[np.uint64]
Floats = npt.NDArray[np.float32]

_LETTERS = 4
_LETTER_BITS = 16  # a word with letters beyond the basic plane is still one gram or another
_BUCKET_BITS = 20
# Multiplicative hashing (Knuth, TAOCP 3, section 6.4), with 2^64 divided by the golden ratio.
_GOLDEN = np.uint64(0x9E3779B97F4A7C15)


def find_grams(words: str) -> tuple[UInt64s, Int64s]:
    """Return all grams of *words*, each followed by WORD_END: the grams (grams,), and which word each stands in.

    A word of n letters has n - 1 grams; a word of one letter has none.
    """
    code_points = np.frombuffer((WORD_END + words).encode("utf-32-le", "surrogatepass"), dtype=np.uint32)
    letters = (code_points & np.uint32((1 << _LETTER_BITS) - 1)).astype(np.uint64)
    ends = code_points == ord(WORD_END)
    if len(letters) < _LETTERS:
        return np.empty(0, np.uint64), np.empty(0, np.int64)
    starts = np.flatnonzero(~(ends[1:-2] | ends[2:-1]))
    grams = letters[starts]
    for place in range(1, _LETTERS):
        grams = grams << np.uint64(_LETTER_BITS) | letters[starts + place]
    return grams, np.cumsum(ends)[starts] - 1


class GramTable:
    """How rare each gram is among the articles of an index.

    A gram is in an article if any word with it is. How many articles that are is estimated from how many articles
    each word has, as if words were independent of one another; the ranking is as good as with the exact number. Grams
    share 2^20 buckets, so that the table has one size whatever the corpus.
    """

    def __init__(self, idf: npt.NDArray[np.float16]) -> None:
        """Take the idf of each bucket, shape (2^20,)."""
        self.idf = idf

    @classmethod
    def of(cls, words: str, frequencies: npt.NDArray[np.number], articles: int) -> GramTable:
        """Make the table of *articles* articles from *words* and in how many articles each is (words,)."""
        grams, owners = find_grams(words)
        share = np.minimum(np.asarray(frequencies, dtype=np.float64) / (articles + 1), 1 - 1e-6)
        absent = np.bincount(_buckets(grams), weights=np.log1p(-share)[owners], minlength=1 << _BUCKET_BITS)
        expected = -articles * np.expm1(absent)
        return cls(np.log1p((articles - expected + 0.5) / (expected + 0.5)).astype(np.float16))

    def idf_of(self, grams: UInt64s) -> Floats:
        """Return the idf of each of *grams*."""
        return np.asarray(self.idf[_buckets(grams)], dtype=np.float32)


def _buckets(grams: UInt64s) -> Int64s:
    return (grams * _GOLDEN >> np.uint64(64 - _BUCKET_BITS)).astype(np.int64)
