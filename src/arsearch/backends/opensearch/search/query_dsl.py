"""From a query to OpenSearch's query DSL: the same tree of Whoosh queries that a local index evaluates, as JSON.

https://docs.opensearch.org/latest/query-dsl/ says what the clauses mean. Fields have the same names there.
"""

from __future__ import annotations

import datetime
import math
import re
from collections.abc import Iterator, Sequence
from typing import Any

from whoosh import query as q
from whoosh.query.ranges import DateRange
from whoosh.query.wrappers import ConstantScoreQuery

from arsearch.article_fields import KEYWORDS as KEYWORD_NAMES
from arsearch.lexical.query.parse import LexicalQuery
from arsearch.lexical.query.whoosh_query import (
    KeywordWords,
    ValueRange,
    demanded,
    phrases_query,
    scored_parts,
    whoosh_query,
)

__all__ = [
    "KEYWORDS",
    "MOMENT",
    "SEARCHABLE",
    "VALUES",
    "any_range",
    "as_clause",
    "demand_clause",
    "milliseconds",
    "phrases_clause",
    "scored_clause",
    "scored_terms",
]

Clause = dict[str, Any]

MOMENT = "moment"
"""The field with the first instant of the date of an article, in milliseconds since 1970."""
KEYWORDS = "keywords"
"""The object with the fields of whole values: of authors, sections, sources and tags, and own ones."""
VALUES = "values"
"""The object with own numbers, and own dates in seconds since year 1."""
SEARCHABLE = "searchable"
"""The field that says whether a document is found: copies of others are not."""

_EPOCH = datetime.datetime(1970, 1, 1)
_SCORED_BEGINNINGS = 256
"""Words that the beginning of a word scores as; all it begins match."""
_RESERVED = re.compile(r'([.?+*|{}\[\]()"\\#@&<>~^$-])')
# What stands between words of a keyword, for Lucene's regular expressions, which have no class for it.
_BETWEEN = r"[ _\-.,:;/\\|()\[\]{}&'`!?+*=%#@~\"،؛؟«»“”‘’…·•–—]"


def scored_clause(query: LexicalQuery) -> Clause:
    """Return the clause that finds what *query* asks for and scores it."""
    return as_clause(whoosh_query(query))


def scored_terms(query: LexicalQuery) -> Iterator[tuple[str, str]]:
    """Yield the fields and the texts of all terms by which *query* scores, those of phrases too."""
    for _, part in scored_parts(query):
        for leaf in part.leaves():
            if isinstance(leaf, q.Phrase):
                yield from ((leaf.fieldname, word) for word in leaf.words)
            elif isinstance(leaf, q.Term):
                yield leaf.fieldname, leaf.text


def demand_clause(query: LexicalQuery) -> Clause | None:
    """Return the clause that every document found must satisfy, None if any word of *query* is enough."""
    demand = demanded(query)
    return None if demand is None else as_clause(demand)


def phrases_clause(query: LexicalQuery) -> Clause:
    """Return the clause for documents that have all phrases of *query*."""
    return as_clause(phrases_query(query))


def milliseconds(moment: datetime.datetime) -> int:
    """Return *moment* as the field of dates has it; earlier than 1970 is negative."""
    return (moment - _EPOCH) // datetime.timedelta(milliseconds=1)


def as_clause(query: Any) -> Clause:
    """Return *query* as a clause. Raises TypeError for a kind of query that arsearch never makes."""
    match query:
        case q.Term():
            field = f"{KEYWORDS}.{query.fieldname}" if query.fieldname in KEYWORD_NAMES else query.fieldname
            return {"term": {field: {"value": query.text, "boost": query.boost}}}
        case q.And():
            return _together("must", query)
        case q.DisjunctionMax():
            return {"dis_max": {"queries": _clauses(query.subqueries), "boost": query.boost}}
        case q.Or():
            return _together("should", query)
        case q.Not():
            return {"bool": {"filter": [{"term": {SEARCHABLE: True}}], "must_not": [as_clause(query.query)]}}
        case q.Require():
            return {"bool": {"must": [as_clause(query.a)], "filter": [as_clause(query.b)]}}
        case q.Phrase():
            # Whoosh counts how far words are apart, Lucene how far they have moved.
            words = {"query": " ".join(query.words), "slop": query.slop - 1, "boost": query.boost}
            return {"match_phrase": {query.fieldname: words}}
        case q.Sequence():
            places = [{"span_or": {"clauses": list(map(_span, place.subqueries))}} for place in query.subqueries]
            return {"span_near": {"clauses": places, "slop": query.slop - 1, "in_order": query.ordered}}
        case q.Prefix():
            return _prefix(query)
        case KeywordWords():
            return _keyword(query)
        case q.Wildcard():
            return {"wildcard": {query.fieldname: {"value": query.text, "boost": query.boost}}}
        case q.FuzzyTerm():
            return {"fuzzy": {query.fieldname: {"value": query.text, "fuzziness": query.maxdist}}}
        case DateRange():
            bounds = {"gte": milliseconds(query.startdate), "lte": milliseconds(query.enddate)}
            return {"range": {MOMENT: bounds}}
        case ValueRange():
            return any_range(query.fieldname, [(query.low, query.high)])
        case ConstantScoreQuery():
            return {"constant_score": {"filter": as_clause(query.child), "boost": query.score}}
        case q.NullQuery:
            return {"match_none": {}}
    raise TypeError(f"{type(query).__name__} cannot be asked of OpenSearch")


def any_range(field: str, ranges: Sequence[tuple[float, float]]) -> Clause:
    """Return the clause for documents whose value of the own *field* is in any of *ranges*, both ends inclusive."""
    clauses: list[Clause] = []
    for low, high in ranges:
        bounds = {name: bound for name, bound in (("gte", low), ("lte", high)) if math.isfinite(bound)}
        clauses.append({"range": {f"{VALUES}.{field}": bounds}})
    return clauses[0] if len(clauses) == 1 else {"bool": {"should": clauses, "minimum_should_match": 1}}


def _clauses(queries: Sequence[Any]) -> list[Clause]:
    return [as_clause(query) for query in queries]


def _span(term: q.Term) -> Clause:
    return {"span_term": {term.fieldname: {"value": term.text}}}


def _together(how: str, query: Any) -> Clause:
    parts = _clauses(query.subqueries)
    if not parts:
        return {"match_none": {}}
    if len(parts) == 1:
        return parts[0]
    clause: Clause = {"bool": {how: parts, "boost": query.boost}}
    if how == "should":
        clause["bool"]["minimum_should_match"] = 1
    return clause


def _prefix(query: q.Prefix) -> Clause:
    beginning = {"value": query.text}
    if query.constantscore:
        return {"prefix": {query.fieldname: beginning}}
    scored = {**beginning, "rewrite": f"top_terms_{_SCORED_BEGINNINGS}", "boost": query.boost}
    every = {"constant_score": {"filter": {"prefix": {query.fieldname: beginning}}, "boost": 0.0}}
    return {"bool": {"should": [{"prefix": {query.fieldname: scored}}, every], "minimum_should_match": 1}}


def _keyword(query: KeywordWords) -> Clause:
    value = _RESERVED.sub(r"\\\1", query.value)
    ending = ".*" if query.is_beginning else f"({_BETWEEN}.*)?"
    pattern = f"(.*{_BETWEEN})?{value}{ending}"
    return {"regexp": {f"{KEYWORDS}.{query.fieldname}": {"value": pattern, "flags": "NONE"}}}
