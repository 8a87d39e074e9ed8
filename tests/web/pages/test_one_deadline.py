"""A page of results has one deadline for all that it does; when time is up hints go, and the page stands."""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from flask import Flask
from werkzeug.test import TestResponse

import arsearch
from arsearch import Settings
from arsearch.errors import QueryTimeoutError
from arsearch.search.request import SearchRequest
from arsearch.search.searcher import Searcher
from arsearch.web.app import create_app

NOTHING = {"q": "المدينة", "mode": "lexical", "from": "1800", "to": "1801", "source": "لا أحد", "author": "لا أحد"}
"""Finds nothing, and would find something in several other ways."""
NARROWED = {"q": "المدينة", "mode": "lexical", "source": "صحيفة المرفأ"}
"""Other values of the selected facet are counted by a search of their own."""


class Hand:
    """A clock that moves when it is told to, and by itself after a number of looks."""

    def __init__(self) -> None:
        self.seconds = 0.0
        self.looks = 0
        self.ends_after = 10**9

    def __call__(self) -> float:
        self.looks += 1
        return self.seconds if self.looks <= self.ends_after else self.seconds + 1e6

    def end_after(self, looks: int) -> None:
        self.looks, self.ends_after = 0, looks


@pytest.fixture
def hand() -> Hand:
    return Hand()


@pytest.fixture
def app(corpus_index: Path, hand: Hand) -> Iterator[Flask]:
    app = create_app(Settings(index=corpus_index, max_query_ms=1000, cached_answers=0), hand)
    app.test_client().get("/")  # opens the index
    yield app
    app.extensions["arsearch"].searcher().close()


def page(app: Flask, parameters: dict[str, str]) -> TestResponse:
    return app.test_client().get("/search", query_string=parameters)


def hints(response: TestResponse) -> list[str]:
    """The addresses of wider searches, or the counts beside facets."""
    text = response.get_data(as_text=True)
    wider = text.partition('class="wider-searches"')[2].partition("</ul>")[0]
    return re.findall(r'href="([^"]+)"', wider) or re.findall(r'<span class="count">([^<]+)</span>', text)


@pytest.fixture
def searched(monkeypatch: pytest.MonkeyPatch, hand: Hand) -> list[SearchRequest]:
    """What is searched; each search takes 0.4 of the second that a request may take."""
    asked: list[SearchRequest] = []
    search = Searcher.search

    def slowly(self: Searcher, query: Any, **request: Any) -> arsearch.SearchResults:
        asked.append(query)
        results = search(self, query, **request)
        hand.seconds += 0.4
        return results

    monkeypatch.setattr(Searcher, "search", slowly)
    return asked


def test_wider_searches_share_the_clock_of_the_request(app: Flask, searched: list[SearchRequest]) -> None:
    response = page(app, NOTHING)
    assert response.status_code == 200
    # 0.4 seconds for the answer, and for the first and second attempt of five: then it is over.
    assert len(searched) == 3


def test_selected_facets_share_the_clock_of_the_request(app: Flask, searched: list[SearchRequest]) -> None:
    [hit, *_] = app.extensions["arsearch"].searcher().search("المدينة", mode="lexical")
    article = hit.article
    searched.clear()
    selected = {
        "source": article.source,
        "author": article.author,
        "section": article.tags[0],
        "from": article.date[:4],
    }
    response = page(app, {"q": "المدينة", "mode": "lexical", **selected, "to": article.date[:4]})
    assert response.status_code == 200
    # 0.4 seconds for the answer, and for the first and second of four selected facets: then it is over.
    assert len(searched) == 3


@pytest.mark.parametrize("parameters", [NOTHING, NARROWED])
def test_a_hint_that_runs_out_of_time_leaves_the_page_standing(
    app: Flask, parameters: dict[str, str], monkeypatch: pytest.MonkeyPatch
) -> None:
    whole = page(app, parameters)
    assert whole.status_code == 200
    assert hints(whole)
    search = Searcher.search
    answered: list[object] = []

    def search_once(self: Searcher, query: Any, **request: Any) -> arsearch.SearchResults:
        if answered:
            raise QueryTimeoutError("too late for a hint")
        answered.append(query)
        return search(self, query, **request)

    monkeypatch.setattr(Searcher, "search", search_once)
    bare = page(app, parameters)
    assert answered
    assert bare.status_code == 200
    assert set(hints(bare)) < set(hints(whole))


@pytest.mark.parametrize("parameters", [NOTHING, NARROWED])
def test_wherever_the_time_runs_out_the_page_stands_as_soon_as_there_is_an_answer(
    app: Flask, hand: Hand, parameters: dict[str, str]
) -> None:
    whole = page(app, parameters)
    hand.end_after(10**9)
    page(app, parameters)
    looks = hand.looks
    step = max(1, looks // 40)
    statuses, counts = [], []
    for look in range(1, looks + step, step):
        hand.end_after(look)
        response = page(app, parameters)
        statuses.append(response.status_code)
        if response.status_code == 200:
            counts.append(len(hints(response)))
    assert set(statuses) == {200, 503}
    assert statuses == sorted(statuses, reverse=True), "once there is an answer, no hint takes the page away"
    assert counts[-1] == len(hints(whole))
    assert counts[0] < counts[-1], "hints go when time is up"
