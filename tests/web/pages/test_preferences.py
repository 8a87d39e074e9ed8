"""Language, digits and theme: as the browser asks, or as the reader chose."""

from __future__ import annotations

from http.cookies import SimpleCookie
from pathlib import Path

import pytest

from ..conftest import Answer, Site, serving
from ..page import page_of


def html(answer: Answer) -> dict[str, str]:
    return dict(page_of(answer).elements)["html"]


@pytest.mark.parametrize(
    ("header", "language"),
    [
        ("", "ar"),
        ("ar", "ar"),
        ("ar-EG,ar;q=0.9,en;q=0.5", "ar"),
        ("en", "en"),
        ("en-GB,en;q=0.9", "en"),
        ("fr,en;q=0.5", "en"),
        ("fr", "ar"),
        ("*", "ar"),
        (";;q=,", "ar"),
    ],
)
def test_the_browser_says_the_language(site: Site, header: str, language: str) -> None:
    answer = site.asked_with(Accept_Language=header).get("/")
    assert html(answer)["lang"] == language
    assert {"Accept-Language", "Cookie"} <= {name.strip() for name in answer.headers["Vary"].split(",")}


def test_a_choice_is_kept_and_leads_back(site: Site) -> None:
    answer = site.post("/preferences", language="en", back="/search?q=x")
    assert (answer.status, answer.headers["Location"]) == (303, "/search?q=x")
    cookie = SimpleCookie(answer.headers["Set-Cookie"])["language"]
    assert (cookie.value, cookie["samesite"], cookie["httponly"]) == ("en", "Lax", True)
    chosen = site.asked_with(Cookie="language=en", Accept_Language="ar")
    assert html(chosen.get("/")) == {"lang": "en", "dir": "ltr"}


@pytest.mark.parametrize("cookie", ["language=xx; digits=1; theme=<script>", "language=", "=;;"])
def test_what_cannot_be_chosen_is_as_if_it_were_not_there(site: Site, cookie: str) -> None:
    assert html(site.asked_with(Cookie=cookie).get("/")) == {"lang": "ar", "dir": "rtl"}
    assert "Set-Cookie" not in site.post("/preferences", language="xx", theme="blue", other="x").headers


@pytest.mark.parametrize(
    "address",
    [
        "https://example.org",
        "//example.org",
        "/\\example.org",
        "\\\\example.org",
        "javascript:x",
        "",
        "/\n/x",
        "x",
        "/\t/x",
    ],
)
def test_a_choice_leads_nowhere_else(site: Site, address: str) -> None:
    assert site.post("/preferences", theme="dark", back=address).headers["Location"] == "/"


def test_the_theme_is_in_the_page_itself(site: Site) -> None:
    assert "data-theme" not in site.get("/").text
    page = page_of(site.asked_with(Cookie="language=en; theme=dark").get("/search", q="قهوة"))
    assert dict(page.elements)["html"] == {"lang": "en", "dir": "ltr", "data-theme": "dark"}
    assert next(page.find("meta", name="color-scheme"))["content"] == "dark"
    assert next(page.find("button", name="theme", value="dark"))["aria-pressed"] == "true"


def test_digits_are_set_and_chosen(site: Site, corpus_index: Path) -> None:
    assert "٩٥ مقالًا" in site.get("/").text
    assert "95 مقالًا" in site.asked_with(Cookie="digits=latin").get("/").text
    with serving(corpus_index, digits="latin") as latin:
        assert "95 مقالًا" in latin.get("/").text
        assert "٩٥ مقالًا" in latin.asked_with(Cookie="digits=arabic").get("/").text
    assert "95 articles" in site.asked_with(Cookie="language=en; digits=arabic").get("/").text


@pytest.mark.parametrize("path", ["/", "/search?q=x", "/search?q=x&page=0", "/nowhere", "/article/gps-navigation?q=x"])
def test_the_english_pages_are_in_english(site: Site, path: str) -> None:
    page = page_of(*(lambda answer: (answer, answer.status))(site.asked_with(Cookie="language=en").get(path)))
    for name in ("button", "summary", "nav"):
        for element in page.find(name):
            assert element.get("aria-label", "").isascii()
    assert "Settings" in page.text
    assert "الإعدادات" not in page.text


@pytest.mark.parametrize(
    ("headers", "status"),
    [
        ({"Sec-Fetch-Site": "same-origin"}, 303),
        ({"Sec-Fetch-Site": "none"}, 303),
        ({"Sec-Fetch-Site": "same-site"}, 403),
        ({"Sec-Fetch-Site": "cross-site"}, 403),
        ({"Sec-Fetch-Site": "cross-site", "Origin": "http://{host}"}, 403),
        ({"Sec-Fetch-Site": "anything"}, 403),
        ({"Origin": "http://{host}"}, 303),
        ({"Origin": "https://{host}"}, 303),  # a proxy may speak TLS
        ({"Origin": "http://evil.example"}, 403),
        ({"Origin": "http://{host}.evil.example"}, 403),
        ({"Origin": "null"}, 403),
        ({"Origin": ""}, 403),
        ({}, 303),
    ],
)
def test_no_other_site_chooses_for_its_visitors(site: Site, headers: dict[str, str], status: int) -> None:
    host = site.address.partition("//")[2]
    sent = {name.replace("-", "_"): value.format(host=host) for name, value in headers.items()}
    answer = site.asked_with(**sent).post("/preferences", language="en", back="/")
    assert answer.status == status
    assert ("Set-Cookie" in answer.headers) == (status == 303)
