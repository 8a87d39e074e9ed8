"""Fonts, sizes and hostile text, as a browser shows them."""

from __future__ import annotations

from urllib.parse import quote

import pytest
from playwright.sync_api import Route, ViewportSize, expect

from ..conftest import DESK, EVIL, PHONE, Site, Visit, needs_chromium

pytestmark = needs_chromium

RESULTS = f"/search?q={quote('المدينة القديمة')}"
ARTICLE = f"/article/house-of-wisdom?q={quote('بيت الحكمة')}"


@pytest.mark.parametrize("viewport", [PHONE, DESK], ids=["phone", "desk"])
@pytest.mark.parametrize("path", ["/", RESULTS, ARTICLE])
def test_hardly_anything_moves_even_where_fonts_come_late(visit: Visit, path: str, viewport: ViewportSize) -> None:
    page = visit(viewport=viewport)
    page.add_init_script(
        """window.shift = 0;
        new PerformanceObserver((list) => { for (const entry of list.getEntries()) window.shift += entry.value; })
            .observe({type: "layout-shift", buffered: true});"""
    )
    # Fonts come when the page has been painted without them, as with a reader whose line is slow. Fallbacks are as wide
    # as the fonts, so that only single lines break elsewhere. Web Vitals call a shift up to 0.1 good.
    held: list[Route] = []
    is_painted = False

    def hold(route: Route) -> None:
        if is_painted:
            route.continue_()
        else:
            held.append(route)

    page.route("**/*.woff2", hold)
    page.goto(path, wait_until="domcontentloaded")
    page.evaluate("new Promise((done) => requestAnimationFrame(() => requestAnimationFrame(done)))")
    is_painted = True
    for route in held:
        route.continue_()
    page.wait_for_load_state("networkidle")
    page.evaluate("document.fonts.ready.then(() => true)")
    page.evaluate("new Promise((done) => requestAnimationFrame(() => requestAnimationFrame(done)))")
    assert held
    assert page.evaluate("shift") < 0.1


def test_pages_are_set_in_the_fonts_that_come_with_them(visit: Visit) -> None:
    page = visit()
    page.goto(ARTICLE, wait_until="networkidle")
    loaded = page.evaluate("[...document.fonts].filter((font) => font.status === 'loaded').map((font) => font.family)")
    assert {name.strip('"') for name in loaded} >= {"Vazirmatn", "Noto Naskh Arabic Web"}


@pytest.mark.parametrize("viewport", [PHONE, DESK], ids=["phone", "desk"])
def test_hostile_text_is_shown_harmlessly(visit: Visit, wild_site: Site, viewport: ViewportSize) -> None:
    page = visit(base_url=wild_site.address, viewport=viewport)
    page.on("dialog", lambda dialog: pytest.fail(f"a script of an article ran: {dialog.message}"))
    for path in (
        f"/search?q={quote('سفينة')}&size=20",
        f"/search?q={quote('قلعة')}&mode=lexical",
        f"/search?q={quote(EVIL)}",
        f"/article/evil/article?q={quote('سفينة')}",
        f"/article/turned?q={quote('قلعة')}",
        "/article/endless",
    ):
        page.goto(path)
        expect(page.get_by_role("heading", level=1)).to_be_visible()
        assert page.evaluate("document.documentElement.scrollWidth") <= viewport["width"], path
        assert page.locator("main script, main img, main [onclick]").count() == 0
    page.goto(f"/search?q={quote('قلعة')}&mode=lexical")
    for hit in page.locator(".hit").all():
        box = hit.bounding_box()
        assert box
        assert box["height"] < viewport["height"], "an endless word takes no more than a screen"


def test_turned_text_turns_nothing_around_it(visit: Visit, wild_site: Site) -> None:
    """Source, author and date stand from right to left, though the names turn the direction and never turn it back."""
    page = visit(base_url=wild_site.address)
    page.goto(f"/search?q={quote('قلعة')}&mode=lexical")
    meta = page.locator(".hit", has_text="مقلوبة").first.locator(".meta")
    edges = [
        (box["x"], box["x"] + box["width"]) for span in meta.locator("> span").all() if (box := span.bounding_box())
    ]
    assert len(edges) == 3
    assert edges[0][0] >= edges[1][1] - 1 > edges[1][0] >= edges[2][1] - 1
    date = meta.locator("time").evaluate(
        """(time) => [...time.firstChild.data].map((_, index) => {
            const range = document.createRange();
            range.setStart(time.firstChild, index);
            range.setEnd(time.firstChild, index + 1);
            return range.getBoundingClientRect().left;
        })"""
    )
    assert date[0] < date[1], "digits run from the left"
    assert date[1] > date[-1], "and words from the right"


def test_motion_is_reduced_for_those_who_ask(visit: Visit) -> None:
    page = visit(reduced_motion="reduce")
    page.goto(ARTICLE)
    assert page.evaluate("getComputedStyle(document.documentElement).scrollBehavior") == "auto"


def test_paper_has_the_article_and_nothing_else(visit: Visit) -> None:
    page = visit()
    page.goto(ARTICLE)
    page.emulate_media(media="print")
    for selector in (".search-form", ".settings", ".matches", ".similar", ".site-footer"):
        expect(page.locator(selector)).to_be_hidden()
    expect(page.locator(".article .text")).to_be_visible()
