"""How results are spread over time: counted exactly, narrowed by dragging and by keyboard, readable as a table."""

from __future__ import annotations

import re
from urllib.parse import parse_qs, quote, urlsplit

import pytest
from playwright.sync_api import Page, expect

from arsearch.web.pages.timeline import timeline_of

from ..conftest import Site, Visit, needs_chromium
from ..page import page_of
from .test_accessibility import violations
from .test_facets import total

CITY = {"q": "المدينة", "mode": "lexical"}


@pytest.mark.parametrize(
    ("dates", "unit", "periods"),
    [
        ([], "year", []),
        ([""], "year", []),
        (["2015-07-21"], "day", ["2015-07-21"]),
        (["2016-02-28", "2016-03-01"], "day", ["2016-02-28", "2016-02-29", "2016-03-01"]),
        (["2015-11-30", "2016-02"], "month", ["2015-11", "2015-12", "2016-01", "2016-02"]),
        (["2015-11-30", "2016-02-01"], "month", ["2015-11", "2015-12", "2016-01", "2016-02"]),
        (["2010", "2011-02-03", "2013-01-01"], "year", ["2010", "2011", "2012", "2013"]),
    ],
)
def test_bars_are_as_fine_as_the_dates_and_have_no_gaps(dates: list[str], unit: str, periods: list[str]) -> None:
    shown = timeline_of([(date, 2) for date in dates])
    assert (shown.unit, [bar.period for bar in shown.bars]) == (unit, periods)
    assert sum(bar.count for bar in shown.bars) + shown.undated == 2 * len(dates)
    assert all(0 <= bar.x <= 1000 - bar.width for bar in shown.bars)


def test_every_row_finds_as_many_as_it_says(site: Site) -> None:
    link = next(link for link in page_of(site.get("/search", **CITY)).links() if link.startswith("/timeline"))
    answer = site.get(link)
    page = page_of(answer)
    rows = re.findall(r'<th scope="row"><a href="([^"]*)">.*?<td>(\d+)</td>', answer.text)
    assert len(rows) >= 3
    for address, count in rows[:4]:
        assert total(site.get(address.replace("&amp;", "&"))) == int(count)
    assert sum(int(count) for _, count in rows) == total(site.get("/search", **CITY))
    assert len(list(page.find("rect", **{"class": "bar"}))) == len(rows)
    assert site.get("/timeline").headers["Location"] == "/"
    assert site.get("/timeline", q="x", **{"from": "أمس"}).status == 400
    nothing = site.get("/timeline", q="قهوة", mode="lexical", **{"from": "1900", "to": "1901"})
    assert "ليس لأيّ من هذه المقالات تاريخ" in nothing.text


@needs_chromium
def test_bars_are_chosen_by_dragging_and_by_keyboard(visit: Visit) -> None:
    page = visit()
    page.goto(f"/search?q={quote(CITY['q'])}&mode=lexical")
    page.evaluate("window.sameDocument = true")
    opener = page.get_by_role("button", name="عبر الزمن")
    expect(page.get_by_role("figure")).to_have_count(0)
    page.get_by_text("عبر الزمن").click()
    figure = page.get_by_role("figure", name="عبر الزمن")
    expect(figure).to_be_visible()
    expect(opener).to_have_attribute("aria-expanded", "true")
    assert not violations(page)
    first = figure.get_by_label("من")
    expect(first).to_be_focused()
    options = first.get_by_role("option").all_inner_texts()
    page.keyboard.press("ArrowDown")
    page.keyboard.press("Enter")
    first.select_option(index=len(options) - 3)
    expect(figure.get_by_role("button")).to_have_text(f"اقتصر على ما بين {options[-3]} و{options[-1]}")
    figure.get_by_role("button").click()
    chips = page.get_by_role("list", name="التصفية")
    expect(chips).to_contain_text(f"ابتداءً من {options[-3]}")
    expect(figure).to_be_visible()
    page.go_back()
    expect(chips).to_have_count(0)
    drag(page, 0.99, 0.5)
    expect(chips).to_contain_text(f"ابتداءً من {options[0]}")
    assert page.evaluate("window.sameDocument")
    asked = parse_qs(urlsplit(page.url).query)
    assert asked["from"] < asked["to"]


def drag(page: Page, start: float, end: float) -> None:
    """From one place of the bars to another, as shares of their width from the left."""
    expect(page.locator(".timeline .bar").first).to_be_visible()
    box = page.locator(".timeline svg").bounding_box()
    assert box
    page.mouse.move(box["x"] + box["width"] * start, box["y"] + 20)
    page.mouse.down()
    page.mouse.move(box["x"] + box["width"] * end, box["y"] + 20, steps=4)
    page.mouse.up()
