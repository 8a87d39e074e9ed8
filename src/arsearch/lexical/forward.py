"""The forward view: chosen documents word for word, for scores that more than single postings decide."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from arsearch.lexical.columns import Int64s
from arsearch.lexical.postings import PostingReader
from arsearch.lexical.schema import SCORED_FIELDS, TEXT_EXACT, TEXT_STEM
from arsearch.lexical.segment import Segment

__all__ = ["ForwardView", "Vocabulary", "average_length", "forward_view", "read_vocabulary"]


@dataclass(frozen=True, slots=True, kw_only=True)
class ForwardView:
    """Documents, word for word.

    *words*: the exact form of each distinct word, followed by a line feed; *stems* int64 (distinct words,): the index
    of its stem among those asked for, -1 if it is another; *tokens* int64 (tokens,): the distinct word of each token,
    title before body, document after document; *offsets* int64 (documents + 1,): where the tokens of each begin.
    """

    words: str
    stems: Int64s
    tokens: Int64s
    offsets: Int64s


@dataclass(frozen=True, slots=True)
class Vocabulary:
    """Exact forms, each followed by a line feed, and in how many documents each is: int64 (words,).

    A word that several segments have stands here several times, with the documents of one segment each.
    """

    words: str
    frequencies: Int64s


def forward_view(postings: PostingReader, documents: Int64s, stems: Sequence[str], longest: int) -> ForwardView:
    """Return the first *longest* tokens of each of *documents*, which are sorted."""
    words: list[str] = []
    word_stems, tokens, counts = [], [], []
    known = 0
    edges = np.searchsorted(documents, [*postings.bases, postings.document_count]).tolist()
    for segment, base, first, last in zip(postings.segments, postings.bases, edges, edges[1:], strict=False):
        if first == last:
            continue
        numbers, lengths = _tokens(segment, documents[first:last] - base, longest)
        seen = np.zeros(len(segment.columns.word_exacts), dtype=np.bool_)
        seen[numbers] = True
        distinct = np.flatnonzero(seen)
        places = np.empty(len(seen), dtype=np.int64)
        places[distinct] = np.arange(known, known + len(distinct))
        known += len(distinct)
        words.append(_texts(segment, segment.columns.word_exacts[distinct].astype(np.int64)))
        word_stems.append(_stem_indexes(segment, distinct, stems))
        tokens.append(places[numbers])
        counts.append(lengths)
    return ForwardView(
        words="".join(words),
        stems=_joined(word_stems),
        tokens=_joined(tokens),
        offsets=np.concatenate([[0], np.cumsum(_joined(counts))]).astype(np.int64),
    )


def read_vocabulary(postings: PostingReader) -> Vocabulary:
    """Return all exact forms; documents that were deleted since count, which rarities hardly feel."""
    words: list[str] = []
    frequencies = []
    for segment in postings.segments:
        first, last = segment.dictionary.bounds(TEXT_EXACT)
        words.append(_texts(segment, np.arange(first, last)))
        frequencies.append(np.diff(segment.columns.posting_offsets[first : last + 1]))
    return Vocabulary("".join(words), _joined(frequencies))


def average_length(postings: PostingReader) -> float:
    """Return the mean number of tokens of a live document."""
    row = SCORED_FIELDS.index(TEXT_EXACT)
    total = sum(int(segment.columns.lengths[row][segment.live].sum()) for segment in postings.segments)
    return total / max(postings.live_count, 1)


def _tokens(segment: Segment, local: Int64s, longest: int) -> tuple[Int64s, Int64s]:
    """Return the words of all tokens of the documents *local*, and how many tokens each of them has."""
    firsts = segment.columns.token_offsets[local]
    lengths = np.minimum(segment.columns.token_offsets[local + 1] - firsts, longest)
    return segment.columns.tokens[_ranges(firsts, lengths)].astype(np.int64), lengths


def _texts(segment: Segment, terms: Int64s) -> str:
    """Return the texts of *terms*; the separator between terms in the columns is a line feed."""
    firsts = segment.columns.term_offsets[terms]
    lengths = segment.columns.term_offsets[terms + 1] - firsts
    return segment.columns.term_bytes[_ranges(firsts, lengths)].tobytes().decode()


def _stem_indexes(segment: Segment, words: Int64s, stems: Sequence[str]) -> Int64s:
    found = np.full(len(words), -1, dtype=np.int64)
    their_stems = segment.columns.word_stems[words]
    for index, stem in enumerate(stems):
        number = segment.dictionary.find(TEXT_STEM, stem.encode()) if stem else -1
        if number >= 0:
            found[their_stems == number] = index
    return found


def _ranges(firsts: Int64s, lengths: Int64s) -> Int64s:
    """Return the numbers from ``firsts[i]``, ``lengths[i]`` of them, one range after another."""
    return np.arange(int(lengths.sum())) + np.repeat(firsts - np.cumsum(lengths) + lengths, lengths)


def _joined(parts: Sequence[npt.NDArray[np.int64]]) -> Int64s:
    return np.concatenate(parts).astype(np.int64) if parts else np.empty(0, np.int64)
