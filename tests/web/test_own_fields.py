"""Own fields and sections over HTTP: what programs ask and get, and what readers see and click."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any
from urllib.parse import unquote

import pytest
from playwright.sync_api import Browser, expect

from arsearch import Settings
from arsearch.client import Client
from arsearch.index import update_index

from .conftest import Site, needs_chromium, serving
from .page import Page

SEARCH = "/api/v1/search"
ARTICLES: list[dict[str, Any]] = [
    {"id": "tripoli", "title": "ميناء طرابلس", "body": "وصلت السفن إلى الميناء محملة بالقمح.", "tags": ["موانئ"],
     "country": "ليبيا", "pages": 1200, "published_in": "2015-05-03", "summary": "خلاصة قصيرة"},
    {"id": "tunis", "title": "ميناء تونس", "body": "سفن كثيرة تحمل الزيت.", "tags": ["تجارة"],
     "country": ["تونس", "ليبيا"], "pages": 40},
    {"id": "nowhere", "title": "ميناء", "body": "سفن لا يعرف لها بلد.", "country": "<b>"},
]  # fmt: skip


@pytest.fixture(scope="module")
def site(tmp_path_factory: pytest.TempPathFactory, tiny_encoder: str) -> Iterator[Site]:
    folder = tmp_path_factory.mktemp("own")
    (folder / "corpus.jsonl").write_text("\n".join(map(json.dumps, ARTICLES)), encoding="utf-8")
    declared = ("country=keyword", "pages=number", "published_in=date", "summary=text")
    settings = Settings(index=folder / "index", model=tiny_encoder, extra_fields=declared)
    update_index([folder / "corpus.jsonl"], settings)
    with serving(settings.index) as open_site:  # the index knows its fields; the server need not be told
        yield open_site


def ids(site: Site, **parameters: str | list[str]) -> list[str]:
    answer = site.get(SEARCH, q="ميناء", mode="lexical", **parameters)
    assert answer.status == 200, answer.text
    return [hit["id"] for hit in json.loads(answer.body)["hits"]]


def test_a_program_filters_and_sorts_by_own_fields(site: Site) -> None:
    assert set(ids(site, **{"filter.country": "ليبيا"})) == {"tripoli", "tunis"}
    assert ids(site, **{"filter.country": ["تونس", "مصر"]}) == ["tunis"]
    assert ids(site, **{"filter.pages": "٥٠.."}) == ["tripoli"]
    assert ids(site, **{"filter.published_in": "2015"}) == ["tripoli"]
    assert ids(site, sort="-pages") == ["tripoli", "tunis", "nowhere"]
    body = {"q": "ميناء", "filter": {"country": "ليبيا", "pages": ["1..50", "100..200"]}, "facets": True}
    answer = json.loads(site.post_json(SEARCH, body).body)
    assert [hit["id"] for hit in answer["hits"]] == ["tunis"]
    assert answer["facets"]["country"] == [{"value": "تونس", "count": 1}, {"value": "ليبيا", "count": 1}]
    assert answer["hits"][0]["extra"] == {"country": ["تونس", "ليبيا"], "pages": 40}


def test_a_program_gets_own_fields_of_articles_and_only_where_there_are_any(site: Site) -> None:
    article = json.loads(site.get("/api/v1/articles/tripoli").body)
    assert article["extra"]["summary"] == "خلاصة قصيرة"
    answer = json.loads(site.get(SEARCH, q="ميناء", fields="title,extra").body)
    assert {tuple(sorted(hit)) for hit in answer["hits"]} == {("extra", "id", "title")}


def test_the_next_page_keeps_the_filter(site: Site) -> None:
    answer = json.loads(site.get(SEARCH, q="ميناء", mode="lexical", size="1", **{"filter.country": "ليبيا"}).body)
    assert "filter.country=ليبيا" in unquote(answer["next"])
    [rest] = json.loads(site.get(answer["next"]).body)["hits"]
    assert {answer["hits"][0]["id"], rest["id"]} == {"tripoli", "tunis"}


@pytest.mark.parametrize(
    ("parameters", "status", "field"),
    [
        ({"filter.colour": "أحمر"}, 400, "filter.colour"),
        ({"filter.pages": "كثير"}, 422, "filter.pages"),
        ({"filter.country": " "}, 400, "filter"),
        ({"filter.": "x"}, 400, "filter"),
        ({"sort": "country"}, 400, "sort"),
        ({"country": "ليبيا"}, 400, "country"),
    ],
)
def test_what_means_nothing_is_a_problem_that_names_the_field(
    site: Site, parameters: dict[str, str], status: int, field: str
) -> None:
    answer = site.get(SEARCH, q="ميناء", **parameters)
    assert answer.status == status
    assert json.loads(answer.body)["errors"][0]["field"] == field


def test_the_document_names_the_fields_of_the_index(site: Site) -> None:
    document = json.loads(site.get("/api/v1/openapi.json").body)
    parameters = {each["name"]: each for each in document["paths"][SEARCH]["get"]["parameters"]}
    assert set(parameters["filter"]["schema"]["properties"]) == {
        "filter.country", "filter.pages", "filter.published_in",
    }  # fmt: skip
    assert "-pages" in parameters["sort"]["schema"]["enum"]


def test_the_client_of_python_asks_for_own_fields(site: Site) -> None:
    with Client(site.address) as client:
        results = client.search("ميناء", mode="lexical", filters={"country": "تونس", "pages": "1..50"}, sort="pages")
        assert [hit.article.extra for hit in results] == [{"country": ("تونس", "ليبيا"), "pages": 40}]
        assert client.article("tunis").extra["country"] == ("تونس", "ليبيا")


def test_a_reader_narrows_by_an_own_field_and_takes_it_back(site: Site) -> None:
    page = Page(site.get("/search", q="ميناء", mode="lexical"))
    [link] = [href for href in page.links() if "filter.country=ليبيا" in unquote(href)]
    narrowed = site.get(link)
    assert narrowed.status == 200
    assert "ميناء تونس" in narrowed.text
    assert "لا يعرف" not in narrowed.text
    assert any("filter" not in href and href.startswith("/search?") for href in Page(narrowed).links())


def boxes(page: Page, field: str) -> dict[str, list[str]]:
    """What the form of *field* sends as it stands."""
    forms: list[dict[str, list[str]]] = []
    for tag, attributes in page.elements:
        if tag == "form":
            forms.append({})
        elif tag == "input" and forms and attributes.get("type") != "radio":
            forms[-1].setdefault(attributes["name"], []).append(attributes["value"])
    [form] = [form for form in forms if f"filter.{field}.from" in form]
    return form


def filled(page: Page, field: str, first: str, last: str) -> dict[str, list[str]]:
    """What it sends when a reader has filled its boxes."""
    return boxes(page, field) | {f"filter.{field}.from": [first], f"filter.{field}.to": [last]}


def test_a_reader_narrows_by_a_range_of_numbers_and_takes_it_back(site: Site) -> None:
    page = Page(site.get("/search", q="ميناء", mode="lexical", sort="date", **{"filter.country": "ليبيا"}))
    form = filled(page, "pages", "١٠", " 200 ")
    assert form["filter.country"] == ["ليبيا"]
    assert (form["mode"], form["sort"]) == (["lexical"], ["date"])
    narrowed = site.get("/search", **form)
    assert "ميناء تونس" in narrowed.text
    assert "ميناء طرابلس" not in narrowed.text
    shown = Page(narrowed)
    assert "pages: من ١٠ إلى ٢٠٠" in " ".join(shown.text.split())
    assert boxes(shown, "pages")["filter.pages.to"] == ["٢٠٠"], "as all numbers of the page are written"
    assert not any(".from=" in href or ".to=" in href for href in shown.links()), "addresses are written one way"
    without = [href for href in shown.links() if "filter.pages" not in href and "filter.country" in href]
    assert "ميناء طرابلس" in site.get(without[0]).text
    cleared = filled(shown, "pages", "", "")
    assert "filter.pages" not in cleared
    assert "ميناء طرابلس" in site.get("/search", **cleared).text


@pytest.mark.parametrize(
    ("first", "last", "found", "chip"),
    [
        ("2015-04", "", True, "published in: from April 2015"),
        ("", "2014", False, "published in: up to 2014"),
        ("2015", "2015", True, "published in: 2015"),
        ("2016", "2014", True, "published in: from 2016 to 2014"),
    ],
)
def test_a_reader_narrows_by_a_range_of_dates(site: Site, first: str, last: str, found: bool, chip: str) -> None:
    english = site.asked_with(**{"Accept-Language": "en"})
    page = Page(english.get("/search", q="ميناء", mode="lexical"))
    shown = Page(english.get("/search", **filled(page, "published_in", first, last)))
    assert any("/article/tripoli" in href for href in shown.links()) == found
    assert not any("/article/tunis" in href for href in shown.links())
    assert chip in " ".join(shown.text.split())


@needs_chromium
@pytest.mark.parametrize("scripts", [False, True], ids=["without-scripts", "with-scripts"])
@pytest.mark.parametrize("width", [390, 1280])
def test_a_reader_fills_boxes_in_a_browser(site: Site, browser: Browser, width: int, *, scripts: bool) -> None:
    with browser.new_context(
        base_url=site.address, java_script_enabled=scripts, viewport={"width": width, "height": 800}, locale="ar"
    ) as context:
        page = context.new_page()
        page.goto("/search?q=ميناء&mode=lexical")
        drawer = page.get_by_role("link", name="تصفية النتائج")  # on a phone the filters lie in it
        if drawer.is_visible():
            drawer.click()
        form = page.get_by_role("region", name="pages")
        form.get_by_label("من").fill("كثير")
        form.get_by_role("button").click()
        expect(form.locator("input:invalid")).to_have_count(1)
        form.get_by_label("من").fill("١٠")
        form.get_by_label("إلى").fill("200")
        form.get_by_role("button").click()
        chip = page.get_by_role("link", name="من ١٠ إلى ٢٠٠")
        expect(chip).to_be_visible()
        expect(page.locator(".hit")).to_have_count(1)
        expect(page.locator("input[name='filter.pages.to']")).to_have_value("٢٠٠")
        assert page.evaluate("document.documentElement.scrollWidth <= innerWidth")
        page.keyboard.press("Escape")  # closes the drawer, where a script has kept it open
        chip.click()
        expect(page.locator(".hit")).to_have_count(3)


def test_what_is_no_number_is_told_with_a_way_on(site: Site) -> None:
    answer = site.get("/search", q="ميناء", **{"filter.pages.from": "كثير", "filter.country": "ليبيا"})
    assert answer.status == 422
    page = Page(answer)
    assert "لم نفهم مدى pages" in " ".join(page.text.split())
    [way] = [href for href in page.links() if "filter.country" in href and "filter.pages" not in href]
    assert "ميناء طرابلس" in site.get(way).text


def test_a_feed_has_what_the_page_has(site: Site) -> None:
    page = Page(site.get("/search", q="ميناء", mode="lexical", **{"filter.pages.from": "1", "filter.pages.to": "50"}))
    [feed] = {href for href in page.links() if "feed.atom" in href}
    assert "ميناء تونس" in site.get(feed).text
    assert "ميناء طرابلس" not in site.get(feed).text


def test_a_page_passes_over_fields_that_the_index_does_not_have(site: Site) -> None:
    assert site.get("/search", q="ميناء", **{"filter.colour": "أحمر"}).status == 200


def test_an_article_shows_its_own_fields_escaped(site: Site) -> None:
    text = site.get("/article/tripoli").text
    for shown in ("ليبيا", "خلاصة قصيرة", "published in"):
        assert shown in text
    assert "<b>" not in site.get("/article/nowhere").text


def test_when_nothing_is_found_a_wider_search_goes_without_the_own_filter(site: Site) -> None:
    page = Page(site.get("/search", q="القمح", mode="lexical", **{"filter.country": "تونس"}))
    assert any("q=القمح" in unquote(href) and "filter.country" not in href for href in page.links())


def test_a_section_is_typed_and_chosen(site: Site) -> None:
    assert ids(site, section="موانئ") == ["tripoli"]
    answer = json.loads(site.get(SEARCH, q="قسم:موانئ", mode="lexical").body)
    assert [hit["id"] for hit in answer["hits"]] == ["tripoli"]


def test_an_index_without_own_fields_says_so(corpus_index: Path) -> None:
    with serving(corpus_index) as plain:
        answer = plain.get(SEARCH, q="قهوة", **{"filter.country": "ليبيا"})
        assert (answer.status, "no fields of its own" in answer.text) == (400, True)
