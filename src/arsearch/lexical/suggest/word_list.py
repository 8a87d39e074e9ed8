"""The Arabic words of an index as arrays, so that a typed word is compared with all of them at once."""

from __future__ import annotations

from collections.abc import Sequence
from functools import cached_property
from typing import NamedTuple
from weakref import WeakValueDictionary

import numpy as np
import numpy.typing as npt

from arsearch.common.array_types import Int32s, Int64s, UInt8s, UInt64s
from arsearch.common.bounded_cache import BoundedCache
from arsearch.common.hash_table import HashTable
from arsearch.common.hashing import hashes_of
from arsearch.lexical.search.postings import PostingReader
from arsearch.lexical.segment.field_names import TEXT_FOLDED
from arsearch.lexical.segment.segment import Segment, SegmentFile

__all__ = ["LETTERS", "BaseWords", "WordList", "WordsByLength", "code_of", "codes_table", "masks_of", "weights_of"]


LETTERS = "".join(map(chr, [*range(0x621, 0x63B), *range(0x641, 0x64B)]))
"""The letters of Arabic; a letter's code is its position here plus 1."""
_LONGEST = 18
_SEPARATOR = "\n"
_OTHERS_SHARE = 1 / 16
"""So many of the terms are in segments that are read anew for each commit: the last ones, which change most often."""

_CACHED_NEAR = 1 << 13
_CACHED_NEAR_BYTES = 1 << 24


def code_of(letter: str) -> int:
    """Return the code of *letter*, 0 if it is no letter of Arabic."""
    return LETTERS.find(letter) + 1 if letter else 0


def codes_table(values: dict[str, float], otherwise: float) -> npt.NDArray[np.float32]:
    """Return float32 (codes,): the value of each letter, *otherwise* for those not in *values*; infinite for none."""
    return np.array([np.inf, *(values.get(letter, otherwise) for letter in LETTERS)], dtype=np.float32)


class WordsByLength(NamedTuple):
    """Words by length: their *numbers* in the list, the *edges* of each length, and columns in that order.

    *masks* uint64, *weights* float32, *lengths* int64 and *initials*, the codes of first letters, uint8 (words,).
    """

    numbers: Int64s
    edges: Int64s
    masks: UInt64s
    weights: npt.NDArray[np.float32]
    lengths: Int64s
    initials: UInt8s


class WordList:
    """Words of nothing but Arabic letters, 2 to 18 of them, with the number of documents each is in.

    *codes* uint8 (words, 18), *lengths* int64 (words,), *frequencies* int64 (words,).
    """

    def __init__(self, codes: UInt8s, lengths: Int64s, frequencies: Int64s) -> None:
        """Take the columns as they are described above; no two words are the same."""
        self.codes = codes
        self.lengths = lengths
        self.frequencies = frequencies

    @classmethod
    def of_texts(cls, texts: str, frequencies: Int64s) -> WordList:
        """Return those of *texts*, each followed by a line feed, that are words; and how many documents each is in."""
        points = np.frombuffer(texts.encode("utf-32-le"), dtype=np.uint32)
        table = np.zeros(0x650, dtype=np.uint8)
        table[[ord(letter) for letter in LETTERS]] = np.arange(1, len(LETTERS) + 1)
        letters = table[np.minimum(points, len(table) - 1)]
        ends = np.flatnonzero(points == ord(_SEPARATOR))
        starts = np.concatenate([[0], ends[:-1] + 1]) if len(ends) else ends
        lengths = ends - starts
        foreign = np.add.reduceat(letters == 0, starts) if len(starts) else lengths  # the line feed counts as one
        kept = np.flatnonzero((foreign == 1) & (lengths >= 2) & (lengths <= _LONGEST))
        starts, lengths = starts[kept], lengths[kept].astype(np.int64)
        codes = np.zeros((len(kept), _LONGEST), dtype=np.uint8)
        for position in range(_LONGEST):  # all at once would take twenty times the room of the result
            longer = np.flatnonzero(lengths > position)
            codes[longer, position] = letters[starts[longer] + position]
        return cls(codes, lengths, np.asarray(frequencies)[kept].astype(np.int64))

    @classmethod
    def of_index(cls, postings: PostingReader) -> WordList:
        """Return the words of all documents. Those deleted since count, which an order by frequency hardly feels."""
        count = _in_base(postings.segments)
        others = [_of_segment(segment) for segment in postings.segments[count:]]
        return _base_of(postings.segments[:count]).with_others(others)

    @classmethod
    def together(cls, parts: Sequence[WordList]) -> WordList:
        """Return the words of all *parts*, those that several have once and with the sum of their frequencies."""
        codes = np.concatenate([np.empty((0, _LONGEST), np.uint8), *(part.codes for part in parts)])
        lengths = np.concatenate([np.empty(0, np.int64), *(part.lengths for part in parts)])
        frequencies = np.concatenate([np.empty(0, np.int64), *(part.frequencies for part in parts)])
        numbers, firsts = HashTable().number(_hashes(codes, lengths))
        summed = np.zeros(len(firsts), dtype=np.int64)
        np.add.at(summed, numbers, frequencies)
        return cls(codes[firsts], lengths[firsts], summed)

    def __len__(self) -> int:
        return len(self.lengths)

    def text(self, number: int) -> str:
        """Return a word by its number."""
        return "".join(LETTERS[code - 1] for code in self.codes[number, : self.lengths[number]].tolist())

    @cached_property
    def weights(self) -> npt.NDArray[np.float32]:
        """The natural logarithm of one plus the frequency of each word."""
        return weights_of(self.frequencies)

    @cached_property
    def masks(self) -> npt.NDArray[np.uint64]:
        """Which letters each word has: the bit of a letter is its position in ``LETTERS``."""
        return masks_of(self.codes)

    @property
    def base(self) -> BaseWords | None:
        """Words of it that other commits have too."""
        return None

    @cached_property
    def not_in_base(self) -> Int64s:
        """The numbers of those words that its base has not, or is not alone in having; in order."""
        return np.arange(len(self))

    @cached_property
    def is_as_in_base(self) -> npt.NDArray[np.bool_]:
        """Whether each word stands in the base with all of its articles: bool (words,)."""
        found = np.ones(len(self), dtype=np.bool_)
        found[self.not_in_base] = False
        return found

    @cached_property
    def by_length(self) -> WordsByLength:
        """The words that are not in its base by their length; of each length in order."""
        numbers, codes = self.not_in_base, self.codes
        masks, weights = (self.masks, self.weights) if self.base is None else self._of(numbers)
        lengths = self.lengths[numbers].astype(np.uint8)  # for which NumPy has a radix sort
        order = np.argsort(lengths, kind="stable")
        return WordsByLength(
            numbers[order],
            np.searchsorted(lengths[order], np.arange(codes.shape[1] + 4, dtype=np.uint8)),
            masks[order],
            weights[order],
            self.lengths[numbers[order]],
            np.ascontiguousarray(codes[numbers[order], 0]),
        )

    def _of(self, numbers: Int64s) -> tuple[UInt64s, npt.NDArray[np.float32]]:
        return masks_of(self.codes[numbers]), weights_of(self.frequencies[numbers])


class BaseWords:
    """The words of segments that many commits have: those of each commit are these and a few more."""

    def __init__(self, words: WordList, files: Sequence[SegmentFile]) -> None:
        self._files = files
        self.words = words
        self.near: BoundedCache[str, tuple[Int64s, npt.NDArray[np.float32]]] = BoundedCache(
            _CACHED_NEAR, _CACHED_NEAR_BYTES, lambda found: found[0].nbytes + found[1].nbytes
        )
        """Which of *words* are spelled much like one that was asked for, and what that costs: the speller's."""

    @cached_property
    def _sorted(self) -> tuple[UInt64s, Int32s]:
        """The hashes of the words, sorted, and the number of the word that has each."""
        hashes = _hashes(self.words.codes, self.words.lengths)
        order = np.argsort(hashes).astype(np.int32)
        return hashes[order], order

    def with_others(self, parts: Sequence[WordList]) -> WordList:
        """Return these words and those of *parts*, as :meth:`WordList.together` does."""
        words = self.words
        if not parts:
            return _WithBase(self, words.codes, words.lengths, words.frequencies, np.empty(0, np.int32))
        known_hashes, order = self._sorted
        more = WordList.together(parts)
        hashes = _hashes(more.codes, more.lengths)
        places = np.minimum(np.searchsorted(known_hashes, hashes), max(len(known_hashes) - 1, 0))
        known = known_hashes[places] == hashes if len(known_hashes) else np.zeros(len(more), np.bool_)
        frequencies = np.concatenate([words.frequencies, more.frequencies[~known]])
        more_frequent = order[places[known]]
        frequencies[more_frequent] += more.frequencies[known]
        codes = np.concatenate([words.codes, more.codes[~known]])
        lengths = np.concatenate([words.lengths, more.lengths[~known]])
        return _WithBase(self, codes, lengths, frequencies, more_frequent)


class _WithBase(WordList):
    """Words that keep the base they were made of, for the next commit."""

    def __init__(
        self, base: BaseWords, codes: UInt8s, lengths: Int64s, frequencies: Int64s, more_frequent: Int32s
    ) -> None:
        """Take *base*, the columns of all words, and the numbers of those that are more frequent than there."""
        super().__init__(codes, lengths, frequencies)
        self._base = base
        self._more_frequent = more_frequent

    @property
    def base(self) -> BaseWords:
        return self._base

    @cached_property
    def not_in_base(self) -> Int64s:
        new = np.arange(len(self._base.words.lengths), len(self))
        return np.concatenate([np.sort(self._more_frequent).astype(np.int64), new])

    @cached_property
    def weights(self) -> npt.NDArray[np.float32]:
        known = self._base.words.weights
        weights = np.concatenate([known, weights_of(self.frequencies[len(known) :])])
        weights[self._more_frequent] = weights_of(self.frequencies[self._more_frequent])
        return weights

    @cached_property
    def masks(self) -> npt.NDArray[np.uint64]:
        known = self._base.words.masks
        return np.concatenate([known, masks_of(self.codes[len(known) :])])


_bases: WeakValueDictionary[tuple[int, ...], BaseWords] = WeakValueDictionary()
"""By the files of the segments, which they keep open: by these they are told apart."""


def _base_of(segments: Sequence[Segment]) -> BaseWords:
    key = tuple(id(segment.file) for segment in segments)
    base = _bases.get(key)
    if base is None:
        parts = [_of_segment(segment) for segment in segments]
        _bases[key] = base = BaseWords(
            parts[0] if len(parts) == 1 else WordList.together(parts), [segment.file for segment in segments]
        )
    return base


def weights_of(frequencies: Int64s) -> npt.NDArray[np.float32]:
    """Return the natural logarithm of one plus each of *frequencies*."""
    return np.log1p(frequencies).astype(np.float32)


def masks_of(codes: UInt8s) -> npt.NDArray[np.uint64]:
    """Return which letters each word of *codes* (words, 18) has, as :attr:`WordList.masks` says."""
    table = np.array([0, *(1 << bit for bit in range(len(LETTERS)))], dtype=np.uint64)
    masks = np.zeros(len(codes), dtype=np.uint64)
    for column in codes.T:
        masks |= table[column]
    return masks


def _in_base(segments: Sequence[Segment]) -> int:
    """Return how many of *segments*, counted from the first, have nearly all terms."""
    sizes = [len(segment.dictionary) for segment in segments]
    left, count = sum(sizes), 0
    while count < len(sizes) and left > _OTHERS_SHARE * sum(sizes):
        left -= sizes[count]
        count += 1
    return count


def _of_segment(segment: Segment) -> WordList:
    first, last = segment.dictionary.bounds(TEXT_FOLDED)
    counts, begin = segment.columns.posting_counts, segment.columns.term_offsets
    text = segment.columns.term_bytes[begin[first] : begin[last]].tobytes().decode() if first < last else ""
    return WordList.of_texts(text, counts[first:last].astype(np.int64))


def _hashes(codes: UInt8s, lengths: Int64s) -> UInt64s:
    """Return a hash of each word."""
    begins = np.arange(len(codes)) * _LONGEST
    return hashes_of(codes.ravel(), begins, begins + lengths)
