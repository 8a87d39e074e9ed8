"""From a query as parsed to a Whoosh query on the fields of the index: which terms score, and what is demanded."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

from whoosh.query import And, DateRange, DisjunctionMax, Not, NullQuery, Or, Phrase, Prefix, Query, Regex, Require, Term
from whoosh.query import Sequence as InSequence
from whoosh.query.wrappers import ConstantScoreQuery

from arsearch.arabic import Token, analyze
from arsearch.article_fields import OwnField
from arsearch.lexical.query.date_ranges import date_range
from arsearch.lexical.query.notation import ANYWHERE, TITLE
from arsearch.lexical.query.own_ranges import value_range
from arsearch.lexical.query.parse import LexicalQuery, NamedValue, OldPhrase, Synonym
from arsearch.lexical.query.scored_parts import (
    FIELD_WEIGHTS,
    Beginning,
    PlainWord,
    ScoredPart,
    parts_that_score,
    word_terms,
)
from arsearch.lexical.query.syntax import Loosely, is_strict, tree_of
from arsearch.lexical.segment.field_names import DATE, TEXT_FOLDED, TEXT_STEM, TITLE_FOLDED, TITLE_STEM, keyword_term

__all__ = [
    "KeywordWords",
    "ValueRange",
    "demanded",
    "finding_parts",
    "part_query",
    "phrases_query",
    "scored_parts",
    "synonym_query",
    "whoosh_query",
]

_FIELDS_OF_WORDS = {ANYWHERE: (TEXT_FOLDED, TEXT_STEM), TITLE: (TITLE_FOLDED, TITLE_STEM)}


class ValueRange(Query):  # type: ignore[misc]  # whoosh has no types
    """Documents whose value of an own field, called *fieldname* in the index, is from *low* to *high*, both inclusive.

    All match alike. Dates are seconds since year 1.
    """

    def __init__(self, fieldname: str, low: float, high: float) -> None:
        self.fieldname = fieldname
        self.low = low
        self.high = high
        self.boost = 1.0

    def __eq__(self, other: object) -> bool:
        return isinstance(other, ValueRange) and vars(self) == vars(other)

    def __hash__(self) -> int:
        return hash((self.fieldname, self.low, self.high))

    def __repr__(self) -> str:
        return f"ValueRange({self.fieldname!r}, {self.low!r}, {self.high!r})"

    def field(self) -> str:
        """Return the field."""
        return self.fieldname

    def is_leaf(self) -> bool:
        """It has no parts."""
        return True

    def normalize(self) -> Any:
        """Return it as it is."""
        return self


class KeywordWords(Regex):  # type: ignore[misc]  # whoosh has no types
    """Documents with a whole value of a field that has the words of *value*, in this order.

    The last of them may be only begun if *is_beginning*.
    """

    def __init__(self, field: str, value: str, *, is_beginning: bool) -> None:
        ending = r"" if is_beginning else r"(?:\W.*)?$"
        super().__init__(field, rf"(?:.*\W)?{re.escape(value)}{ending}")
        self.value = value
        self.is_beginning = is_beginning


@dataclass(frozen=True, slots=True)
class _Reading:
    """How words are read: synonyms of a word, by its folded form, the language of those of other scripts.

    *spellings* are the old ones of folded forms, *old_phrases* those of phrases; *writings* are phrases with names as
    one word or apart.
    """

    others: Mapping[str, Sequence[Query]]
    language: str
    spellings: Mapping[str, str]
    old_phrases: Mapping[tuple[str, ...], OldPhrase]
    writings: Mapping[tuple[str, ...], Sequence[tuple[str, ...]]]

    @classmethod
    def of(cls, query: LexicalQuery, others: Mapping[str, Sequence[Query]]) -> _Reading:
        old = {phrase.words: phrase for phrase in query.old_phrases}
        return cls(others, query.language, dict(query.spellings), old, dict(query.writings))


def whoosh_query(query: LexicalQuery) -> Query:
    """Return what *query* asks for: any of its words, and everything that it demands."""
    scored = _flattened(scored_parts(query))
    demand = demanded(query)
    if demand is None:
        return Or(scored)
    return Require(Or([*scored, *finding_parts(query)]), demand)


def finding_parts(query: LexicalQuery) -> list[Query]:
    """Return what finds though no word of it scores: fields, phrases of stop words."""
    return [
        ConstantScoreQuery(found, 0.0)
        for part in _strict_parts(tree_of(query.asked))
        if (found := _boolean(part, _Reading.of(query, {})))
    ]


def demanded(query: LexicalQuery) -> Query | None:
    """Return what every article found must satisfy, None if any word of *query* is enough."""
    if not query.is_strict:
        return None
    others: dict[str, list[Query]] = {}
    for synonym in query.synonyms:
        if synonym.first == synonym.last:
            others.setdefault(query.words[synonym.first].folded, []).append(synonym_query(synonym))
    for word, found in zip(query.scored_words, query.forms, strict=False):
        others.setdefault(word.folded, []).extend(Term(TEXT_STEM, form.stem) for form in found.others)
    return _boolean(tree_of(query.asked), _Reading.of(query, others))


def phrases_query(query: LexicalQuery) -> Query:
    """Return the query for articles that have all phrases of *query* word for word."""
    return And([_phrase(TEXT_FOLDED, words, _Reading.of(query, {})) for words in query.phrases])


def scored_parts(query: LexicalQuery) -> list[tuple[str, Query]]:
    """Return the same as queries."""
    return [(name, part_query(part)) for name, part in parts_that_score(query)]


def part_query(part: ScoredPart) -> Query:
    """Return the query for what has a *part*."""
    if isinstance(part, PlainWord):
        return _best_form(part)
    if isinstance(part, NamedValue):
        return ConstantScoreQuery(Term(part.field, part.value), part.weight)
    if isinstance(part, Beginning):
        fields = ((field, FIELD_WEIGHTS[TEXT_FOLDED]) for field in (TEXT_FOLDED, TEXT_STEM))
        return DisjunctionMax(
            [Prefix(field, part.start, boost=weight, constantscore=False) for field, weight in fields]
        )
    names = [_name_query(*name) for name in part.names]
    if not part.typed and len(names) == 1:
        return names[0]
    typed = [query for word in part.typed for query in ([_best_form(word)] if word.forms else _terms(word))]
    return DisjunctionMax([Or(typed), *names] if typed else names)


def _flattened(parts: Sequence[tuple[str, Query]]) -> list[Query]:
    """Return *parts* with the terms of words side by side, so that the best can be found without scoring all."""
    return [query for _, part in parts for query in (part.subqueries if type(part) is Or else [part])]


def synonym_query(synonym: Synonym) -> Query:
    """Return the query by which another name scores."""
    return _name_query(synonym.folded_words, synonym.weight)


def _name_query(folded_words: Sequence[str], weight: float) -> Query:
    if len(folded_words) > 1:
        return Phrase(TEXT_FOLDED, list(folded_words), boost=weight)
    terms = [term for token in analyze(folded_words[0]) for term in _terms(token)]
    return Or([Term(term.fieldname, term.text, boost=term.boost * weight) for term in terms])


def _terms(word: Token | PlainWord) -> list[Term]:
    return [Term(field, text, boost=weight) for field, text, weight, _ in word_terms(word.folded, word.stem)]


def _best_form(word: PlainWord) -> Query:
    """Return the query by which *word* scores: by the best of it and of its other forms."""
    if not word.forms:
        return Or(_terms(word))
    found: list[list[Term]] = [[] for _ in range(len(word.forms) + 1)]
    for field, text, weight, form in word_terms(*word):
        found[form].append(Term(field, text, boost=weight))
    return DisjunctionMax([Or(terms) for terms in found])


def _phrase(field: str, words: Sequence[str], reading: _Reading) -> Query:
    """Return the query for *words* in a row: as they are, with names as one word or apart, all in their old spellings.

    A word alone in its old spelling is another word: book, and books.
    """
    if writings := reading.writings.get(tuple(words)):
        plain = replace(reading, writings={})
        return Or([_phrase(field, each, plain) for each in (words, *writings)])
    if len(words) == 1:
        return Term(field, words[0])
    asked = Phrase(field, list(words))
    if phrase := reading.old_phrases.get(tuple(words)):
        places = [Or([Term(field, form) for form in forms]) for forms in phrase.places]
        return InSequence(places) if phrase.is_alone else Or([asked, InSequence(places)])
    old = [reading.spellings.get(word, word) for word in words]
    return asked if old == list(words) else Or([asked, Phrase(field, old)])


def _strict_parts(query: Query) -> list[Query]:
    """Return the parts of *query* that are strict and ask for something rather than exclude it."""
    if isinstance(query, Loosely):
        return [found for part in query.subqueries for found in _strict_parts(part)]
    return [query] if is_strict(query) and not isinstance(query, Not) else []


def _boolean(query: Query, reading: _Reading) -> Query | None:
    """Return the query for the documents that satisfy *query*, None if it says nothing."""
    if isinstance(query, Not):
        found = _boolean(query.query, reading)
        return None if found is None else Not(found)
    if isinstance(query, And | Or):
        parts = list(query.subqueries)
        together = And if isinstance(query, And) else Or
        if isinstance(query, Loosely) and is_strict(query):
            parts, together = [part for part in parts if is_strict(part)], And
        kept = [found for part in parts if (found := _boolean(part, reading)) is not None]
        return together(kept) if len(kept) > 1 else kept[0] if kept else None
    if query.fieldname == DATE:
        return _dates(query.text)
    if query.fieldname not in _FIELDS_OF_WORDS:
        own = OwnField.of_index_name(query.fieldname)
        return _values(own, query.text) if own and own.has_order else _keyword(query)
    return _words(query, reading)


def _words(leaf: Query, reading: _Reading) -> Query | None:
    exact_field, stem_field = _FIELDS_OF_WORDS[leaf.fieldname]
    tokens = analyze(" ".join(leaf.words) if isinstance(leaf, Phrase) else leaf.text, reading.language)
    if not tokens:
        return None
    if isinstance(leaf, Phrase):
        return _phrase(exact_field, [token.folded for token in tokens], reading)
    parts: list[Query] = [
        Or(
            [
                Term(exact_field, token.folded),
                *([Term(stem_field, token.stem)] if token.stem else []),
                *(reading.others.get(token.folded, ()) if leaf.fieldname == ANYWHERE else ()),
            ]
        )
        for token in tokens
    ]
    if isinstance(leaf, Prefix):
        # Stems have lost particles and the article, which stand before what was typed.
        parts[-1] = Or([Prefix(field, tokens[-1].folded) for field in (exact_field, stem_field)])
    return And(parts) if len(parts) > 1 else parts[0]


def _keyword(leaf: Query) -> Query | None:
    """Return the query for documents with a value that has the words of *leaf*, in this order."""
    typed = " ".join(leaf.words) if isinstance(leaf, Phrase) else leaf.text
    value = keyword_term(typed).decode()
    if not value:
        return None
    return KeywordWords(leaf.fieldname, value, is_beginning=isinstance(leaf, Prefix))


def _values(field: OwnField, text: str) -> Query | None:
    bounds = value_range(field, text)
    return NullQuery if bounds is None else ValueRange(field.index_name, *bounds)


def _dates(text: str) -> Query | None:
    dates = date_range(text)
    return NullQuery if dates is None else DateRange(DATE, *dates)
