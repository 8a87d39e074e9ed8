"""Archives of files and of pages: each member is read by its own format."""

from __future__ import annotations

import bz2
import gzip
import io
import zipfile
from pathlib import Path

import pytest

from arsearch.corpus import ReadingReport, read_source, zstd

from .made_files import FILES, tarred, warc, zipped
from .reading import LINKED, PAGE, read, read_one


def test_a_warc_archive_gives_its_pages(tmp_path: Path) -> None:
    data = warc(("image/png", b"\x89PNG"), ("text/html; charset=utf-8", (PAGE % LINKED).encode()))
    article = read_one(tmp_path / "crawl.warc.gz", data)
    assert (article.id, article.author) == ("example.org/a/1", "سلمى الشريف")
    assert article.url == "https://example.org/2015/fair"


IDS = ["2015/a", "2015/b", "x"]


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
