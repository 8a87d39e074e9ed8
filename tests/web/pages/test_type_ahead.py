"""Type-ahead by keyboard, as the ARIA Authoring Practices describe an editable combobox with a list."""

from __future__ import annotations

import re
from urllib.parse import unquote

import pytest
from playwright.sync_api import Page, Route, expect

from ..conftest import Visit, needs_chromium

pytestmark = needs_chromium

TITLE = "بيت الحكمة: حين ترجمت بغداد علوم العالم"


@pytest.fixture
def page(visit: Visit) -> Page:
    page = visit()
    page.goto("/")
    return page


def test_titles_are_completed_and_chosen_by_keyboard(page: Page) -> None:
    box = page.get_by_role("combobox")
    expect(box).to_have_attribute("aria-expanded", "false")
    box.press_sequentially("بيت الحك")
    options = page.get_by_role("listbox").get_by_role("option")
    expect(options.filter(has_text=TITLE)).to_be_visible()
    expect(page.get_by_role("button", name="امسحها")).to_be_hidden()  # that is for recent searches
    expect(box).to_have_attribute("aria-expanded", "true")
    assert page.locator(f"#{box.get_attribute('aria-controls')}").get_attribute("role") == "listbox"
    box.press("ArrowDown")
    chosen = page.locator("[role=option][aria-selected=true]")
    expect(chosen).to_have_count(1)
    expect(box).to_have_attribute("aria-activedescendant", chosen.get_attribute("id") or "")
    expect(box).to_have_value(chosen.inner_text())
    expect(box).to_be_focused()
    box.press("ArrowUp")
    expect(box).to_have_value("بيت الحك")
    box.press("ArrowUp")
    expect(options.last).to_have_attribute("aria-selected", "true")
    box.press("ArrowDown")
    box.press("ArrowDown")
    text = options.first.inner_text()
    box.press("Enter")
    expect(page).to_have_url(re.compile(r"/search\?"))
    assert text in unquote(page.url).replace("+", " ")


def test_escape_closes_and_gives_back_what_was_typed(page: Page) -> None:
    box = page.get_by_role("combobox")
    box.press_sequentially("بيت")
    expect(page.get_by_role("listbox")).to_be_visible()
    box.press("ArrowDown")
    box.press("Escape")
    expect(page.get_by_role("listbox")).to_be_hidden()
    expect(box).to_have_value("بيت")
    expect(box).to_have_attribute("aria-expanded", "false")
    box.press("ArrowDown")
    expect(page.get_by_role("listbox")).to_be_visible()


def test_left_and_right_move_in_the_text(page: Page) -> None:
    box = page.get_by_role("combobox")
    box.press_sequentially("بيت")
    expect(page.get_by_role("listbox")).to_be_visible()

    def caret() -> int:
        place: int = box.evaluate("(input) => input.selectionStart")
        return place

    assert caret() == 3
    box.press("ArrowRight")  # in Arabic the text before the caret is on its right
    assert caret() == 2
    box.press("ArrowLeft")
    assert caret() == 3
    box.press("Home")
    assert caret() == 0
    expect(page.locator("[aria-selected=true]")).to_have_count(0)
    expect(page.get_by_role("listbox")).to_be_visible()


def test_a_click_chooses(page: Page) -> None:
    page.get_by_role("combobox").press_sequentially("بيت الحك")
    page.get_by_role("option", name=TITLE).click()
    expect(page.get_by_role("heading", level=1)).to_contain_text(TITLE)


def test_only_the_last_of_several_requests_is_shown(page: Page) -> None:
    """A request that is overtaken is cancelled."""

    def answer(route: Route) -> None:
        if unquote(route.request.url).endswith("q=بيت"):  # the one before it is never answered
            route.fulfill(json={"query": "بيت", "suggestions": ["بيت جديد"]})

    page.route("**/api/v1/suggest?*", answer)
    box = page.get_by_role("combobox")
    with page.expect_request("**/api/v1/suggest?*"):
        box.press_sequentially("بي")
    with page.expect_event("requestfailed") as cancelled:
        box.press_sequentially("ت")
    assert unquote(cancelled.value.url).endswith("q=بي")
    expect(page.get_by_role("option")).to_have_text(["بيت جديد"])


def test_keys_in_quick_succession_make_one_request(page: Page) -> None:
    asked: list[str] = []
    page.on("request", lambda request: asked.append(unquote(request.url)) if "suggest?" in request.url else None)
    page.clock.install()
    box = page.get_by_role("combobox")
    box.press_sequentially("القهوة")
    page.clock.run_for(1000)
    expect(page.get_by_role("option").first).to_be_visible()
    assert [address.split("q=")[1] for address in asked] == ["القهوة"]


def test_suggestions_are_text(page: Page) -> None:
    page.route(
        "**/api/v1/suggest?*", lambda route: route.fulfill(json={"suggestions": ["<img src=x onerror=alert(1)>"]})
    )
    page.get_by_role("combobox").press_sequentially("صورة")
    expect(page.get_by_role("option")).to_have_text(["<img src=x onerror=alert(1)>"])


def test_recent_searches_are_kept_in_the_browser_and_cleared(page: Page) -> None:
    box = page.get_by_role("combobox")
    for query in ("القهوة", "النخلة", "القهوة"):
        box.fill(query)
        box.press("Enter")
        expect(page.get_by_role("heading", level=1)).to_contain_text(query)
    page.goto("/")
    box.click()
    options = page.get_by_role("option")
    expect(options).to_have_text(["القهوة", "النخلة"])
    assert page.context.cookies() == []
    box.press("ArrowDown")
    box.press("ArrowDown")
    box.press("Enter")
    expect(page.get_by_role("heading", level=1)).to_contain_text("النخلة")
    box.fill("")
    expect(options).to_have_text(["النخلة", "القهوة"])
    box.press("Tab")
    expect(page.get_by_role("button", name="امسحها")).to_be_focused()
    page.keyboard.press("Enter")
    expect(page.get_by_role("status")).to_have_text("مُسحت عمليات البحث الأخيرة.")
    expect(box).to_be_focused()
    assert page.evaluate("localStorage.length") == 0
    box.press("ArrowDown")
    expect(options).to_have_count(0)


def test_the_list_closes_when_the_reader_goes_on(page: Page) -> None:
    page.get_by_role("combobox").press_sequentially("بيت")
    expect(page.get_by_role("listbox")).to_be_visible()
    page.keyboard.press("Tab")
    expect(page.get_by_role("listbox")).to_be_hidden()
    expect(page.get_by_role("button", name="بحث")).to_be_focused()


def test_a_slash_focuses_the_box(page: Page) -> None:
    page.goto("/article/house-of-wisdom")
    page.keyboard.press("/")
    box = page.get_by_role("combobox")
    expect(box).to_be_focused()
    page.keyboard.type("a/b")
    expect(box).to_have_value("a/b")
    page.get_by_role("heading", level=1).click()
    page.evaluate("document.activeElement.blur()")
    page.keyboard.down("Slash")  # the same key with an Arabic layout
    expect(box).to_be_focused()
