"""The filters on a phone: a drawer, which opens without a script too, and stays open while a reader chooses."""

from __future__ import annotations

import re
from urllib.parse import quote

import pytest
from playwright.sync_api import Page, expect

from ..conftest import DESK, PHONE, Visit, needs_chromium

pytestmark = needs_chromium

CITY = f"/search?q={quote('المدينة')}&mode=lexical"
SOURCE = "صحيفة المرفأ"


@pytest.fixture
def phone(visit: Visit) -> Page:
    page = visit(viewport=PHONE, has_touch=True, reduced_motion="reduce")
    page.goto(CITY)
    return page


def test_choices_leave_the_drawer_open_and_the_count_is_that_of_now(phone: Page) -> None:
    panel = phone.get_by_role("complementary")
    expect(panel).to_be_hidden()
    phone.get_by_role("link", name="تصفية النتائج").click()
    before = phone.locator(".drawer-foot").inner_text()
    phone.evaluate("document.querySelector('#filters').scrollTo(0, 200)")
    chosen = panel.get_by_role("link", name=SOURCE)
    chosen.focus()
    phone.keyboard.press("Enter")
    expect(chosen).to_have_attribute("aria-current", "true")
    expect(chosen).to_be_focused()
    expect(panel).to_be_in_viewport()
    after = phone.locator(".drawer-foot").inner_text()
    assert after != before
    assert phone.evaluate("document.querySelector('#filters').scrollTop") > 0
    phone.get_by_role("link", name=after).click()
    expect(panel).to_be_hidden()
    expect(phone.get_by_role("link", name="تصفية النتائج")).to_be_focused()
    assert after.removeprefix("اعرض ") in phone.locator(".summary").inner_text()
    phone.reload()
    expect(phone.get_by_role("link", name=f"أزل التصفية: المصدر: {SOURCE}")).to_be_visible()


def test_the_keyboard_stays_in_the_drawer_and_escape_and_back_close_it(phone: Page) -> None:
    panel, link = phone.get_by_role("complementary"), phone.get_by_role("link", name="تصفية النتائج")
    link.click()
    for _ in range(4):
        phone.keyboard.press("Shift+Tab")
        assert phone.evaluate(
            "document.activeElement === document.body || !!document.activeElement.closest('#filters')"
        )
    phone.keyboard.press("Escape")
    expect(panel).to_be_hidden()
    link.click()
    expect(panel).to_be_visible()
    phone.go_back()
    expect(panel).to_be_hidden()


def test_the_first_hit_is_on_the_first_screen_with_two_filters_on(visit: Visit) -> None:
    for script in (True, False):
        page = visit(viewport=PHONE, has_touch=True, java_script_enabled=script)
        page.goto(f"{CITY}&source={quote(SOURCE)}&from=2015")
        title, snippet = page.locator(".hit h2").first.bounding_box(), page.locator(".snippet").first.bounding_box()
        assert title
        assert snippet
        assert title["y"] < PHONE["height"] / 2
        assert snippet["y"] + snippet["height"] < PHONE["height"]


def test_previous_and_next_stand_in_one_row_with_the_numbers(visit: Visit) -> None:
    page = visit(viewport={"width": 320, "height": 700})
    page.goto(f"/search?q={quote('في')}&mode=lexical&size=5&page=4")
    tops = {round(box["y"]) for link in page.locator(".pages a:visible").all() if (box := link.bounding_box())}
    assert len(tops) == 1
    expect(page.locator(".numbers")).to_have_text(re.compile(r"١٦–٢٠ من [٠-٩]+الصفحة ٤ من [٠-٩]+"))


def test_at_a_desk_a_choice_leaves_the_reader_and_the_keyboard_where_they_are(visit: Visit) -> None:
    page = visit(viewport={**DESK, "height": 500}, reduced_motion="reduce")
    page.goto(CITY)
    year = page.get_by_role("complementary").get_by_role("link", name="٢٠٢٢")
    year.scroll_into_view_if_needed()
    year.focus()
    page.keyboard.press("Enter")
    expect(year).to_have_attribute("aria-current", "true")
    expect(year).to_be_focused()
    expect(year).to_be_in_viewport()
    assert page.evaluate("scrollY") > 0, "the page is shorter now, and not at its top"


def test_a_title_that_is_chosen_is_no_query_language(visit: Visit) -> None:
    page = visit()
    page.goto("/")
    box = page.get_by_role("combobox")
    page.route("**/api/v1/suggest**", lambda route: route.fulfill(json={"suggestions": ['"بيت" الحكمة -بغداد']}))
    box.press_sequentially("بيت")
    page.get_by_role("option").first.click()
    page.wait_for_url("**/search?**")
    assert "operators=false" in page.url
    expect(box).to_have_value('"بيت" الحكمة -بغداد')
    box.fill("قهوة")
    box.press("Enter")
    page.wait_for_url(re.compile("%D9%82%D9%87%D9%88%D8%A9"))
    assert "operators" not in page.url
