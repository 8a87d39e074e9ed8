"""What newspapers and wikis publish for others: pages, feeds, exports and dumps."""

from __future__ import annotations

import bz2
from pathlib import Path

import pytest

from arsearch.corpus import Article
from arsearch.corpus.parsing.structure import Span

from .reading import BODY, LINKED, MORE, PAGE, read_one


def test_a_page_gives_its_main_text_and_what_it_says_of_itself(tmp_path: Path) -> None:
    article = read_one(tmp_path / "fair.html", PAGE % "")
    assert article == Article(
        id="fair",
        title="معرض الكتاب يفتح أبوابه",
        body=f"{BODY} {BODY}\n\nثلاثون دارا للنشر\n\n{MORE} {MORE}",
        date="2015-07-20",
        source="جريدة الواحة",
        url="https://example.org/2015/fair",
        tags=("ثقافة", "كتب"),
        structure=(Span(209, 226, "heading", 2),),
    )


def test_linked_data_goes_before_open_graph(tmp_path: Path) -> None:
    article = read_one(tmp_path / "fair.html", PAGE % LINKED)
    assert (article.title, article.author, article.source) == ("معرض الكتاب: الافتتاح", "سلمى الشريف", "الواحة")
    assert (article.date, article.tags) == ("2015-07-21T10:00:00+02:00", ("كتب", "معارض"))


@pytest.mark.parametrize(
    "linked",
    ["{", "[" * 9_000, '{"@type": 7}', '{"@type": "NewsArticle", "author": 7, "headline": ["a"]}', "null"],
    ids=["broken", "deep", "odd", "wrong-types", "null"],
)
def test_broken_linked_data_is_as_if_it_were_not_there(tmp_path: Path, linked: str) -> None:
    page = PAGE % f'<script type="application/ld+json">{linked}</script>'
    assert read_one(tmp_path / "fair.html", page).title == "معرض الكتاب يفتح أبوابه"


def test_a_page_in_windows_1256_is_read(tmp_path: Path) -> None:
    page = (PAGE % '<meta charset="windows-1256">').encode("cp1256")
    assert read_one(tmp_path / "fair.html", page).title == "معرض الكتاب يفتح أبوابه"


@pytest.mark.parametrize("declared", ["iso-8859-6", "windows-1256", "utf-8", "iso-8859-1", "x-no-such-thing"])
@pytest.mark.parametrize("encoding", ["iso8859_6", "cp1256", "mac_arabic"])
def test_a_page_is_read_in_what_it_is_whatever_it_declares(tmp_path: Path, encoding: str, declared: str) -> None:
    page = (PAGE.replace("é", "") % f'<meta charset="{declared}">').encode(encoding, "ignore")
    article = read_one(tmp_path / "fair.html", page)
    assert article.title == "معرض الكتاب يفتح أبوابه"
    assert article.body.startswith("افتتحت وزيرة الثقافة معرض الكتاب")


def test_xml_in_the_encoding_that_it_declares(tmp_path: Path) -> None:
    feed = '<?xml version="1.0" encoding="iso-8859-6"?>' + RSS
    assert read_one(tmp_path / "feed.xml", feed.encode("iso8859_6", "ignore")).body == BODY


def test_a_page_is_known_by_its_content(tmp_path: Path) -> None:
    assert read_one(tmp_path / "fair.txt", PAGE % "").source == "جريدة الواحة"
    assert read_one(tmp_path / "fair", PAGE % "").source == "جريدة الواحة"


# XML
def test_a_wordpress_export_gives_its_published_posts(tmp_path: Path) -> None:
    def item(kind: str, status: str) -> str:
        return f"""<item><title>معرض</title><link>https://example.org/?p=7</link><dc:creator><![CDATA[سلمى]]></dc:creator>
        <content:encoded><![CDATA[<p>{BODY}</p>[caption id="1"]صورة[/caption]<p>{MORE}</p>]]></content:encoded>
        <excerpt:encoded><![CDATA[ملخص]]></excerpt:encoded><wp:post_date>2015-07-21 10:30:00</wp:post_date>
        <wp:status>{status}</wp:status><wp:post_type>{kind}</wp:post_type>
        <category domain="category" nicename="c"><![CDATA[ثقافة]]></category></item>"""

    article = read_one(
        tmp_path / "export.xml",
        f"""<?xml version="1.0" encoding="UTF-8" ?><!-- made by WordPress --><rss version="2.0"
        xmlns:excerpt="http://wordpress.org/export/1.2/excerpt/" xmlns:content="http://purl.org/rss/1.0/modules/content/"
        xmlns:dc="http://purl.org/dc/elements/1.1/" xmlns:wp="http://wordpress.org/export/1.2/"><channel>
        <title>الواحة</title>{item("post", "draft")}{item("attachment", "inherit")}
        {item("post", "publish")}</channel></rss>""",
    )
    assert article == Article(
        id="example.org/?p=7",
        title="معرض",
        body=f"{BODY}\n\nصورة\n\n{MORE}",
        author="سلمى",
        date="2015-07-21 10:30:00",
        source="الواحة",
        url="https://example.org/?p=7",
        tags=("ثقافة",),
    )


RSS = f"""<rss version="2.0"><channel><title>الواحة</title><item><title>معرض</title><link>https://example.org/1</link>
<guid>tag:1</guid><description>&lt;p&gt;{BODY}&lt;/p&gt;</description><pubDate>Tue, 21 Jul 2015 10:30:00 GMT</pubDate>
<author>سلمى</author><category>ثقافة</category></item></channel></rss>"""
ATOM = f"""<?xml version="1.0"?><feed xmlns="http://www.w3.org/2005/Atom"><title>الواحة</title><entry><title>معرض</title>
<link rel="self" href="https://example.org/x"/><link href="https://example.org/1"/><id>tag:1</id>
<content type="xhtml"><div xmlns="http://www.w3.org/1999/xhtml"><p>{BODY}</p></div></content>
<published>2015-07-21T10:30:00+00:00</published><author><name>سلمى</name></author>
<category term="ثقافة"/></entry></feed>"""
RDF = f"""<rdf:RDF xmlns:rdf="http://www.w3.org/1999/02/22-rdf-syntax-ns#" xmlns="http://purl.org/rss/1.0/"
xmlns:dc="http://purl.org/dc/elements/1.1/"><channel><title>الواحة</title></channel><item><title>معرض</title>
<link>https://example.org/1</link><description>{BODY}</description><dc:creator>سلمى</dc:creator>
<dc:date>2015-07-21T10:30:00+00:00</dc:date><dc:subject>ثقافة</dc:subject></item></rdf:RDF>"""


@pytest.mark.parametrize("feed", [RSS, ATOM, RDF], ids=["rss", "atom", "rdf"])
def test_a_feed_gives_its_entries(tmp_path: Path, feed: str) -> None:
    assert read_one(tmp_path / "feed.xml", feed) == Article(
        id="example.org/1",
        title="معرض",
        body=BODY,
        author="سلمى",
        date="2015-07-21T10:30:00+00:00",
        source="الواحة",
        url="https://example.org/1",
        tags=("ثقافة",),
    )


def test_xml_in_windows_1256_is_read(tmp_path: Path) -> None:
    feed = '<?xml version="1.0" encoding="windows-1256"?>' + RSS
    assert read_one(tmp_path / "feed.xml", feed.encode("cp1256")).body == BODY


WIKI = """<mediawiki xmlns="http://www.mediawiki.org/xml/export-0.11/"><siteinfo><sitename>ويكي</sitename>
<base>https://wiki.example.org/wiki/main</base></siteinfo>%s</mediawiki>"""


def wiki_page(title: str, text: str, ns: int = 0, redirect: str = "") -> str:
    return f"""<page><title>{title}</title><ns>{ns}</ns><id>5</id>{redirect}<revision><id>6</id>
    <timestamp>2015-07-21T10:30:00Z</timestamp><text xml:space="preserve">{text}</text></revision></page>"""


def test_a_mediawiki_dump_gives_the_articles_of_the_main_namespace(tmp_path: Path) -> None:
    text = (
        "{{معلومات|a=1}} '''لبدة الكبرى''' [[مدينة|مدينة قديمة]].&lt;ref&gt;مرجع&lt;/ref&gt; "
        "[[ملف:a.jpg|thumb|صورة]]\n\n"
        "== تاريخ ==\nنص التاريخ.\n[[تصنيف:مدن]]"
    )
    pages = (
        wiki_page("لبدة الكبرى", text)
        + wiki_page("نقاش", "نص", ns=1)
        + wiki_page("ل", "x", redirect='<redirect title="ل"/>')
    )
    article = read_one(tmp_path / "dump.xml.bz2", bz2.compress((WIKI % pages).encode()))
    assert article == Article(
        id="dump/5",
        title="لبدة الكبرى",
        body="لبدة الكبرى مدينة قديمة.\n\nتاريخ\n\nنص التاريخ.",
        date="2015-07-21T10:30:00Z",
        source="ويكي",
        url="https://wiki.example.org/wiki/لبدة_الكبرى",
        tags=("مدن",),
    )
