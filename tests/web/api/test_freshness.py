"""Freshness over HTTP: in addresses and bodies, on pages, and in what clients keep."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path

import pytest

import arsearch
from arsearch import Settings

from ..conftest import Site, serving


@pytest.fixture(scope="module")
def index(tmp_path_factory: pytest.TempPathFactory, tiny_encoder: str) -> Path:
    folder = tmp_path_factory.mktemp("fresh")
    records = [
        {"id": name, "title": "سفينة", "body": "وصلت سفينة القمح إلى الميناء.", "date": date}
        for name, date in (("old", "2005-07-31"), ("new", "2015-07-30"), ("undated", ""))
    ]
    (folder / "corpus.jsonl").write_text("\n".join(map(json.dumps, records)), encoding="utf-8")
    settings = Settings(duplicates="separate")
    arsearch.build_index([folder / "corpus.jsonl"], folder / "index", model=tiny_encoder, settings=settings)
    return folder / "index"


@pytest.fixture(scope="module")
def site(index: Path) -> Iterator[Site]:
    with serving(index) as site:
        yield site


def ids(answer: str) -> list[str]:
    return [hit["id"] for hit in json.loads(answer)["hits"]]


def test_a_program_asks_for_it_in_an_address_or_a_body(site: Site) -> None:
    plain = site.get("/api/v1/search", q="سفينة القمح")
    assert ids(plain.text)[0] == "old"
    asked = site.get("/api/v1/search", q="سفينة القمح", freshness="30.5", now="٢٠١٥-٠٧-٣١", explain="true")
    assert ids(asked.text)[0] == "new"
    said = json.loads(asked.text)
    assert said["explain"]["freshness"] == {"half_life_days": 30.5, "now": "2015-07-31", "weight": 2.0}
    assert said["hits"][0]["explain"]["freshness"] > 0.9
    posted = site.post_json("/api/v1/search", {"q": "سفينة القمح", "freshness": 30, "now": "2015-07-31T10:00:00"})
    assert ids(posted.text)[0] == "new"


@pytest.mark.parametrize("wrong", [{"freshness": "-1"}, {"freshness": "soon"}, {"freshness": "1e9"}, {"now": "today"}])
def test_what_means_nothing_is_a_problem_that_says_so(site: Site, wrong: dict[str, str]) -> None:
    answer = site.get("/api/v1/search", q="سفينة", **wrong)
    assert answer.status == 400
    assert next(iter(wrong)) in json.loads(answer.text)["detail"]


def test_pages_take_it_and_pass_it_on(site: Site) -> None:
    page = site.get("/search", q="سفينة القمح", freshness="30", now="2015-07-31").text
    assert page.index("/article/new?") < page.index("/article/old?")
    assert "freshness=30" in page
    plain = site.get("/search", q="سفينة القمح").text
    assert plain.index("/article/old?") < plain.index("/article/new?")


def test_an_answer_is_kept_for_the_hour(index: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    hour = ["2015-07-31T10:00:00"]
    monkeypatch.setattr("arsearch.search.request.current_hour", lambda: hour[0])
    with serving(index, freshness=30.0) as site:
        first = site.get("/api/v1/search", q="سفينة القمح")
        assert ids(first.text)[0] == "new"
        assert "Last-Modified" not in first.headers
        tag = first.headers["ETag"]
        known = site.asked_with(**{"If-None-Match": tag})
        same = known.get("/api/v1/search", q="سفينة القمح")
        assert same.status == 304
        hour[0] = "2015-07-31T11:00:00"
        assert site.get("/api/v1/search", q="سفينة القمح").headers["ETag"] != tag
        fixed = site.get("/api/v1/search", q="سفينة القمح", now="2015-07-31").headers["ETag"]
        hour[0] = "2015-07-31T12:00:00"
        assert site.get("/api/v1/search", q="سفينة القمح", now="2015-07-31").headers["ETag"] == fixed


def test_a_reader_chooses_the_best_of_the_new_on_a_page(site: Site, index: Path) -> None:
    page = site.asked_with(**{"Accept-Language": "en"}).get("/search", q="سفينة القمح").text
    assert 'sort=relevance&amp;freshness=30">Best of the new</a>' in page
    chosen = site.asked_with(**{"Accept-Language": "en"}).get("/search", q="سفينة القمح", freshness="30").text
    assert 'freshness=30" aria-current="true">Best of the new</a>' in chosen
    assert '<input type="hidden" name="freshness" value="30">' in chosen  # another query is asked in the same way
    with serving(index, freshness=7.0) as fresh:
        page = fresh.asked_with(**{"Accept-Language": "en"}).get("/search", q="سفينة القمح").text
        assert 'freshness=7" aria-current="true">Best of the new</a>' in page
        assert 'freshness=0">Most relevant</a>' in page
