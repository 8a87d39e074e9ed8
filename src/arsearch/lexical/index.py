"""Searching the lexical index of a generation: what the rest of arsearch sees of the words."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property
from itertools import islice
from pathlib import Path
from threading import RLock

import numpy as np
import numpy.typing as npt
from whoosh.query import And, Or, Term

from arsearch.arabic import Token, analyze
from arsearch.errors import CorruptIndexError
from arsearch.lexical.codec import ColumnarIndex
from arsearch.lexical.collector import ArrayCollector, best_first
from arsearch.lexical.columns import Int64s
from arsearch.lexical.filters import DocumentFilter
from arsearch.lexical.forward import ForwardView, Vocabulary, average_length, forward_view, read_vocabulary
from arsearch.lexical.matches import QueryEvaluator
from arsearch.lexical.offsets import Spans, unpack_offsets
from arsearch.lexical.postings import PostingReader
from arsearch.lexical.query import LexicalQuery
from arsearch.lexical.schema import BODY_GAP, TEXT_EXACT, TEXT_STEM, TITLE_EXACT
from arsearch.lexical.scoring import LuceneBM25
from arsearch.lexical.segment import Segment
from arsearch.lexical.tree import FIELD_WEIGHTS, phrases_query, whoosh_query
from arsearch.lexical.writer import read_segments

__all__ = ["Found", "LexicalIndex", "Marks"]

Floats = npt.NDArray[np.float32]
Mask = npt.NDArray[np.bool_]

# Short Arabic words have too many neighbours for a correction to be more than a guess.
_SHORTEST_CORRECTED = 4
_TWO_EDITS_FROM = 8


@dataclass(frozen=True, slots=True)
class Found:
    """What a query finds: the numbers of all documents that match, sorted, and the best of them with their scores.

    *matched* int64 (matches,); *best* int64 (limit,) and *scores* float32 (limit,), best first. *total* documents match
    in all; unless *complete* there are at least so many, and *matched* has only those that were looked at.
    """

    matched: Int64s
    best: Int64s
    scores: Floats
    total: int
    complete: bool


@dataclass(frozen=True, slots=True)
class Marks:
    """Where the words of a query stand in a title or a body.

    *spans* int64 (tokens, 2): start and end of every token; *words*: for the index of a token that matches, which of
    the query's scored words it is; *as_typed*: those of them that have the very form of the query.
    """

    spans: Spans
    words: dict[int, int]
    as_typed: set[int]


class LexicalIndex:
    """The words of a generation, opened for searching. Safe to use from several threads.

    Documents have a number, from 0; ``ordinals[number]`` is what the other stores call them.
    """

    def __init__(self, folder: Path) -> None:
        """Open *folder*. Raises CorruptIndexError if files are missing or do not fit together."""
        try:
            segments = [Segment(folder / name, deleted) for name, deleted in read_segments(folder)]
        except (OSError, ValueError, KeyError, TypeError, IndexError) as error:
            raise CorruptIndexError(
                f"The words in {folder} cannot be read ({error}). Run `arsearch verify`, then `arsearch index --full`."
            ) from error
        self._postings = PostingReader(segments)
        self.documents = DocumentFilter(self._postings)
        self._searcher = ColumnarIndex(segments).searcher(weighting=LuceneBM25())
        self._evaluator = QueryEvaluator(self._postings, self._searcher)
        self._lock = RLock()  # Whoosh's searcher keeps state

    def __len__(self) -> int:
        return self._postings.live_count

    def close(self) -> None:
        """Let go of the files."""
        self._searcher.close()

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

    def search(self, query: LexicalQuery, *, limit: int, allowed: Mask | None = None, exhaustive: bool = True) -> Found:
        """Return what *query* finds among the documents *allowed* (documents,), and the best *limit* of it.

        Without *exhaustive* only the best are sure to be found.
        """
        collector = ArrayCollector(self._evaluator, limit=limit, allowed=allowed, exhaustive=exhaustive)
        with self._lock:
            self._searcher.search_with_collector(whoosh_query(query), collector)
        matches, best = collector.matches, collector.best
        return Found(
            matches.documents, matches.documents[best], matches.scores[best], collector.count(), collector.complete
        )

    def forward(self, documents: Int64s, stems: Sequence[str], *, longest: int) -> ForwardView:
        """Return the first *longest* tokens of each of *documents*, which are sorted, and which have one of *stems*."""
        return forward_view(self._postings, documents, stems, longest)

    def vocabulary(self) -> Vocabulary:
        """Return all exact forms with their document frequencies."""
        return read_vocabulary(self._postings)

    @cached_property
    def average_length(self) -> float:
        """Tokens an article has on average, title and body."""
        return average_length(self._postings)

    def best_possible(self, query: LexicalQuery) -> float:
        """Return the score that an article would near that has every word of *query* often, in text and title."""
        return max(sum(map(self.idf_of, query.scored_words)) * sum(FIELD_WEIGHTS.values()), 1e-6)

    def restriction(self, query: LexicalQuery) -> Mask | None:
        """Return which documents have the phrases of *query* and nothing of what it excludes, None if that is all."""
        if not query.phrases and not query.excluded:
            return None
        admissible = self._postings.live.copy()
        if query.phrases:
            having = np.zeros_like(admissible)
            having[self._evaluator.evaluate(phrases_query(query.phrases)).documents] = True
            admissible &= having
        for words in query.excluded:
            admissible[self._evaluator.evaluate(phrases_query([words])).documents] = False
        return admissible

    def has_phrases(self, query: LexicalQuery) -> bool:
        """Whether any article has all phrases of *query*, whatever else it asks for."""
        return not query.phrases or len(self._evaluator.evaluate(phrases_query(query.phrases))) > 0

    def marks(self, number: int, query: LexicalQuery) -> tuple[Marks, Marks]:
        """Return where the words of *query* stand in the title and in the body of document *number*.

        Quoted words stand only where they have the form that was quoted.
        """
        index, local = self._postings.locate(number)
        columns = self._postings.segments[index].columns
        first, last = columns.token_offsets[local : local + 2].tolist()
        words = columns.tokens[first:last]
        exacts, stems = columns.word_exacts[words], columns.word_stems[words]
        quoted = {term for phrase in query.phrases for term in phrase}
        places: dict[int, int] = {}
        as_typed: set[int] = set()
        for asked, word in enumerate(query.scored_words):
            exact_term = self._postings.numbers_of(TEXT_EXACT, word.exact.encode())[index]
            exact = np.flatnonzero(exacts == exact_term).tolist() if exact_term >= 0 else []
            as_typed.update(exact)
            stem_term = self._postings.numbers_of(TEXT_STEM, word.stem.encode())[index]
            inflected = np.flatnonzero(stems == stem_term).tolist() if stem_term >= 0 else []
            for place in exact if word.exact in quoted else (*exact, *inflected):
                places.setdefault(place, asked)
        title, body = unpack_offsets(columns, local)
        return (
            Marks(title, {at: word for at, word in places.items() if at < len(title)}, as_typed),
            Marks(
                body,
                {at - len(title): word for at, word in places.items() if at >= len(title)},
                {at - len(title) for at in as_typed},
            ),
        )

    def idf_of(self, word: Token) -> float:
        """Return the idf of a word of a query: of its stem, or for a stop word of its exact form."""
        field, text = (TEXT_STEM, word.stem) if word.stem else (TEXT_EXACT, word.exact)
        return self._postings.idf(self._postings.document_frequency(field, text.encode()))

    def knows(self, word: Token) -> bool:
        """Whether any article has *word*, in its exact form or by its stem."""
        return bool(
            self._postings.document_frequency(TEXT_EXACT, word.exact.encode())
            or (word.stem and self._postings.document_frequency(TEXT_STEM, word.stem.encode()))
        )

    def knows_stem(self, stem: str) -> bool:
        """Whether any article has a word with this stem."""
        return bool(stem and self._postings.document_frequency(TEXT_STEM, stem.encode()))

    def complete(self, text: str, limit: int, *, expansions: int) -> list[int]:
        """Return up to *limit* documents whose titles have the words of *text*, the last one begun, best first.

        The last word stands for the first *expansions* words of titles that begin with it.
        """
        tokens = analyze(text)
        if not tokens:
            return []
        *whole, last = [token.exact for token in tokens]
        with self._lock:
            begun = list(islice(self._searcher.reader().expand_prefix(TITLE_EXACT, last), expansions))
            if not begun:
                return []
            query = And([*(Term(TITLE_EXACT, term) for term in whole), Or([Term(TITLE_EXACT, term) for term in begun])])
            matches = self._evaluator.evaluate(query)
        return matches.documents[best_first(matches.scores, limit)].tolist()  # type: ignore[no-any-return]

    def correct(self, term: str) -> str | None:
        """Return the word of the index nearest to *term*, or None if there is none within two edits."""
        if len(term) < _SHORTEST_CORRECTED:
            return None
        distance = 1 if len(term) < _TWO_EDITS_FROM else 2
        with self._lock:
            corrections = self._searcher.reader().corrector(TEXT_EXACT).suggest(term, limit=1, maxdist=distance)
        return corrections[0] if corrections else None

    def example(self, term: str) -> tuple[int, int] | None:
        """Return a document that has the exact form *term*, and the index of the token there, title and body as one."""
        documents, positions = self._postings.positions(TEXT_EXACT, term.encode())
        if not len(documents):
            return None
        index, local = self._postings.locate(int(documents[0]))
        position, title_words = int(positions[0]), int(self._postings.segments[index].columns.title_words[local])
        return int(documents[0]), position if position < title_words else position - BODY_GAP

    def spans(self, number: int) -> tuple[Spans, Spans]:
        """Return start and end of every token of the title and of the body of document *number*."""
        index, local = self._postings.locate(number)
        return unpack_offsets(self._postings.segments[index].columns, local)
