"""Searching the lexical index of a generation.

Whoosh keeps the postings; they are scored here as arrays, so that every article that matches has its score and counts
and filters cost nothing extra.
"""

from __future__ import annotations

from dataclasses import replace
from functools import lru_cache
from itertools import islice
from pathlib import Path
from threading import RLock

import numpy as np
import numpy.typing as npt
from whoosh import index as whoosh_index
from whoosh.query import And, Or, Phrase, Query, Term

from arsearch.arabic import Token, analyze
from arsearch.errors import CorruptIndexError
from arsearch.lexical.query import LexicalQuery
from arsearch.lexical.schema import TEXT_EXACT, TEXT_STEM, TITLE_EXACT, TITLE_STEM
from arsearch.lexical.writer import DOCUMENTS_FILE, LENGTHS_FILE, SCORED_FIELDS

__all__ = ["LexicalIndex"]

Numbers = npt.NDArray[np.int64]
Scores = npt.NDArray[np.float32]

# BM25 (Robertson and Zaragoza 2009) with Lucene's constants and its idf, which is never negative.
K1 = 1.2
B = 0.75

FIELD_WEIGHTS = {TEXT_STEM: 1.0, TEXT_EXACT: 0.4, TITLE_STEM: 0.3}
"""A word scores in each of these fields. The stem finds, the exact form prefers what was typed, the title is a bonus.
0.4 for the exact form measures best on native questions and on headlines."""

_CACHED_POSTINGS = 4096

# Short Arabic words have too many neighbours for a correction to be more than a guess.
_SHORTEST_CORRECTED = 4
_TWO_EDITS_FROM = 8


class LexicalIndex:
    """The words of a generation, opened for searching. Safe to use from several threads."""

    def __init__(self, folder: Path) -> None:
        """Open *folder*. Raises CorruptIndexError if files are missing or do not fit together."""
        try:
            self._index = whoosh_index.open_dir(str(folder), readonly=True)
            self._documents: Numbers = np.load(folder / DOCUMENTS_FILE, allow_pickle=False)
            lengths = np.load(folder / LENGTHS_FILE, allow_pickle=False)
        except (OSError, ValueError, EOFError, whoosh_index.IndexError) as error:
            raise CorruptIndexError(
                f"The words in {folder} cannot be read. Run `arsearch verify`, then `arsearch index --full`."
            ) from error
        if lengths.shape != (len(SCORED_FIELDS), len(self._documents)):
            raise CorruptIndexError(f"The words in {folder} do not fit together. Run `arsearch index --full`.")
        self._searcher = self._index.searcher()
        self._reader = self._searcher.reader()
        live = self._documents >= 0
        self._count = int(np.count_nonzero(live))
        self._norms: dict[str, Scores] = {}
        for field, row in zip(SCORED_FIELDS, lengths, strict=True):
            average = float(row[live].mean()) if self._count else 0.0
            self._norms[field] = (K1 * (1 - B + B * row / max(average, 1.0))).astype(np.float32)
        self._numbers = {int(ordinal): number for number, ordinal in enumerate(self._documents) if ordinal >= 0}
        self._postings = lru_cache(maxsize=_CACHED_POSTINGS)(self._read_postings)
        self._lock = RLock()  # Whoosh's files have one position each

    def __len__(self) -> int:
        return self._count

    def close(self) -> None:
        """Let go of the files."""
        self._searcher.close()
        self._index.close()

    def ordinals(self) -> Numbers:
        """Return the ordinals of all articles, sorted."""
        return np.sort(self._documents[self._documents >= 0])

    def search(self, query: LexicalQuery) -> tuple[Numbers, Scores]:
        """Return the ordinals of all articles that match (n,) and their scores (n,), in no particular order."""
        scores = np.zeros(len(self._documents), dtype=np.float32)
        for word in query.scored_words:
            for field, weight in FIELD_WEIGHTS.items():
                term = word.exact if field == TEXT_EXACT else word.stem
                if term:
                    self._add_scores(scores, field, term, weight)
        matched = scores > 0
        restriction = self.restriction(query)
        if restriction is not None:
            matched &= np.isin(self._documents, restriction)
        return self._documents[matched], scores[matched]

    def restriction(self, query: LexicalQuery) -> Numbers | None:
        """Return the sorted ordinals that have the phrases of *query* and nothing of what it excludes.

        None if it has neither phrases nor exclusions: then every article is admissible.
        """
        if not query.phrases and not query.excluded:
            return None
        admissible = self._documents >= 0
        for phrase in query.phrases:
            admissible &= self._having(phrase)
        for phrase in query.excluded:
            admissible &= ~self._having(phrase)
        return np.sort(self._documents[admissible])

    def has_phrases(self, query: LexicalQuery) -> bool:
        """Whether any article has all phrases of *query*, whatever else it asks for."""
        admissible = self.restriction(replace(query, excluded=()))
        return admissible is None or len(admissible) > 0

    def positions(self, ordinal: int, query: LexicalQuery) -> tuple[dict[int, int], set[int]]:
        """Return where the words of *query* stand in an article.

        The first value maps each position to the index in ``query.scored_words``, the second holds those positions
        where the word has the very form of the query. Quoted words stand only where they have it.
        """
        found: dict[int, int] = {}
        as_typed: set[int] = set()
        number = self._numbers.get(ordinal)
        if number is None:
            return found, as_typed
        quoted = {term for phrase in query.phrases for term in phrase}
        for index, word in enumerate(query.scored_words):
            exact = self._positions_of(number, TEXT_EXACT, word.exact)
            as_typed.update(exact)
            inflected = self._positions_of(number, TEXT_STEM, word.stem) if word.exact not in quoted else []
            for position in (*exact, *inflected):
                found.setdefault(position, index)
        return found, as_typed

    def document_frequency(self, field: str, term: str) -> int:
        """Return in how many articles *term* occurs in *field*."""
        return len(self._postings(field, term)[0])

    def idf(self, term: str, field: str = TEXT_STEM) -> float:
        """Return Lucene's BM25 idf of *term*: ln(1 + (N - df + 0.5) / (df + 0.5))."""
        frequency = self.document_frequency(field, term)
        return float(np.log1p((self._count - frequency + 0.5) / (frequency + 0.5)))

    def idf_of(self, word: Token) -> float:
        """Return the idf of a word of a query: of its stem, or for a stop word of its exact form."""
        return self.idf(word.stem) if word.stem else self.idf(word.exact, TEXT_EXACT)

    def knows(self, word: Token) -> bool:
        """Whether any article has *word*, in its exact form or by its stem."""
        return bool(
            self.document_frequency(TEXT_EXACT, word.exact)
            or (word.stem and self.document_frequency(TEXT_STEM, word.stem))
        )

    def knows_stem(self, stem: str) -> bool:
        """Whether any article has a word with this stem."""
        return bool(stem and self.document_frequency(TEXT_STEM, stem))

    def complete(self, text: str, limit: int, *, expansions: int) -> list[int]:
        """Return the ordinals of up to *limit* articles whose titles have the words of *text*, the last one begun.

        The last word stands for the first *expansions* words of titles that begin with it.
        """
        tokens = analyze(text)
        if not tokens:
            return []
        *whole, last = [token.exact for token in tokens]
        with self._lock:
            begun = [term.decode() for term in islice(self._reader.expand_prefix(TITLE_EXACT, last), expansions)]
            query = And([*(Term(TITLE_EXACT, term) for term in whole), Or([Term(TITLE_EXACT, term) for term in begun])])
            hits = self._searcher.search(query, limit=limit)
            return [int(self._documents[number]) for number, _ in hits.items()]

    def correct(self, term: str) -> str | None:
        """Return the word of the index nearest to *term*, or None if there is none within two edits."""
        if len(term) < _SHORTEST_CORRECTED:
            return None
        distance = 1 if len(term) < _TWO_EDITS_FROM else 2
        with self._lock:
            corrections = self._reader.corrector(TEXT_EXACT).suggest(term, limit=1, maxdist=distance)
        return corrections[0] if corrections else None

    def example(self, term: str) -> tuple[int, int] | None:
        """Return the ordinal of an article that has the exact form *term*, and a position where it stands."""
        numbers, _ = self._postings(TEXT_EXACT, term)
        for number in numbers[:1]:
            for position in self._positions_of(int(number), TEXT_EXACT, term):
                return int(self._documents[number]), position
        return None

    def _add_scores(self, scores: Scores, field: str, term: str, weight: float) -> None:
        numbers, frequencies = self._postings(field, term)
        if len(numbers):
            idf = self.idf(term, field)
            scores[numbers] += np.float32(weight * idf) * frequencies / (frequencies + self._norms[field][numbers])

    def _having(self, phrase: tuple[str, ...]) -> npt.NDArray[np.bool_]:
        mask = np.zeros(len(self._documents), dtype=np.bool_)
        if len(phrase) == 1:
            mask[self._postings(TEXT_EXACT, phrase[0])[0]] = True
        else:
            query: Query = Phrase(TEXT_EXACT, list(phrase))
            with self._lock:
                mask[np.fromiter(self._searcher.docs_for_query(query), dtype=np.int64)] = True
        return mask

    def _read_postings(self, field: str, term: str) -> tuple[Numbers, Scores]:
        numbers: list[int] = []
        frequencies: list[float] = []
        with self._lock:
            if (field, term) in self._reader:
                matcher = self._reader.postings(field, term)
                while matcher.is_active():
                    numbers.append(matcher.id())
                    frequencies.append(matcher.weight())
                    matcher.next()
        return np.array(numbers, dtype=np.int64), np.array(frequencies, dtype=np.float32)

    def _positions_of(self, number: int, field: str, term: str) -> list[int]:
        with self._lock:
            if (field, term) not in self._reader:
                return []
            matcher = self._reader.postings(field, term)
            if matcher.is_active():
                matcher.skip_to(number)
            if not matcher.is_active() or matcher.id() != number:
                return []
            positions: list[int] = matcher.value_as("positions")
            return positions
