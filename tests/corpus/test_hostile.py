"""Files made to do harm: bounded time and memory, named in the report, and the rest still read."""

from __future__ import annotations

import bz2
import gzip
import io
import json
import tarfile
import tracemalloc
import zipfile
from collections.abc import Iterator
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from arsearch.corpus import Article, ReadingOptions, ReadingReport, read_source, zstd

from ..conftest import ROOT
from .made_files import FILES, tarred, warc, word_file, zipped
from .reading import PAGE

MIB = 1 << 20
SMALL = ReadingOptions(max_record_bytes=MIB, free_expansion_bytes=2 * MIB, max_expansion=20)
GOOD = b'{"id": "good", "body": "\xd8\xae\xd8\xa8\xd8\xb1"}\n'


def read(path: Path, data: bytes, options: ReadingOptions = SMALL) -> tuple[list[Article], list[str]]:
    path.write_bytes(data)
    (path.parent / "z.jsonl").write_bytes(GOOD)
    report = ReadingReport()
    tracemalloc.reset_peak()
    articles = list(read_source(path.parent, report, options))
    assert articles[-1].id == "good", "the file after the hostile one is read"
    return articles[:-1], [str(problem).removeprefix(f"{path.parent}/") for problem in report.problems]


@pytest.fixture(autouse=True)
def little_memory() -> Iterator[None]:
    tracemalloc.start()
    yield
    peak = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()
    assert peak < 60 * MIB


def zip_of(name: str, count: int) -> bytes:
    file = io.BytesIO()
    with zipfile.ZipFile(file, "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr("first.jsonl", GOOD)
        with archive.open(name, "w", force_zip64=True) as member:
            for _ in range(count // MIB):
                member.write(b"a" * MIB)
    return file.getvalue()


def test_a_zip_bomb_is_stopped_and_what_came_before_is_kept(tmp_path: Path) -> None:
    articles, problems = read(tmp_path / "a.zip", zip_of("bomb.jsonl", 64 * MIB))
    assert len(articles) == 1
    [problem] = problems
    assert problem.startswith("a.zip/bomb.jsonl: expands to more than 20 times its size")
    assert problem.endswith("(skipped)")


@pytest.mark.parametrize("compress", [gzip.compress, bz2.compress, zstd.compress], ids=["gzip", "bzip2", "zstd"])
def test_a_bomb_in_any_compression_is_stopped(tmp_path: Path, compress: object) -> None:
    data = compress(b"a" * (32 * MIB))  # type: ignore[operator]
    articles, problems = read(tmp_path / "a.txt.gz", data, ReadingOptions(free_expansion_bytes=2 * MIB))
    assert (articles, len(problems)) == ([], 1)
    assert "expands to more than 200 times its size" in problems[0]


def test_bombs_inside_one_another_share_one_budget(tmp_path: Path) -> None:
    inner = gzip.compress(gzip.compress(b"a" * (32 * MIB)))
    articles, problems = read(tmp_path / "a.txt.gz.gz", inner, ReadingOptions(free_expansion_bytes=2 * MIB))
    assert (articles, len(problems)) == ([], 1)
    assert "expands" in problems[0]


def test_archives_nested_too_deeply_are_not_opened(tmp_path: Path) -> None:
    data = GOOD
    for _ in range(5):
        data = gzip.compress(data)
    articles, problems = read(tmp_path / "a.jsonl.gz", data)
    assert (articles, problems) == ([], ["a.jsonl.gz: an archive inside 3 others; it was not opened (skipped)"])


@pytest.mark.parametrize(
    "name", ["../evil.jsonl", "/etc/evil.jsonl", "a/../../evil.jsonl", "..\\evil.jsonl", "c:/evil.jsonl"]
)
def test_members_that_point_outside_are_named_and_passed_over(tmp_path: Path, name: str) -> None:
    file = io.BytesIO()
    with zipfile.ZipFile(file, "w") as archive:
        archive.writestr(name, GOOD)
        archive.writestr("good.jsonl", GOOD)
    articles, [problem] = read(tmp_path / "a.zip", file.getvalue())
    assert len(articles) == 1
    assert "unsafe path" in problem
    assert repr(name.replace("\\", "/"))[1:-1] in problem.replace("\\\\", "/")


def test_links_and_devices_in_a_tar_are_not_followed(tmp_path: Path) -> None:
    file = io.BytesIO()
    with tarfile.open(fileobj=file, mode="w") as archive:
        for name, kind in (("link.txt", tarfile.SYMTYPE), ("device.txt", tarfile.CHRTYPE)):
            info = tarfile.TarInfo(name)
            info.type, info.linkname = kind, "/etc/passwd"
            archive.addfile(info)
        info = tarfile.TarInfo("good.jsonl")
        info.size = len(GOOD)
        archive.addfile(info, io.BytesIO(GOOD))
    articles, problems = read(tmp_path / "a.tar", file.getvalue())
    assert len(articles) == 1
    assert ["not a plain file" in problem for problem in problems] == [True, True]


def test_an_encrypted_member_is_named(tmp_path: Path) -> None:
    file = io.BytesIO()
    with zipfile.ZipFile(file, "w") as archive:
        archive.writestr("a.jsonl", GOOD)
    data = bytearray(file.getvalue())
    data[6] |= 1  # the flag, in the member's own header and in the directory
    data[data.index(b"PK\x01\x02") + 8] |= 1
    articles, [problem] = read(tmp_path / "a.zip", bytes(data))
    assert articles == []
    assert "encrypted" in problem


@pytest.mark.parametrize("name", ["a.jsonl", "a.csv", "a.json", "a.txt", "a.html", "a.xml"])
def test_a_line_without_end_is_named(tmp_path: Path, name: str) -> None:
    beginning = {
        "a.jsonl": GOOD + b'{"body": "',
        "a.csv": b"title,body\na,b\n",
        "a.json": b'[{"id": "a", "body": "b"}, {"body": "',
        "a.txt": b"",
        "a.html": b"<html><body><p>",
        "a.xml": b"<rss><channel><item><description>a</description></item><item><description>",
    }[name]
    whole_file = name in ("a.txt", "a.html")
    articles, problems = read(tmp_path / name, beginning + b"a" * (8 * MIB))
    assert len(articles) == (0 if whole_file else 1)
    assert any("longer than 1 MiB (setting max_record_mb) (skipped)" in problem for problem in problems), problems


def test_after_a_line_that_is_too_long_the_next_is_read(tmp_path: Path) -> None:
    articles, problems = read(tmp_path / "a.jsonl", b'{"body": "' + b"a" * (4 * MIB) + b'"}\n' + GOOD)
    assert len(articles) == 1
    assert problems == ["a.jsonl:1: the line is longer than 1 MiB (setting max_record_mb) (skipped)"]


@pytest.mark.parametrize(
    ("name", "data", "message"),
    [
        ("a.json", b'[{"a":' + b"[" * 500_000, "nested too deeply"),
        ("a.json", b'{"a":' * 100_000, "nested too deeply"),
        ("a.jsonl", b'{"body": ' + b"[" * 500_000 + b"\n", "nested too deeply"),
        ("a.jsonl", b'{"body": ' + b'{"a":' * 100_000 + b"\n", "nested too deeply"),
        pytest.param("a.md", b"---\na: " + b"[" * 1_200 + b"\n---\nb", "nested too deeply", marks=pytest.mark.slow),
        ("a.xml", b"<rss><channel>" + b"<item>" * 100_000, "XML"),
        ("a.html", b"<html><body>" + b"<p>a</p>" * 60_000, "more than 50000 elements"),
    ],
    ids=["json-array", "json-objects", "jsonl-array", "jsonl-objects", "yaml", "xml", "html"],
)
def test_nesting_without_end_is_named(tmp_path: Path, name: str, data: bytes, message: str) -> None:
    articles, problems = read(tmp_path / name, data)
    assert articles == []
    assert message in problems[-1]


@pytest.mark.parametrize(
    "data", [b"<div>" * 40_000, b"<table><tr><td>" * 10_000, b"<b><i>" * 20_000], ids=["div", "table", "b"]
)
def test_a_page_of_nothing_but_openings_ends(tmp_path: Path, data: bytes) -> None:
    articles, problems = read(tmp_path / "a.html", b"<html><body>" + data)
    assert len(articles) + len(problems) == 1


LAUGHS = b"""<?xml version="1.0"?><!DOCTYPE rss [<!ENTITY a "aaaaaaaaaa"><!ENTITY b "&a;&a;&a;&a;&a;&a;&a;&a;&a;&a;">
<!ENTITY c "&b;&b;&b;&b;&b;&b;&b;&b;&b;&b;"><!ENTITY d "&c;&c;&c;&c;&c;&c;&c;&c;&c;&c;"><!ENTITY x SYSTEM "file:///etc/passwd">]>
<rss><channel><item><title>t</title><description>before &d; &x; after</description></item></channel></rss>"""


def test_xml_entities_are_not_expanded_and_nothing_is_fetched(tmp_path: Path) -> None:
    articles, problems = read(tmp_path / "a.xml", LAUGHS)
    assert problems[0] == "a.xml: declares XML entities, which are not expanded"
    assert all("root:" not in article.body and "aaaa" not in article.body for article in articles)


def test_nul_bytes_do_no_harm(tmp_path: Path) -> None:
    text = "خبر من المدينة القديمة ".encode() * 20
    articles, _ = read(tmp_path / "a.txt", text + b"\n\x00" + text)
    assert ["\x00" in article.body for article in articles] == [False]
    articles, [problem] = read(tmp_path / "a.txt", b"\x00\x01\x02" * 1000)
    assert (articles, problem) == ([], "a.txt: not text: it has NUL bytes (skipped)")


@pytest.mark.slow
def test_a_file_of_nothing_but_problems_does_not_fill_the_memory_with_them(tmp_path: Path) -> None:
    path = tmp_path / "a.jsonl"
    path.write_bytes(b"{\n" * 20_000)
    report = ReadingReport()
    assert list(read_source(path, report)) == []
    assert report.skipped == 20_000
    assert len(report.problems) == 1_000
    assert report.problems[-1].message.startswith("more problems than are told")
    assert dict(report.tallies[0].skipped) == {"not JSON": 20_000}


def test_a_wiki_page_of_nothing_but_markup_is_named(tmp_path: Path) -> None:
    page = (
        b"<page><title>a</title><ns>0</ns><id>1</id><revision><text>" + b"{{[[" * 30_000 + b"</text></revision></page>"
    )
    articles, problems = read(tmp_path / "a.xml", b"<mediawiki>" + page + b"</mediawiki>")
    assert articles == []
    assert "more wiki markup than a page may have" in problems[0]


@pytest.mark.parametrize("cut", [0.2, 0.5, 0.9, 0.99])
@pytest.mark.parametrize("name", ["a.zip", "a.tar.gz", "a.jsonl.zst", "a.epub", "a.docx", "a.pdf", "a.warc.gz"])
def test_archives_cut_off_or_garbled_are_named(tmp_path: Path, name: str, cut: float) -> None:
    whole = {
        "a.zip": zipped(FILES),
        "a.tar.gz": gzip.compress(tarred(FILES)),
        "a.jsonl.zst": zstd.compress(GOOD * 3_000),
        "a.epub": zipped({"mimetype": "application/epub+zip", "META-INF/container.xml": "<a/>"}),
        "a.docx": word_file(),
        "a.pdf": b"%PDF-1.4\n1 0 obj\n<< /Type /Catalog >>\nendobj\ntrailer << /Root 1 0 R >>\n",
        "a.warc.gz": warc(("text/html", PAGE.encode()), ("text/html", PAGE.encode())),
    }[name]
    size = int(len(whole) * cut)
    for data in (
        whole[:size],
        whole[:size] + bytes(255 - byte for byte in whole[size : size + 20]) + whole[size + 20 :],
    ):
        articles, problems = read(tmp_path / name, data)
        assert articles or problems or name == "a.jsonl.zst"


SEEDS = {
    "a.json": b'[{"body": "a", "tags": ["b"]}]',
    "a.jsonl": GOOD,
    "a.csv": b'title,body\n"a","b"\n',
    "a.txt": "عنوان من كلمات\nالتاريخ: 2015\n".encode(),
    "a.md": b"---\ntitle: a\n---\n# b\n",
    "a.html": b"<html><head><title>a</title></head><body><article><p>b</p></article>",
    "a.xml": b"<rss><channel><item><title>a</title><description>b</description></item></channel></rss>",
    "b.xml": b"<feed xmlns='http://www.w3.org/2005/Atom'><entry><title>a</title><content>b</content></entry></feed>",
    "c.xml": b"<mediawiki><page><ns>0</ns><revision><text>'''b''' [[c]]</text></revision></page></mediawiki>",
    "d.xml": b'<rss xmlns:wp="http://wordpress.org/export/1.2/"><item><wp:status>publish</wp:status></item></rss>',
    "a.warc": b"WARC/1.0\r\nWARC-Type: response\r\nContent-Length: 30\r\n\r\nHTTP/1.1 200 OK\r\n\r\n<html>\r\n\r\n",
    "e.xml": b"<nitf><body><body.head><hl1>a</hl1></body.head><body.content><p>b</p></body.content></body></nitf>",
    "f.xml": b"<newsItem guid='a'><contentSet><inlineData>b</inlineData></contentSet></newsItem>",
    "g.xml": b"<r><article id='1'><title>a</title><body>b</body></article></r>",
    "a.ndjson": b'{"index": {"_id": "1"}}\n{"body": "a"}\n{"update": {"_id": "2"}}\n{"doc": {"body": "b"}}\n',
    "a.js": b'window.YTD.tweets.part0 = [{"tweet": {"id_str": "1", "full_text": "a"}}];',
    "b.json": b'{"data": [{"type": "a", "id": "1", "attributes": {"title": "a", "body": {"value": "b"}}}]}',
    "b.md": b'+++\ntitle = "a"\ndraft = false\n+++\n{{< b >}} | c\n',
    "a.eml": b"From: a <a@b>\nSubject: =?utf-8?b?YQ==?=\nContent-Type: text/plain; charset=utf-8\n\nb\n",
    "a.mbox": b"From a@b Mon Jan 10 12:00:00 2022\nSubject: a\n\nb\n\nFrom a@b Mon Jan 10 12:00:00 2022\n\nc\n",
    "a.mht": b"MIME-Version: 1.0\nContent-Type: multipart/related; type=text/html; boundary=B\n\n--B\n"
    b"Content-Type: text/html\n\n<p>a</p>\n--B--\n",
    "a.rtf": b"{\\rtf1\\ansi\\ansicpg1256{\\info{\\title a}}\\'c7\\u1576?\\par b}",
    "a.wet": b"WARC/1.0\r\nWARC-Type: conversion\r\nContent-Length: 3\r\n\r\na\nb\r\n\r\n",
    "a.zip": b"PK\x03\x04",
    "a.gz": b"\x1f\x8b\x08\x00",
    "a.epub": b"PK\x03\x04\x14\x00\x00\x00\x00\x00" + b"\x00" * 20 + b"mimetypeapplication/epub+zip",
}


@pytest.mark.slow
@pytest.mark.parametrize("name", SEEDS)
@settings(suppress_health_check=[HealthCheck.function_scoped_fixture], max_examples=settings().max_examples // 2)
@given(data=st.data())
def test_no_bytes_raise_in_any_format(tmp_path: Path, name: str, data: st.DataObject) -> None:
    seed = SEEDS[name]
    pieces = data.draw(
        st.lists(
            st.one_of(
                st.binary(max_size=20),
                st.tuples(st.integers(0, len(seed)), st.integers(0, len(seed))).map(
                    lambda cut: seed[min(cut) : max(cut)]
                ),
                st.sampled_from([b"\x00", b"\xff\xfe", b"&a;", b"{{", b'"', b"\r\n", "ـ".encode(), seed]),
            ),
            max_size=6,
        )
    )
    path = tmp_path / name
    path.write_bytes(seed + b"".join(pieces) if data.draw(st.booleans()) else b"".join(pieces))
    report = ReadingReport()
    for article in read_source(path, report, SMALL):
        assert article.body.strip()
        assert json.dumps(article.as_dict(), ensure_ascii=False).encode()
    assert not [problem for problem in report.problems if "Error)" in problem.message]


@pytest.mark.slow
@pytest.mark.parametrize("name", ["a.docx", "a.pdf"])
@settings(
    suppress_health_check=[HealthCheck.function_scoped_fixture],
    max_examples=max(10, settings().max_examples // 10),
)
@given(places=st.lists(st.integers(100, 30_000), min_size=1, max_size=40), value=st.integers(0, 255))
def test_garbled_documents_give_an_article_or_a_problem(
    tmp_path: Path, name: str, places: list[int], value: int
) -> None:
    whole = word_file() if name == "a.docx" else (ROOT / "corpus/formats/olive-guide.pdf").read_bytes()
    data = bytearray(whole)
    for place in places:
        data[place % len(data)] = value
    path = tmp_path / name
    path.write_bytes(data)
    report = ReadingReport()
    articles = list(read_source(path, report, SMALL))
    assert articles or report.skipped
