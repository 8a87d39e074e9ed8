"""Dates as readers type them; what the pages show is among it."""

from __future__ import annotations

import pytest

from arsearch.web.pages.date_entry import typed_date

from ..conftest import Site
from ..page import page_of


@pytest.mark.parametrize(
    ("typed", "date"),
    [
        ("2015", "2015"),
        ("٢٠١٥-٠٧", "2015-07"),
        ("٠٧-٢٠١٥", "2015-07"),
        ("07-2015", "2015-07"),
        ("2015/7/21", "2015-07-21"),
        ("21.7.2015", "2015-07-21"),
        ("٢١ يوليو ٢٠١٥", "2015-07-21"),
        ("تموز 2015", "2015-07"),
        ("كانون الثاني 2015", "2015-01"),
        ("جويلية 2015", "2015-07"),
        ("July 21, 2015", "2015-07-21"),
        ("5 شوال 1436", "2015-07-21"),
        ("٥/١٠/١٤٣٦ هـ", "2015-07-21"),
        ("\u2066٢٠١٥\u200e-\u200e٠٧\u2069", "2015-07"),
        ("2015-13", "2015-13"),
        ("أمس", "أمس"),
        ("2015 2016", "2015 2016"),
        ("12", "12"),
        ("", ""),
    ],
)
def test_a_date_is_read_however_it_is_typed(typed: str, date: str) -> None:
    assert typed_date(typed) == date


@pytest.mark.parametrize(
    ("typed", "first", "last"),
    [
        ("1436", "2014-10-25", "2015-10-13"),
        ("شوال 1436", "2015-07-17", "2015-08-15"),
        ("ربيع الأول ١٤٤٠", "2018-11-09", "2018-12-07"),
        ("35 شوال 1436", "35 شوال 1436", "35 شوال 1436"),
    ],
)
def test_hijri_years_and_months_begin_and_end_within_gregorian_ones(typed: str, first: str, last: str) -> None:
    assert (typed_date(typed), typed_date(typed, last=True)) == (first, last)


def test_what_was_typed_finds_what_it_means_and_is_shown_as_it_is_typed(site: Site) -> None:
    given = {"q": "المدينة", "mode": "lexical"}
    page = page_of(site.get("/search", **given, **{"from": "07-2015", "to": "١٤٤٤"}))
    assert "ابتداءً من يوليو ٢٠١٥" in page.text
    assert "حتى ١٨ يوليو ٢٠٢٣" in page.text
    [first] = page.find("input", type="text", name="from")
    assert first["value"].replace("\u200e", "") == "٢٠١٥-٠٧"
    assert {**{name: [value] for name, value in given.items()}, "from": ["2015-07"]} in page.parameters()
    same = page_of(site.get("/search", **given, **{"from": first["value"], "to": "1444"}))
    assert same.parameters() == page.parameters()


def test_what_cannot_be_understood_stays_in_its_box(site: Site) -> None:
    page = page_of(site.get("/search", q="المدينة", tag="بيئة", **{"from": "أمس", "to": "2020"}), 400)
    boxes = {box["name"]: box for box in page.find("input", type="text")}
    assert (boxes["from"]["value"], boxes["to"]["value"]) == ("أمس", "٢٠٢٠")
    assert boxes["from"]["aria-invalid"] == "true"
    assert "aria-invalid" not in boxes["to"]
    assert next(page.find("input", type="search"))["value"] == "المدينة"
    assert list(page.find("input", type="hidden", name="tag", value="بيئة"))
