"""Every format a newsroom has, from the user's side: a file in, its articles out."""

from __future__ import annotations

import io
import json
import zipfile
from pathlib import Path

import pytest

from arsearch.corpus import Article, ReadingOptions, ReadingReport, check_sources, read_source
from arsearch.corpus.detect_format import all_readers

from ..conftest import ROOT
from .made_files import word_file
from .reading import BODY, MORE, read, read_one


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
