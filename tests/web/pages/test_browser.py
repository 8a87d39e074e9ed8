"""A reader in a real browser, which runs no scripts."""

from __future__ import annotations

import re
from urllib.parse import quote

import pytest
from playwright.sync_api import Page, expect

from ..conftest import PHONE, Visit, needs_chromium

WIDTHS = (320, 360, 768, 1440)

pytestmark = needs_chromium


@pytest.fixture
def reader(visit: Visit) -> Page:
    """A page of a browser without JavaScript, on a phone."""
    return visit(java_script_enabled=False, viewport=PHONE)


def style(page: Page, selector: str, name: str) -> str:
    """The computed value of a property; it is the test that evaluates here, scripts of the page stay off."""
    value: str = page.locator(selector).first.evaluate("(element, name) => getComputedStyle(element)[name]", name)
    return value


def test_a_reader_types_a_query_without_hamza_and_reads_an_article(reader: Page) -> None:
    reader.goto("/")
    reader.get_by_role("searchbox").fill("الاسكندريه")
    reader.get_by_role("button", name="بحث").click()
    expect(reader.get_by_role("searchbox")).to_have_value("الاسكندريه")
    expect(reader.locator(".snippet mark").first).to_have_text(re.compile("الإسكندرية"))
    reader.get_by_role("link", name="مخبز الليل في الإسكندرية").click()
    expect(reader.get_by_role("heading", level=1)).to_have_text("مخبز الليل في الإسكندرية")
    expect(reader.locator("h1 mark")).to_have_text("الإسكندرية")
    reader.get_by_role("link", name=re.compile("عُد إلى نتائج")).click()
    expect(reader.get_by_role("heading", level=1)).to_have_text("نتائج البحث عن «الاسكندريه»")


def test_the_choice_of_mode_is_sent(reader: Page) -> None:
    reader.goto("/")
    reader.get_by_role("searchbox").fill("القهوة")
    reader.get_by_role("radio", name="بالكلمات", exact=True).check(force=True)
    reader.keyboard.press("Enter")
    expect(reader).to_have_url(re.compile("mode=lexical"))
    expect(reader.get_by_role("link", name="بالكلمات", exact=True)).to_have_attribute("aria-current", "true")


def test_filters_are_put_on_and_taken_off(reader: Page) -> None:
    reader.goto(f"/search?q={quote('المدينة')}")
    everything = reader.locator(".summary p").inner_text()
    reader.get_by_role("link", name="تصفية النتائج").click()
    reader.get_by_role("complementary").get_by_role("link", name="صحيفة المرفأ").click()
    chip = reader.get_by_role("link", name="المصدر: صحيفة المرفأ")
    expect(chip).to_be_visible()
    for source in reader.locator(".hit .meta").all_inner_texts():
        assert "صحيفة المرفأ" in source
    chip.click()
    expect(reader.locator(".summary p")).to_contain_text(everything.split("(")[0].strip())
    reader.get_by_role("link", name="تصفية النتائج").click()
    reader.get_by_label("من", exact=True).fill("2022")
    reader.get_by_label("إلى", exact=True).fill("06-2023")  # as some write it
    reader.get_by_role("button", name="طبّق").click()
    expect(reader.get_by_role("link", name="أزل التصفية: حتى يونيو ٢٠٢٣")).to_be_visible()
    dates = [date.get_attribute("datetime") or "" for date in reader.locator(".hit time").all()]
    assert dates
    assert all("2022" <= date < "2023-07" for date in dates)


def test_pagination(reader: Page) -> None:
    reader.goto(f"/search?q={quote('في')}&mode=lexical&size=5")
    first = reader.locator(".hit h2").all_inner_texts()
    expect(reader.get_by_role("link", name="السابق")).to_have_count(0)
    reader.get_by_role("link", name="التالي").click()
    expect(reader.locator(".pages [aria-current=page]")).to_have_text("الصفحة ٢")
    second = reader.locator(".hit h2").all_inner_texts()
    assert len(first) == len(second) == 5
    assert not set(first) & set(second)
    reader.get_by_role("link", name="السابق").click()
    assert reader.locator(".hit h2").all_inner_texts() == first


def test_the_page_is_written_from_the_right(reader: Page) -> None:
    reader.goto(f"/search?q={quote('القهوة')}")
    for selector in ("html", "main", ".hit", ".snippet", "input[type=search]"):
        assert style(reader, selector, "direction") == "rtl"
    brand, form = reader.locator(".brand").bounding_box(), reader.locator(".search-box button").bounding_box()
    assert brand
    assert form
    assert brand["x"] > form["x"]


def test_a_mark_takes_no_room_of_its_own(reader: Page) -> None:
    reader.goto("/article/features/bakery-alexandria-night?q=" + quote("الاسكندريه"))
    for name in ("paddingLeft", "paddingRight", "marginLeft", "marginRight"):
        assert style(reader, "mark", name) == "0px"
    assert style(reader, "mark", "letterSpacing") == "normal"
    assert style(reader, "h1 mark", "fontWeight") == style(reader, "h1", "fontWeight")


def test_the_keyboard_is_enough(reader: Page) -> None:
    reader.goto(f"/search?q={quote('القهوة')}")
    focus = reader.locator(":focus")
    reader.keyboard.press("Tab")
    expect(focus).to_have_text("انتقل إلى المحتوى")
    expect(focus).to_be_in_viewport()
    reader.keyboard.press("Tab")
    expect(focus).to_have_text("أرسيرش")
    reader.keyboard.press("Tab")
    expect(focus).to_have_attribute("type", "search")
    assert style(reader, ".search-box", "outlineStyle") == "solid"
    reader.keyboard.press("Control+A")
    reader.keyboard.type("النخلة")
    reader.keyboard.press("Enter")
    expect(reader.get_by_role("heading", level=1)).to_contain_text("النخلة")
    reader.keyboard.press("Tab")
    reader.keyboard.press("Enter")
    reader.keyboard.press("Tab")
    expect(focus).to_have_text("بالكلمات والمعنى")  # behind the skip link comes the content, not the header


@pytest.mark.parametrize("width", WIDTHS)
def test_nothing_scrolls_sideways(reader: Page, width: int) -> None:
    reader.set_viewport_size({"width": width, "height": 800})
    long_word = "ا" * 300
    for path in (
        "/",
        f"/search?q={quote('المدينة القديمة')}&tag={quote('بيئة')}&tag={quote('مجتمع')}&from=2015",
        f"/search?q={quote('في')}&mode=lexical&size=5&page=4",
        f"/search?q={long_word}&tag={long_word}&mode=lexical",
        f"/search?q={quote('قهوة')}&page=-1",
        f"/article/gps-navigation?q={quote('الطريق')}",
        "/nowhere",
    ):
        reader.goto(path)
        scrolled: int = reader.locator("html").evaluate("(html) => html.scrollWidth")
        assert scrolled <= width, path


def test_settings_need_no_script(reader: Page) -> None:
    path = f"/search?q={quote('المدينة')}&mode=lexical"
    reader.goto(path)
    reader.get_by_text("الإعدادات").click()
    reader.get_by_role("button", name="داكن").click()
    expect(reader.locator("html")).to_have_attribute("data-theme", "dark")
    assert reader.url.endswith(path)
    reader.get_by_text("الإعدادات").click()
    reader.get_by_role("button", name="123").click()
    expect(reader.locator(".summary p").first).to_contain_text(re.compile("[0-9]+ (نتيجة|نتائج)"))
    reader.get_by_text("الإعدادات").click()
    reader.get_by_role("button", name="English").click()
    expect(reader.locator("html")).to_have_attribute("lang", "en")
    expect(reader.get_by_role("heading", level=1)).to_have_text("Results for “المدينة”")


def test_marked_words_are_gone_through_without_a_script(reader: Page) -> None:
    reader.goto(f"/article/house-of-wisdom?q={quote('بيت الحكمة')}")
    bar = reader.get_by_role("navigation", name="مواضع كلمات البحث")
    for number in ("١", "٢"):
        bar.get_by_role("link", name="التالي").click()
        expect(bar.locator(".number")).to_have_text(number)
    expect(reader.locator("mark.current")).to_be_in_viewport()
    expect(reader.locator("mark.current")).to_have_id("match-2")
    reader.get_by_role("link", name=re.compile("عُد إلى نتائج")).click()
    expect(reader.get_by_role("heading", level=1)).to_have_text("نتائج البحث عن «بيت الحكمة»")


def test_an_empty_answer_leads_on(reader: Page) -> None:
    reader.goto(f"/search?q={quote('قهوة')}&mode=lexical&from=1900&to=1901")
    reader.get_by_role("link", name="ابحث في كل التواريخ").click()
    assert reader.locator(".hit").count() > 0
