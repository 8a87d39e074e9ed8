"""From a query as typed to a Whoosh query: which terms score, in which fields, how much."""

from __future__ import annotations

from collections.abc import Sequence

from whoosh.query import And, AndNot, Or, Phrase, Query, Require, Term

from arsearch.arabic import Token
from arsearch.lexical.query import LexicalQuery
from arsearch.lexical.schema import TEXT_EXACT, TEXT_STEM, TITLE_STEM

__all__ = ["FIELD_WEIGHTS", "phrases_query", "whoosh_query"]

FIELD_WEIGHTS = {TEXT_STEM: 1.0, TEXT_EXACT: 0.4, TITLE_STEM: 0.3}
"""A word scores in each of these fields. The stem finds, the exact form prefers what was typed, the title is a bonus.
0.4 for the exact form measures best on native questions and on headlines."""


def whoosh_query(query: LexicalQuery) -> Query:
    """Return what *query* asks for: any of its words, all of its phrases, nothing of what it excludes."""
    asked: Query = Or([term for word in query.scored_words for term in _terms(word)])
    if query.phrases:
        asked = Require(asked, phrases_query(query.phrases))
    if query.excluded:
        asked = AndNot(asked, Or([_phrase(words) for words in query.excluded]))
    return asked


def phrases_query(phrases: Sequence[Sequence[str]]) -> Query:
    """Return the query for articles that have all *phrases* word for word."""
    return And([_phrase(words) for words in phrases])


def _terms(word: Token) -> list[Term]:
    return [
        Term(field, text, boost=weight)
        for field, weight in FIELD_WEIGHTS.items()
        if (text := word.exact if field == TEXT_EXACT else word.stem)
    ]


def _phrase(words: Sequence[str]) -> Query:
    return Phrase(TEXT_EXACT, list(words)) if len(words) > 1 else Term(TEXT_EXACT, words[0])
