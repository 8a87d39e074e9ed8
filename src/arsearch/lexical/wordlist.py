"""The Arabic words of an index as arrays, so that a typed word is compared with all of them at once."""

from __future__ import annotations

from functools import cached_property

import numpy as np
import numpy.typing as npt

from arsearch.lexical.columns import Int64s
from arsearch.lexical.postings import PostingReader
from arsearch.lexical.schema import TEXT_EXACT

__all__ = ["LETTERS", "WordList", "code_of", "codes_table"]

Codes = npt.NDArray[np.uint8]

LETTERS = "".join(map(chr, [*range(0x621, 0x63B), *range(0x641, 0x64B)]))
"""The letters of Arabic; a letter's code is its place here plus 1."""
_LONGEST = 18
_SEPARATOR = "\n"


def code_of(letter: str) -> int:
    """Return the code of *letter*, 0 if it is no letter of Arabic."""
    return LETTERS.find(letter) + 1 if letter else 0


def codes_table(values: dict[str, float], otherwise: float) -> npt.NDArray[np.float32]:
    """Return float32 (codes,): the value of each letter, *otherwise* for those not in *values*; infinite for none."""
    return np.array([np.inf, *(values.get(letter, otherwise) for letter in LETTERS)], dtype=np.float32)


class WordList:
    """Words of nothing but Arabic letters, 2 to 18 of them, with the number of documents each is in.

    *codes* uint8 (words, 18), *lengths* int64 (words,), *frequencies* int64 (words,).
    """

    def __init__(self, texts: str, frequencies: Int64s) -> None:
        """Take *texts*, words each followed by a line feed, and how many documents each is in."""
        points = np.frombuffer(texts.encode("utf-32-le"), dtype=np.uint32)
        table = np.zeros(0x650, dtype=np.uint8)
        table[[ord(letter) for letter in LETTERS]] = np.arange(1, len(LETTERS) + 1)
        letters = table[np.minimum(points, len(table) - 1)]
        ends = np.flatnonzero(points == ord(_SEPARATOR))
        starts = np.concatenate([[0], ends[:-1] + 1]) if len(ends) else ends
        lengths = ends - starts
        foreign = np.add.reduceat(letters == 0, starts) if len(starts) else lengths  # the line feed counts as one
        kept = np.flatnonzero((foreign == 1) & (lengths >= 2) & (lengths <= _LONGEST))
        places = starts[kept, None] + np.arange(_LONGEST)
        within = np.arange(_LONGEST) < lengths[kept, None]
        self.codes: Codes = np.where(within, letters[np.minimum(places, max(len(letters) - 1, 0))], 0).astype(np.uint8)
        self.lengths: Int64s = lengths[kept].astype(np.int64)
        self.frequencies: Int64s = np.asarray(frequencies)[kept].astype(np.int64)

    @classmethod
    def of_index(cls, postings: PostingReader) -> WordList:
        """Return the words of all documents. Those deleted since count, which an order by frequency hardly feels."""
        parts = []
        for segment in postings.segments:
            first, last = segment.dictionary.bounds(TEXT_EXACT)
            offsets, begin = segment.columns.posting_offsets, segment.columns.term_offsets
            text = segment.columns.term_bytes[begin[first] : begin[last]].tobytes().decode() if first < last else ""
            parts.append((text, np.diff(offsets[first : last + 1]) if first < last else np.empty(0, np.int64)))
        if len(parts) == 1:
            return cls(*parts[0])
        together: dict[str, int] = {}
        for text, frequencies in parts:
            for word, frequency in zip(text.split(_SEPARATOR), frequencies.tolist(), strict=False):
                together[word] = together.get(word, 0) + frequency
        words = "".join(word + _SEPARATOR for word in together)
        return cls(words, np.fromiter(together.values(), dtype=np.int64, count=len(together)))

    def __len__(self) -> int:
        return len(self.lengths)

    def text(self, number: int) -> str:
        """Return a word by its number."""
        return "".join(LETTERS[code - 1] for code in self.codes[number, : self.lengths[number]].tolist())

    @cached_property
    def weights(self) -> npt.NDArray[np.float32]:
        """The natural logarithm of one plus the frequency of each word."""
        return np.log1p(self.frequencies).astype(np.float32)

    @cached_property
    def masks(self) -> npt.NDArray[np.uint64]:
        """Which letters each word has: the bit of a letter is its place in ``LETTERS``."""
        table = np.array([0, *(1 << place for place in range(len(LETTERS)))], dtype=np.uint64)
        return np.bitwise_or.reduce(table[self.codes], axis=1) if len(self) else np.empty(0, np.uint64)
