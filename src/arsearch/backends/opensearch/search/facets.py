"""Facets on a cluster: counted by aggregations, named as articles spell them."""

from __future__ import annotations

import sys
from collections import Counter
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from arsearch.article_fields import KEYWORDS as KEYWORD_NAMES
from arsearch.article_fields import OwnFields, keyword_values
from arsearch.backends.opensearch.publish.documents import read_keywords
from arsearch.backends.opensearch.search.document_cache import NOT_STORED, number_of
from arsearch.backends.opensearch.search.query_dsl import KEYWORDS
from arsearch.backends.opensearch.views.node_scripts import DAY
from arsearch.backends.opensearch.views.query_views import Along
from arsearch.backends.protocol import Facets
from arsearch.common.bounded_cache import BoundedCache
from arsearch.lexical import keyword_term

__all__ = ["FacetCounter", "FacetMatches", "aggregations", "counted", "with_values"]

Body = dict[str, Any]
Counts = Mapping[str, Mapping[str, int]]

_COUNTED_VALUES = 64
"""Values of a facet that are counted; those few of meaning's that join them may change which are the first."""
_SPELLED_AHEAD = 14
"""Values of a facet whose spelling is asked for before it is known which are shown: a dozen, unless articles join."""
_MOST_DAYS = 40_000
"""Days with articles that are told apart: a hundred years of them."""
_KEPT_SPELLINGS = 10_000


def facet_fields(own: OwnFields = ()) -> dict[str, str]:
    """Return the fields of documents that are counted, by the names of the facets."""
    fields = {name: f"{KEYWORDS}.{name}" for name in KEYWORD_NAMES}
    fields |= {each.name: f"{KEYWORDS}.{each.index_name}" for each in own if each.kind == "keyword"}
    return fields | {"year": "year"}


def aggregations(own: OwnFields = ()) -> Body:
    """Return what a search says so that the values of all its matches are counted."""
    order = [{"_count": "desc"}, {"_key": "asc"}]
    return {
        name: {"terms": {"field": field, "size": _COUNTED_VALUES, "order": order}}
        for name, field in facet_fields(own).items()
    }


def with_values(own: OwnFields = ()) -> list[str]:
    """Return the columns whose values are counted."""
    return list(facet_fields(own).values())


@dataclass(frozen=True, slots=True)
class FacetMatches:
    """For each facet how many matches have each value; and the *values* of documents that may join them, by field."""

    counts: Counts = field(default_factory=dict)
    values: Mapping[int, Body] = field(default_factory=dict)
    query: Body | None = None
    """What finds the matches."""


def counted(query: Body, answer: Body, nearest: Body | None) -> FacetMatches:
    """Return what was counted of all matches of *query*, and what the hits *nearest* in meaning would add."""
    counts = {
        name: {bucket["key"]: bucket["doc_count"] for bucket in found["buckets"]}
        for name, found in answer.get("aggregations", {}).items()
    }
    hits = nearest["hits"]["hits"] if nearest else []
    return FacetMatches(counts, {number_of(hit): hit.get("fields", {}) for hit in hits}, query)


class FacetCounter:
    """Adds up what was counted; *search* answers several searches of the index. Safe to use from several threads."""

    def __init__(self, search: Callable[[Sequence[Body]], list[Body]], own: OwnFields = ()) -> None:
        self._search = search
        self._own = own
        self._fields = facet_fields(own)
        self._spellings: BoundedCache[tuple[str, str], str] = BoundedCache(_KEPT_SPELLINGS, sys.maxsize, len)

    def count(self, matches: FacetMatches, joining: Sequence[int], limit: int) -> Facets:
        """Return the *limit* most frequent values of each facet among *matches* and the documents *joining* them."""
        counts: dict[str, Counter[str]] = {name: Counter(matches.counts.get(name, {})) for name in self._fields}
        for fields in self._values(matches, joining):
            for name, field_name in self._fields.items():
                counts[name].update(fields.get(field_name, ()))
        most = {
            name: sorted(values.items(), key=lambda item: (-item[1], item[0]))[:limit]
            for name, values in counts.items()
        }
        terms = [(name, term) for name in self._fields if name != "year" for term, _ in most[name]]
        spellings = self._spelled_by_articles(terms)
        return {name: [(spellings.get((name, term), term), count) for term, count in most[name]] for name in most}

    def count_days(self, matches: FacetMatches) -> Counter[str]:
        """Return how many *matches* are of each day, or of a month or year where no more is known; empty for none."""
        if matches.query is None:
            return Counter()
        days = {"terms": {"script": {"lang": "painless", "source": DAY}, "size": _MOST_DAYS}}
        search = {"size": 0, "query": matches.query, "track_total_hits": False, "aggs": {"days": days}}
        found = self._search([search])[0].get("aggregations", {"days": {"buckets": []}})
        return Counter({bucket["key"]: bucket["doc_count"] for bucket in found["days"]["buckets"]})

    def spellings_ahead(self, matches: FacetMatches) -> Along:
        """Return the searches for how articles spell the values that will probably be shown, and what takes them."""
        terms = [
            (name, term)
            for name, values in matches.counts.items()
            if name != "year"
            for term, _ in sorted(values.items(), key=lambda item: (-item[1], item[0]))[:_SPELLED_AHEAD]
        ]
        unknown = [each for each in terms if self._spellings.get(each) is None]

        def take(answers: Sequence[Body]) -> None:
            self._take(unknown, answers)

        return self._spelling_searches(unknown), take

    def _values(self, matches: FacetMatches, documents: Sequence[int]) -> list[Body]:
        """Return the values of each of *documents*, by field."""
        unknown = [number for number in documents if number not in matches.values]
        known = [matches.values[number] for number in documents if number in matches.values]
        if not unknown:
            return known
        search = {
            "size": len(unknown),
            "query": {"ids": {"values": [str(number) for number in unknown]}},
            "sort": [{"ordinal": "asc"}],
            **NOT_STORED,
            "docvalue_fields": with_values(self._own),
        }
        return known + [hit.get("fields", {}) for hit in self._search([search])[0]["hits"]["hits"]]

    def _spelled_by_articles(self, values: Sequence[tuple[str, str]]) -> dict[tuple[str, str], str]:
        """Return how the first article that has each of *values*, terms of keywords, spells it."""
        known = {value: spelling for value in values if (spelling := self._spellings.get(value)) is not None}
        unknown = [value for value in values if value not in known]
        return known | self._take(unknown, self._search(self._spelling_searches(unknown)))

    def _spelling_searches(self, values: Sequence[tuple[str, str]]) -> list[Body]:
        return [
            {
                "size": 1,
                "query": {"constant_score": {"filter": {"term": {self._fields[name]: term}}}},
                "sort": [{"ordinal": "asc"}],
                "track_total_hits": False,
                "_source": ["author", "source", "tags", "extra", "elsewhere"],
            }
            for name, term in values
        ]

    def _take(self, values: Sequence[tuple[str, str]], answers: Sequence[Body]) -> dict[tuple[str, str], str]:
        known = {}
        for (name, term), answer in zip(values, answers, strict=True):
            for hit in answer["hits"]["hits"]:
                known[name, term] = _spelled(name, hit["_source"], self._own).get(term, term)
                self._spellings.put((name, term), known[name, term])
        return known


def _spelled(name: str, document: Body, own: OwnFields) -> dict[str, str]:
    """Return the terms of the keyword *name* of a document, each as the first of its articles spells it."""
    spelled: dict[str, str] = {}
    values = keyword_values(read_keywords(document), own)
    index_name = next((each.index_name for each in own if each.name == name), name)
    for value in values[index_name]:
        if term := keyword_term(value).decode():
            spelled.setdefault(term, value)
    return spelled
