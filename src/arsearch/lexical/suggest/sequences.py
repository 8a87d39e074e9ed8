"""Which words come right after others in the articles: read off the texts of the segments, so nothing is stored for it.

A segment keeps the words of its documents in their order. Where the words that were typed stand, the postings say; what
comes next is one look away. So counts are those of the live articles, whatever was deleted, merged or added.
"""

from __future__ import annotations

import datetime
from collections.abc import Iterator, Sequence
from functools import cached_property

import numpy as np

from arsearch.common.array_types import Floats, Int32s, Int64s, Mask
from arsearch.lexical.search.maxscore import best_first
from arsearch.lexical.search.postings import PostingReader
from arsearch.lexical.segment.field_names import BODY_GAP, TEXT_FOLDED
from arsearch.lexical.segment.packing.words import read_words_at
from arsearch.lexical.segment.segment import Segment

__all__ = ["LEAST_SHARE", "RECENT", "Sequences", "recent_since"]

RECENT = (365, 60)
"""Days before the newest article: each article counts once more for each of these that it is within."""
LEAST_SHARE = 50
"""What comes next less often by this factor than the commonest word is an accident of single articles."""
_MOST_PLACES = 1 << 16
"""Places in a segment that are looked at, the last ones: nobody waits for all that comes after "in"."""


def recent_since(newest: str) -> list[str]:
    """Return the days since which articles are recent, ISO 8601, if the newest one is of the date *newest*."""
    try:
        day = datetime.date.fromisoformat(newest[:10])
    except ValueError:  # a year, a month, or nothing
        return []
    return [str(day - datetime.timedelta(days)) for days in RECENT if day.toordinal() > days]


class Sequences:
    """The sequences of words in the segments of a commit. Safe to use from several threads."""

    def __init__(self, postings: PostingReader) -> None:
        self._postings = postings

    def followers(self, before: Sequence[str], beginning: str, count: int) -> list[str]:
        """Return the *count* folded words with *beginning* that come most often right after the words *before*.

        Counted are articles, recent ones more than once. No stop word is among them, as nothing ends with one; its
        folded form may be that of another word (على, علي).
        """
        found: dict[str, float] = {}
        for segment, documents, words, terms in self._after(before):
            first, last = segment.dictionary.with_prefix(TEXT_FOLDED, beginning.encode())
            kept = (terms >= first) & (terms < last) & (segment.columns.word_stems[words] >= 0)
            numbers, scores = self._summed(segment, documents[kept], terms[kept])
            for place in best_first(scores, 2 * count).tolist():
                text = segment.dictionary[int(numbers[place])].decode("utf-8", "surrogatepass")
                found[text] = found.get(text, 0.0) + float(scores[place])
        best = sorted(found, key=lambda text: (-found[text], text))[:count]
        return [text for text in best if found[text] * LEAST_SHARE >= found[best[0]]]

    def following(self, before: Sequence[str], words: Sequence[str]) -> list[float]:
        """Return for each of *words* in how many articles it comes right after the words *before*, as above."""
        found = [0.0] * len(words)
        asked = [self._postings.numbers_of(TEXT_FOLDED, word.encode()) for word in words]
        for segment, documents, _, others in self._after(before):
            index = self._postings.segments.index(segment)
            numbers, scores = self._summed(segment, documents, others)
            of_number = dict(zip(numbers.tolist(), scores.tolist(), strict=True))
            for place, known in enumerate(asked):
                found[place] += of_number.get(known[index], 0.0)
        return found

    def _after(self, before: Sequence[str]) -> Iterator[tuple[Segment, Int64s, Int32s, Int64s]]:
        """Yield for each segment the documents that have *before*, the word that comes next in each place, its term."""
        numbers = [self._postings.numbers_of(TEXT_FOLDED, word.encode()) for word in before]
        for index, segment in enumerate(self._postings.segments):
            wanted = [number[index] for number in numbers]
            if wanted and min(wanted) >= 0:
                yield segment, *_next_words(segment, wanted)

    def _summed(self, segment: Segment, documents: Int64s, terms: Int64s) -> tuple[Int64s, Floats]:
        """Return the distinct *terms* and what the *documents* that have them count together."""
        if not len(terms):
            return terms, np.empty(0, np.float32)
        pairs = np.unique(terms * segment.columns.document_count + documents)
        numbers, owners = np.unique(pairs // segment.columns.document_count, return_inverse=True)
        weights = self._weights[segment.name][pairs % segment.columns.document_count]
        return numbers, np.bincount(owners, weights=weights).astype(np.float32)

    @cached_property
    def _weights(self) -> dict[str, Floats]:
        """What each document of each segment counts (documents,)."""
        segments = self._postings.segments
        newest = max((max(each.columns.dates[each.live].tolist(), default=b"") for each in segments), default=b"")
        since = [day.encode() for day in recent_since(newest.decode("ascii", "replace"))]
        return {
            each.name: 1
            + np.sum([each.columns.dates >= day for day in since], axis=0, dtype=np.float32)
            * np.ones(each.columns.document_count, dtype=np.float32)
            for each in segments
        }


def _next_words(segment: Segment, wanted: Sequence[int]) -> tuple[Int64s, Int32s, Int64s]:
    """Return where the terms *wanted* stand one after the other: documents, the next words and their terms."""
    columns = segment.columns
    documents, positions = segment.positions(wanted[-1], _MOST_PLACES)
    counts = columns.token_offsets[documents + 1] - columns.token_offsets[documents]
    titles = columns.title_words[documents].astype(np.int64)
    is_body = positions >= titles
    places = positions - np.where(is_body, BODY_GAP, 0)
    # Words of the prose of own fields stand behind further gaps: they are not where they would be in a body.
    stands: Mask = (places >= 0) & (places + 1 < counts) & (places + 1 != titles)
    before = len(wanted) - 1
    stands &= places - before >= np.where(is_body, titles, 0)
    documents = documents[stands]
    words = read_words_at(columns, documents, places[stands] - before, len(wanted) + 1)
    terms = columns.word_exacts[words]
    kept = np.flatnonzero((terms[:, :-1] == np.array(wanted)).all(axis=1))
    return documents[kept], words[kept, -1], terms[kept, -1].astype(np.int64)
