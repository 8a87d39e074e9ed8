"""Own fields are read from whatever format has them, and what is not kept is named."""

from __future__ import annotations

from pathlib import Path

import pytest

from arsearch.article_fields import parse_own_fields
from arsearch.corpus import ReadingOptions, ReadingReport, read_source

OWN = parse_own_fields(("country=keyword", "pages=number", "published_in=date", "summary=text"))
EXPECTED = {"country": "ليبيا", "pages": 120, "published_in": "2015-05-03", "summary": "خلاصة"}


@pytest.mark.parametrize(
    ("name", "text"),
    [
        (
            "a.jsonl",
            '{"body": "نص", "country": "ليبيا", "pages": 120, "published_in": "3 مايو 2015", "summary": "خلاصة"}',
        ),
        (
            "a.json",
            '[{"body": "نص", "Country": " ليبيا ", "pages": 120, "published-in": "2015-05-03", "summary": "خلاصة"}]',
        ),
        ("a.csv", "body,country,pages,published in,summary\nنص,ليبيا,١٢٠,2015-05-03,خلاصة\n"),
        ("a.md", "---\ncountry: ليبيا\npages: 120\npublished_in: 2015-05-03\nsummary: خلاصة\n---\n\nنص\n"),
    ],
)
def test_every_format_with_names_for_fields_has_them(tmp_path: Path, name: str, text: str) -> None:
    (tmp_path / name).write_text(text, encoding="utf-8")
    report = ReadingReport()
    [article] = read_source(tmp_path / name, report, ReadingOptions(own=OWN))
    assert (article.body, article.extra) == ("نص", EXPECTED)
    assert not report.unknown_fields
    assert not report.problems


META = """<!doctype html><html lang="ar"><head><title>ميناء</title><meta name="viewport" content="width=device-width">
<meta name="Country" content=" ليبيا "><meta property="article:pages" content="١٢٠"><meta name="pages" content="">
<meta name="published-in" content="3 مايو 2015"><meta itemprop="summary" content="خلاصة">
<meta property="og:locale" content="ar_LY"><meta name="google-site-verification" content="x">
</head><body><article><p>وصلت السفن إلى الميناء.</p></article></body></html>"""
WXR = """<rss version="2.0" xmlns:content="http://purl.org/rss/1.0/modules/content/"
xmlns:wp="http://wordpress.org/export/1.2/"><channel><title>الواحة</title><item><title>ميناء</title>
<content:encoded><![CDATA[<p>وصلت السفن إلى الميناء.</p>]]></content:encoded><wp:post_id>7</wp:post_id>
<wp:status>publish</wp:status><wp:post_type>post</wp:post_type>
<category domain="country" nicename="ly"><![CDATA[ليبيا]]></category>
<wp:postmeta><wp:meta_key>_edit_last</wp:meta_key><wp:meta_value>1</wp:meta_value></wp:postmeta>
<wp:postmeta><wp:meta_key>pages</wp:meta_key><wp:meta_value><![CDATA[120]]></wp:meta_value></wp:postmeta>
<wp:postmeta><wp:meta_key>published_in</wp:meta_key><wp:meta_value>2015-05-03</wp:meta_value></wp:postmeta>
<wp:postmeta><wp:meta_key>summary</wp:meta_key><wp:meta_value>خلاصة</wp:meta_value></wp:postmeta>
</item></channel></rss>"""
RSS = """<rss version="2.0" xmlns:x="http://example.org/fields"><channel><title>الواحة</title><item><title>ميناء</title>
<link>https://example.org/1</link><description>وصلت السفن إلى الميناء.</description><x:country>ليبيا</x:country>
<pages>120</pages><x:published_in>2015-05-03</x:published_in><summary>خلاصة</summary><pubDate>3 May 2015</pubDate>
</item></channel></rss>"""
ATOM = """<feed xmlns="http://www.w3.org/2005/Atom" xmlns:x="http://example.org/fields"><title>الواحة</title><entry>
<title>ميناء</title><id>tag:1</id><content>وصلت السفن إلى الميناء.</content><summary>خلاصة</summary>
<x:country>ليبيا</x:country><x:pages>120</x:pages><x:published-in>2015-05-03</x:published-in>
<author><name>سلمى</name></author></entry></feed>"""
MARKUP = pytest.mark.parametrize(("name", "text"), [("a.html", META), ("a.xml", WXR), ("a.rss", RSS), ("a.atom", ATOM)])


@MARKUP
def test_markup_has_them_beside_its_own_elements(tmp_path: Path, name: str, text: str) -> None:
    (tmp_path / name).write_text(text, encoding="utf-8")
    report = ReadingReport()
    [article] = read_source(tmp_path / name, report, ReadingOptions(own=OWN))
    assert article.extra == EXPECTED
    assert article.body == "وصلت السفن إلى الميناء."
    assert not report.unknown_fields
    assert not report.problems


@MARKUP
def test_markup_keeps_nothing_that_is_not_asked_for_and_names_what_a_maintainer_made(
    tmp_path: Path, name: str, text: str
) -> None:
    postmeta = "<wp:postmeta><wp:meta_key>mood</wp:meta_key><wp:meta_value>حزين</wp:meta_value></wp:postmeta>"
    made = {"a.html": '<meta name="mood" content="حزين">', "a.xml": postmeta}.get(name, "<mood>حزين</mood>")
    for end in ("</head>", "</item>", "</entry>"):
        text = text.replace(end, made + end)
    (tmp_path / name).write_text(text, encoding="utf-8")
    report = ReadingReport()
    [article] = read_source(tmp_path / name, report, ReadingOptions(own=OWN))
    assert article.extra == EXPECTED
    assert report.unknown_fields == {"mood": 1}
    [bare] = read_source(tmp_path / name, report, ReadingOptions())
    assert bare.extra == {}


def test_markup_answers_to_names_that_are_set_and_keeps_several_keywords(tmp_path: Path) -> None:
    page = META.replace(
        "</head>",
        '<meta name="pages" content="5"><meta property="dc.land" content="تونس"><meta property="x:land" content="مصر">'
        '<meta name="land" content="">'
        '<meta name="desk" content="الاقتصاد"><meta name="desk" content="الموانئ"></head>',
    )
    (tmp_path / "a.html").write_text(page, encoding="utf-8")
    options = ReadingOptions(own=OWN, fields={"land": "country", "desk": "tags"})
    [article] = read_source(tmp_path / "a.html", ReadingReport(), options)
    assert article.extra == EXPECTED | {"country": ("تونس", "مصر"), "pages": 5}  # a whole name goes before a part
    assert article.tags == ("الاقتصاد", "الموانئ")


def test_a_field_of_another_name_is_kept_under_the_declared_one(tmp_path: Path) -> None:
    (tmp_path / "a.jsonl").write_text('{"body": "نص", "البلد": ["ليبيا", "تونس", "ليبيا", ""]}', encoding="utf-8")
    options = ReadingOptions(own=OWN, fields={"البلد": "country"})
    [article] = read_source(tmp_path / "a.jsonl", ReadingReport(), options)
    assert article.extra == {"country": ("ليبيا", "تونس")}


@pytest.mark.parametrize(
    ("value", "said"),
    [
        ('"pages": "كثير"', "is no number"),
        ('"pages": true', "is bool, not a number"),
        ('"pages": [1]', "is list, not a number"),
        ('"pages": 1e300', "beyond 2^53"),
        ('"published_in": "أمس"', "is no date that can be read"),
        ('"country": {"name": "ليبيا"}', "is dict, not text"),
        ('"country": [["ليبيا"]]', "is not a text or a list of texts"),
    ],
)
def test_a_value_of_another_kind_is_left_out_and_told(tmp_path: Path, value: str, said: str) -> None:
    (tmp_path / "a.jsonl").write_text(f'{{"body": "نص", {value}}}', encoding="utf-8")
    report = ReadingReport()
    [article] = read_source(tmp_path / "a.jsonl", report, ReadingOptions(own=OWN))
    assert article.extra == {}
    assert said in report.problems[0].message
    assert not report.problems[0].skipped


def test_what_is_not_kept_is_counted_by_name(tmp_path: Path) -> None:
    lines = ['{"body": "نص", "mood": "حزين", "empty": "", "kicker": "أ"}', '{"body": "آخر", "mood": "سعيد"}']
    (tmp_path / "a.jsonl").write_text("\n".join(lines), encoding="utf-8")
    report = ReadingReport()
    list(read_source(tmp_path / "a.jsonl", report, ReadingOptions(fields={"kicker": "title"})))
    assert report.unknown_fields == {"mood": 2}
