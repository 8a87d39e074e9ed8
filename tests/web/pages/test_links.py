"""Addresses of searches keep what they should and change what they should."""

from __future__ import annotations

import pytest
from werkzeug.datastructures import MultiDict

from arsearch.web.pages.links import Links

GIVEN = [
    ("q", "بيت الحكمة"),
    ("tag", "a&b"),
    ("tag", "c"),
    ("from", "2015"),
    ("page", "3"),
    ("evil", "x"),
    ("sort", " "),
]


@pytest.fixture
def links() -> Links:
    return Links(MultiDict(GIVEN), "/")


Q = "q=بيت+الحكمة"


def test_what_is_given_is_kept(links: Links) -> None:
    assert links.search() == f"/search?{Q}&tag=a%26b&tag=c&from=2015&page=3"
    assert links.given("tag") == ["a&b", "c"]
    assert links.given("sort") == []


def test_what_is_changed_is_changed(links: Links) -> None:
    assert links.search(page=None, tag=["c"], sort="date") == f"/search?{Q}&sort=date&tag=c&from=2015"
    assert links.search(page=4, tag="", **{"from": None}) == f"/search?{Q}&page=4"
    assert links.search(q="x", page=None, tag=(), **{"from": None}) == "/search?q=x"


def test_a_feed_has_no_pages(links: Links) -> None:
    assert links.feed() == f"/feed.atom?{Q}&tag=a%26b&tag=c&from=2015"


def test_all_filters_go_together_with_the_page(links: Links) -> None:
    assert links.without_filters() == f"/search?{Q}"


def test_articles_keep_the_search(links: Links) -> None:
    whole = f"{Q}&tag=a%26b&tag=c&from=2015&page=3"
    assert links.article("a/b?c#d%é") == f"/article/a/b%3Fc%23d%25%C3%A9?{whole}"
    assert links.article("a", match=2) == f"/article/a?{whole}&match=2#match-2"
    assert Links(MultiDict(), "/").article("a") == "/article/a"


def test_an_application_below_a_path_stays_there() -> None:
    assert Links(MultiDict({"q": "x"}), "/below/").search() == "/below/search?q=x"


def test_only_arabic_letters_and_digits_stand_as_they_are() -> None:
    text = "لغة٣ é\u202e\u064b&=#+%<\"'/"
    assert Links(MultiDict({"q": text}), "/").search() == (
        "/search?q=لغة٣+%C3%A9%E2%80%AE%D9%8B%26%3D%23%2B%25%3C%22%27%2F"
    )


def test_halves_of_characters_are_no_failure() -> None:
    assert Links(MultiDict({"q": "\ud800"}), "/").search() == "/search?q=%3F"
