"""Help that holds: examples that find what they say, a form that asks what it says, reasons that are true."""

from __future__ import annotations

import re
from urllib.parse import parse_qs, quote, urlsplit

import pytest
from playwright.sync_api import expect
from werkzeug.datastructures import MultiDict

from arsearch.web.help.advanced import composed_query
from arsearch.web.help.reasons import reason_of_suggestion

from ..conftest import PHONE, Site, Visit, needs_chromium
from ..page import page_of
from ..pages.test_accessibility import violations


def test_every_example_finds_as_many_as_it_says(site: Site) -> None:
    answer = site.get("/help")
    page_of(answer)
    examples = re.findall(r'<a href="(/search[^"]*)">.*?<span class="count">(.*?)</span>', answer.text)
    assert len(examples) >= 8
    for address, said in examples:
        found = site.get(f"{address}&mode=lexical".replace("&amp;", "&")).text
        assert f"<span data-announce>{said}</span>" in found


@pytest.mark.parametrize(
    ("boxes", "query"),
    [
        ({}, ""),
        ({"all": "بيت الحكمة"}, "بيت AND الحكمة"),
        ({"phrase": "بيت الحكمة"}, '"بيت الحكمة"'),
        ({"any": "قهوة شاي"}, "قهوة OR شاي"),
        ({"all": "بيت", "any": "قهوة شاي", "none": "مقهى لندن"}, "بيت AND (قهوة OR شاي) -مقهى -لندن"),
        ({"in_title": "بيت الحكمة", "all": "بغداد"}, "بغداد AND title:بيت AND title:الحكمة"),
        ({"all": 'بيت" AND -الحكمة) أو title:x'}, "بيت AND الحكمة AND title AND x"),
        ({"all": "؟ ! -"}, ""),
    ],
)
def test_boxes_become_a_query(boxes: dict[str, str], query: str) -> None:
    assert composed_query(MultiDict(boxes)) == query


def test_the_form_leads_to_results_with_its_filters(site: Site) -> None:
    form = {
        "all": "المدينة",
        "none": "بغداد",
        "source": "صحيفة المرفأ",
        "from": "2015",
        "author": "",
        "mode": "lexical",
    }
    answer = site.get("/advanced", **form)
    assert answer.status == 303
    address = urlsplit(answer.headers["Location"])
    assert parse_qs(address.query) == {
        "q": ["المدينة -بغداد"], "source": ["صحيفة المرفأ"], "from": ["2015"], "mode": ["lexical"],
    }  # fmt: skip
    assert list(page_of(site.get(answer.headers["Location"])).find("article"))
    page = page_of(site.get("/advanced"))
    assert "صحيفة المرفأ" in [option["value"] for option in page.find("option")]
    assert "اكتب كلمة في أحد هذه المربعات" in page_of(site.get("/advanced", source="صحيفة المرفأ")).text


@pytest.mark.parametrize(
    ("typed", "suggestion", "reason"),
    [
        ("hgsghl ugd;l", "السلام عليكم", "keyboard"),
        ("libya", "ليبيا", "letters"),
        ("وزيرالداخلية", "وزير الداخلية", "spaces"),
        ("القهووة", "القهوة", "spelling"),
        ("cofee", "coffee", "spelling"),
    ],
)
def test_a_suggestion_has_its_reason(typed: str, suggestion: str, reason: str) -> None:
    assert reason_of_suggestion(typed, suggestion) == reason


def test_the_page_says_the_reason(site: Site) -> None:
    assert "هكذا يُكتب بالحروف العربية" in page_of(site.get("/search", q="libya", mode="lexical")).text


@needs_chromium
def test_keys_are_shown_on_a_question_mark_and_help_is_for_everybody(visit: Visit) -> None:
    page = visit(viewport=PHONE, color_scheme="dark")
    for path in ("/help", "/advanced", f"/download?q={quote('قهوة')}", f"/timeline?q={quote('المدينة')}"):
        page.goto(path)
        assert not violations(page), path
        assert page.evaluate("document.documentElement.scrollWidth") <= PHONE["width"]
    page.goto(f"/search?q={quote('المدينة')}")
    box = page.get_by_role("combobox")
    box.press("End")
    page.keyboard.type("?")
    expect(box).to_have_value("المدينة?")
    page.locator("main").focus()
    page.keyboard.type("?")
    dialog = page.get_by_role("dialog", name="المفاتيح")
    expect(dialog).to_be_visible()
    assert not violations(page)
    page.keyboard.press("Escape")
    expect(dialog).to_be_hidden()
    page.locator("main").dispatch_event("keydown", {"key": "؟"})  # as Arabic keyboards have it
    expect(dialog).to_be_visible()
