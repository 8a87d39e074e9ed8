"""A question as the searches of OpenSearch that find its candidates."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np

from arsearch.article_fields import OwnFields
from arsearch.backends.opensearch.search.document_cache import WITH_NOTHING
from arsearch.backends.opensearch.search.facets import aggregations
from arsearch.backends.opensearch.search.query_dsl import (
    KEYWORDS,
    SEARCHABLE,
    VALUES,
    any_range,
    demand_clause,
    scored_clause,
)
from arsearch.backends.opensearch.views.node_scripts import PASSAGE_COSINE
from arsearch.backends.protocol import Filters, RetrievalRequest
from arsearch.common.array_types import Vectors
from arsearch.lexical import keyword_term
from arsearch.semantic import int8_codes

__all__ = ["Body", "filter_clauses", "meaning_search", "near_clause", "ordered_search", "words_search"]

Body = dict[str, Any]

_BEYOND = 10
"""A tenth more than the nearest that are wanted is asked for: the cluster compares with a query that was rounded."""
_LOOKED_AMONG = 4
"""The nearest are looked for among so many times more in a graph: `benchmarks.knn` says how many of them it finds."""
_MOST_LOOKED_AMONG = 10_000
"""What the plugin allows."""
_MIN_COUNT = 10_000
"""Matches that are counted where not all have to be."""


def words_search(question: RetrievalRequest, filters: Sequence[Body], size: int, fields: Body, own: OwnFields) -> Body:
    """Return the search for the best *size* articles that match by words; hits come with *fields*."""
    counts_all = question.exact_total or question.facets or bool(question.order)
    search: Body = {
        "size": size,
        "query": words_clause(question, filters),
        "sort": [{"_score": {"order": "desc"}}, {"ordinal": {"order": "asc"}}],
        "track_total_hits": True if counts_all else _MIN_COUNT,
        **fields,
    }
    if question.facets:
        search["aggs"] = aggregations(own)
    return search


def ordered_search(question: RetrievalRequest, filters: Sequence[Body], size: int) -> Body:
    """Return the search for the first *size* articles that match by words, in the order that is asked for."""
    assert question.order is not None
    field = f"{VALUES}.{question.order.field}" if question.order.field else "date"
    direction = "desc" if question.order.descending else "asc"
    return {
        "size": size,
        "query": words_clause(question, filters),
        "sort": [
            {field: {"order": direction, "missing": "_last"}},
            {"_score": {"order": "desc"}},
            {"ordinal": {"order": "asc"}},
        ],
        "track_total_hits": False,
        **WITH_NOTHING,
    }


def words_clause(question: RetrievalRequest, filters: Sequence[Body]) -> Body:
    """Return the clause that finds and scores what matches by words."""
    return {"bool": {"must": [scored_clause(question.query)], "filter": list(filters)}}


def meaning_search(question: RetrievalRequest, filters: Sequence[Body], fields: Body, *, knn: bool) -> Body:
    """Return the search for the articles nearest in meaning that the query admits; hits say which match by words."""
    assert question.vector is not None
    depth = question.nearest_depth + question.nearest_depth // _BEYOND
    admitted = [*filters]
    if demand := demand_clause(question.query):
        admitted.append(demand)
    near = near_clause(question.vector, question.nearest_depth, admitted, knn=knn)
    query: Body = {"must": [near], "filter": admitted}
    if question.by_words:
        matching = {"filter": scored_clause(question.query), "boost": 0.0, "_name": "words"}
        query["should"] = [{"constant_score": matching}]
    return {
        "size": depth,
        "query": {"bool": query},
        "sort": [{"_score": {"order": "desc"}}, {"ordinal": {"order": "asc"}}],
        "track_total_hits": False,
        **fields,
    }


def near_clause(vector: Vectors, count: int, admitted: Sequence[Body], *, knn: bool) -> Body:
    """Return the clause that finds the *count* articles, and more, whose nearest passage is near to *vector*."""
    if knn:
        among = min(count * _LOOKED_AMONG, _MOST_LOOKED_AMONG)
        near: Body = {"vector": int8_codes(vector[np.newaxis])[0].tolist(), "k": among}
        if admitted:
            # The filter is of articles, not of passages. The plugin takes it for one of passages, which finds none,
            # unless a plain term in it says otherwise (OpenSearch's NestedHelper).
            near["filter"] = {"bool": {"filter": [{"term": {SEARCHABLE: True}}, *admitted]}}
        query: Body = {"knn": {"passages.vector": near}}
    else:
        script = {"source": PASSAGE_COSINE, "lang": "painless", "params": {"query": vector.tolist()}}
        query = {"script_score": {"query": {"match_all": {}}, "script": script}}
    return {"nested": {"path": "passages", "score_mode": "max", "query": query}}


def filter_clauses(filters: Filters) -> list[Body]:
    """Return the clauses that admit what passes *filters*."""
    clauses: list[Body] = []
    for name, values in filters.keywords.items():
        if values:
            clauses.append({"terms": {f"{KEYWORDS}.{name}": [keyword_term(value).decode() for value in values]}})
    for name, ranges in filters.ranges.items():
        clauses.append(any_range(name, ranges))
    if filters.only:
        clauses.append({"ids": {"values": [str(document) for document in filters.only]}})
    if filters.without:
        clauses.append({"bool": {"must_not": {"ids": {"values": [str(document) for document in filters.without]}}}})
    if filters.date_from:
        clauses.append({"range": {"date": {"gte": filters.date_from}}})
    if filters.date_to:  # an inclusive prefix: everything that goes on from it
        clauses.append({"range": {"date": {"lt": filters.date_to + "\uffff"}}})
    return clauses
