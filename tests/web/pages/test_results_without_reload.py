"""With scripts, results change in place; addresses, titles, Back and Forward are as without."""

from __future__ import annotations

import re
from urllib.parse import quote

import pytest
from playwright.sync_api import Page, Route, expect

from ..conftest import PHONE, Visit, needs_chromium

pytestmark = needs_chromium

CITY = f"/search?q={quote('المدينة')}&mode=lexical"


@pytest.fixture
def page(visit: Visit) -> Page:
    page = visit()
    page.goto(CITY)
    page.evaluate("window.sameDocument = true")
    return page


def same_document(page: Page) -> bool:
    same: bool = page.evaluate("window.sameDocument === true")
    return same


def titles(page: Page) -> list[str]:
    return page.locator(".hit h2").all_inner_texts()


def comes_to(page: Page, place: float) -> bool:
    """Whether the page is at *place*, or comes there within the next few hundred frames."""
    there: bool = page.evaluate(
        """(place) => new Promise((resolve) => {
            let frames = 0;
            const look = () => Math.abs(scrollY - place) < 2 || ++frames > 300
                ? resolve(frames <= 300) : requestAnimationFrame(look);
            look();
        })""",
        place,
    )
    return there


def test_facets_change_the_results_and_back_brings_them_again(page: Page) -> None:
    everything, address = titles(page), page.url
    page.get_by_role("complementary").get_by_role("link", name="صحيفة المرفأ").click()
    chip = page.get_by_role("link", name=re.compile("المصدر: صحيفة المرفأ"))
    expect(chip).to_be_visible()
    assert "source=" in page.url
    assert same_document(page)
    expect(page.get_by_role("status")).to_have_text(re.compile("^(.+ )?(نتيجة|نتائج|نتيجتان)( واحدة)?$"))
    page.go_back()
    expect(chip).to_have_count(0)
    assert page.url == address
    assert titles(page) == everything
    page.go_forward()
    expect(chip).to_be_visible()
    chip.click()
    expect(chip).to_have_count(0)
    assert titles(page) == everything
    assert same_document(page)


def test_a_new_query_takes_the_filters_along(page: Page) -> None:
    page.get_by_role("link", name="الأحدث").click()
    expect(page.locator(".switch [aria-current]").last).to_have_text("الأحدث")
    box = page.get_by_role("combobox")
    box.fill("القهوة")
    box.press("Enter")
    expect(page).to_have_title("القهوة – أرسيرش")
    expect(page.get_by_role("heading", level=1)).to_contain_text("القهوة")
    assert "sort=date" in page.url
    assert "mode=lexical" in page.url
    assert same_document(page)
    page.go_back()
    expect(box).to_have_value("المدينة")
    expect(page).to_have_title("المدينة – أرسيرش")


def test_pages_begin_at_the_top_and_back_returns_to_the_place(page: Page) -> None:
    following = page.get_by_role("link", name="التالي")
    following.scroll_into_view_if_needed()
    place = page.evaluate("scrollY")
    assert place > 0
    following.click()
    expect(page.locator(".pages [aria-current=page]")).to_have_text("الصفحة ٢")
    assert page.evaluate("scrollY") == 0
    assert page.url.endswith("page=2")
    page.go_back()
    expect(page.locator(".pages [aria-current=page]")).to_have_text("الصفحة ١")
    assert comes_to(page, place)
    assert same_document(page)


def test_an_article_and_back_is_an_ordinary_journey(page: Page) -> None:
    page.get_by_role("link", name="الأحدث").click()
    expect(page.locator(".switch [aria-current]").last).to_have_text("الأحدث")
    newest = titles(page)
    page.locator(".hit h2 a").first.click()
    expect(page.locator("article.article")).to_be_visible()
    page.go_back()
    expect(page.locator(".switch [aria-current]").last).to_have_text("الأحدث")
    assert titles(page) == newest


def test_a_date_form_changes_the_results(page: Page) -> None:
    page.get_by_label("من", exact=True).fill("٢٠٢٢")
    page.get_by_role("button", name="طبّق").click()
    expect(page.get_by_role("link", name=re.compile("أزل التصفية: ابتداءً من ٢٠٢٢"))).to_be_visible()
    assert same_document(page)


def test_the_keyboard_stays_where_it_was(page: Page) -> None:
    link = page.get_by_role("link", name="بالمعنى")
    link.focus()
    page.keyboard.press("Enter")
    expect(link).to_have_attribute("aria-current", "true")
    expect(link).to_be_focused()


def test_a_slow_answer_does_not_overtake_a_later_one(page: Page) -> None:
    held: list[Route] = []
    page.route(re.compile("sort=date"), lambda route: held.append(route))
    with page.expect_request(re.compile("sort=date")):
        page.get_by_role("link", name="الأحدث").click()
    page.get_by_role("link", name="بالمعنى").click()
    expect(page.get_by_role("link", name="بالمعنى")).to_have_attribute("aria-current", "true")
    assert "sort=date" not in page.url
    assert same_document(page)


def test_when_fetching_fails_the_browser_itself_goes_there(page: Page) -> None:
    def answer(route: Route) -> None:
        if route.request.resource_type == "fetch":
            route.fulfill(status=503, content_type="text/plain", body="x")
        else:
            route.continue_()

    page.route(re.compile("sort=date"), answer)
    page.get_by_role("link", name="الأحدث").click()
    page.wait_for_url(re.compile("sort=date"))
    expect(page.locator(".switch [aria-current]").last).to_have_text("الأحدث")
    assert not same_document(page)


def test_links_within_a_page_stay_within_it(visit: Visit) -> None:
    page = visit(viewport=PHONE, reduced_motion="reduce")
    page.goto(CITY)
    page.get_by_role("link", name="تصفية النتائج").click()
    expect(page.get_by_role("complementary")).to_be_focused()
    expect(page.get_by_role("complementary")).to_be_in_viewport()
    assert page.url.endswith("#filters")


def test_an_article_leads_back_to_the_place(page: Page) -> None:
    link = page.locator(".hit h2 a").last
    link.scroll_into_view_if_needed()
    place = page.evaluate("scrollY")
    assert place > 0
    link.click()
    expect(page.locator("article.article")).to_be_visible()
    page.go_back()
    assert comes_to(page, place)


def test_new_windows_are_the_readers_choice(page: Page) -> None:
    with page.context.expect_page() as opened:
        page.get_by_role("link", name="الأحدث").click(modifiers=["Control"])
    opened.value.close()
    assert "sort=date" not in page.url


def test_marked_words_one_after_the_other(visit: Visit) -> None:
    page = visit(viewport=PHONE, reduced_motion="reduce")
    page.goto(f"/article/house-of-wisdom?q={quote('بيت الحكمة')}")
    bar = page.get_by_role("navigation", name="مواضع كلمات البحث")
    expect(bar).to_contain_text("وردت كلمات البحث في ٦ مواضع")
    expect(bar).to_be_in_viewport()
    following = bar.get_by_role("link", name="التالي")
    for number in ("١", "٢", "٣", "٤", "٥", "٦", "١"):
        following.click()
        expect(bar.locator(".one")).to_have_text(re.compile(rf"الموضع {number}\s+من\s+٦"))
        expect(page.locator("mark.current")).to_have_count(1)
        expect(page.locator("mark.current")).to_be_in_viewport()
    bar.get_by_role("link", name="السابق").click()
    expect(page.locator("#match-6")).to_have_class("current")
    expect(page.get_by_role("status")).to_contain_text("٦ من ٦")


def test_the_language_is_switched_where_the_reader_is(page: Page) -> None:
    page.get_by_role("link", name="الأحدث").click()
    expect(page.locator(".switch [aria-current]").last).to_have_text("الأحدث")
    page.get_by_text("الإعدادات").click()
    page.get_by_role("button", name="English").click()
    expect(page.locator("html")).to_have_attribute("dir", "ltr")
    assert "sort=date" in page.url
    expect(page.locator(".switch [aria-current]").last).to_have_text("Newest")


def test_more_results_are_added_and_the_address_shows_them_all(page: Page) -> None:
    first = titles(page)
    assert len(first) == 10
    height = page.evaluate("() => { scrollTo({ top: 1e6, behavior: 'instant' }); return scrollY; }")
    page.get_by_role("button", name="حمّل مزيدًا من النتائج").click()
    expect(page.locator(".hit")).to_have_count(20)
    assert titles(page)[:10] == first
    assert len(set(titles(page))) == 20
    assert page.evaluate("document.activeElement === document.querySelectorAll('.hit h2 a')[10]")
    assert page.evaluate("scrollY") == height  # the reader is where he was
    expect(page.locator(".numbers")).to_contain_text(re.compile("^١–٢٠ من"))
    expect(page.locator("#announcement")).to_have_text(re.compile("^١–٢٠ من [٠-٩]+$"))
    assert "size=20" in page.url
    assert "page=" not in page.url
    assert same_document(page)
    shown = titles(page)
    page.reload()
    assert titles(page) == shown
    # From an article back to all of them.
    page.locator(".hit h2 a").nth(15).click()
    expect(page.locator("article.article")).to_be_visible()
    page.go_back()
    expect(page.locator(".hit")).to_have_count(20)


def test_without_scripts_the_next_page_is_a_link(visit: Visit) -> None:
    page = visit(java_script_enabled=False)
    page.goto(CITY)
    expect(page.locator(".more-results")).to_have_count(0)
    page.locator("a[rel=next]").click()
    expect(page).to_have_url(re.compile("page=2"))


def test_what_cannot_be_added_is_opened(page: Page) -> None:
    def answer(route: Route) -> None:
        if route.request.resource_type == "fetch":
            route.fulfill(body="busy", content_type="text/plain")
        else:
            route.continue_()

    page.route("**/search*page=2*", answer)
    page.locator(".more-results").click()
    expect(page).to_have_url(re.compile("page=2"))
    assert not same_document(page)
