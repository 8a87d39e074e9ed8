"""What HTTP offers: questions in bodies, batches, asking again, compression, HEAD, other origins."""

from __future__ import annotations

import gzip
import json
from pathlib import Path
from typing import Any

import pytest

from arsearch.errors import QueryTimeoutError

from ..conftest import Site, serving
from .test_api import SEARCH, answer

BATCH = "/api/v1/msearch"
GET_PATHS = [
    f"{SEARCH}?q=%D9%82%D9%85%D8%B1", "/api/v1/suggest?q=%D8%A8", "/api/v1/articles/house-of-wisdom",
    "/api/v1/articles/house-of-wisdom/similar", "/api/v1/article?id=house-of-wisdom",
    "/api/v1/similar?id=house-of-wisdom", "/api/v1/openapi.json",
]  # fmt: skip


def without_time(value: dict[str, Any]) -> dict[str, Any]:
    return value | {"took_ms": 0}


def test_a_body_asks_what_an_address_asks(site: Site) -> None:
    asked = {"q": "المدينة", "author": ["سلمى نصار"], "from": "٢٠٢٠", "size": 3, "facets": True, "sort": "date"}
    by_body = answer(site.post_json(SEARCH, asked), "SearchAnswer")
    by_address = answer(
        site.get(SEARCH, **{name: str(value).lower() if isinstance(value, bool) else value if isinstance(value, list)
                            else str(value) for name, value in asked.items()}),
        "SearchAnswer",
    )  # fmt: skip
    assert without_time(by_body) == without_time(by_address)


def test_a_whole_number_may_be_written_with_a_point(site: Site) -> None:
    assert answer(site.post_json(SEARCH, {"q": "قمر", "size": 2.0}), "SearchAnswer")["size"] == 2


@pytest.mark.parametrize(
    ("body", "pointer"),
    [
        ({}, "#/q"),
        ({"q": ""}, "#/q"),
        ({"q": 5}, "#/q"),
        ({"q": None}, "#/q"),
        ({"q": "قمر", "page": "1"}, "#/page"),
        ({"q": "قمر", "page": True}, "#/page"),
        ({"q": "قمر", "size": 0}, "#/size"),
        ({"q": "قمر", "size": 2.5}, "#/size"),
        ({"q": "قمر", "": 1}, "#/"),
        ({"q": "قمر", "size": 101}, "#/size"),
        ({"q": "قمر", "facets": "true"}, "#/facets"),
        ({"q": "قمر", "author": "منى"}, "#/author"),
        ({"q": "قمر", "author": ["منى", 5]}, "#/author/1"),
        ({"q": "قمر", "author": [" "]}, "#/author/0"),
        ({"q": "قمر", "fields": ["colour"]}, "#/fields/0"),
        ({"q": "قمر", "a/b~c": 1}, "#/a~1b~0c"),
        ({"q": "قمر", "to": "2015-02-30"}, "#/to"),
        ([], "#"),
        ("قمر", "#"),
    ],
)
def test_what_is_wrong_with_a_body_is_pointed_at(site: Site, body: Any, pointer: str) -> None:
    response = site.post_json(SEARCH, body)
    assert response.headers["Content-Type"] == "application/problem+json"
    problem = answer(response, "Problem", response.status)
    assert problem["status"] in (400, 422)
    assert [error["pointer"] for error in problem["errors"]] == [pointer]


def test_everything_that_is_wrong_is_named(site: Site) -> None:
    problem = answer(site.get(SEARCH, page="x", autor="منى", from_="1"), "Problem", 400)
    assert {error["field"] for error in problem["errors"]} == {"q", "page", "autor", "from_"}
    assert "pointer" not in problem["errors"][0]
    twice = answer(site.get(SEARCH, q=["قمر", "بحر"]), "Problem", 400)
    assert "2 times" in twice["errors"][0]["detail"]


@pytest.mark.parametrize(
    "body", [b"", b"{", b"\xff\xfe", b'{"q": "\\ud800"}', b"[" * 10_000, b'{"q": "x", "page": 1e400}']
)
def test_a_body_that_is_not_json(site: Site, body: bytes) -> None:
    response = site.ask("POST", SEARCH, body, Content_Type="application/json")
    assert answer(response, "Problem", 400)["type"] == "/api/v1/problems/invalid-request"


def test_a_body_of_another_type(site: Site) -> None:
    response = site.ask("POST", SEARCH, b"q=x", Content_Type="application/x-www-form-urlencoded")
    assert answer(response, "Problem", 415)["type"] == "/api/v1/problems/unsupported-media-type"


def test_hits_have_the_fields_that_were_asked_for(site: Site) -> None:
    [first, *_] = answer(site.get(SEARCH, q="القهوة", fields="title,body"), "SearchAnswer")["hits"]
    assert list(first) == ["id", "title", "body"]
    [again, *_] = answer(site.get(SEARCH, q="القهوة", fields=["body", "title"]), "SearchAnswer")["hits"]
    assert again == first
    whole = answer(site.get("/api/v1/article", id=first["id"]), "ArticleAnswer")
    assert (first["title"], first["body"]) == (whole["title"], whole["body"])
    [explained, *_] = answer(site.get(SEARCH, q="القهوة", fields="id", explain="true"), "SearchAnswer")["hits"]
    assert list(explained) == ["id", "explain"]


def test_a_batch_has_an_answer_or_a_problem_for_each(site: Site) -> None:
    searches = [{"q": "القهوة", "size": 2}, {"q": "؟"}, {"q": "قمر", "page": "x"}, {"q": "قمر", "fields": ["title"]}]
    batch = answer(site.post_json(BATCH, {"searches": searches}), "BatchAnswer")
    assert batch["commit"] == "00000001"
    assert [item["status"] for item in batch["answers"]] == [200, 422, 400, 200]
    alone = answer(site.get(SEARCH, q="القهوة", size="2"), "SearchAnswer")
    assert without_time(batch["answers"][0]["answer"]) == without_time(alone)
    assert batch["answers"][1]["problem"]["errors"][0]["pointer"] == "#/searches/1/q"
    assert batch["answers"][2]["problem"]["errors"][0]["pointer"] == "#/searches/2/page"


def test_batches_have_a_limit(site: Site) -> None:
    problem = answer(site.post_json(BATCH, {"searches": [{"q": "قمر"}] * 21}), "Problem", 422)
    assert problem["errors"][0]["pointer"] == "#/searches"
    assert answer(site.post_json(BATCH, {"searches": []}), "Problem", 400)["errors"][0]["field"] == "searches"


@pytest.mark.parametrize("path", GET_PATHS)
def test_head_says_what_get_would(site: Site, path: str) -> None:
    with_body, without = site.ask("GET", path), site.ask("HEAD", path)
    assert (without.status, without.body) == (with_body.status, b"")
    for name in ("Content-Type", "ETag", "Last-Modified"):
        assert without.headers[name] == with_body.headers[name]


@pytest.mark.parametrize("path", GET_PATHS)
def test_what_has_not_changed_is_not_sent_again(site: Site, path: str) -> None:
    first = site.ask("GET", path)
    again = site.ask("GET", path, If_None_Match=first.headers["ETag"])
    assert (again.status, again.body) == (304, b"")
    assert again.headers["ETag"] == first.headers["ETag"]
    assert site.ask("GET", path, If_None_Match='W/"other"').status == 200
    if not path.endswith("openapi.json"):
        since = first.headers["Last-Modified"]
        assert site.ask("GET", path, If_Modified_Since=since).status == 304
        for other in ("Thu, 01 Jan 1970 00:00:00 GMT", "Fri, 01 Jan 2100 00:00:00 GMT"):  # a rollback goes back in time
            assert site.ask("GET", path, If_Modified_Since=other).status == 200


def test_tags_differ_with_the_question_and_with_the_index(site: Site, wild_site: Site) -> None:
    questions: list[dict[str, str | list[str]]] = [
        {"q": "قمر"}, {"q": "بحر"}, {"q": "قمر", "size": "3"}, {"q": "قمر", "author": ["a", "b"]},
        {"q": "قمر", "author": ["b", "a"]}, {"q": "قمر", "author": "a,b"}, {"q": "قمر", "source": "a"},
    ]  # fmt: skip
    tags = {host.get(SEARCH, **question).headers["ETag"] for host in (site, wild_site) for question in questions}
    assert len(tags) == 2 * len(questions)


def test_what_ran_out_of_time_is_not_kept(site: Site, monkeypatch: pytest.MonkeyPatch) -> None:
    def too_late(*_: object) -> None:
        raise QueryTimeoutError("too late")

    monkeypatch.setattr("arsearch.search.rank.find_features", too_late)
    response = site.get(SEARCH, q="القهوة في بلاد بعيدة")
    assert answer(response, "SearchAnswer")["notice_kind"] == "out-of-time"
    assert (response.headers["ETag"], response.headers["Cache-Control"]) == (None, "no-store")


def test_problems_have_no_tag(site: Site) -> None:
    assert site.get(SEARCH).headers["ETag"] is None
    assert site.get("/api/v1/article", id="none").headers["ETag"] is None


def test_long_answers_are_compressed_for_those_who_take_it(site: Site) -> None:
    plain = site.get(SEARCH, q="المدينة")
    assert plain.headers["Content-Encoding"] is None
    assert "Accept-Encoding" in plain.headers["Vary"]
    packed = site.asked_with(Accept_Encoding="gzip").get(SEARCH, q="المدينة")
    assert packed.headers["Content-Encoding"] == "gzip"
    assert json.loads(gzip.decompress(packed.body))["hits"] == json.loads(plain.text)["hits"]
    assert len(packed.body) < len(plain.body) / 2
    short = site.asked_with(Accept_Encoding="gzip").get("/api/v1/suggest", q="")
    assert short.headers["Content-Encoding"] is None


def test_a_method_that_is_not_allowed(site: Site) -> None:
    response = site.ask("DELETE", SEARCH)
    assert answer(response, "Problem", 405)["type"] == "/api/v1/problems/method-not-allowed"
    assert {"GET", "HEAD", "POST"} <= set(response.headers["Allow"].split(", "))


def test_other_origins_may_ask_if_the_setting_names_them(wild_index: Path, site: Site) -> None:
    friend, stranger = "https://news.example", "https://evil.example"
    preflight = {"Access_Control_Request_Method": "POST", "Access_Control_Request_Headers": "content-type"}
    with serving(wild_index, cors_origins=f"{friend}, http://localhost:3000/") as open_site:
        answered = open_site.ask("GET", f"{SEARCH}?q=x", Origin=friend)
        assert answered.headers["Access-Control-Allow-Origin"] == friend
        assert answered.headers["Access-Control-Allow-Credentials"] is None
        assert "Origin" in ", ".join(answered.headers.get_all("Vary", []))
        assert "ETag" in answered.headers["Access-Control-Expose-Headers"]
        allowed = open_site.ask("OPTIONS", SEARCH, None, Origin=friend, **preflight)
        assert allowed.status in (200, 204)
        assert "POST" in allowed.headers["Access-Control-Allow-Methods"]
        assert "content-type" in allowed.headers["Access-Control-Allow-Headers"].lower()
        problem = open_site.ask("GET", SEARCH, Origin=friend)  # a page must be able to read what went wrong
        assert (problem.status, problem.headers["Access-Control-Allow-Origin"]) == (400, friend)
        for origin in (stranger, "https://news.example.evil.example", "null"):
            assert open_site.ask("GET", f"{SEARCH}?q=x", Origin=origin).headers["Access-Control-Allow-Origin"] is None
        assert open_site.ask("GET", "/", Origin=friend).headers["Access-Control-Allow-Origin"] is None
    with serving(wild_index, cors_origins="*") as public_site:
        assert public_site.ask("GET", f"{SEARCH}?q=x", Origin=stranger).headers["Access-Control-Allow-Origin"] == "*"
    assert site.ask("GET", f"{SEARCH}?q=x", Origin=friend).headers["Access-Control-Allow-Origin"] is None
