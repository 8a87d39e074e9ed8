"""The page of an article: its words marked, and what it says of itself to those who share it."""

from __future__ import annotations

import json
import re
from urllib.parse import urlsplit

import pytest

from arsearch.corpus import Article
from arsearch.web.pages.article_metadata import original_link

from ..conftest import EVIL, Site
from ..page import page_of


def test_an_article(site: Site) -> None:
    page = page_of(site.get("/article/house-of-wisdom", q="الحكمه"))
    assert "بيت الحكمة: حين ترجمت بغداد علوم العالم" in page.text
    assert "الاثنين، ١٤ مارس ٢٠١٦ م، الموافق ٥ جمادى الآخرة ١٤٣٧ هـ" in page.text
    assert list(page.find("mark"))
    assert "https://example.org/house-of-wisdom" in page.links()
    assert {"q": ["الحكمه"]} in page.parameters()
    assert "مقالات مشابهة" in page.text
    similar = [link for link in page.links() if link.startswith("/article/") and "=" not in link]
    assert len(similar) == 5
    for link in similar:
        page_of(site.get(link))


def test_an_article_without_a_query_marks_nothing(site: Site) -> None:
    page = page_of(site.get("/article/house-of-wisdom"))
    assert not list(page.find("mark"))
    assert "عُد إلى" not in page.text


def test_an_article_of_few_words_is_still_shown(wild_site: Site) -> None:
    page = page_of(wild_site.get("/article/bare", q="سفينة"))
    assert "بلا عنوان" in page.text
    assert "اقرأ المقال في موقعه الأصلي" not in page.text


def test_arabic_is_read_from_the_right_whatever_its_first_word(wild_site: Site) -> None:
    page = page_of(wild_site.get("/article/evil/article"))
    paragraphs = [paragraph["dir"] for paragraph in page.find("p") if "dir" in paragraph and "class" not in paragraph]
    assert paragraphs == ["rtl", "auto", "rtl"]


def test_marked_words_are_numbered_and_lead_on_without_a_script(site: Site) -> None:
    page = page_of(site.get("/article/house-of-wisdom", q="بيت الحكمة"))
    marks = [mark["id"] for mark in page.find("mark")]
    assert marks == [f"match-{number}" for number in range(1, 7)]
    assert "وردت كلمات البحث في ٦ مواضع" in page.text
    following = next(link["href"] for link in page.find("a", **{"class": "next"}))
    assert urlsplit(following).fragment == "match-1"
    page = page_of(site.get(following.split("#")[0]))
    assert [mark["id"] for mark in page.find("mark", **{"class": "current"})] == ["match-1"]
    previous = next(link["href"] for link in page.find("a", **{"class": "previous"}))
    assert urlsplit(previous).fragment == "match-6"
    page = page_of(site.get(previous.split("#")[0]))
    assert [mark["id"] for mark in page.find("mark", **{"class": "current"})] == ["match-6"]
    assert next(page.find("a", **{"class": "next"}))["href"].endswith("#match-1")


@pytest.mark.parametrize("match", ["0", "-1", "x", "99999999999", "٣"])
def test_a_match_that_is_none_is_no_failure(site: Site, match: str) -> None:
    page_of(site.get("/article/house-of-wisdom", q="الحكمة", match=match))


def test_an_article_describes_itself_to_those_who_share_it(site: Site) -> None:
    answer = site.get("/article/house-of-wisdom", q="الحكمة")
    [data] = re.findall(r'<script type="application/ld\+json">(.*?)</script>', answer.text)
    article = json.loads(data)
    assert article["@type"] == "NewsArticle"
    assert article["headline"] == "بيت الحكمة: حين ترجمت بغداد علوم العالم"
    assert article["datePublished"] == "2016-03-14"
    assert article["mainEntityOfPage"] == f"{site.address}/article/house-of-wisdom"
    page = page_of(answer)
    properties = {meta["property"]: meta["content"] for meta in page.find("meta") if "property" in meta}
    assert properties["og:type"] == "article"
    assert properties["og:title"] == article["headline"]
    assert properties["og:url"] == next(page.find("link", rel="canonical"))["href"] == article["mainEntityOfPage"]
    assert site.get(urlsplit(properties["og:image"]).path).status == 200
    assert len(properties["og:description"]) <= 201


def test_what_shares_an_article_is_not_led_to_a_script(wild_site: Site) -> None:
    answer = wild_site.get("/article/evil/article")
    assert "javascript:" not in answer.text
    [data] = re.findall(r'<script type="application/ld\+json">(.*?)</script>', answer.text)
    assert json.loads(data)["headline"].endswith(EVIL)
    assert "example.org/castle" in wild_site.get("/article/turned").text


@pytest.mark.parametrize(
    ("url", "link"),
    [
        ("https://example.org/a", "https://example.org/a"),
        ("http://example.org", "http://example.org"),
        ("HTTPS://example.org/", "HTTPS://example.org/"),
        ("javascript:alert(1)", ""),
        ("data:text/html,x", ""),
        ("//example.org/a", ""),
        ("/a", ""),
        ("http://", ""),
        ("https://[x", ""),
        ("", ""),
    ],
)
def test_only_pages_of_the_web_are_linked_to(url: str, link: str) -> None:
    assert original_link(Article(id="a", body="x", url=url)) == link
