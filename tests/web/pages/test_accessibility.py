"""WCAG 2.2 AA, as far as axe-core and a keyboard can tell, on every page, in both themes, on phones and desks."""

from __future__ import annotations

from pathlib import Path
from typing import Any
from urllib.parse import quote

import pytest
from playwright.sync_api import Page, ViewportSize, expect

from ..conftest import DESK, PHONE, Visit, needs_chromium

pytestmark = needs_chromium

# axe-core 4.14.1 from npm, MPL-2.0; the licences stand beside it.
AXE = (Path(__file__).parent / "axe" / "axe.min.js").read_text(encoding="utf-8")
RULES = ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa", "best-practice"]
# All rules on all of the page; what passes is not described, which takes most of the time.
RUN = """async (tags) => {
    const found = await axe.run({runOnly: {type: "tag", values: tags}, resultTypes: ["violations"]});
    return found.violations;
}"""
PAGES = {
    "home": "/",
    "results": f"/search?q={quote('المدينة القديمة')}",
    "narrowed": f"/search?q={quote('المدينة')}&mode=lexical&section={quote('مجتمع')}&from=2015&page=1&sort=date",
    "pages": f"/search?q={quote('في')}&mode=lexical&size=5&page=4",
    "nothing": f"/search?q={quote('قهوة')}&mode=lexical&from=1900&to=1901",
    "mistake": f"/search?q={quote('قهوة')}&page=-1",
    "article": f"/article/house-of-wisdom?q={quote('بيت الحكمة')}&match=2",
    "error": "/nowhere",
    "api": "/api/v1/docs",
    "problem": "/api/v1/problems/no-word",
}


def violations(page: Page) -> list[str]:
    page.evaluate(AXE)
    found: list[dict[str, Any]] = page.evaluate(RUN, RULES)
    return [
        f"{violation['id']}: {node['html'][:120]} {node['failureSummary']}"
        for violation in found
        for node in violation["nodes"]
    ]


@pytest.mark.parametrize(
    ("viewport", "scheme", "language"),
    [(PHONE, "light", "ar"), (PHONE, "dark", "en"), (DESK, "light", "en"), (DESK, "dark", "ar")],
)
def test_axe_finds_nothing(visit: Visit, viewport: ViewportSize, scheme: str, language: str) -> None:
    page = visit(viewport=viewport, color_scheme=scheme, locale=language)
    for name, path in PAGES.items():
        page.goto(path)
        assert not violations(page), name


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_axe_finds_nothing_in_what_opens(visit: Visit, scheme: str) -> None:
    page = visit(color_scheme=scheme)
    page.goto(PAGES["results"])
    page.get_by_text("الإعدادات").click()
    assert not violations(page)
    page.keyboard.press("Escape")
    box = page.get_by_role("combobox")
    box.fill("بيت")
    expect(page.get_by_role("option").first).to_be_visible()
    box.press("ArrowDown")
    assert not violations(page)


def test_a_chosen_theme_is_as_readable_as_that_of_the_system(visit: Visit) -> None:
    page = visit(color_scheme="light")
    page.goto(PAGES["article"])
    paper = page.locator("html").evaluate("(html) => getComputedStyle(html).backgroundColor")
    page.get_by_text("الإعدادات").click()
    with page.expect_response("**/preferences"):
        page.get_by_role("button", name="داكن").click()
    assert page.locator("html").evaluate("(html) => getComputedStyle(html).backgroundColor") != paper
    expect(page.get_by_role("button", name="داكن")).to_have_attribute("aria-pressed", "true")
    assert not violations(page)
    page.goto("/")
    expect(page.locator("html")).to_have_attribute("data-theme", "dark")


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_edges_of_what_can_be_operated_stand_out(visit: Visit, scheme: str) -> None:
    """WCAG 1.4.11: 3 to 1. axe-core looks at text only."""
    page = visit(color_scheme=scheme, java_script_enabled=False)
    page.goto("/")
    colours: dict[str, list[float]] = page.locator("html").evaluate(
        """(html, names) => Object.fromEntries(names.map((name) => {
            html.style.color = `var(--${name})`;
            const parts = getComputedStyle(html).color.match(/[\\d.]+/g).slice(0, 3).map(Number);
            html.style.color = "";
            return [name, parts];
        }))""",
        ["page", "surface", "edge", "accent", "visited", "current", "on-mark"],
    )
    for paper in ("page", "surface"):
        assert contrast(colours["edge"], colours[paper]) >= 3
        assert contrast(colours["accent"], colours[paper]) >= 4.5
    assert contrast(colours["visited"], colours["page"]) >= 4.5
    assert contrast(colours["on-mark"], colours["current"]) >= 4.5


def contrast(one: list[float], other: list[float]) -> float:
    lighter, darker = sorted((luminance(one), luminance(other)), reverse=True)
    return (lighter + 0.05) / (darker + 0.05)


def luminance(colour: list[float]) -> float:
    channels = [value / 255 for value in colour]
    linear = [value / 12.92 if value <= 0.04045 else ((value + 0.055) / 1.055) ** 2.4 for value in channels]
    return 0.2126 * linear[0] + 0.7152 * linear[1] + 0.0722 * linear[2]


def test_marked_words_are_seen_in_forced_colours(visit: Visit) -> None:
    page = visit(forced_colors="active")
    page.goto(f"/search?q={quote('القهوة')}")
    ink, paper, image = page.locator("mark").first.evaluate(
        "(mark) => ['color', 'backgroundColor', 'backgroundImage'].map((name) => getComputedStyle(mark)[name])"
    )
    assert image == "none"
    assert ink != paper


def test_focus_is_always_seen(visit: Visit) -> None:
    page = visit(reduced_motion="reduce", viewport=PHONE)
    page.goto(PAGES["article"])
    seen = set()
    for _ in range(24):
        page.keyboard.press("Tab")
        state = page.evaluate(
            """() => {
                const element = document.activeElement;
                const box = element.matches("input") ? element.closest(".search-box") : element;
                const {outlineStyle, outlineWidth} = getComputedStyle(box);
                const {top, bottom, left, right} = element.getBoundingClientRect();
                const over = document.elementFromPoint((left + right) / 2, (top + bottom) / 2);
                const seen = element.contains(over) || over?.contains(element);
                return [element.outerHTML.slice(0, 80), outlineStyle, parseFloat(outlineWidth), Boolean(seen)];
            }"""
        )
        if state[0].startswith("<body"):  # behind the last link comes the browser's own frame
            break
        seen.add(state[0])
        assert state[1] == "solid", state
        assert state[2] >= 2, state
        assert state[3], state
    assert len(seen) >= 15


def test_targets_are_large_enough_for_a_finger(visit: Visit) -> None:
    """44 CSS pixels high, which is more than WCAG 2.5.8 asks for, but for links within sentences."""
    page = visit(viewport=PHONE, has_touch=True)
    for path in (PAGES["narrowed"], PAGES["narrowed"] + "#filters", PAGES["pages"], PAGES["article"], "/"):
        page.goto("about:blank")
        page.goto(path)
        small = page.evaluate(
            """() => [...document.querySelectorAll("main a, header a, button, summary, input:not([type=hidden])")]
                .filter((element) => element.checkVisibility())
                .filter((element) => !element.closest("p:not(.sizes, .feed, .drawer-head)"))
                .map((element) => [element.textContent.trim(), element.getBoundingClientRect()])
                .filter(([, {width, height}]) => height && (height < 43.5 || width < 24))
                .map(([text, {width, height}]) => `${text} ${width}x${height}`)"""
        )
        assert small == [], path
