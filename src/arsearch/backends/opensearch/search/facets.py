"""Facets on a cluster: counted by aggregations, named as articles spell them."""

from __future__ import annotations

import sys
from collections import Counter
from collections.abc import Callable, Mapping, Sequence
from typing import Any

from arsearch.article_fields import KEYWORDS as KEYWORD_NAMES
from arsearch.article_fields import OwnFields, keyword_values
from arsearch.backends.opensearch.publish.documents import read_keywords
from arsearch.backends.opensearch.search.query_dsl import KEYWORDS
from arsearch.backends.protocol import Facets
from arsearch.common.bounded_cache import BoundedCache
from arsearch.lexical import keyword_term

__all__ = ["FacetCounter", "aggregations", "counted"]

Body = dict[str, Any]
Counts = Mapping[str, Mapping[str, int]]

_COUNTED_VALUES = 64
"""Values of a facet that are counted; those few of meaning's that join them may change which are the first."""
_KEPT_SPELLINGS = 10_000


def facet_fields(own: OwnFields = ()) -> dict[str, str]:
    """Return the fields of documents that are counted, by the names of the facets."""
    fields = {name: f"{KEYWORDS}.{name}" for name in KEYWORD_NAMES}
    fields |= {field.name: f"{KEYWORDS}.{field.index_name}" for field in own if field.kind == "keyword"}
    return fields | {"year": "year"}


def aggregations(own: OwnFields = ()) -> Body:
    """Return what a search says so that the values of all its matches are counted."""
    order = [{"_count": "desc"}, {"_key": "asc"}]
    return {
        name: {"terms": {"field": field, "size": _COUNTED_VALUES, "order": order}}
        for name, field in facet_fields(own).items()
    }


def counted(answer: Body) -> Counts:
    """Return for each facet how many of all matches have each value."""
    return {
        name: {bucket["key"]: bucket["doc_count"] for bucket in found["buckets"]}
        for name, found in answer.get("aggregations", {}).items()
    }


class FacetCounter:
    """Adds up what was counted; *search* answers several searches of the index. Safe to use from several threads."""

    def __init__(self, search: Callable[[Sequence[Body]], list[Body]], own: OwnFields = ()) -> None:
        self._search = search
        self._own = own
        self._fields = facet_fields(own)
        self._spellings: BoundedCache[tuple[str, str], str] = BoundedCache(_KEPT_SPELLINGS, sys.maxsize, len)

    def count(self, matches: Counts, joining: Sequence[int], limit: int) -> Facets:
        """Return the *limit* most frequent values of each facet among *matches* and the documents *joining* them."""
        counts: dict[str, Counter[str]] = {name: Counter(matches.get(name, {})) for name in self._fields}
        for fields in self._values(joining):
            for name, field in self._fields.items():
                counts[name].update(fields.get(field, ()))
        most = {
            name: sorted(values.items(), key=lambda item: (-item[1], item[0]))[:limit]
            for name, values in counts.items()
        }
        spellings = self._spelled_by_articles(
            [(name, term) for name in self._fields if name != "year" for term, _ in most[name]]
        )
        return {name: [(spellings.get((name, term), term), count) for term, count in most[name]] for name in most}

    def _values(self, documents: Sequence[int]) -> list[Body]:
        """Return the values of each of *documents*, by field."""
        if not documents:
            return []
        [answer] = self._search(
            [
                {
                    "size": len(documents),
                    "query": {"ids": {"values": [str(number) for number in documents]}},
                    "_source": False,
                    "stored_fields": "_none_",
                    "docvalue_fields": list(self._fields.values()),
                }
            ]
        )
        return [hit.get("fields", {}) for hit in answer["hits"]["hits"]]

    def _spelled_by_articles(self, values: Sequence[tuple[str, str]]) -> dict[tuple[str, str], str]:
        """Return how the first article that has each of *values*, terms of keywords, spells it."""
        known = {value: spelling for value in values if (spelling := self._spellings.get(value)) is not None}
        unknown = [value for value in values if value not in known]
        searches = [
            {
                "size": 1,
                "query": {"constant_score": {"filter": {"term": {self._fields[name]: term}}}},
                "sort": ["ordinal"],
                "_source": ["author", "source", "tags", "extra", "elsewhere"],
            }
            for name, term in unknown
        ]
        for (name, term), answer in zip(unknown, self._search(searches), strict=True):
            for hit in answer["hits"]["hits"]:
                known[name, term] = _spelled(name, hit["_source"], self._own).get(term, term)
                self._spellings.put((name, term), known[name, term])
        return known


def _spelled(name: str, document: Body, own: OwnFields) -> dict[str, str]:
    """Return the terms of the keyword *name* of a document, each as the first of its articles spells it."""
    spelled: dict[str, str] = {}
    values = keyword_values(read_keywords(document), own)
    index_name = next((field.index_name for field in own if field.name == name), name)
    for value in values[index_name]:
        if term := keyword_term(value).decode():
            spelled.setdefault(term, value)
    return spelled
