"""The lexical score of chosen documents, computed from their words and the statistics of a whole index.

Another engine may find the candidates and yet score them a little differently: Lucene keeps the length of a field in
one byte (SmallFloat), and gives phrases a frequency of their own. These are the scores that
:mod:`arsearch.lexical.search.evaluate` gives the same documents in an index of this machine.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt
from whoosh import query as q
from whoosh.query.wrappers import ConstantScoreQuery

from arsearch.backends.opensearch.search.token_columns import TokenColumns
from arsearch.common.array_types import Floats
from arsearch.lexical.query.parse import LexicalQuery
from arsearch.lexical.query.whoosh_query import scored_parts
from arsearch.lexical.search.bm25 import length_norms
from arsearch.lexical.search.statistics import WordStatistics
from arsearch.lexical.segment.field_names import TEXT_FOLDED, TEXT_STEM, TITLE_FOLDED, TITLE_STEM

__all__ = ["exact_scores", "exact_scores_by_word"]


_TITLE_FIELDS = (TITLE_FOLDED, TITLE_STEM)
_STEM_FIELDS = (TEXT_STEM, TITLE_STEM)


def exact_scores(
    query: LexicalQuery, documents: TokenColumns, words: WordStatistics, averages: Mapping[str, float]
) -> Floats:
    """Return the score of each of *documents* for *query*, float32 (documents,).

    *words* says how rare terms are in the whole index, *averages* how long each of its fields is on average.
    """
    evaluator = _Evaluator(documents, words, averages)
    scores = np.zeros(len(documents), dtype=np.float32)
    for _, part in scored_parts(query):
        scores += evaluator.scores(part)
    return scores


def exact_scores_by_word(
    query: LexicalQuery, documents: TokenColumns, words: WordStatistics, averages: Mapping[str, float]
) -> list[dict[str, float]]:
    """Return for each of *documents* what each word of *query* adds to its score, where it adds something."""
    evaluator = _Evaluator(documents, words, averages)
    found: list[dict[str, float]] = [{} for _ in range(len(documents))]
    for name, part in scored_parts(query):
        for index, score in enumerate(evaluator.scores(part).tolist()):
            if score:
                found[index][name] = round(found[index].get(name, 0.0) + score, 6)
    return found


@dataclass(frozen=True, slots=True)
class _Field:
    """The tokens of one field: *tokens* int64, *owners* and *positions* (tokens,); *norms* float32 (documents,)."""

    tokens: npt.NDArray[np.int64]
    owners: npt.NDArray[np.int64]
    positions: npt.NDArray[np.int64]
    norms: Floats


class _Evaluator:
    def __init__(self, documents: TokenColumns, words: WordStatistics, averages: Mapping[str, float]) -> None:
        self._documents = documents
        self._words = words
        self._averages = averages
        self._fields: dict[str, _Field] = {}

    def scores(self, query: Any) -> Floats:
        """Return the scores of all documents, 0 for those that do not match. Raises TypeError for other kinds."""
        match query:
            case q.Term():
                return self._term(query.fieldname, query.text) * np.float32(query.boost)
            case q.DisjunctionMax():
                return np.asarray(self._of_parts(query.subqueries).max(axis=0) * np.float32(query.boost))
            case q.Or():
                return np.asarray(self._of_parts(query.subqueries).sum(axis=0) * np.float32(query.boost))
            case q.Phrase():
                return self._phrase(query.fieldname, query.words) * np.float32(query.boost)
            case q.Prefix():
                return self._prefix(query.fieldname, query.text) * np.float32(query.boost)
            case ConstantScoreQuery():
                return np.zeros(len(self._documents), dtype=np.float32)
        raise TypeError(f"{type(query).__name__} is no part of a query that scores")

    def _of_parts(self, parts: Sequence[Any]) -> Floats:
        return np.stack([np.zeros(len(self._documents), np.float32), *map(self.scores, parts)])

    def _term(self, name: str, text: str) -> Floats:
        field = self._field(name)
        return self._scored(name, text, field.owners[field.tokens == self._number(name, text)])

    def _scored(self, name: str, text: str, owners: npt.NDArray[np.int64]) -> Floats:
        frequencies = np.bincount(owners, minlength=len(self._documents)).astype(np.float32)
        return np.float32(self._words.idf_of_term(name, text)) * frequencies / (frequencies + self._field(name).norms)

    def _phrase(self, name: str, texts: Sequence[str]) -> Floats:
        field = self._field(name)
        room = int(field.positions.max(initial=0)) + 2
        ends: npt.NDArray[np.int64] | None = None
        for text in texts:
            found = field.tokens == self._number(name, text)
            positions = field.owners[found] * room + field.positions[found]
            ends = positions if ends is None else positions[np.isin(positions - 1, ends)]
        has = np.zeros(len(self._documents), dtype=np.bool_)
        has[(ends if ends is not None else np.empty(0, np.int64)) // room] = True
        scores: Floats = np.sum([self._term(name, text) for text in texts], axis=0, dtype=np.float32)
        return np.where(has, scores, np.float32(0))

    def _prefix(self, name: str, prefix: str) -> Floats:
        field = self._field(name)
        numbers = self._documents.stem_numbers if name in _STEM_FIELDS else self._documents.folded_numbers
        scores = np.zeros(len(self._documents), dtype=np.float32)
        for number in np.unique(field.tokens).tolist():
            text = numbers.text(number)
            if text.startswith(prefix):
                scores += self._scored(name, text, field.owners[field.tokens == number])
        return scores

    def _number(self, name: str, text: str) -> int:
        numbers = self._documents.stem_numbers if name in _STEM_FIELDS else self._documents.folded_numbers
        return numbers.of(text)

    def _field(self, name: str) -> _Field:
        if name not in self._fields:
            self._fields[name] = self._read(name)
        return self._fields[name]

    def _read(self, name: str) -> _Field:
        documents = self._documents
        kept = np.ones(len(documents.folded_words), dtype=np.bool_)
        positions = documents.positions
        if name in _TITLE_FIELDS:
            kept &= positions < documents.titles[documents.owners]
        elif name == TEXT_FOLDED:  # no phrase goes from the title into the body
            positions = positions + (positions >= documents.titles[documents.owners])
        tokens = documents.folded_words
        if name in _STEM_FIELDS:
            tokens = documents.stems
            kept &= tokens != documents.stem_numbers.of("")
        norms = length_norms(documents.lengths_of(name), self._averages[name])
        return _Field(tokens[kept], documents.owners[kept], positions[kept], norms)
