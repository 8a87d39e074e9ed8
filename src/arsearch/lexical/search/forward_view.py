"""The forward view: chosen documents word for word, for scores that more than single postings decide."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, NamedTuple

import numpy as np
import numpy.typing as npt

from arsearch.common.array_types import Int32s, Int64s
from arsearch.lexical.search.postings import PostingReader
from arsearch.lexical.segment.field_names import SCORED_FIELDS, TEXT_FOLDED, TEXT_STEM
from arsearch.lexical.segment.live_vocabulary import TermVocabulary
from arsearch.lexical.segment.packing.bits import ranges
from arsearch.lexical.segment.packing.words import read_words
from arsearch.lexical.segment.segment import Segment

if TYPE_CHECKING:
    from arsearch.kernel import _native

__all__ = ["ForwardView", "TermVocabulary", "average_length", "forward_view", "read_vocabulary", "split_by_segment"]


@dataclass(frozen=True, slots=True, kw_only=True)
class ForwardView:
    """Documents, as far as their words are of interest.

    *words*: the folded form of each distinct word, followed by a line feed; *stems* int64 (distinct words,): the index
    of its stem among those asked for, -1 if it is another; *tokens* int64 (tokens,): the distinct word of each token,
    document after document; *owners* and *positions* int64 (tokens,): the index of the document it stands in, and which
    of its tokens it is, title before body; *lengths* int64 (documents,): all tokens of each.
    """

    words: str
    stems: Int64s
    tokens: Int64s
    owners: Int64s
    positions: Int64s
    lengths: Int64s


class _Part(NamedTuple):
    """What a segment adds to a view, tokens and owners counted from 0 in it."""

    words: str
    stems: Int64s
    tokens: Int64s
    owners: Int64s
    positions: Int64s
    lengths: Int64s


def split_by_segment(postings: PostingReader, wanted: Int32s) -> list[Int32s]:
    """Return *wanted*, sorted indices into the vocabulary (:func:`read_vocabulary`), by segment, from 0 in each."""
    bounds = [segment.dictionary.bounds(TEXT_FOLDED) for segment in postings.segments]
    firsts = np.cumsum([0, *(last - first for first, last in bounds)])
    edges = np.searchsorted(wanted, firsts).tolist()
    return [
        np.asarray(wanted[begin:end] - first, np.int32)
        for begin, end, first in zip(edges, edges[1:], firsts.tolist(), strict=False)
    ]


def forward_view(
    postings: PostingReader, documents: Int64s, wanted: Sequence[Int32s], stems: Sequence[str], longest: int
) -> ForwardView:
    """Return what the first *longest* tokens of each of *documents*, which are sorted, have of interest.

    That are the words that are *wanted*, indices among the folded forms of each segment in any order, and those with
    one of *stems*. Raises ValueError if the columns are damaged.
    """
    parts: list[_Part] = []
    known = 0
    edges = np.searchsorted(documents, [*postings.bases, postings.document_count]).tolist()
    for index, (segment, first, last) in enumerate(zip(postings.segments, edges, edges[1:], strict=False)):
        if first == last:
            continue
        local = documents[first:last] - postings.bases[index]
        if postings.native_forward is not None:
            numbers = tuple(postings.numbers_of(TEXT_STEM, stem.encode())[index] if stem else -1 for stem in stems)
            part = _read_natively(postings.native_forward[index], local, wanted[index], numbers, longest)
        else:
            first_term = segment.dictionary.bounds(TEXT_FOLDED)[0]
            part = _read(segment, local, wanted[index].astype(np.int64) + first_term, stems, longest)
        parts.append(part._replace(tokens=part.tokens + known, owners=part.owners + first) if parts else part)
        known += len(part.stems)
    if len(parts) == 1:
        return ForwardView(**parts[0]._asdict())
    return ForwardView(
        words="".join(part.words for part in parts),
        stems=_joined([part.stems for part in parts]),
        tokens=_joined([part.tokens for part in parts]),
        owners=_joined([part.owners for part in parts]),
        positions=_joined([part.positions for part in parts]),
        lengths=_joined([part.lengths for part in parts]),
    )


def _read_natively(
    native: _native.Forward, documents: Int64s, wanted: Int32s, numbers: tuple[int, ...], longest: int
) -> _Part:
    texts, *columns = native.view(
        np.ascontiguousarray(documents), np.ascontiguousarray(wanted, np.int32), numbers, longest
    )
    return _Part(texts.decode(), *(np.frombuffer(column, dtype=np.int64) for column in columns))


def _read(segment: Segment, documents: Int64s, terms: Int64s, stems: Sequence[str], longest: int) -> _Part:
    counts = segment.columns.token_offsets[documents + 1] - segment.columns.token_offsets[documents]
    lengths = np.minimum(counts, longest)
    numbers = read_words(segment.columns, documents)[ranges(np.cumsum(counts) - counts, lengths)]
    stem_of = _stem_indexes(segment, stems)
    kept = np.flatnonzero(_of_interest(segment, terms, stem_of)[numbers])
    distinct, inverse = np.unique(numbers[kept], return_inverse=True)
    begins = np.cumsum(lengths) - lengths
    owners = np.searchsorted(begins, kept, side="right") - 1
    return _Part(
        words=_texts(segment, segment.columns.word_exacts[distinct].astype(np.int64)),
        stems=stem_of[distinct].astype(np.int64),
        tokens=inverse,
        owners=owners,
        positions=kept - begins[owners],
        lengths=lengths,
    )


def read_vocabulary(postings: PostingReader) -> TermVocabulary:
    """Return all folded forms; documents that were deleted since count, which rarities hardly feel."""
    words: list[str] = []
    frequencies = []
    for segment in postings.segments:
        first, last = segment.dictionary.bounds(TEXT_FOLDED)
        words.append(_texts(segment, np.arange(first, last)))
        frequencies.append(segment.columns.posting_counts[first:last].astype(np.int64))
    return TermVocabulary("".join(words), _joined(frequencies))


def average_length(postings: PostingReader) -> float:
    """Return the mean number of tokens of a live document."""
    row = SCORED_FIELDS.index(TEXT_FOLDED)
    total = sum(int(segment.columns.lengths[row][segment.live].sum()) for segment in postings.segments)
    return total / max(postings.live_count, 1)


def _of_interest(segment: Segment, terms: Int64s, stem_of: npt.NDArray[np.int16]) -> npt.NDArray[np.bool_]:
    """Return for each word of *segment* whether it is one of the exact *terms* or has a stem that was asked for."""
    interesting = stem_of >= 0
    return interesting | np.isin(segment.columns.word_exacts, terms.astype(np.int32))


def _texts(segment: Segment, terms: Int64s) -> str:
    """Return the texts of *terms*; the separator between terms in the columns is a line feed."""
    firsts = segment.columns.term_offsets[terms].astype(np.int64)
    lengths = segment.columns.term_offsets[terms + 1] - firsts
    return segment.columns.term_bytes[ranges(firsts, lengths)].tobytes().decode()


def _stem_indexes(segment: Segment, stems: Sequence[str]) -> npt.NDArray[np.int16]:
    """Return for each word of *segment* the index of its stem among *stems*, -1 if it has another."""
    found = np.full(len(segment.columns.word_stems), -1, dtype=np.int16)
    for index, stem in enumerate(stems):
        number = segment.dictionary.find(TEXT_STEM, stem.encode()) if stem else -1
        if number >= 0:
            found[segment.columns.word_stems == number] = index
    return found


def _joined(parts: Sequence[npt.NDArray[np.int64]]) -> Int64s:
    return np.concatenate(parts).astype(np.int64) if parts else np.empty(0, np.int64)
