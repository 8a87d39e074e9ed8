"""Pictures and captions of articles, as pages, feeds, exports and records name them."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from arsearch.corpus import Article, ReadingReport, read_source
from arsearch.corpus.records.pictures import picture_of

LONG = "<p>فقرة طويلة بما يكفي لتكون نصًّا من نصوص المقال الذي يقرؤه الناس في الصباح مع القهوة والخبز.</p>" * 3
MEDIA = 'xmlns:media="http://search.yahoo.com/mrss/"'
WORDPRESS = (
    'xmlns:wp="http://wordpress.org/export/1.2/" xmlns:content="http://purl.org/rss/1.0/modules/content/" '
    'xmlns:excerpt="http://wordpress.org/export/1.2/excerpt/"'
)


def read(path: Path, text: str) -> list[Article]:
    path.write_text(text, encoding="utf-8")
    report = ReadingReport()
    articles = list(read_source(path, report))
    assert report.problems == []
    return articles


def page(head: str) -> str:
    return f"<html><head>{head}</head><body><article><h1>عنوان المقال</h1>{LONG}</article></body></html>"


def linked(image: Any) -> str:
    described = {"@type": "NewsArticle", "headline": "عنوان المقال", "image": image}
    return f'<script type="application/ld+json">{json.dumps(described)}</script>'


@pytest.mark.parametrize(
    ("head", "picture"),
    [
        (
            '<meta property="og:image" content="/i/a.jpg"><meta property="og:image:alt" content="ميناء  الخمس">'
            '<meta property="og:url" content="https://example.org/news/1">',
            ("https://example.org/i/a.jpg", "ميناء الخمس"),
        ),
        (linked("https://example.org/b.png"), ("https://example.org/b.png", "")),
        (
            linked([{"@type": "ImageObject", "url": "https://example.org/c.png", "caption": "سفينة"}])
            + '<meta property="og:image" content="https://example.org/other.png">',
            ("https://example.org/c.png", "سفينة"),
        ),
        ('<meta property="og:image" content="javascript:alert(1)">', ("", "")),
        ('<meta property="og:image" content="data:image/png;base64,AA">', ("", "")),
    ],
)
def test_pages(tmp_path: Path, head: str, picture: tuple[str, str]) -> None:
    [article] = read(tmp_path / "a.html", page(head))
    assert (article.image, article.caption) == picture


@pytest.mark.parametrize(
    ("inside", "picture"),
    [
        ('<enclosure url="https://e.org/a.jpg" type="image/jpeg" length="9"/>', ("https://e.org/a.jpg", "")),
        ('<enclosure url="https://e.org/a.mp3" type="audio/mpeg" length="9"/>', ("", "")),
        (
            '<media:content url="https://e.org/v.mp4" type="video/mp4"><media:thumbnail url="https://e.org/v.jpg"/>'
            "</media:content>",
            ("https://e.org/v.jpg", ""),
        ),
        (
            '<media:group><media:content url="https://e.org/m.jpg" medium="image">'
            "<media:description>ميناء &lt;b&gt;الخمس&lt;/b&gt;</media:description></media:content></media:group>",
            ("https://e.org/m.jpg", "ميناء الخمس"),
        ),
    ],
)
def test_feeds(tmp_path: Path, inside: str, picture: tuple[str, str]) -> None:
    item = f"<item><title>عنوان</title><link>https://e.org/1</link>{inside}<description>نصّ الخبر</description></item>"
    [article] = read(tmp_path / "a.rss", f'<rss version="2.0" {MEDIA}><channel><title>م</title>{item}</channel></rss>')
    assert (article.image, article.caption) == picture
    assert article.body == "نصّ الخبر"


def test_featured_images_of_wordpress_stand_before_or_behind_the_post(tmp_path: Path) -> None:
    def post(number: int, picture: int) -> str:
        return (
            f"<item><title>عنوان {number}</title><link>https://e.org/{number}</link>"
            f"<content:encoded>نصّ المقال {number}</content:encoded><wp:status>publish</wp:status>"
            "<wp:post_type>post</wp:post_type><wp:postmeta><wp:meta_key>_thumbnail_id</wp:meta_key>"
            f"<wp:meta_value>{picture}</wp:meta_value></wp:postmeta></item>"
        )

    def attachment(number: int) -> str:
        return (
            f"<item><title>م</title><excerpt:encoded>صورة {number}</excerpt:encoded><wp:post_id>{number}</wp:post_id>"
            "<wp:post_type>attachment</wp:post_type><wp:status>inherit</wp:status>"
            f"<wp:attachment_url>https://e.org/{number}.jpg</wp:attachment_url></item>"
        )

    items = attachment(7) + post(1, 7) + post(2, 8) + attachment(8) + post(3, 9)
    articles = read(tmp_path / "a.xml", f'<rss version="2.0" {WORDPRESS}><channel>{items}</channel></rss>')
    found = {article.title: (article.image, article.caption) for article in articles}
    assert found == {
        "عنوان 1": ("https://e.org/7.jpg", "صورة 7"),
        "عنوان 2": ("https://e.org/8.jpg", "صورة 8"),
        "عنوان 3": ("", ""),
    }


def test_records(tmp_path: Path) -> None:
    record = {"body": "نصّ", "featured_image": {"url": "https://e.org/a.jpg", "alt": "ا"}}
    [article] = read(tmp_path / "a.json", json.dumps([record]))
    assert (article.image, article.caption) == ("https://e.org/a.jpg", "ا")


@pytest.mark.parametrize(
    "address",
    ["ftp://e.org/a", "https://", "https://u:p@e.org/a", "//e.org/a", "https://e.org/a b", "https://[", "x" * 3_000, 7],
)
def test_what_is_no_address_of_the_web_is_no_picture(address: object) -> None:
    assert picture_of(address, "تعليق") == ("", "")


def test_objects_in_objects_end() -> None:
    nested: Any = "https://e.org/a.jpg"
    for _ in range(2_000):
        nested = {"url": nested}
    assert picture_of(nested) == ("", "")
