"""Results that tell of one story stand together; nothing is lost, and a reader can take them apart."""

from __future__ import annotations

import json
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from typing import Literal

import pytest
from playwright.sync_api import Browser, expect

import arsearch
from arsearch import Settings
from arsearch.search.grouping.stories import Story
from arsearch.search.results import SearchResults
from arsearch.web.reading.story_rows import result_rows

from ..conftest import EVIL, Site, needs_chromium, serving
from ..page import page_of
from .test_accessibility import violations

BODY = "انهار جليد على فندق في إيطاليا، وما زال رجال الإنقاذ يبحثون عن المفقودين بين الأنقاض والثلوج. "
ARTICLES = [
    {
        "id": f"s{number}",
        "title": f"انهيار ثلجي على فندق إيطالي {EVIL}",
        "body": BODY * (number + 1),
        "date": f"2017-01-{day}",
    }
    for number, day in enumerate((19, 22, 27))
] + [{"id": "wheat", "title": "سعر القمح", "body": f"{BODY} سعر القمح في الأسواق.", "date": "2011-01-20"}]


@pytest.fixture(scope="module")
def site(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Site]:
    folder = tmp_path_factory.mktemp("stories")
    (folder / "corpus.jsonl").write_text("\n".join(map(json.dumps, ARTICLES)), encoding="utf-8")
    settings = Settings(duplicates="separate")
    arsearch.build_index([folder / "corpus.jsonl"], folder / "index", model="fast", settings=settings)
    with serving(folder / "index") as site:
        yield site


def test_a_story_stands_behind_its_best_hit(site: Site) -> None:
    page = page_of(site.get("/search", q="الأنقاض"))
    assert "قصة: ٣ مقالات، بين ١٩ يناير ٢٠١٧ و٢٧ يناير ٢٠١٧" in page.text
    assert len(list(page.find("article"))) == 2
    opened = [link for link in page.links() if link.startswith("/article/")]
    assert {link.partition("?")[0] for link in opened} == {f"/article/{each['id']}" for each in ARTICLES}
    assert EVIL in page.text


def test_readers_take_it_apart_and_programs_ask_for_it(site: Site) -> None:
    [apart] = [link for link in page_of(site.get("/search", q="الأنقاض")).links() if "stories=0" in link]
    page = page_of(site.get(apart))
    assert len(list(page.find("article"))) == 4
    assert "اجمع مقالات القصة الواحدة" in page.text
    assert "stories" not in json.loads(site.get("/api/v1/search", q="الأنقاض").body)
    [story] = json.loads(site.get("/api/v1/search", q="الأنقاض", stories="true").body)["stories"]
    assert (set(story["ids"]), story["first"], story["last"]) == ({"s0", "s1", "s2"}, "2017-01-19", "2017-01-27")


def test_a_setting_leaves_them_apart(site: Site, tmp_path: Path) -> None:
    (tmp_path / "corpus.jsonl").write_text("\n".join(map(json.dumps, ARTICLES)), encoding="utf-8")
    arsearch.build_index(
        [tmp_path / "corpus.jsonl"], tmp_path / "index", model="fast", settings=Settings(duplicates="separate")
    )
    with serving(tmp_path / "index", stories=False) as other:
        assert len(list(page_of(other.get("/search", q="الأنقاض")).find("article"))) == 4
        assert "قصة:" in page_of(other.get("/search", q="الأنقاض", stories="1")).text
    with arsearch.open_index(tmp_path / "index", settings=Settings()) as index:
        results: SearchResults = index.search("الأنقاض")
    ids = [hit.id for hit in results.hits]
    rows = result_rows(replace(results, stories=(Story((ids[1], ids[3]), "2017", "2017"),)))
    shown = [place for row in rows for place in (row.place, *(place for _, place in row.others))]
    assert sorted(shown) == [0, 1, 2, 3]


@needs_chromium
@pytest.mark.parametrize(("width", "scheme"), [(390, "dark"), (1280, "light")])
def test_axe_finds_nothing_in_an_open_story(
    browser: Browser, site: Site, width: int, scheme: Literal["dark", "light"]
) -> None:
    context = browser.new_context(viewport={"width": width, "height": 800}, color_scheme=scheme, locale="ar")
    page = context.new_page()
    page.goto(f"{site.address}/search?q=الأنقاض")
    page.locator(".story summary").click()
    expect(page.locator(".story a").first).to_be_visible()
    assert not violations(page)
    assert page.evaluate("document.documentElement.scrollWidth") <= width
    context.close()
