"""Searching the lexical index of a commit: what the rest of arsearch sees of the words."""

from __future__ import annotations

from collections.abc import Sequence
from functools import cached_property
from pathlib import Path
from threading import RLock
from typing import TYPE_CHECKING

import numpy as np

from arsearch.common.array_types import Doubles, Int32s, Int64s, Mask
from arsearch.common.bounded_cache import BoundedCache
from arsearch.errors import CorruptIndexError, UnsearchableQueryError
from arsearch.lexical.query.parse import LexicalQuery, NamedValue
from arsearch.lexical.query.scored_parts import PlainWord, ScoredPart, parts_that_score, plain_words, word_terms
from arsearch.lexical.search.filters import DocumentFilter
from arsearch.lexical.search.forward_view import (
    ForwardView,
    TermVocabulary,
    average_length,
    forward_view,
    read_vocabulary,
    split_by_segment,
)
from arsearch.lexical.search.highlight import AskedWords, Marks, mark_document, native_snippets
from arsearch.lexical.search.matches import LexicalMatches
from arsearch.lexical.search.maxscore import best_of_words, matches_of
from arsearch.lexical.search.postings import PostingReader, ScoredWord, cache_bytes
from arsearch.lexical.search.statistics import WordStatistics
from arsearch.lexical.segment.check import disagreement
from arsearch.lexical.segment.field_names import TEXT_FOLDED
from arsearch.lexical.segment.open_segments import open_segments
from arsearch.lexical.segment.packing.spans import unpack_spans
from arsearch.lexical.segment.packing.words import read_tokens
from arsearch.lexical.segment.segment import Segment
from arsearch.lexical.suggest.completion import Completer, Completions
from arsearch.lexical.suggest.did_you_mean import Suggester, Suggestion
from arsearch.lexical.suggest.terms import SegmentTerms

if TYPE_CHECKING:
    from whoosh.searching import Searcher as WhooshSearcher

    from arsearch.lexical.search.evaluate import KnownMatches, QueryEvaluator

__all__ = ["LexicalIndex", "LexicalMatches", "Marks", "too_many_words"]


_CACHED_WORDS = 1 << 14


def too_many_words(prefix: str, count: int, most: int) -> UnsearchableQueryError:
    """Return the error for a beginning that stands for *count* words where *most* are searched."""
    return UnsearchableQueryError(
        f"{prefix}* stands for {count} words; at most {most} are searched. Type more letters of the word, "
        "or raise the setting max_prefix_words.",
        field="q",
    )


class LexicalIndex(WordStatistics):
    """The words of a commit, opened for searching. Safe to use from several threads.

    Documents have a number, from 0; ``ordinals[number]`` is what the other stores call them.
    """

    def __init__(self, folder: Path) -> None:
        """Open *folder*. Raises CorruptIndexError if files are missing or do not fit together."""
        segments = open_segments(folder)
        self._lock = RLock()  # Whoosh's searcher keeps state
        self._whoosh: tuple[WhooshSearcher, QueryEvaluator] | None = None
        self._postings = PostingReader(segments)
        self.documents = DocumentFilter(self._postings)
        self._terms = terms = SegmentTerms(self._postings, lambda: self._evaluator)
        self.suggester = Suggester(terms)
        """Finds what was meant by words that are not here."""
        self._completer = Completer(terms, self.suggester)
        self._words: BoundedCache[ScoredPart, ScoredWord] = BoundedCache(
            _CACHED_WORDS, cache_bytes(self._postings.document_count), lambda word: word.size
        )
        self._demanded: tuple[LexicalQuery, KnownMatches | None] | None = None
        self._asked: tuple[LexicalQuery, list[AskedWords]] | None = None

    def _opened_whoosh(self) -> tuple[WhooshSearcher, QueryEvaluator]:
        """Return what evaluates more than words. Loading it takes longer than most searches, and most need none."""
        with self._lock:
            if self._whoosh is None:
                from arsearch.lexical.search.evaluate import QueryEvaluator
                from arsearch.lexical.whoosh.codec import ColumnarIndex
                from arsearch.lexical.whoosh.scoring import LuceneBM25

                searcher = ColumnarIndex(list(self._postings.segments)).searcher(weighting=LuceneBM25())
                self._whoosh = searcher, QueryEvaluator(self._postings, searcher)
            return self._whoosh

    @property
    def _searcher(self) -> WhooshSearcher:
        return self._opened_whoosh()[0]

    @property
    def _evaluator(self) -> QueryEvaluator:
        return self._opened_whoosh()[1]

    def __len__(self) -> int:
        return self._postings.live_count

    def close(self) -> None:
        """Let go of the files and of what was made of them; several times if you like. Nothing can be searched then."""
        if not vars(self):
            return
        whoosh = self._whoosh
        if whoosh is not None:
            whoosh[0].close()
        self.suggester.close()
        for segment in self._postings.segments:
            segment.close()
        # Caches and tables of methods hold their object in a circle, which would wait for the garbage collector.
        for owner in (self._postings, self, *([] if whoosh is None else [whoosh[1]])):
            vars(owner).clear()

    @property
    def segments(self) -> Sequence[Segment]:
        """The segments it is made of."""
        return self._postings.segments

    @property
    def ordinals(self) -> Int64s:
        """The ordinal of each document (documents,), of deleted ones too."""
        return self._postings.ordinals

    @cached_property
    def numbers(self) -> Int64s:
        """The document of each ordinal (greatest ordinal + 1,), -1 where there is no live one."""
        live = np.flatnonzero(self._postings.live)
        numbers = np.full(int(self.ordinals.max(initial=-1)) + 1, -1, dtype=np.int64)
        numbers[self.ordinals[live]] = live
        return numbers

    def live_ordinals(self) -> Int64s:
        """Return the ordinals of all live articles, sorted."""
        return np.sort(self.ordinals[self._postings.live])

    def document_frequency(self, field: str, text: bytes) -> int:
        """Return how many articles have a term."""
        return self._postings.document_frequency(field, text)

    def idf_of_term(self, field: str, text: str) -> float:
        """Return the idf of a term."""
        return self._postings.idf_of(field, text)

    def in_common(self, one: str, other: str) -> int:
        """Return how many articles have both folded forms."""
        return self._terms.co_occurrences(one, other)

    def names_of(self, words: Sequence[str]) -> list[tuple[str, str]]:
        """Return the fields, and the whole values of them, that the folded *words* are: authors, sources, tags."""
        return self._terms.names_of(words)

    def terms_with_prefix(self, field: str, prefix: bytes, most: int) -> list[bytes]:
        """Return the terms of *field* that begin with *prefix*, none if a segment has more than *most*."""
        return self._postings.terms_with_prefixes(field, [prefix], most)[0]

    def terms_with_prefixes(self, field: str, prefixes: list[bytes], most: int) -> list[list[bytes]]:
        """Return the same for each of *prefixes*."""
        return self._postings.terms_with_prefixes(field, prefixes, most)

    def search(
        self, query: LexicalQuery, *, limit: int, allowed: Mask | None = None, exhaustive: bool = True
    ) -> LexicalMatches:
        """Return what *query* finds among the documents *allowed* (documents,), and the best *limit* of it.

        Without *exhaustive* only the best are sure to be found. Raises CorruptIndexError if postings are damaged.
        """
        try:
            plain = plain_words(query)
            parts = [part for _, part in parts_that_score(query)] if plain is None else plain
            scored = list(map(self._scored_part, parts))
            demand = self._demand(query)
            if demand is None:
                return best_of_words(self._postings, scored, limit, allowed, exhaustive=exhaustive)
            return self._search_strictly(query, scored, demand, limit, allowed, exhaustive=exhaustive)
        except ValueError as error:
            raise _damaged(error) from error

    def _search_strictly(
        self,
        query: LexicalQuery,
        scored: Sequence[ScoredWord],
        demand: KnownMatches,
        limit: int,
        allowed: Mask | None,
        *,
        exhaustive: bool,
    ) -> LexicalMatches:
        """Return what *query*, of which *scored* are the parts that score, finds among what satisfies its *demand*."""
        from whoosh.query import Or, Require

        from arsearch.lexical.query.whoosh_query import finding_parts
        from arsearch.lexical.search.evaluate import KnownMatches
        from arsearch.lexical.whoosh.collector import ArrayCollector

        searcher, evaluator = self._opened_whoosh()
        any_of = Or([*(KnownMatches(*matches_of(self._postings, word)) for word in scored), *finding_parts(query)])
        collector = ArrayCollector(evaluator, limit=limit, allowed=allowed, exhaustive=exhaustive)
        with self._lock:
            searcher.search_with_collector(Require(any_of, demand), collector)
        matches, best = collector.matches, collector.best
        return LexicalMatches(
            matches.documents[best],
            matches.scores[best],
            collector.count(),
            complete=collector.complete,
            matched=matches.documents,
        )

    def _demand(self, query: LexicalQuery) -> KnownMatches | None:
        """Return what satisfies all that *query* demands, None if it demands nothing; kept for its other side."""
        if not query.is_strict:
            return None
        known = self._demanded
        if known is None or known[0] is not query:
            from arsearch.lexical.query.whoosh_query import demanded
            from arsearch.lexical.search.evaluate import KnownMatches

            demand = demanded(query)
            with self._lock:
                matches = None if demand is None else self._evaluator.evaluate(demand)
            known = self._demanded = query, None if matches is None else KnownMatches(matches.documents, matches.scores)
        return known[1]

    def _scored_part(self, part: ScoredPart) -> ScoredWord:
        """Return a word, or what scores as one, as far as it is there. They are kept for other queries."""
        word = self._words.get(part)
        if word is None:
            word = self._scored_word(part) if isinstance(part, PlainWord) else self._scored_otherwise(part)
            self._words.put(part, word)
        return word

    def _scored_word(self, plain: PlainWord) -> ScoredWord:
        """Return the terms by which a word, its other forms and its names score, as far as they are there."""
        terms = (
            self._postings.native_term(field, text.encode(), weight, form)
            for field, text, weight, form in word_terms(*plain)
        )
        return self._postings.scored_word([term for term in terms if term])

    def _scored_otherwise(self, part: ScoredPart) -> ScoredWord:
        """Return what no list of terms scores: names, phrases, and the best of several words and their names."""
        if isinstance(part, NamedValue):
            documents = self._postings.term(part.field, part.value.encode()).documents
            return self._postings.scored_documents(documents, np.full(len(documents), part.weight, np.float32))
        from arsearch.lexical.query.whoosh_query import part_query

        with self._lock:
            matches = self._evaluator.evaluate(part_query(part))
        return self._postings.scored_documents(matches.documents, matches.scores)

    def check_beginnings(self, query: LexicalQuery, most: int) -> None:
        """Raise UnsearchableQueryError if a beginning of a word in *query* stands for more than *most* words."""
        for prefix in query.prefixes:
            ranges = [each.dictionary.with_prefix(TEXT_FOLDED, prefix.encode()) for each in self._postings.segments]
            count = max((last - first for first, last in ranges), default=0)
            if count > most:
                raise too_many_words(prefix, count, most)

    def forward(self, documents: Int64s, wanted: Int32s, stems: Sequence[str], *, longest: int) -> ForwardView:
        """Return what the first *longest* tokens of each of *documents*, which are sorted, have of interest.

        That are the words at the indices *wanted* of the vocabulary, sorted, and those with one of *stems*.
        """
        return self.forward_in(documents, split_by_segment(self._postings, wanted), stems, longest=longest)

    def forward_in(
        self, documents: Int64s, wanted: Sequence[Int32s], stems: Sequence[str], *, longest: int
    ) -> ForwardView:
        """Return the same, with what is *wanted* by segment, in any order: indices among the folded forms there."""
        try:
            return forward_view(self._postings, documents, wanted, stems, longest)
        except ValueError as error:
            raise _damaged(error) from error

    def vocabulary(self) -> TermVocabulary:
        """Return all folded forms with their document frequencies."""
        return read_vocabulary(self._postings)

    @cached_property
    def average_length(self) -> float:
        """Tokens an article has on average, title and body."""
        return average_length(self._postings)

    def suggest(self, text: str) -> Suggestion | None:
        """Return another reading of the query *text*, None if there is none that is better."""
        return self.suggester.suggest(text)

    def scores_by_word(self, query: LexicalQuery, documents: Int64s) -> list[dict[str, float]]:
        """Return for each of *documents* what each word of *query* adds to its lexical score."""
        with self._lock:
            from arsearch.lexical.query.explain import scores_by_word

            return scores_by_word(self._evaluator, query, documents)

    def restriction(self, query: LexicalQuery) -> Mask | None:
        """Return which documents satisfy what *query* demands of all, None if it demands nothing."""
        if (demand := self._demand(query)) is None:
            return None
        admissible = np.zeros_like(self._postings.live)
        admissible[demand.documents] = True
        return admissible

    def has_phrases(self, query: LexicalQuery) -> bool:
        """Whether any article has all phrases of *query*, whatever else it asks for."""
        if not query.phrases:
            return True
        from arsearch.lexical.query.whoosh_query import phrases_query

        return len(self._evaluator.evaluate(phrases_query(query))) > 0

    def marks(self, number: int, query: LexicalQuery) -> tuple[Marks, Marks]:
        """Return where the words of *query* stand in the title and in the body of document *number*.

        Quoted words stand only where they have the form that was quoted.
        """
        index, local = self._postings.locate(number)
        try:
            return mark_document(self._postings, self._asked_words(query)[index], index, local, query)
        except ValueError as error:
            raise _damaged(error) from error

    def snippets(
        self, numbers: Int64s, query: LexicalQuery, texts: Sequence[str], starts: Int64s, weights: Doubles, words: int
    ) -> list[str | None]:
        """Return the best *words* words of documents *numbers*, whose bodies are *texts*, where the kernel can tell.

        As :func:`native_snippets` does; None for those that have to be cut by their :meth:`marks`.
        """
        snippets: list[str | None] = [None] * len(numbers)
        if query.prefixes:
            return snippets
        segments = np.searchsorted(self._postings.bases, numbers, side="right") - 1
        for index in dict.fromkeys(segments.tolist()):
            places = np.flatnonzero(segments == index)
            local, asked = numbers[places] - self._postings.bases[index], self._asked_words(query)[index]
            of_places = [texts[place] for place in places.tolist()]
            try:
                found = native_snippets(self._postings, asked, index, local, of_places, starts[places], weights, words)
            except ValueError as error:
                raise _damaged(error) from error
            for place, snippet in zip(places.tolist(), found or (), strict=False):
                snippets[place] = snippet
        return snippets

    def _asked_words(self, query: LexicalQuery) -> list[AskedWords]:
        """Return the words of *query* in each segment. They are kept for its next document."""
        known = self._asked
        if known is None or known[0] is not query:
            segments = range(len(self._postings.segments))
            known = self._asked = query, [AskedWords.of(self._postings, index, query) for index in segments]
        return known[1]

    def complete(self, text: str, limit: int, *, expansions: int) -> list[Completions]:
        """Return how *text* may go on, in one reading after the other: at most *limit* words and *limit* titles each.

        The last word stands for the *expansions* most frequent words of titles that begin with it.
        """
        with self._lock:
            return self._completer.complete(text, limit, expansions=expansions)

    def examples(self, term: str, count: int) -> list[tuple[int, int]]:
        """Return up to *count* documents with the folded form *term*, each with the index of the token there.

        Tokens are counted through title and body as one.
        """
        found: list[tuple[int, int]] = []
        numbers = self._postings.numbers_of(TEXT_FOLDED, term.encode())
        for base, segment, number in zip(self._postings.bases, self._postings.segments, numbers, strict=True):
            documents = segment.postings(number)[0][: count - len(found)].tolist() if number >= 0 else []
            for document in documents:
                folded_words = segment.columns.word_exacts[read_tokens(segment.columns, document)]
                found.append((base + document, int(np.argmax(folded_words == number))))
        return found

    def disagreement(self, number: int, title: str, body: str, language: str, prose: Sequence[str] = ()) -> str:
        """Return how what is stored of document *number* differs from what its text gives, or an empty text.

        *prose* are its own fields of prose, in their order.
        """
        return disagreement(self._postings, number, title, body, language, prose)

    def spans(self, number: int) -> tuple[Int64s, Int64s]:
        """Return start and end of every token of the title and of the body of document *number*."""
        index, local = self._postings.locate(number)
        return unpack_spans(self._postings.segments[index].columns, local)


def _damaged(error: ValueError) -> CorruptIndexError:
    return CorruptIndexError(
        f"The words of the index are damaged ({error}). Run `arsearch verify`, then `arsearch index --full`."
    )
