"""Hostile files in the formats of agencies, offices, databases and mail: each ends, and says why."""

from __future__ import annotations

import io
import json
import sqlite3
import zipfile
from collections.abc import Callable
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from arsearch.corpus import Article, ReadingOptions, ReadingReport, read_source

from ..conftest import ROOT

EXAMPLES = ROOT / "corpus" / "formats"
SMALL = ReadingOptions(max_record_bytes=1 << 20, free_expansion_bytes=1 << 20, max_expansion=20, free_seconds=5)
LAUGHS = (
    '<!DOCTYPE x [<!ENTITY a "aaaaaaaaaa"><!ENTITY b "&a;&a;&a;&a;&a;&a;&a;&a;"><!ENTITY c SYSTEM "file:///etc/passwd">'
    '<!ENTITY d "&b;&b;&b;&b;&b;&b;&b;&b;">]>'
)


def read(path: Path, data: bytes | str, options: ReadingOptions = SMALL) -> tuple[list[Article], list[str]]:
    path.write_bytes(data.encode() if isinstance(data, str) else data)
    report = ReadingReport()
    articles = list(read_source(path, report, options))
    return articles, [problem.message for problem in report.problems]


def zipped(**parts: bytes | str) -> bytes:
    file = io.BytesIO()
    with zipfile.ZipFile(file, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, data in parts.items():
            archive.writestr(name.replace("__", "/").replace("_x", ".x"), data)
    return file.getvalue()


TYPES = "[Content_Types]_xml"
WORD = '<w:document xmlns:w="http://schemas.openxmlformats.org/wordprocessingml/2006/main"><w:body>%s</w:body></w:document>'
ODT = (
    '<office:document-content xmlns:office="urn:oasis:names:tc:opendocument:xmlns:office:1.0" '
    'xmlns:text="urn:oasis:names:tc:opendocument:xmlns:text:1.0"><office:body><office:text>%s</office:text></office:body>'
    "</office:document-content>"
)


@pytest.mark.parametrize(
    ("name", "data"),
    [
        (
            "a.docx",
            lambda: zipped(**{TYPES: "", "word__document_xml": WORD % ("<w:sdt>" * 5_000)}),
        ),
        ("a.docx", lambda: zipped(**{TYPES: "", "word__document_xml": WORD % (" " * 30_000_000)})),
        ("a.odt", lambda: zipped(content_xml=ODT % ("<text:span>" * 5_000))),
        ("a.odt", lambda: zipped(content_xml=ODT % (" " * 30_000_000))),
        ("a.xlsx", lambda: zipped(xl__workbook_xml="<workbook/>" + " " * 30_000_000)),
        ("a.xlsx", lambda: b"PK\x03\x04" + b"xl/[Content_Types].xml" * 20),
        ("a.rtf", lambda: b"{\\rtf1 " + b"{" * 600_000),
        ("a.rtf", lambda: b"{\\rtf1 " + b"\\'" * 400_000),
        ("a.parquet", lambda: b"PAR1" + b"\x00" * 1_000 + b"\xff\xff\xff\x7fPAR1"),
        ("a.sqlite", lambda: b"SQLite format 3\x00" + b"\xff" * 4_096),
        ("a.eml", lambda: b"From: a\nTo: b\nSubject: " + b"=?utf-8?b?" * 50_000 + b"\n\n"),
        ("a.mbox", lambda: b"From a@b Mon Jan 10 12:00:00 2022\n" + b"x" * 3_000_000),
        (
            "a.mhtml",
            lambda: (
                b"MIME-Version: 1.0\nContent-Type: multipart/related; type=text/html; boundary=B\n\n" + b"--B\n" * 5_000
            ),
        ),
        ("a.xml", lambda: "<nitf>" + "<a>" * 100_000),
        ("a.xml", lambda: "<newsItem>" + "<a>" * 100_000),
        ("a.xml", lambda: "<r><article><title>a</title><body>" + "<a>" * 100_000),
        ("a.xml", lambda: "<" * 500_000),
        ("a.xml", lambda: "<a " + "b='" * 200_000),
    ],
    ids=lambda value: value if isinstance(value, str) and value[:2] == "a." else "",
)
def test_a_hostile_file_ends_and_is_named(tmp_path: Path, name: str, data: Callable[[], bytes | str]) -> None:
    articles, problems = read(tmp_path / name, data())
    assert articles or problems or name == "a.xml"


@pytest.mark.parametrize(
    "text",
    [
        f"{LAUGHS}<nitf><body><body.content><p>نص من الخبر &d; &c;</p></body.content></body></nitf>",
        f"{LAUGHS}<newsItem><contentSet><inlineData>نص من الخبر &d; &c;</inlineData></contentSet></newsItem>",
        f"{LAUGHS}<r><article><title>ع</title><body>نص من الخبر &d; &c;</body></article></r>",
    ],
    ids=["nitf", "newsml", "xml"],
)
def test_entities_are_not_expanded_in_any_xml(tmp_path: Path, text: str) -> None:
    articles, problems = read(tmp_path / "a.xml", text)
    assert all("aaaa" not in article.body and "root:" not in article.body for article in articles)
    assert problems


@pytest.mark.parametrize("part", ["word__document_xml", "content_xml"])
def test_entities_are_not_expanded_in_office_files(tmp_path: Path, part: str) -> None:
    body = (
        WORD % "<w:p><w:r><w:t>نص &d; &c;</w:t></w:r></w:p>" if "word" in part else ODT % "<text:p>نص &d; &c;</text:p>"
    )
    name = "a.docx" if "word" in part else "a.odt"
    articles, _ = read(tmp_path / name, zipped(**{part: LAUGHS.replace("<!DOCTYPE x", "<!DOCTYPE w") + body}))
    assert all("aaaa" not in article.body and "root:" not in article.body for article in articles)


def database(path: Path, *statements: str) -> Path:
    with sqlite3.connect(path) as connection:
        for statement in statements:
            connection.execute(statement)
    connection.close()
    return path


def test_a_database_that_never_ends_is_stopped(tmp_path: Path) -> None:
    path = database(
        tmp_path / "a.sqlite",
        "CREATE TABLE t (x)",
        "CREATE VIEW articles AS WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n) "
        "SELECT 'a' AS title, i AS body FROM n WHERE i < 0",
    )
    report = ReadingReport()
    assert list(read_source(path, report, ReadingOptions(free_seconds=1))) == []
    assert len(report.problems) == 1


@pytest.mark.parametrize(
    "table", ["DELETE FROM articles", "SELECT load_extension('x')", "SELECT 1; DROP TABLE articles", "no"]
)
def test_a_query_can_only_select(tmp_path: Path, table: str) -> None:
    path = database(
        tmp_path / "a.sqlite", "CREATE TABLE articles (title, body)", "INSERT INTO articles VALUES ('ع', 'نص')"
    )
    before = path.read_bytes()
    report = ReadingReport()
    assert list(read_source(path, report, ReadingOptions(table=table))) == []
    assert len(report.problems) == 1
    assert path.read_bytes() == before
    assert [name.name for name in tmp_path.iterdir()] == ["a.sqlite"]


BINARY = sorted(path for path in (*EXAMPLES.iterdir(), *(EXAMPLES / ".parquet").iterdir()) if path.suffix in (
    ".xlsx", ".odt", ".rtf", ".sqlite", ".parquet", ".eml", ".mhtml", ".docx", ".xml", ".ndjson"))  # fmt: skip


@pytest.mark.slow
@pytest.mark.parametrize("path", BINARY, ids=lambda path: str(path.name))
@settings(
    suppress_health_check=[HealthCheck.function_scoped_fixture], max_examples=max(30, settings().max_examples // 4)
)
@given(
    places=st.lists(st.integers(0, 30_000), max_size=30),
    value=st.integers(0, 255),
    cut=st.floats(0, 1),
    whole=st.booleans(),
)
def test_garbled_files_raise_nothing(
    tmp_path: Path, path: Path, places: list[int], value: int, cut: float, whole: bool
) -> None:
    data = bytearray(path.read_bytes())
    for place in places:
        data[place % len(data)] = value
    garbled = tmp_path / path.name
    garbled.write_bytes(data if whole else data[: int(len(data) * cut)])
    report = ReadingReport()
    for article in read_source(garbled, report, SMALL):
        assert article.body.strip()
        assert json.dumps(article.as_dict(), ensure_ascii=False).encode()
    assert not [problem for problem in report.problems if "Error)" in problem.message]
