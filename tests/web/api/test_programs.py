"""What programs ask beyond searching: passages, vectors, all hits, batches in lines, and OpenAI's shape."""

from __future__ import annotations

import base64
import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import numpy as np
import pytest

import arsearch
from arsearch import Settings
from arsearch.search.searcher import Searcher
from arsearch.web.access_tokens import TokenFile

from ..conftest import Answer, Site, serving

LINES = "application/x-ndjson"


@pytest.fixture(scope="module")
def small(corpus_index: Path) -> Iterator[Site]:
    """A server with low limits, that speaks as OpenAI does."""
    with serving(corpus_index, openai_embeddings=True, max_embeddings=3, max_searches=3, max_depth=20, max_page_size=4,
                 page_size=4) as site:  # fmt: skip
        yield site


def lines(answer: Answer) -> list[dict[str, Any]]:
    assert answer.headers["Content-Type"] == LINES
    return [json.loads(line) for line in answer.text.splitlines()]


def test_passages_lead_back_to_the_article(site: Site) -> None:
    answer = site.get("/api/v1/passages", q="بيت الحكمة في بغداد", size="3", neighbours="1")
    assert answer.status == 200
    found = json.loads(answer.text)["passages"]
    assert len(found) == 3
    for passage in found:
        body = json.loads(site.get("/api/v1/article", id=passage["article_id"]).text)["body"]
        assert body[passage["start"] : passage["end"]] == passage["text"]
        assert passage["text"] in passage["context"]["text"]
        address, _, fragment = passage["link"].partition("#")
        assert fragment == f"chars={passage['start']}-{passage['end']}"
        assert site.get(address).status == 200
    again = site.ask("GET", "/api/v1/passages?q=%D8%A8%D9%8A%D8%AA")
    assert site.ask("GET", "/api/v1/passages?q=%D8%A8%D9%8A%D8%AA", If_None_Match=again.headers["ETag"]).status == 304


def test_a_body_asks_as_an_address_does(site: Site, searcher: Searcher) -> None:
    asked: dict[str, Any] = {"q": "بيت الحكمة", "size": 4, "max_characters": 900, "diversity": 0.5, "source": []}
    in_body = json.loads(site.post_json("/api/v1/passages", asked).text)
    in_address = json.loads(
        site.get("/api/v1/passages", q="بيت الحكمة", size="4", max_characters="900", diversity="0.5").text
    )
    assert in_body["passages"] == in_address["passages"] != []
    [vector] = searcher.embed([asked["q"]])
    written = ",".join(f"{number:.9f}" for number in vector.tolist())
    with_vector = json.loads(site.get("/api/v1/search", q=asked["q"], vector=written).text)
    plain = json.loads(site.get("/api/v1/search", q=asked["q"]).text)
    assert [hit["id"] for hit in with_vector["hits"]] == [hit["id"] for hit in plain["hits"]]
    following = site.get(with_vector["next"])
    assert (following.status, len(json.loads(following.text)["hits"]) > 0) == (200, True)


@pytest.mark.parametrize(
    ("asked", "field", "status"),
    [
        ({"q": "بيت", "neighbours": 6}, "neighbours", 400),
        ({"q": "بيت", "diversity": 2}, "diversity", 400),
        ({"q": "بيت", "size": 1000}, "size", 400),
        ({"q": "بيت", "vector": [1, 0]}, "vector", 422),
        ({"q": "بيت", "page": 1}, "page", 400),
        ({"q": "؟"}, "q", 422),
    ],
)  # fmt: skip
def test_programs_are_told_what_is_wrong(site: Site, asked: dict[str, Any], field: str, status: int) -> None:
    answer = site.post_json("/api/v1/passages", asked)
    problem = json.loads(answer.text)
    assert (answer.status, problem["errors"][0]["field"]) == (status, field)


def test_all_hits_come_a_line_each(small: Site, searcher: Searcher) -> None:
    every = [hit.id for hit in searcher.hits("بيت الماء")]
    assert len(every) > 9
    some = lines(small.get("/api/v1/hits", q="بيت الماء", max_hits="9", fields="title"))
    assert [hit["id"] for hit in some] == every[:9]
    assert set(some[0]) == {"id", "title"}
    refused = small.get("/api/v1/hits", q="بيت", max_hits="21")
    assert (refused.status, json.loads(refused.text)["errors"][0]["field"]) == (400, "max_hits")
    assert small.get("/api/v1/hits", q="؟").status == 422


def test_freshness_counts_in_hits_and_passages_as_in_a_search(small: Site) -> None:
    fresh = {"q": "المدينة", "freshness": "3", "now": "2016-01-01", "mode": "lexical"}
    found = json.loads(small.get("/api/v1/search", **fresh, size="4").text)["hits"]
    plain = json.loads(small.get("/api/v1/search", **{**fresh, "freshness": "0"}, size="4").text)["hits"]
    assert [hit["score"] for hit in found] != [hit["score"] for hit in plain]
    hits = lines(small.get("/api/v1/hits", **fresh, max_hits="4", fields="score"))
    assert [(hit["id"], hit["score"]) for hit in hits] == [(hit["id"], hit["score"]) for hit in found]
    scores = {hit["id"]: hit["score"] for hit in found}
    passages = json.loads(small.get("/api/v1/passages", **fresh, size="4").text)["passages"]
    assert {each["article_id"] for each in passages} & scores.keys()
    for each in passages:
        assert each["parts"]["article"] == pytest.approx(scores.get(each["article_id"], each["parts"]["article"]))


def test_a_batch_is_answered_in_lines(small: Site) -> None:
    asked = b'{"q": "\xd8\xa8\xd9\x8a\xd8\xaa", "size": 1}\n\n{"q": "", "size": 1}\n'
    answers = lines(small.ask("POST", "/api/v1/msearch", asked, Content_Type=LINES, Accept=LINES))
    assert [(answer["place"], answer["status"]) for answer in answers] == [(0, 200), (1, 400)]
    assert len(answers[0]["answer"]["hits"]) == 1
    as_document = small.ask("POST", "/api/v1/msearch", asked, Content_Type=LINES)
    assert [each["status"] for each in json.loads(as_document.text)["answers"]] == [200, 400]
    for body in (b"", b"[]\n", b'{"q": 1\n'):
        assert small.ask("POST", "/api/v1/msearch", body, Content_Type=LINES).status == 422
    assert small.ask("POST", "/api/v1/msearch", asked * 2, Content_Type=LINES).status == 422


def test_vectors_are_those_of_the_index(small: Site, searcher: Searcher) -> None:
    answer = json.loads(small.post_json("/api/v1/embed", {"texts": ["بيت", "ماء"], "kind": "passage"}).text)
    assert (answer["model"], answer["dimension"]) == ("fast", searcher.index.manifest.dimension)
    assert np.allclose(answer["vectors"], searcher.embed(["بيت", "ماء"], "passage"), atol=1e-6)
    refused = small.post_json("/api/v1/embed", {"texts": ["بيت"] * 4})
    assert (refused.status, json.loads(refused.text)["errors"][0]["field"]) == (422, "texts")


def test_vectors_in_the_shape_of_openai(small: Site, site: Site, searcher: Searcher) -> None:
    answer = json.loads(small.post_json("/v1/embeddings", {"model": "any", "input": ["بيت"], "user": "me"}).text)
    assert (answer["object"], answer["data"][0]["index"], answer["usage"]["prompt_tokens"] > 0) == ("list", 0, True)
    assert np.allclose(answer["data"][0]["embedding"], searcher.embed(["بيت"], "passage")[0], atol=1e-6)
    packed = json.loads(small.post_json("/v1/embeddings", {"input": "بيت", "encoding_format": "base64"}).text)
    numbers = np.frombuffer(base64.b64decode(packed["data"][0]["embedding"]), "<f4")
    assert np.allclose(numbers, searcher.embed(["بيت"], "passage")[0], atol=1e-6)
    for wrong, param in (({"input": []}, "input"), ({"input": "بيت", "dimensions": 3}, "dimensions"), ({}, "input")):
        refused = small.post_json("/v1/embeddings", wrong)
        error = json.loads(refused.text)["error"]
        assert (refused.status, error["type"], error["param"]) == (400, "invalid_request_error", param)
    assert site.post_json("/v1/embeddings", {"input": "بيت"}).status == 404


def test_programs_need_a_token_where_search_does(corpus_index: Path, tmp_path: Path) -> None:
    token = TokenFile(tmp_path / "tokens.json").create("program", ["search"])
    with serving(corpus_index, tokens=str(tmp_path / "tokens.json"), openai_embeddings=True) as site:
        for path, body in (
            ("/api/v1/passages", {"q": "بيت"}),
            ("/api/v1/embed", {"texts": ["بيت"]}),
            ("/v1/embeddings", {"input": "بيت"}),
        ):
            assert site.post_json(path, body).status == 401, path
            sent = json.dumps(body).encode()
            headers = {"Content_Type": "application/json", "Authorization": f"Bearer {token}"}
            assert site.ask("POST", path, sent, **headers).status == 200, path
        assert site.get("/api/v1/hits", q="بيت").status == 401


def test_what_costs_more_counts_as_more_requests(corpus_index: Path) -> None:
    with serving(corpus_index, rate_limit="6/hour", rate_limit_exempt=(), max_page_size=2, page_size=2) as site:
        assert site.post_json("/api/v1/embed", {"texts": ["بيت"] * 3}).status == 200
        hits = lines(site.get("/api/v1/hits", q="بيت الماء", max_hits="100"))
        assert [set(hit) for hit in hits[-1:]] == [{"problem"}]
        assert hits[-1]["problem"]["status"] == 429
        assert len(hits) == 7


def test_without_a_model_passages_come_by_words(site_without_model: Site) -> None:
    answer = json.loads(site_without_model.get("/api/v1/passages", q="سفينة", size="2").text)
    assert (answer["notice_kind"], answer["mode"], len(answer["passages"])) == ("no-model", "lexical", 2)
    assert "/" not in answer["notice"]
    assert site_without_model.post_json("/api/v1/embed", {"texts": ["بيت"]}).status == 503
    assert site_without_model.get("/api/v1/passages", q="سفينة", max_tokens="9").status == 503


def test_passages_are_counted_as_searches_are(corpus_index: Path) -> None:
    assert Settings().passage_articles > 0
    with serving(corpus_index) as site:
        before = site.get("/metrics").text
        site.get("/api/v1/passages", q="بيت الحكمة")
        after = site.get("/metrics").text
    name = 'arsearch_http_requests_total{endpoint="programs.passages",status="200"}'
    assert _value(after, name) == _value(before, name) + 1
    name = 'arsearch_search_seconds_count{mode="hybrid"}'
    assert _value(after, name) == _value(before, name) + 1


def _value(exposition: str, name: str) -> float:
    return next((float(line.rpartition(" ")[-1]) for line in exposition.splitlines() if line.startswith(name)), 0.0)


def test_the_door_knows_passages(searcher: arsearch.Searcher) -> None:
    assert isinstance(searcher.passages("بيت"), arsearch.PassageResults)
