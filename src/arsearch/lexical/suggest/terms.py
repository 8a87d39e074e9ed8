"""The vocabulary of an index as suggestions and completions need it, and how the segments of a commit give it."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from functools import cached_property
from itertools import islice
from typing import TYPE_CHECKING, Protocol

import numpy as np

from arsearch.common.array_types import Int64s
from arsearch.lexical.search.maxscore import best_first
from arsearch.lexical.search.postings import PostingReader
from arsearch.lexical.segment.field_names import TEXT_FOLDED, TITLE_FOLDED
from arsearch.lexical.suggest.segment_names import SegmentNames, names_of_segment
from arsearch.lexical.suggest.sequences import Sequences
from arsearch.lexical.suggest.word_list import WordList

if TYPE_CHECKING:
    from arsearch.lexical.search.evaluate import QueryEvaluator

__all__ = ["SegmentTerms", "Terms"]


class Terms(Protocol):
    """What has to be known of an index to find other words than those that were typed."""

    @property
    def live_count(self) -> int:
        """How many articles there are."""

    def document_frequency(self, field: str, text: bytes) -> int:
        """Return how many articles have a term."""

    def word_list(self) -> WordList:
        """Return the Arabic words of all articles."""

    def with_prefix(self, field: str, prefix: str, count: int) -> list[tuple[str, int]]:
        """Return the *count* most frequent terms of *field* that begin with *prefix*, and in how many articles."""

    def is_in_a_name(self, word: str) -> bool:
        """Whether a folded *word* is one of an author, a source or a tag of an article."""

    def co_occurrences(self, one: str, other: str) -> int:
        """Return how many articles have both folded forms."""

    def prefetch(self, pairs: Iterable[tuple[str, str]]) -> None:
        """Be told which *pairs* :meth:`in_common` may be asked for next, so that they can be looked up at once."""

    def followers(self, before: Sequence[str], beginning: str, count: int) -> list[str]:
        """Return the *count* folded words with *beginning* that come most often right after the words *before*."""

    def following(self, before: Sequence[str], words: Sequence[str]) -> list[float]:
        """Return for each of *words* in how many articles it comes right after the words *before*."""

    def titles(self, whole: Sequence[str], begun: Sequence[str], limit: int) -> list[int]:
        """Return up to *limit* documents whose titles have all words of *whole* and one of *begun*, best first."""


class SegmentTerms:
    """The terms of all segments of a commit. Safe to use from several threads, but for :meth:`titles`."""

    def __init__(self, postings: PostingReader, evaluator: Callable[[], QueryEvaluator]) -> None:
        self._postings = postings
        self._evaluator = evaluator
        sequences = Sequences(postings)
        self.followers = sequences.followers
        self.following = sequences.following

    @property
    def live_count(self) -> int:
        """How many articles there are."""
        return self._postings.live_count

    def document_frequency(self, field: str, text: bytes) -> int:
        """Return how many articles have a term."""
        return self._postings.document_frequency(field, text)

    def word_list(self) -> WordList:
        """Return the Arabic words of all articles."""
        return WordList.of_index(self._postings)

    def with_prefix(self, field: str, prefix: str, count: int) -> list[tuple[str, int]]:
        """Return the *count* most frequent terms of *field* that begin with *prefix*, and in how many articles."""
        found: dict[str, int] = {}
        for segment in self._postings.segments:
            first, last = segment.dictionary.with_prefix(field, prefix.encode())
            frequencies = segment.columns.posting_counts[first:last].astype(np.float32)
            for number in best_first(frequencies, 2 * count).tolist() if last > first else []:
                text = segment.dictionary[first + number].decode()
                found[text] = found.get(text, 0) + int(frequencies[number])
        best = sorted(found.items(), key=lambda item: (-item[1], item[0]))
        return list(islice((pair for pair in best if self.document_frequency(field, pair[0].encode())), count))

    def is_in_a_name(self, word: str) -> bool:
        """Whether a folded *word* is one of an author, a source or a tag of an article."""
        return any(word in names.words for names in self._names)

    def names_of(self, words: Sequence[str]) -> list[tuple[str, str]]:
        """Return the fields, and the whole values of them, that the folded *words* are: authors, sources, tags."""
        key = tuple(words)
        values = dict.fromkeys(value for names in self._names for value in names.values.get(key, ()))
        return [(field, value) for field, value in values if self.document_frequency(field, value.encode())]

    @cached_property
    def _names(self) -> list[SegmentNames]:
        return [names_of_segment(segment.file) for segment in self._postings.segments]

    def co_occurrences(self, one: str, other: str) -> int:
        """Return how many articles have both folded forms."""
        few, many = sorted(map(self._documents, (one, other)), key=len)
        if not len(few):
            return 0
        indices = np.minimum(np.searchsorted(many, few), len(many) - 1)
        return int(np.count_nonzero(many[indices] == few))

    def prefetch(self, pairs: Iterable[tuple[str, str]]) -> None:
        """Everything is at hand."""

    def titles(self, whole: Sequence[str], begun: Sequence[str], limit: int) -> list[int]:
        """Return up to *limit* documents whose titles have all words of *whole* and one of *begun*, best first."""
        from whoosh.query import And, Or, Query, Term

        parts: list[Query] = [Term(TITLE_FOLDED, word) for word in whole]
        if begun:
            parts.append(Or([Term(TITLE_FOLDED, text) for text in begun]))
        if not parts:
            return []
        matches = self._evaluator().evaluate(And(parts))
        return matches.documents[best_first(matches.scores, limit)].tolist()  # type: ignore[no-any-return]

    def _documents(self, folded: str) -> Int64s:
        return self._postings.term(TEXT_FOLDED, folded.encode()).documents
