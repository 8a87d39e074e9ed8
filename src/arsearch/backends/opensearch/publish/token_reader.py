"""What was analysed, read back: the tokens of documents as texts, for an index elsewhere that analyses nothing anew."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from arsearch.common.array_types import Texts
from arsearch.lexical.index import LexicalIndex
from arsearch.lexical.segment.field_names import TEXT_FOLDED, TEXT_STEM
from arsearch.lexical.segment.packing.words import read_tokens
from arsearch.lexical.segment.segment import Segment

__all__ = ["TokenReader", "Tokens"]


@dataclass(frozen=True, slots=True)
class Tokens:
    """The tokens of a document, the first *title* of which are its title; the stem of a stop word is empty.

    *spans* int32 (tokens, 2): start and end in the title, then in the body.
    """

    folded_words: list[str]
    stems: list[str]
    title: int
    spans: npt.NDArray[np.int32]


class TokenReader:
    """Reads documents of an open index; fastest in the order of their numbers. For one thread.

    The terms of one segment are in memory as texts: about 100 MB for a million distinct words.
    """

    def __init__(self, index: LexicalIndex) -> None:
        self._index = index
        self._postings = index._postings
        self._segment = -1
        self._folded_words: Texts = np.empty(0, dtype=object)
        self._stems: Texts = self._folded_words

    def read(self, number: int) -> Tokens:
        """Return the tokens of document *number*."""
        segment, local = self._postings.locate(number)
        columns = self._postings.segments[segment].columns
        if segment != self._segment:
            self._segment = segment
            self._folded_words, self._stems = _words_of(self._postings.segments[segment])
        words = read_tokens(columns, local)
        title, body = self._index.spans(number)
        return Tokens(
            folded_words=self._folded_words[words].tolist(),
            stems=self._stems[words].tolist(),
            title=int(columns.title_words[local]),
            spans=np.concatenate([title, body]).astype(np.int32),
        )


def _words_of(segment: Segment) -> tuple[Texts, Texts]:
    """Return the folded form and the stem of every word of *segment* (words,)."""
    columns = segment.columns
    folded_words = _terms(segment, TEXT_FOLDED)[columns.word_exacts - segment.dictionary.bounds(TEXT_FOLDED)[0]]
    stems = np.full(len(columns.word_stems), "", dtype=object)
    stemmed = np.flatnonzero(columns.word_stems >= 0)
    stems[stemmed] = _terms(segment, TEXT_STEM)[columns.word_stems[stemmed] - segment.dictionary.bounds(TEXT_STEM)[0]]
    return folded_words, stems


def _terms(segment: Segment, field: str) -> Texts:
    texts = segment.dictionary.texts(*segment.dictionary.bounds(field))
    return np.array([text.decode("utf-8", "surrogatepass") for text in texts] + [""], dtype=object)[:-1]
