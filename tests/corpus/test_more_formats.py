"""Formats of agencies, offices, databases and mail, from the user's side: a file in, its articles out."""

from __future__ import annotations

import datetime
import email.message
import io
import sqlite3
import zipfile
from pathlib import Path
from typing import Any

import pytest

from arsearch.corpus import Article, ReadingOptions, ReadingReport, read_source

BODY = "افتتحت وزيرة الثقافة معرض الكتاب في المدينة القديمة أمس، وحضر الافتتاح جمع من القراء."


def read(path: Path, data: bytes | str = b"", **options: Any) -> tuple[list[Article], ReadingReport]:
    if data:
        path.write_bytes(data.encode() if isinstance(data, str) else data)
    report = ReadingReport()
    return list(read_source(path, report, ReadingOptions(**options))), report


# Word and OpenDocument

W = 'xmlns:w="http://schemas.openxmlformats.org/wordprocessingml/2006/main"'


def run(text: str) -> str:
    return f"<w:r><w:t>{text}</w:t></w:r>"


def word(body: str, **parts: str) -> bytes:
    file = io.BytesIO()
    with zipfile.ZipFile(file, "w") as archive:
        archive.writestr("[Content_Types].xml", "<Types/>")
        archive.writestr("word/document.xml", f"<w:document {W}><w:body>{body}</w:body></w:document>")
        for name, text in parts.items():
            archive.writestr(f"word/{name}.xml", f"<w:{name} {W}>{text}</w:{name}>")
    return file.getvalue()


def test_word_gives_what_a_reader_sees(tmp_path: Path) -> None:
    body = (
        f"<w:p><w:pPr><w:pStyle w:val='1'/></w:pPr>{run('معرض الكتاب')}</w:p>"
        f"<w:p>{run('قبل ')}<w:ins w:id='1'>{run('مضاف ')}</w:ins><w:del w:id='2'><w:r><w:delText>محذوف</w:delText></w:r></w:del>"  # noqa: E501
        f"<w:hyperlink>{run('رابط')}</w:hyperlink><w:r><w:footnoteReference w:id='2'/></w:r></w:p>"
        f"<w:sdt><w:sdtContent><w:p>{run('في عنصر')}</w:p></w:sdtContent></w:sdt>"
        f"<w:p><w:r><w:pict><w:txbxContent><w:p>{run('في مربع')}</w:p></w:txbxContent></w:pict></w:r></w:p>"
        f"<w:tbl><w:tr><w:tc><w:p>{run('أ')}</w:p></w:tc><w:tc><w:p>{run('ب')}</w:p></w:tc></w:tr></w:tbl>"
    )
    data = word(
        body,
        styles="<w:style w:type='paragraph' w:styleId='1'><w:name w:val='heading 1'/></w:style>".replace("'", '"'),
        footnotes=f"<w:footnote w:type='separator' w:id='0'><w:p>{run('—')}</w:p></w:footnote>"
        f"<w:footnote w:id='2'><w:p>{run('هامش')}</w:p></w:footnote>",
        comments=f"<w:comment w:id='3'><w:p>{run('تعليق')}</w:p></w:comment>",
    )
    [article], report = read(tmp_path / "a.docx", data)
    assert article.title == "معرض الكتاب"
    assert article.body == "قبل مضاف رابط\n\nفي عنصر\n\nفي مربع\n\nأ\tب\n\nهامش"
    assert report.problems == []
    [article], _ = read(tmp_path / "a.docx", data, word_comments=True)
    assert article.body.endswith("هامش\n\nتعليق")


def test_opendocument_gives_what_a_reader_sees(tmp_path: Path) -> None:
    spaces = "".join(
        f'xmlns:{name}="urn:oasis:names:tc:opendocument:xmlns:{name}:1.0" '
        for name in ("office", "text", "table", "draw")
    )
    file = io.BytesIO()
    with zipfile.ZipFile(file, "w") as archive:
        archive.writestr("mimetype", "application/vnd.oasis.opendocument.text")
        archive.writestr(
            "content.xml",
            f"<office:document-content {spaces}><office:body><office:text><text:tracked-changes><text:p>محذوف</text:p>"
            "</text:tracked-changes><text:h>معرض</text:h><text:p>نص<text:s text:c='2'/>فيه<text:note><text:note-citation>1"  # noqa: E501
            "</text:note-citation><text:note-body><text:p>هامش</text:p></text:note-body></text:note> بقية"
            "<draw:frame><draw:text-box><text:p>مربع</text:p></draw:text-box></draw:frame></text:p>"
            "<text:list><text:list-item><text:p>بند</text:p></text:list-item></text:list>"
            "<table:table><table:table-row><table:table-cell><text:p>أ</text:p></table:table-cell>"
            "<table:table-cell><text:p>ب</text:p></table:table-cell></table:table-row></table:table>"
            "</office:text></office:body></office:document-content>",
        )
    [article], report = read(tmp_path / "a.odt", file.getvalue())
    assert (article.title, article.body) == ("معرض", "نص  فيه بقية\n\nمربع\n\nبند\n\nأ\tب\n\nهامش")
    assert report.problems == []


def test_rtf_in_both_ways_of_writing_arabic(tmp_path: Path) -> None:
    escaped = "".join(f"\\'{byte:02x}" for byte in "معرض الكتاب".encode("cp1256"))
    numbered = "".join(f"\\u{ord(character)}?" for character in BODY)
    info = "{\\info{\\title untitled}{\\author " + escaped + "}{\\creatim\\yr2015\\mo7\\dy21}}"
    [article], report = read(
        tmp_path / "a.rtf", "{\\rtf1\\ansi\\ansicpg1256 " + f"{info}{escaped}\\par {numbered}\\par" + "}"
    )
    assert (article.title, article.body, article.author, article.date) == (
        "معرض الكتاب",
        BODY,
        "معرض الكتاب",
        "2015-07-21",
    )
    assert report.problems == []


def test_an_old_word_document_is_named(tmp_path: Path) -> None:
    (tmp_path / "a.txt").write_text("عنوان من كلمات\nنص", encoding="utf-8")
    (tmp_path / "b.doc").write_bytes(b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1" + b"\x00" * 600)
    (tmp_path / "c.jpg").write_bytes(b"\xff\xd8\xff\xe0")
    articles, report = read(tmp_path)
    assert len(articles) == 1
    named = {Path(item["path"]).name: item["why"] for tally in report.tallies for item in tally.left_out}
    assert "before 2007" in named["b.doc"]
    assert named["c.jpg"] == "not a known format: a picture"
    assert report.problems == []


# Tables and databases


def workbook(**sheets: list[list[Any]]) -> bytes:
    import openpyxl

    book = openpyxl.Workbook()
    book.remove(book.active)
    for name, rows in sheets.items():
        sheet = book.create_sheet(name)
        for row in rows:
            sheet.append(row)
    file = io.BytesIO()
    book.save(file)
    return file.getvalue()


def test_a_workbook_gives_the_rows_of_its_sheets(tmp_path: Path) -> None:
    rows: list[list[Any]] = [["أرشيف المقالات"], ["الرقم", "العنوان", "النص", "التاريخ", "الحالة"], [7, "معرض", BODY, datetime.date(2015, 7, 21), "منشور"],  # noqa: E501
            [8, "سر", BODY, None, "مسودة"], [None, None]]  # fmt: skip
    data = workbook(first=rows, other=[["x", "y"], [1, 2]])
    [article], report = read(tmp_path / "a.xlsx", data)
    assert (article.id, article.title, article.body, article.date) == ("7", "معرض", BODY, "2015-07-21")
    assert dict(report.tallies[0].skipped) == {
        "not public: a draft": 1,
        "no article: a sheet without a column for the body": 1,
    }
    assert read(tmp_path / "a.xlsx", data, table="other")[0] == []
    assert report.problems == []


def make_database(path: Path) -> None:
    connection = sqlite3.connect(path)
    connection.execute("CREATE TABLE authors (id, name)")
    connection.execute("CREATE TABLE posts (id, headline, content, status, author)")
    connection.execute("INSERT INTO authors VALUES (1, 'سلمى')")
    connection.execute("INSERT INTO posts VALUES (7, 'معرض', ?, 'publish', 1), (8, 'سر', ?, 'draft', 1)", (BODY, BODY))
    connection.commit()
    connection.close()


def test_a_database_gives_its_rows(tmp_path: Path) -> None:
    make_database(tmp_path / "a.db")
    [article], report = read(tmp_path / "a.db")
    assert (article.id, article.title, article.body, article.author) == ("7", "معرض", BODY, "")  # 1 is no name
    assert dict(report.tallies[0].skipped) == {"not public: a draft": 1}
    query = "SELECT posts.id, headline, content, name AS author FROM posts JOIN authors ON authors.id = posts.author WHERE status = 'publish'"  # noqa: E501
    [article], report = read(tmp_path / "a.db", table=query)
    assert (article.author, report.problems) == ("سلمى", [])
    assert "the tables are authors, posts" in read(tmp_path / "a.db", table="nothing")[1].problems[0].message


def test_a_database_in_an_archive_is_read(tmp_path: Path) -> None:
    make_database(tmp_path / "a.db")
    with zipfile.ZipFile(tmp_path / "a.zip", "w") as archive:
        archive.write(tmp_path / "a.db", "a.db")
    assert [article.id for article in read(tmp_path / "a.zip")[0]] == ["7"]


def test_parquet(tmp_path: Path) -> None:
    import pyarrow
    import pyarrow.parquet

    table = pyarrow.table({"id": [7], "text": [BODY], "date": [datetime.date(2015, 7, 21)], "tags": [["أدب", "كتب"]]})
    pyarrow.parquet.write_table(table, tmp_path / "a.parquet")
    [article], report = read(tmp_path / "a.parquet")
    assert (article.id, article.body, article.date, article.tags) == ("7", BODY, "2015-07-21", ("أدب", "كتب"))
    assert report.problems == []


def test_ids_of_several_files_are_told_apart_by_setting(tmp_path: Path) -> None:
    for name in ("a.csv", "b.csv"):
        (tmp_path / name).write_text("id,title,body\n1,ع,نص\n", encoding="utf-8")
    assert [article.id for article in read(tmp_path)[0]] == ["1", "1"]
    assert [article.id for article in read(tmp_path, ids_by_file=True)[0]] == ["a/1", "b/1"]


# Mail


def message(subject: str, body: str = BODY, **headers: str) -> bytes:
    made = email.message.EmailMessage()
    made["From"] = "سلمى الشريف <desk@example.org>"
    made["Subject"] = subject
    made["Date"] = "Tue, 21 Jul 2015 10:30:00 +0200"
    made["Message-ID"] = f"<{len(subject)}@example.org>"
    for name, value in headers.items():
        made[name] = value
    made.set_content(body)
    made.add_alternative(f"<p>{body}</p>", subtype="html")
    made.add_attachment(b"%PDF-", maintype="application", subtype="pdf", filename="a.pdf")
    return made.as_bytes()


def test_a_message_gives_an_article(tmp_path: Path) -> None:
    [article], report = read(tmp_path / "a.eml", message("معرض الكتاب", Keywords="أدب, كتب"))
    assert article == Article(
        id="11@example.org", title="معرض الكتاب", body=BODY, author="سلمى الشريف", date="2015-07-21T10:30:00+02:00",
        tags=("أدب", "كتب"),
    )  # fmt: skip
    assert report.problems == []


def test_a_message_without_plain_text_and_with_raw_bytes_in_its_headers(tmp_path: Path) -> None:
    html = f"<html><body><p>{BODY}</p><script>x</script></body></html>".encode("cp1256")
    raw = "From: desk@example.org\nSubject: معرض\nContent-Type: text/html; charset=windows-1256\n\n".encode()
    [article], _ = read(tmp_path / "a.eml", raw + html)
    assert (article.title, article.body, article.author) == ("معرض", BODY, "")


def test_a_mailbox_gives_its_messages(tmp_path: Path) -> None:
    start = b"From desk@example.org Tue Jul 21 10:30:00 2015\n"
    one = message("أول", "From here on: a line\n\nFrom there too, in 2015\n").replace(b"\nFrom ", b"\n>From ")
    [first, second], report = read(tmp_path / "archive", start + one + b"\n" + start + message("الثاني"))
    assert (first.title, second.title) == ("أول", "الثاني")
    assert first.body.startswith("From here on: a line\n\nFrom there too")
    assert report.problems == []


def test_a_page_saved_by_a_browser(tmp_path: Path) -> None:
    page = f"<html><head><title>معرض</title></head><body><article><h1>معرض</h1><div>21 تموز 2015</div><p>{BODY} {BODY}</p></article></body></html>"  # noqa: E501
    head = 'Snapshot-Content-Location: https://x.example/fair\nSubject: x\nMIME-Version: 1.0\nContent-Type: multipart/related; type="text/html"; boundary=B\n\n'  # noqa: E501
    [article], _ = read(
        tmp_path / "a.mht", f"{head}--B\nContent-Type: text/html\n\n{page}\n--B\nContent-Type: image/png\n\nx\n--B--\n"
    )
    assert (article.title, article.date, article.url) == ("معرض", "2015-07-21", "https://x.example/fair")
    assert article.body.startswith(BODY)


# Crawls and agencies


def test_wet(tmp_path: Path) -> None:
    def record(url: str, text: str) -> bytes:
        data = text.encode()
        head = f"WARC/1.0\r\nWARC-Type: conversion\r\nWARC-Target-URI: {url}\r\nWARC-Date: 2021-01-16T00:00:00Z\r\n"
        return f"{head}Content-Type: text/plain\r\nContent-Length: {len(data)}\r\n\r\n".encode() + data + b"\r\n\r\n"

    data = record("https://x.example/1", f"معرض الكتاب يفتح أبوابه\n{BODY}") + record(
        "https://x.example/2", f"{BODY}\n{BODY}"
    )
    [first, second], _ = read(tmp_path / "a.wet", data)
    assert (first.id, first.title, first.body, first.date) == ("x.example/1", "معرض الكتاب يفتح أبوابه", BODY, "")
    assert (second.title, second.body) == ("", f"{BODY}\n{BODY}")


def test_nitf(tmp_path: Path) -> None:
    nitf = """<nitf><head><title>خبر</title><docdata%s><doc-id id-string="7"/><date.issue norm="20150721T103000+0200"/>
    <key-list><keyword key="كتب"/></key-list></docdata></head><body><body.head><hedline><hl1>معرض</hl1></hedline>
    <byline>بقلم: <person>سلمى</person></byline></body.head><body.content><p>%s</p><p>%s</p></body.content></body></nitf>"""  # noqa: E501
    [article], _ = read(tmp_path / "a.xml", nitf % ("", BODY, BODY))
    assert (article.id, article.title, article.author, article.tags) == ("7", "معرض", "سلمى", ("كتب",))
    assert (article.body, article.date) == (f"{BODY}\n\n{BODY}", "2015-07-21T10:30:00+02:00")
    assert read(tmp_path / "a.xml", nitf % (' management-status="embargoed"', BODY, BODY))[0] == []


def test_newsml_g2(tmp_path: Path) -> None:
    def item(guid: str, status: str, content: str) -> str:
        return (
            f'<newsItem guid="{guid}"><itemMeta><provider literal="وكالة"/><pubStatus qcode="stat:{status}"/></itemMeta>'  # noqa: E501
            "<contentMeta><contentCreated>2015-07-21T10:30:00+02:00</contentCreated><creator><name>سلمى</name></creator>"
            f"<headline>معرض</headline></contentMeta><contentSet>{content}</contentSet></newsItem>"
        )

    nitf = f"<nitf><body><body.content><p>{BODY}</p></body.content></body></nitf>"
    message = "".join([
        item("1", "usable", f"<inlineXML>{nitf}</inlineXML>"),
        item("2", "usable", f'<inlineXML><html xmlns="http://www.w3.org/1999/xhtml"><body><p>{BODY}</p></body></html></inlineXML>'),
        item("3", "usable", f"<inlineData>{BODY}</inlineData>"),
        item("4", "withheld", f"<inlineData>{BODY}</inlineData>"),
        item("5", "usable", "<remoteContent href='a.jpg'/>"),
    ])  # fmt: skip
    articles, report = read(
        tmp_path / "a.xml",
        f'<newsMessage xmlns="http://iptc.org/std/nar/2006-10-01/"><itemSet>{message}</itemSet></newsMessage>',
    )
    assert [(article.id, article.body, article.author) for article in articles] == [(n, BODY, "سلمى") for n in "123"]
    assert dict(report.tallies[0].skipped) == {"not public: unpublished": 1, "no article: an item without a text": 1}


@pytest.mark.parametrize(
    ("xml", "fields"),
    [
        ("<articles><article id='7'><title>معرض</title><body>%s</body><tags><tag>أدب</tag><tag>كتب</tag></tags></article></articles>", {}),  # noqa: E501
        ("<r><مقال><المعرف>7</المعرف><العنوان>معرض</العنوان><النص><p>%s</p></النص><الوسوم>أدب، كتب</الوسوم></مقال></r>", {}),  # noqa: E501
        ("<x><row><k>7</k><h>معرض</h><b><![CDATA[<p>%s</p>]]></b><t>أدب,كتب</t></row></x>",
         {"k": "id", "h": "title", "b": "body", "t": "tags"}),
    ],
    ids=["known", "arabic", "mapped"],
)  # fmt: skip
def test_plain_xml(tmp_path: Path, xml: str, fields: dict[str, str]) -> None:
    [article], report = read(tmp_path / "a.xml", xml % BODY, fields=fields)
    assert (article.id, article.title, article.body, article.tags) == ("7", "معرض", BODY, ("أدب", "كتب"))
    assert report.problems == []


def test_plain_xml_without_a_body_says_what_it_has(tmp_path: Path) -> None:
    articles, report = read(tmp_path / "a.xml", "<x><row><k>7</k></row></x>")
    assert articles == []
    assert "the elements are 'x, row, k'" in report.problems[0].message
    assert read(tmp_path)[1].problems == []  # in a folder it may be anything


def test_a_wiki_page_keeps_numbers_and_words_of_its_templates(tmp_path: Path) -> None:
    text = (
        "{{صندوق معلومات|الطول={{كم|45}}}}\nطوله {{كم|45}} ومساحته {{convert|12|km2|mi2}}، وسكانه {{formatnum:5000}}، "
        "واسمه {{لغ|en|Ziziphus}} منذ {{تاريخ|12|3|1920}}.{{sfn|س|1999}}"
    )
    page = f"<page><title>واد</title><ns>0</ns><id>5</id><revision><text>{text}</text></revision></page>"
    [article], _ = read(tmp_path / "a.xml", f"<mediawiki>{page}</mediawiki>")
    assert article.body == "طوله 45 كم ومساحته 12 km2، وسكانه 5000، واسمه Ziziphus منذ 12/3/1920."


def test_a_post_of_wordpress_keeps_its_text(tmp_path: Path) -> None:
    content = (
        'فقرة أولى[ref]هامش[/ref] هنا.\n\nفقرة ثانية [sic] و[كذا].\n[gallery ids="1,2"]\n'
        '[vc_row][vc_column width="1/2"]في عمود[/vc_column][/vc_row]\n[embed]https://x.example/v[/embed]\n[toc]'
    )
    export = (
        '<rss xmlns:content="http://purl.org/rss/1.0/modules/content/" xmlns:dc="http://purl.org/dc/elements/1.1/" '
        'xmlns:wp="http://wordpress.org/export/1.2/"><channel><wp:author><wp:author_login>s</wp:author_login>'
        "<wp:author_display_name>سلمى</wp:author_display_name></wp:author><item><title>أ &amp;#8211; ب</title>"
        f"<dc:creator>s</dc:creator><content:encoded><![CDATA[{content}]]></content:encoded>"
        "<wp:status>publish</wp:status><wp:post_type>post</wp:post_type></item></channel></rss>"
    )
    [article], _ = read(tmp_path / "a.xml", export)
    assert (article.title, article.author) == ("أ – ب", "سلمى")
    assert article.body == "فقرة أولى هامش هنا.\n\nفقرة ثانية [sic] و[كذا].\n\nفي عمود"


def test_markdown_of_site_generators(tmp_path: Path) -> None:
    text = '+++\ntitle = "معرض"\ndate = 2015-07-21\n[taxonomies]\ntags = ["كتب"]\n+++\nنص.\n\n{{< youtube abc >}}\n\n| أ | ب |\n|---|---|\n| ج | د |\n\n{% include x %}\n'  # noqa: E501
    [article], report = read(tmp_path / "a.md", text)
    assert (article.title, article.date, article.tags) == ("معرض", "2015-07-21", ("كتب",))
    assert article.body == "نص.\n\nأ\tب\n\nج\tد"
    assert report.problems == []
