"""Queries in OpenSearch's words. Whether they find the same there is for the tests of the cluster."""

from __future__ import annotations

import dataclasses
import datetime
import json
from typing import Any

import pytest
from whoosh import query as q

from arsearch.backends.opensearch.search.query_dsl import (
    as_clause,
    demand_clause,
    milliseconds,
    phrases_clause,
    scored_clause,
)
from arsearch.lexical import parse_query
from arsearch.lexical.query.parse import OldPhrase


def inside(clause: Any, kind: str) -> list[Any]:
    """Return what stands under every key *kind* of *clause*."""
    if isinstance(clause, list):
        return [found for part in clause for found in inside(part, kind)]
    if not isinstance(clause, dict):
        return []
    return [value for key, value in clause.items() if key == kind] + inside(list(clause.values()), kind)


def test_a_word_scores_in_three_fields_and_any_word_is_enough() -> None:
    clause = scored_clause(parse_query("بيت الحكمة"))
    assert clause["bool"]["minimum_should_match"] == 1
    terms = [(field, term["value"], term["boost"]) for one in inside(clause, "term") for field, term in one.items()]
    assert ("text_stem", "بيت", 1.0) in terms
    assert ("text_exact", "الحكمه", 0.4) in terms
    assert len(terms) == 6


def test_side_by_side_words_demand_nothing() -> None:
    assert demand_clause(parse_query("بيت الحكمة")) is None


def test_a_phrase_is_demanded_without_scoring() -> None:
    clause = scored_clause(parse_query('"بيت الحكمة" بغداد'))
    assert inside(clause["bool"]["filter"], "match_phrase") == [
        {"text_exact": {"query": "بيت الحكمه", "slop": 0, "boost": 1.0}}
    ]
    assert "filter" not in clause["bool"]["must"][0]["bool"]


def test_a_verse_in_an_old_spelling_is_one_of_some_words_at_each_place() -> None:
    words = ("ذلك", "الكتاب", "لا")
    old = OldPhrase(words, (("ذلك",), ("الكتاب", "الكتب"), ("لا",)))
    clause = phrases_clause(dataclasses.replace(parse_query('"ذلك الكتاب لا"'), old_phrases=(old,)))
    [near] = inside(clause, "span_near")
    assert (near["slop"], near["in_order"]) == (0, True)
    assert [[term["text_exact"]["value"] for term in inside(place, "span_term")] for place in near["clauses"]] == [
        list(forms) for forms in old.places
    ]
    assert inside(clause, "match_phrase")


def test_what_is_excluded_leaves_only_articles_that_are_found_by_themselves() -> None:
    clause = demand_clause(parse_query("بيت -قصر"))
    assert inside(clause, "filter")[0] == [{"term": {"searchable": True}}]
    assert inside(clause, "must_not")


def test_the_beginning_of_a_word_scores_as_its_most_frequent_words_and_finds_all() -> None:
    prefixes = inside(scored_clause(parse_query("مكت*")), "prefix")
    assert {"text_exact": {"value": "مكت", "rewrite": "top_terms_256", "boost": 0.4}} in prefixes
    assert {"text_exact": {"value": "مكت"}} in prefixes


def test_dates_are_milliseconds_and_may_be_before_1970() -> None:
    [bounds] = inside(demand_clause(parse_query("تاريخ:1969-12-31 بيت")), "range")
    assert bounds == {"moment": {"gte": -86_400_000, "lte": -1}}
    assert milliseconds(datetime.datetime(1, 1, 1)) < 0


@pytest.mark.parametrize("value", ["a.b", "سعر(ريال)", "C++", "~x~", "a@b", "<10-20>"])
def test_a_keyword_is_looked_for_as_it_is_written(value: str) -> None:
    clause = demand_clause(parse_query(f'وسم:"{value}" بيت'))
    [regexp] = inside(clause, "regexp")
    [(field, pattern)] = regexp.items()
    assert field == "keywords.tag"
    assert pattern["flags"] == "NONE"


def test_all_phrases_have_to_be_there() -> None:
    assert len(inside(phrases_clause(parse_query('"بيت الحكمة" "دار العلم"')), "match_phrase")) == 2


def test_every_query_can_be_sent_as_json() -> None:
    for text in ("بيت", '"', "(a OR b) AND NOT c", "title:x*", "كاتب:علي*", "مصدر:وكالة", "٥٠%"):
        json.dumps([scored_clause(parse_query(text)), demand_clause(parse_query(text))])


def test_other_kinds_of_queries_are_refused() -> None:
    with pytest.raises(TypeError, match="Every"):
        as_clause(q.Every())
