"""Every article can be asked for, whatever its id: on its page, in the API, and by the links that lead there."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from html import unescape
from pathlib import Path

import pytest

import arsearch
from arsearch import Settings
from arsearch.web.pages.links import article_address

from ..conftest import Site, serving

IDS = [
    "plain", "مقال ١", "a/b", "/a", "a//b", "a/", "..", "../../etc/passwd", "./a", "a/./b", "a/..", "a/similar",
    "similar", "a%2Fb", "%2e%2e", "a?b=c&d", "a#b", "a;b", "a+b c", "<script>", '"', "\\..\\a", "a&amp;b", "~a", "a'b",
    "\u202ea",
]  # fmt: skip


@pytest.fixture(scope="module")
def odd_site(tmp_path_factory: pytest.TempPathFactory, tiny_encoder: str) -> Iterator[Site]:
    folder = tmp_path_factory.mktemp("odd")
    records = [{"id": name, "title": f"سفينة رقم {place}", "body": "سفينة في البحر."} for place, name in enumerate(IDS)]
    (folder / "corpus.jsonl").write_text("\n".join(map(json.dumps, records)), encoding="utf-8")
    settings = Settings(duplicates="separate")
    arsearch.build_index([folder / "corpus.jsonl"], folder / "index", model=tiny_encoder, settings=settings)
    with serving(folder / "index", page_size=100) as site:
        yield site


@pytest.mark.parametrize("identifier", IDS)
def test_an_article_is_there_under_its_id(odd_site: Site, identifier: str) -> None:
    for path in ("/api/v1/article", "/api/v1/similar"):
        answer = odd_site.get(path, id=identifier)
        assert (answer.status, json.loads(answer.text)["id"]) == (200, identifier)
    page = odd_site.get(article_address(identifier, ""))
    assert page.status == 200
    assert f"سفينة رقم {IDS.index(identifier)}" in re.sub("<[^>]+>", "", page.text)


def test_results_and_feeds_lead_to_every_article(odd_site: Site) -> None:
    page = odd_site.get("/search", q="سفينة")
    links = {unescape(link) for link in re.findall(r'<h2><a href="([^"]+)"', page.text)}
    feed = odd_site.get("/feed.atom", q="سفينة", size="100").text
    links |= {unescape(link).removeprefix(odd_site.address) for link in re.findall(r'text/html" href="([^"]+)"', feed)}
    titles = {unescape(re.sub("<[^>]+>", "", match)) for match in re.findall("<h1>(.*?)</h1>", "".join(
        odd_site.get(link).text for link in links
    ))}  # fmt: skip
    assert titles == {f"سفينة رقم {place}" for place in range(len(IDS))}


def test_no_step_of_a_path_is_one_that_browsers_take() -> None:
    for identifier in IDS:
        path = article_address(identifier, "").partition("?")[0]
        assert not re.search(r"/(\.|%2e){0,2}(/|$)", path.removeprefix("/article"), re.IGNORECASE), identifier


def test_an_id_that_nothing_has(odd_site: Site) -> None:
    assert odd_site.get("/article", id="none").status == 404
    assert odd_site.get("/article").status == 404
    problem = json.loads(odd_site.get("/api/v1/article", id="none").text)
    assert problem["type"] == "/api/v1/problems/no-such-article"
    assert json.loads(odd_site.get("/api/v1/article").text)["errors"][0]["field"] == "id"


def test_an_id_never_reaches_the_file_system(odd_site: Site, tmp_path: Path) -> None:
    secret = tmp_path / "secret"
    secret.write_text("secret", encoding="utf-8")
    for identifier in (str(secret), f"../../../../../../../../..{secret}", f"file://{secret}", f"{secret}\0"):
        assert odd_site.get("/api/v1/article", id=identifier).status == 404
        assert odd_site.get("/article", id=identifier).status == 404
