"""The HTTP API: what programs send, and what they can rely on getting."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest
from jsonschema import Draft202012Validator

from arsearch import Settings
from arsearch.web.api.openapi import openapi_document
from arsearch.web.api.responses import SearchAnswer

from ..conftest import Answer, Site, serving

DOCUMENT = openapi_document("/", Settings())
SEARCH = "/api/v1/search"


def answer(response: Answer, schema: str, status: int = 200) -> Any:
    """Return the answer in *response*, once it is what the OpenAPI document says."""
    assert response.status == status, response.text
    value = json.loads(response.text)
    reference = {"$ref": f"#/components/schemas/{schema}", "components": DOCUMENT["components"]}
    Draft202012Validator(reference).validate(value)
    return value


def test_a_search_answers_as_documented(site: Site) -> None:
    response = site.get(SEARCH, q="الابل", size="3", facets="true", explain="1")
    assert response.headers["Content-Type"] == "application/json"
    results = answer(response, "SearchAnswer")
    assert list(results)[:7] == ["query", "mode", "total", "total_relation", "took_ms", "page", "size"]
    assert results["query"] == "الابل"
    assert results["mode"] == "hybrid"
    first = results["hits"][0]
    assert "<mark>" in first["snippet"]
    assert set(first["explain"]) == {"lexical", "semantic", "by_word", "words", "grams", "window", "lead", "order"}
    assert sum(facet["count"] for facet in results["facets"]["source"]) <= results["total"]
    assert "الابل" in response.text  # Arabic as it is, not as escapes


@pytest.mark.parametrize(
    "more",
    [{}, {"facets": "true"}, {"fields": "date,body,title"}, {"stories": "true", "size": "3"}, {"explain": "true"}],
)
def test_a_search_is_answered_as_its_model_would_write_it(site: Site, more: dict[str, str]) -> None:
    text = site.get(SEARCH, q="المدينة القديمة", **more).text
    written = SearchAnswer.model_validate_json(text).as_json()
    assert json.dumps(json.loads(text)) == json.dumps(json.loads(written))  # members in the same order


def test_without_asking_there_are_no_facets_and_no_explanation(site: Site) -> None:
    results = answer(site.get(SEARCH, q="القهوة"), "SearchAnswer")
    assert results["facets"] == {}
    assert all("explain" not in hit for hit in results["hits"])
    assert all("body" not in hit for hit in results["hits"])


@pytest.mark.parametrize("mode", ["hybrid", "lexical", "semantic"])
def test_modes(site: Site, mode: str) -> None:
    assert answer(site.get(SEARCH, q="القهوة في اليمن", mode=mode), "SearchAnswer")["mode"] == mode


def test_filters_repeat_and_combine(site: Site) -> None:
    everything = answer(site.get(SEARCH, q="المدينة", facets="true", size="100", mode="lexical"), "SearchAnswer")
    (first, second) = [facet["value"] for facet in everything["facets"]["author"]][:2]
    filtered = answer(site.get(SEARCH, q="المدينة", author=[first, second], size="100", mode="lexical"), "SearchAnswer")
    expected = [hit["id"] for hit in everything["hits"] if hit["author"] in (first, second)]
    assert [hit["id"] for hit in filtered["hits"]] == expected
    dated = answer(site.get(SEARCH, q="المدينة", **{"from": "2020", "to": "2022-06"}), "SearchAnswer")
    assert all("2020" <= hit["date"] <= "2022-06-31" for hit in dated["hits"])
    assert dated["hits"]


def test_sort_by_date(site: Site) -> None:
    dates = [hit["date"] for hit in answer(site.get(SEARCH, q="المدينة", sort="date"), "SearchAnswer")["hits"]]
    assert dates == sorted(dates, reverse=True)
    newest = [hit["date"] for hit in answer(site.get(SEARCH, q="المدينة", sort="newest"), "SearchAnswer")["hits"]]
    assert newest == dates
    oldest = [hit["date"] for hit in answer(site.get(SEARCH, q="المدينة", sort="oldest"), "SearchAnswer")["hits"]]
    assert oldest == sorted(oldest)
    assert oldest[0] < dates[-1]


def test_pages(site: Site) -> None:
    whole = answer(site.get(SEARCH, q="المدينة", size="6"), "SearchAnswer")["hits"]
    second = answer(site.get(SEARCH, q="المدينة", size="3", page="2"), "SearchAnswer")["hits"]
    assert second == whole[3:]


def test_suggestions_are_titles(site: Site) -> None:
    suggestions = answer(site.get("/api/v1/suggest", q="بيت الحك"), "SuggestAnswer")["suggestions"]
    assert any("بيت الحكمة" in title for title in suggestions)
    assert answer(site.get("/api/v1/suggest"), "SuggestAnswer")["suggestions"] == []
    assert len(answer(site.get("/api/v1/suggest", q="ال", limit="2"), "SuggestAnswer")["suggestions"]) == 2


def test_suggestions_in_the_format_of_opensearch(site: Site) -> None:
    response = site.get("/api/v1/suggest", q="بيت الحك", format="opensearch")
    assert response.headers["Content-Type"] == "application/x-suggestions+json"
    query, suggestions = json.loads(response.text)
    assert query == "بيت الحك"
    assert "بيت الحكمة" in suggestions
    assert answer(site.get("/api/v1/suggest", q="بيت", format="xml"), "Problem", 400)["errors"][0]["field"] == "format"


def test_an_answer_says_that_it_is_that_of_the_suggestion(site: Site) -> None:
    results = answer(site.get(SEARCH, q="libya"), "SearchAnswer")
    assert (results["query"], results["suggestion"], results["answered"]) == ("libya", "ليبيا", "ليبيا")
    assert results["hits"]
    typed = answer(site.get(SEARCH, q="libya", as_typed="1", mode="lexical"), "SearchAnswer")
    assert (typed["total"], "answered" in typed) == (0, False)


def test_an_article_and_those_like_it(site: Site) -> None:
    article = answer(site.get("/api/v1/articles/house-of-wisdom"), "ArticleAnswer")
    assert article["id"] == "house-of-wisdom"
    assert len(article["body"]) > 500
    similar = answer(site.get("/api/v1/articles/house-of-wisdom/similar", limit="3"), "SimilarAnswer")["articles"]
    assert len(similar) == 3
    assert all("body" not in article and article["id"] != "house-of-wisdom" for article in similar)


def test_ids_may_hold_slashes(wild_site: Site) -> None:
    assert answer(wild_site.get("/api/v1/articles/evil/article"), "ArticleAnswer")["id"] == "evil/article"
    assert answer(wild_site.get("/api/v1/articles/evil/article/similar"), "SimilarAnswer")["articles"]


PROBLEMS = [
    ({}, 400, "q"),
    ({"q": "  "}, 400, "q"),
    ({"q": "؟!"}, 422, "q"),
    ({"q": "ك" * 10_000}, 422, "q"),
    ({"q": "أ " * 65}, 422, "q"),
    ({"q": "قمر", "mode": "magic"}, 400, "mode"),
    ({"q": "قمر", "page": "-1"}, 400, "page"),
    ({"q": "قمر", "page": "0"}, 400, "page"),
    ({"q": "قمر", "page": "two"}, 400, "page"),
    ({"q": "قمر", "page": "9" * 5000}, 400, "page"),
    ({"q": "قمر", "page": "9999"}, 422, "page"),
    ({"q": "قمر", "size": "101"}, 400, "size"),
    ({"q": "قمر", "sort": "color"}, 400, "sort"),
    ({"q": "قمر", "from": "15/07/2015"}, 400, "from"),
    ({"q": "قمر", "to": "2015-7"}, 400, "to"),
    ({"q": "قمر", "facets": "maybe"}, 400, "facets"),
]


@pytest.mark.parametrize(("parameters", "status", "field"), PROBLEMS)
def test_a_bad_request_is_a_problem_that_names_the_field(
    site: Site, parameters: dict[str, str], status: int, field: str
) -> None:
    response = site.get(SEARCH, **parameters)
    assert response.headers["Content-Type"] == "application/problem+json"
    problem = answer(response, "Problem", status)
    assert problem["status"] == status
    assert [error["field"] for error in problem["errors"]] == [field]
    assert len(response.text) < 1000


@pytest.mark.parametrize("limit", ["0", "-1", "x", "101"])
def test_limits_are_checked(site: Site, limit: str) -> None:
    assert answer(site.get("/api/v1/suggest", q="ا", limit=limit), "Problem", 400)["errors"][0]["field"] == "limit"


@pytest.mark.parametrize("path", ["/api/v1/articles/none", "/api/v1/articles/none/similar", "/api/v1/nonsense"])
def test_what_is_not_there_is_404(site: Site, path: str) -> None:
    response = site.get(path)
    assert response.headers["Content-Type"] == "application/problem+json"
    assert answer(response, "Problem", 404)["title"].startswith("There is no")


def test_without_an_index_the_service_is_unavailable(tmp_path: Path) -> None:
    with serving(tmp_path / "nowhere") as site:
        for path in (f"{SEARCH}?q=x", "/api/v1/articles/x", "/readyz"):
            response = site.get(path)
            assert answer(response, "Problem", 503)["type"] == "/api/v1/problems/index-unavailable"
            assert response.headers["Retry-After"] == "30"
            assert str(tmp_path) not in response.text
        assert site.get("/healthz").status == 200


def test_an_error_nobody_expected_says_nothing_about_the_inside(
    site: Site, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    def broken(*_: object) -> None:
        raise RuntimeError("secret inside")

    monkeypatch.setattr("arsearch.web.api.routes.answer_search", broken)
    response = site.get(SEARCH, q="قمر")
    assert answer(response, "Problem", 500)["type"] == "/api/v1/problems/internal-error"
    assert "secret" not in response.text
    assert "secret inside" in caplog.text


def test_a_lexical_answer_says_that_the_model_is_missing(site_without_model: Site) -> None:
    results = answer(site_without_model.get(SEARCH, q="سفينة"), "SearchAnswer")
    assert results["mode"] == "lexical"
    assert results["notice"] == "Searched by words only, because the model is missing."  # and not where it was
    assert results["notice_kind"] == "no-model"


def test_operations(site: Site) -> None:
    assert json.loads(site.get("/healthz").text) == {"status": "ok"}
    ready = json.loads(site.get("/readyz").text)
    assert (ready["status"], ready["commit"]) == ("ok", "00000001")
    site.get(SEARCH, q="قمر")
    metrics = site.get("/metrics")
    assert metrics.headers["Content-Type"].startswith("text/plain")
    assert 'arsearch_search_seconds_count{mode="hybrid"}' in metrics.text
    assert 'arsearch_http_requests_total{endpoint="api.search",status="200"}' in metrics.text
