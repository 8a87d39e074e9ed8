"""Every format a newsroom has, from the user's side: a file in, its articles out."""

from __future__ import annotations

import bz2
import gzip
import io
import json
import tarfile
import zipfile
from pathlib import Path
from typing import Any

import pytest

from arsearch.corpus import Article, ReadingOptions, ReadingReport, check_sources, read_source, zstd
from arsearch.corpus.detect_format import all_readers
from arsearch.corpus.parsing.structure import Span

from ..conftest import ROOT

BODY = "افتتحت وزيرة الثقافة معرض الكتاب في المدينة القديمة أمس، وحضر الافتتاح جمع من الكتاب والناشرين والقراء."
MORE = "ويستمر المعرض عشرة أيام، وتشارك فيه ثلاثون دارا للنشر من خمسة بلدان، ويصاحبه برنامج ثقافي للأطفال والشباب."


def read(path: Path, data: bytes | str, **options: Any) -> list[Article]:
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_bytes(data.encode() if isinstance(data, str) else data)
    report = ReadingReport()
    check_sources([path])
    articles = list(read_source(path, report, ReadingOptions(**options)))
    assert report.problems == []
    return articles


def read_one(path: Path, data: bytes | str, **options: Any) -> Article:
    [article] = read(path, data, **options)
    return article


def records(*bodies: str) -> list[dict[str, str]]:
    return [{"id": body, "body": body} for body in bodies]


# JSON


@pytest.mark.parametrize(
    "document",
    [
        records("أول", "ثان"),
        {"articles": records("أول", "ثان"), "count": 2, "tags": ["a"]},
        {"response": {"docs": records("أول", "ثان")}},
        {"hits": {"hits": [{"_id": record["id"], "_source": record} for record in records("أول", "ثان")]}},
    ],
    ids=["array", "wrapped", "deeper", "search-engine"],
)
def test_a_json_document_gives_the_objects_in_its_array(tmp_path: Path, document: object) -> None:
    articles = read(tmp_path / "export.json", json.dumps(document, indent=1))
    assert [(article.id, article.body) for article in articles] == [("أول", "أول"), ("ثان", "ثان")]


def test_a_json_document_of_one_article(tmp_path: Path) -> None:
    article = read_one(tmp_path / "one.json", json.dumps({"body": "نص", "tags": ["أ", "ب"]}, indent=1))
    assert (article.body, article.tags) == ("نص", ("أ", "ب"))


def test_objects_inside_an_article_are_no_articles(tmp_path: Path) -> None:
    document = [{"body": "نص", "author": {"name": "سلمى"}, "images": [{"text": "صورة"}]}]
    article = read_one(tmp_path / "a.json", json.dumps(document))
    assert (article.body, article.author) == ("نص", "سلمى")


# Names of fields


def test_the_names_that_exports_give_to_fields_are_known(tmp_path: Path) -> None:
    record = {
        "guid": "7",
        "headline": "عنوان",
        "content": "<p>فقرة &amp; فقرة</p><p>أخرى</p>",
        "creator": {"name": "سلمى"},
        "pubDate": "Tue, 21 Jul 2015 10:30:00 +0200",
        "publisher": "وكالة",
        "link": "https://example.org",
        "keywords": "أدب، كتب",
    }
    assert read_one(tmp_path / "a.jsonl", json.dumps(record)) == Article(
        id="7",
        title="عنوان",
        body="فقرة & فقرة\n\nأخرى",
        author="سلمى",
        date="2015-07-21T10:30:00+02:00",
        source="وكالة",
        url="https://example.org",
        tags=("أدب", "كتب"),
    )


def test_the_names_of_fields_can_be_set(tmp_path: Path) -> None:
    record = {"khabar": "نص", "body": "ملخص", "kicker": "عنوان"}
    article = read_one(tmp_path / "a.jsonl", json.dumps(record), fields={"khabar": "body", "kicker": "title"})
    assert (article.body, article.title) == ("نص", "عنوان")


def test_a_field_s_own_name_goes_before_others(tmp_path: Path) -> None:
    assert read_one(tmp_path / "a.jsonl", json.dumps({"content": "آخر", "text": "ثالث", "body": "نص"})).body == "نص"
    assert read_one(tmp_path / "a.jsonl", json.dumps({"content": "آخر", "body": ""})).body == "آخر"


# Tables


@pytest.mark.parametrize("delimiter", [",", ";", "\t", "|"], ids=["comma", "semicolon", "tab", "bar"])
def test_a_table_names_its_columns_in_arabic(tmp_path: Path, delimiter: str) -> None:
    rows = [
        ["العنوان", "النص", "الكاتب", "التاريخ", "القسم"],
        ["معرض", '"سطر\nوسطر ""ثان"" آخر"', "سلمى", "21/7/2015", '"كتب,أدب"'],
    ]
    article = read_one(tmp_path / "a.csv", "\n".join(delimiter.join(row) for row in rows) + "\n")
    assert (article.title, article.author, article.date) == ("معرض", "سلمى", "2015-07-21")
    assert article.body == 'سطر\nوسطر "ثان" آخر'
    assert article.tags == ("كتب", "أدب")


@pytest.mark.parametrize("first", ["sep=;", '"sep=;"', "SEP=|"])
def test_the_line_that_tells_excel_the_delimiter_is_no_row(tmp_path: Path, first: str) -> None:
    delimiter = first.strip('"')[-1]
    table = f"{first}\nالعنوان{delimiter}المحتوى\nسباق، قوارب,{delimiter}نص السباق\n"
    assert read_one(tmp_path / "a.csv", table).body == "نص السباق"
    assert read_one(tmp_path / "b.csv", table.encode("cp1256")).title == "سباق، قوارب,"


def test_a_table_without_a_body_says_which_columns_it_has(tmp_path: Path) -> None:
    path = tmp_path / "a.csv"
    path.write_text("كذا,عنوان\nنص,آخر\n", encoding="utf-8")
    report = ReadingReport()
    assert list(read_source(path, report)) == []
    assert "كذا, عنوان" in report.problems[0].message
    assert [article.body for article in read_source(path, report, ReadingOptions(fields={"كذا": "body"}))] == ["نص"]


# Pages

PAGE = f"""<!DOCTYPE html><html lang="ar"><head><title>معرض الكتاب - جريدة الواحة</title>
<meta property="og:title" content="معرض الكتاب يفتح أبوابه"><meta property="og:site_name" content="جريدة الواحة">
<meta property="article:published_time" content="2015-07-20"><meta property="article:section" content="ثقافة">
<meta property="article:tag" content="كتب"><link rel="canonical" href="https://example.org/2015/fair">
%s</head><body><nav><ul><li><a href="/">الرئيسية</a></li><li><a href="/s">رياضة</a></li></ul></nav>
<article><h1>معرض الكتاب يفتح أبوابه</h1><p>{BODY} {BODY}</p><h2>ثلاثون دارا للنشر</h2><p>{MORE} {MORE}</p></article>
<footer><p>جميع الحقوق محفوظة</p></footer></body></html>"""
LINKED = """<script type="application/ld+json">{"@context": "https://schema.org", "@graph": [
{"@type": "WebSite", "name": "س"},
{"@type": "NewsArticle", "headline": "معرض الكتاب: الافتتاح", "datePublished": "2015-07-21T10:00:00+02:00",
"author": [{"@type": "Person", "name": "سلمى الشريف"}], "publisher": {"name": "الواحة"},
"keywords": "كتب, معارض"}]}</script>"""


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


# Archives


def warc(*pages: tuple[str, bytes]) -> bytes:
    """Each record is a gzip member of its own, as crawlers write them."""
    file = b""
    for kind, data in pages:
        http = f"HTTP/1.1 200 OK\r\nContent-Type: {kind}\r\nTransfer-Encoding: chunked\r\n\r\n".encode()
        payload = http + f"{len(data):x}\r\n".encode() + data + b"\r\n0\r\n\r\n"
        file += gzip.compress(
            b"WARC/1.0\r\nWARC-Type: response\r\nWARC-Target-URI: https://example.org/a/1\r\n"
            b"Content-Type: application/http; msgtype=response\r\n"
            + f"Content-Length: {len(payload)}\r\n\r\n".encode()
            + payload
            + b"\r\n\r\n"
        )
    return file


def test_a_warc_archive_gives_its_pages(tmp_path: Path) -> None:
    data = warc(("image/png", b"\x89PNG"), ("text/html; charset=utf-8", (PAGE % LINKED).encode()))
    article = read_one(tmp_path / "crawl.warc.gz", data)
    assert (article.id, article.author) == ("example.org/a/1", "سلمى الشريف")
    assert article.url == "https://example.org/2015/fair"


FILES = {"2015/a.txt": "خبر من المدينة\nنص أول", "2015/b.html": PAGE % "", "c.jsonl": '{"id": "x", "body": "نص"}'}
IDS = ["2015/a", "2015/b", "x"]


def zipped(files: dict[str, str]) -> bytes:
    file = io.BytesIO()
    with zipfile.ZipFile(file, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, text in files.items():
            archive.writestr(name, text)
    return file.getvalue()


def tarred(files: dict[str, str]) -> bytes:
    file = io.BytesIO()
    with tarfile.open(fileobj=file, mode="w") as archive:
        for name, text in files.items():
            info = tarfile.TarInfo(name)
            info.size = len(text.encode())
            archive.addfile(info, io.BytesIO(text.encode()))
    return file.getvalue()


@pytest.mark.parametrize(
    ("name", "data"),
    [
        ("a.zip", zipped(FILES)),
        ("a.tar", tarred(FILES)),
        ("a.tar.gz", gzip.compress(tarred(FILES))),
        ("a.tgz", gzip.compress(tarred(FILES))),
        ("a.tar.zst", zstd.compress(tarred(FILES))),
        ("a.tar.bz2", bz2.compress(tarred(FILES))),
        ("archive", zipped(FILES)),
    ],
    ids=lambda value: value if isinstance(value, str) else "",
)
def test_an_archive_gives_the_articles_of_its_members(tmp_path: Path, name: str, data: bytes) -> None:
    assert [article.id for article in read(tmp_path / name, data)] == IDS
    (tmp_path / "README.md").write_text("about", encoding="utf-8")
    ids = [article.id for article in read_source(tmp_path, ReadingReport())]
    archive = name.removesuffix(".gz").removesuffix(".zst").removesuffix(".bz2").replace(".tgz", ".tar")
    assert ids == [f"{archive}/2015/a", f"{archive}/2015/b", "x"]


def test_archives_inside_archives_are_read(tmp_path: Path) -> None:
    inner = zipped({"a.txt": "خبر من المدينة\nنص"})
    file = io.BytesIO()
    with zipfile.ZipFile(file, "w") as archive:
        archive.writestr("2015.zip", inner)
        archive.writestr("b.txt.gz", gzip.compress("خبر آخر من\nنص".encode()))
        archive.writestr("README.md", "about")
    assert [article.id for article in read(tmp_path / "all.zip", file.getvalue())] == ["2015.zip/a", "b"]


def test_a_pattern_gives_the_files_that_match(tmp_path: Path) -> None:
    for name in ("b/2.txt", "a/1.txt", "a/x.md"):
        (tmp_path / name).parent.mkdir(exist_ok=True)
        (tmp_path / name).write_text("خبر من المدينة\nنص", encoding="utf-8")
    pattern = tmp_path / "**" / "*.txt"
    check_sources([pattern])
    assert [article.id for article in read_source(pattern, ReadingReport())] == ["a/1", "b/2"]


# Books and documents


def test_a_book_gives_its_chapters(tmp_path: Path) -> None:
    def chapter(title: str, text: str) -> str:
        return f'<html xmlns="http://www.w3.org/1999/xhtml"><body><h1>{title}</h1><p>{text}</p></body></html>'

    file = io.BytesIO()
    with zipfile.ZipFile(file, "w") as book:
        book.writestr("mimetype", "application/epub+zip")
        book.writestr(
            "META-INF/container.xml",
            '<container xmlns="urn:oasis:names:tc:opendocument:xmlns:container"><rootfiles>'
            '<rootfile full-path="OEBPS/book.opf"/></rootfiles></container>',
        )
        book.writestr(
            "OEBPS/book.opf",
            '<package xmlns="http://www.idpf.org/2007/opf" xmlns:dc="http://purl.org/dc/elements/1.1/"><metadata>'
            "<dc:title>مجلة الواحة</dc:title><dc:creator>سلمى</dc:creator><dc:date>2015-07</dc:date>"
            "</metadata><manifest>"
            '<item id="n" href="nav.xhtml" media-type="application/xhtml+xml" properties="nav"/>'
            '<item id="1" href="one%20a.xhtml" media-type="application/xhtml+xml"/>'
            '<item id="2" href="two.xhtml" media-type="application/xhtml+xml"/></manifest>'
            '<spine><itemref idref="n"/><itemref idref="1"/><itemref idref="2"/></spine></package>',
        )
        book.writestr("OEBPS/nav.xhtml", chapter("فهرس", BODY))
        book.writestr("OEBPS/one a.xhtml", chapter("المعرض", BODY))
        book.writestr("OEBPS/two.xhtml", chapter("دور النشر", MORE))
    articles = read(tmp_path / "issue.epub", file.getvalue())
    assert [(article.id, article.title, article.body) for article in articles] == [
        ("issue/2", "المعرض", BODY),
        ("issue/3", "دور النشر", MORE),
    ]
    assert {(article.author, article.date, article.source) for article in articles} == {
        ("سلمى", "2015-07", "مجلة الواحة")
    }


def word_file() -> bytes:
    import docx

    word = docx.Document()
    word.core_properties.author = "سلمى"
    word.add_heading("معرض الكتاب", level=1)
    word.add_paragraph(BODY)
    table = word.add_table(rows=1, cols=2)
    table.rows[0].cells[0].text, table.rows[0].cells[1].text = "دار", "بلد"
    word.add_paragraph(MORE)
    file = io.BytesIO()
    word.save(file)
    return file.getvalue()


def test_a_word_document_gives_an_article(tmp_path: Path) -> None:
    article = read_one(tmp_path / "fair.docx", word_file())
    assert (article.id, article.title, article.author) == ("fair", "معرض الكتاب", "سلمى")
    assert article.body == f"{BODY}\n\nدار\tبلد\n\n{MORE}"


def test_a_format_whose_extra_is_missing_names_it(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    import sys

    (tmp_path / "fair.pdf").write_bytes(b"%PDF-1.4")
    monkeypatch.setitem(sys.modules, "pdfminer", None)
    report = ReadingReport()
    assert list(read_source(tmp_path / "fair.pdf", report)) == []
    assert 'pip install "arsearch[documents]"' in report.problems[0].message


# Encodings


@pytest.mark.parametrize(
    "encoding", ["utf-8", "utf-8-sig", "utf-16", "utf-16-le", "utf-16-be", "cp1256", "iso8859_6", "mac_arabic"]
)
@pytest.mark.parametrize("name", ["a.txt", "a.jsonl", "a.csv", "a.json", "a.md"])
def test_every_encoding_in_every_text_format(tmp_path: Path, name: str, encoding: str) -> None:
    text = {
        "a.txt": f"معرض الكتاب في المدينة\n{BODY}",
        "a.jsonl": json.dumps({"body": BODY}, ensure_ascii=False) + "\n",
        "a.csv": f"العنوان,النص\nمعرض,{BODY}\n",
        "a.json": json.dumps([{"body": BODY}], ensure_ascii=False),
        "a.md": f"# معرض\n\n{BODY}\n",
    }[name]
    assert read_one(tmp_path / name, text.encode(encoding)).body == BODY


def test_a_slip_in_a_text_is_mended_and_told(tmp_path: Path) -> None:
    path = tmp_path / "a.txt"
    path.write_bytes(f"معرض الكتاب في المدينة\n{BODY} ".encode() + b"\xff")
    report = ReadingReport()
    assert [article.body for article in read_source(path, report)] == [f"{BODY} \ufffd"]
    assert [problem.skipped for problem in report.problems] == [False]


# The examples of this project


@pytest.mark.parametrize("path", sorted((ROOT / "corpus" / "formats").iterdir()), ids=lambda path: str(path.name))
def test_the_example_of_each_format_is_one_whole_article(path: Path) -> None:
    report = ReadingReport()
    [article] = read_source(path, report)
    assert report.problems == []
    assert article.title
    assert article.author
    assert article.date
    assert article.tags
    assert 150 <= len(article.body.split()) <= 180


def test_an_arabic_pdf_is_read_in_the_order_of_reading() -> None:
    [article] = read_source(ROOT / "corpus" / "formats" / "olive-guide.pdf", ReadingReport())
    assert article.title == "دليل مختصر للعناية بشجرة الزيتون"
    assert article.author == "جمعية الحقل المشترك"
    # Vowel marks stay on their letters, and lines that end no sentence are joined.
    assert "كتبه مزارعون لمزارعين، وجرّبوا كل سطر فيه على أرضهم قبل أن يكتبوه.\nالسقي أولًا." in article.body


def test_a_pdf_whose_text_takes_too_long_is_named(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("arsearch.corpus.readers.pdf._SECONDS", 0.001)
    (tmp_path / "a.pdf").write_bytes(b"%PDF-1.4")
    report = ReadingReport()
    assert list(read_source(tmp_path / "a.pdf", report)) == []
    assert "was not found within" in report.problems[0].message


def test_every_reader_is_documented_with_an_example() -> None:
    documented = (ROOT / "docs" / "en" / "reference" / "formats.md").read_text(encoding="utf-8")
    for reader in all_readers():
        [row] = [line for line in documented.splitlines() if line.startswith(f"| {reader.NAME} |")]
        assert all(f"`{suffix}`" in row for suffix in reader.SUFFIXES if suffix not in (".jsonl", ".ndjson"))
        [_, _, _, example, *_] = row.split("|")
        assert list((ROOT / "corpus").glob(example.strip(" `"))), reader.NAME
