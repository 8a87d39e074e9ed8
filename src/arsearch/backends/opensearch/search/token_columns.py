"""Chosen documents word for word, where no segment holds them: their tokens as arrays, and what searching asks of them.

An index elsewhere keeps the words of an article as text (:func:`pack_words`). Here they become numbers once, and then
give the forward view, exact BM25 (:mod:`arsearch.backends.opensearch.search.exact_scores`) and marks, as segments do.
"""

from __future__ import annotations

import itertools
import zlib
from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass, field
from threading import Lock

import numpy as np
import numpy.typing as npt

from arsearch.backends.opensearch.views.loose_words import free_places
from arsearch.common.array_types import Int64s
from arsearch.lexical.search.forward_view import ForwardView
from arsearch.lexical.segment.field_names import TEXT_FOLDED, TEXT_STEM, TITLE_FOLDED, TITLE_STEM

__all__ = ["DocumentTokens", "TokenColumns", "WordNumbers", "pack_spans", "pack_words", "unpack_spans"]

_COMPRESSION = 6
_NO_WORDS = np.empty(0, np.int32)
_NO_STEM = -2
"""What no number of a stem is, met or not."""


def pack_words(folded_words: Sequence[str], stems: Sequence[str]) -> bytes:
    """Return the words of a document, title before body, in few bytes; *stems* are empty for stop words."""
    text = " ".join(folded_words) + "\n" + " ".join(stems)
    return zlib.compress(text.encode("utf-8", "surrogatepass"), _COMPRESSION)


def pack_spans(starts: npt.NDArray[np.int32], ends: npt.NDArray[np.int32]) -> bytes:
    """Return where the tokens of a document stand, in few bytes."""
    return zlib.compress(np.diff(np.stack([starts, ends], axis=1).ravel(), prepend=0).astype("<i4").tobytes())


def unpack_spans(packed: bytes) -> Int64s:
    """Return what :func:`pack_spans` was given, int64 (tokens, 2)."""
    return np.cumsum(np.frombuffer(zlib.decompress(packed), dtype="<i4").astype(np.int64)).reshape(-1, 2)


class WordNumbers:
    """Numbers for words as they are met, from 0; grows as more are met. Safe to use from several threads."""

    def __init__(self) -> None:
        self._numbers: defaultdict[str, int] = defaultdict(itertools.count().__next__)
        self._known: list[str] = []
        self._lock = Lock()

    def of_all(self, words: Sequence[str]) -> npt.NDArray[np.int32]:
        """Return the numbers of *words* (words,)."""
        with self._lock:
            return np.fromiter(map(self._numbers.__getitem__, words), dtype=np.int32, count=len(words))

    def text(self, number: int) -> str:
        """Return a word by its number."""
        if number >= len(self._known):
            with self._lock:
                self._known = list(self._numbers)
        return self._known[number]

    def of(self, word: str) -> int:
        """Return the number of *word*, -1 if it was not met."""
        return self._numbers.get(word, -1)


@dataclass(frozen=True, slots=True)
class DocumentTokens:
    """One document, all of its tokens or some.

    *folded_words* and *stems* int32 (tokens,), numbers of words; *positions* int64 (tokens,): which of its tokens each
    is, title before body; *title* tokens are its title. The stem of a stop word is the number of the empty word.
    *lengths*: how many tokens the document has, with a stem, in the title, and in the title with a stem. *loose* int32:
    other tokens of which no more is known than n-grams they have, in words made up for it: see views/loose_words.py.
    """

    folded_words: npt.NDArray[np.int32]
    stems: npt.NDArray[np.int32]
    title: int
    positions: Int64s
    lengths: tuple[int, int, int, int]
    loose: npt.NDArray[np.int32] = field(default_factory=lambda: _NO_WORDS)

    @classmethod
    def unpacked(cls, packed: bytes, title: int, folded_words: WordNumbers, stems: WordNumbers) -> DocumentTokens:
        """Read what :func:`pack_words` wrote. Raises ValueError or zlib.error if it is something else."""
        first, _, second = zlib.decompress(packed).decode("utf-8", "surrogatepass").partition("\n")
        if not first:
            return cls(np.empty(0, np.int32), np.empty(0, np.int32), 0, np.empty(0, np.int64), (0, 0, 0, 0))
        numbers = folded_words.of_all(first.split(" ")), stems.of_all(second.split(" "))
        if len(numbers[0]) != len(numbers[1]):
            raise ValueError("folded forms and stems are not equally many")
        stemmed = numbers[1] != stems.of("")
        lengths = len(stemmed), int(stemmed.sum()), title, int(stemmed[:title].sum())
        return cls(*numbers, title, np.arange(len(stemmed)), lengths)


class TokenColumns:
    """Several documents, one after the other.

    *folded_words*, *stems*, *owners*, *positions* int64 (tokens,): the words, the index of the document, and which of
    its tokens it is; *titles* and *lengths* int64 (documents,): tokens of the title, and of all.
    """

    def __init__(self, documents: Sequence[DocumentTokens], folded_numbers: WordNumbers, stem_numbers: WordNumbers):
        self.folded_numbers = folded_numbers
        self.stem_numbers = stem_numbers
        empty = np.empty(0, np.int32)
        self.folded_words: Int64s = np.concatenate([empty, *(one.folded_words for one in documents)]).astype(np.int64)
        self.stems: Int64s = np.concatenate([empty, *(one.stems for one in documents)]).astype(np.int64)
        self.positions: Int64s = np.concatenate([empty, *(one.positions for one in documents)]).astype(np.int64)
        counts = np.array([one.lengths for one in documents], dtype=np.int64).reshape(-1, 4)
        self.lengths, self.titles = counts[:, 0], counts[:, 2]
        self._lengths = dict(zip((TEXT_FOLDED, TEXT_STEM, TITLE_FOLDED, TITLE_STEM), counts.T, strict=True))
        self.owners: Int64s = np.repeat(np.arange(len(documents)), [len(one.folded_words) for one in documents])
        self._loose: Int64s = np.concatenate([empty, *(one.loose for one in documents)]).astype(np.int64)
        self._loose_counts = np.array([len(one.loose) for one in documents], dtype=np.int64)

    def __len__(self) -> int:
        return len(self.lengths)

    def lengths_of(self, field: str) -> Int64s:
        """Return how many tokens each document has in a scored *field*, int64 (documents,)."""
        return self._lengths[field]

    def view(self, stems: Sequence[str], longest: int) -> ForwardView:
        """Return the first *longest* tokens of each document; of stems, which of *stems* it is.

        Loose tokens stand where no other token does.
        """
        kept = slice(None) if self.lengths.max(initial=0) <= longest else np.flatnonzero(self.positions < longest)
        lengths = np.minimum(self.lengths, longest)
        words, stem_numbers, owners, positions = (
            each[kept] for each in (self.folded_words, self.stems, self.owners, self.positions)
        )
        if len(self._loose):
            first = np.cumsum(lengths) - lengths
            places = free_places(first[owners] + positions, first, lengths, self._loose_counts)
            of_loose = np.repeat(np.arange(len(lengths)), self._loose_counts)
            order = np.argsort(np.concatenate([first[owners] + positions, places]), kind="stable")
            words = np.concatenate([words, self._loose])[order]
            stem_numbers = np.concatenate([stem_numbers, np.full(len(places), _NO_STEM)])[order]
            owners = np.concatenate([owners, of_loose])[order]
            positions = np.concatenate([positions, places - first[of_loose]])[order]
        distinct, first_of, inverse = np.unique(words, return_index=True, return_inverse=True)
        stem_of = stem_numbers[first_of]
        asked = np.full(len(distinct), -1, dtype=np.int64)
        for index, stem in enumerate(stems):
            asked[stem_of == self.stem_numbers.of(stem)] = index
        return ForwardView(
            words="".join(f"{self.folded_numbers.text(number)}\n" for number in distinct.tolist()),
            stems=asked,
            tokens=inverse.astype(np.int64),
            owners=owners,
            positions=positions,
            lengths=lengths,
        )
