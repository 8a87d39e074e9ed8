"""What a file may cost to be read is bounded by its size, whatever reader it is, and told in the report."""

from __future__ import annotations

import bz2
import gzip
import itertools
import random
import re
import subprocess
import threading
import zipfile
import zlib
from collections.abc import Iterator
from contextlib import suppress
from pathlib import Path
from typing import Any

import pytest

from arsearch.corpus import ReadingOptions, ReadingReport, read_source
from arsearch.corpus.parsing.effort import Effort, bounded
from arsearch.corpus.readers import plain_text

GOOD = "خبر عن البحر"


def endless(*_: object) -> Iterator[Any]:
    """Work that does not end, in a parser that takes every error for one of the text."""
    yield 1
    while True:
        with suppress(Exception):
            sum(range(1000))


def effort(*, seconds: float = 1e9, memory: int = 1 << 60, clock: Any = None, memory_now: Any = None) -> Effort:
    return Effort(0, seconds, memory, clock=clock or (lambda _: 0.0), memory_now=memory_now or (lambda: 0))


def test_work_that_takes_too_long_is_interrupted() -> None:
    ticks = itertools.count()
    items = bounded(endless(), effort(seconds=20, clock=lambda _: float(next(ticks))))
    assert next(items) == 1
    with pytest.raises(ValueError, match="took more than 20 seconds of processor time"):
        next(items)


def test_work_that_takes_too_much_memory_is_interrupted() -> None:
    sizes = itertools.count(0, 1 << 20)
    items = bounded(endless(), effort(memory=10 << 20, memory_now=lambda: next(sizes)))
    with pytest.raises(ValueError, match="took more than 10 MiB of memory"):
        list(items)


def test_what_happens_between_steps_counts_for_nothing() -> None:
    now = [0.0]
    items = bounded(iter(range(5)), effort(seconds=1, clock=lambda _: now[0]))
    for _ in range(5):
        next(items)
        now[0] += 100
        threading.Event().wait(0)
    assert list(items) == []


def test_what_may_be_spent_grows_with_the_file() -> None:
    small, large = Effort(0, 10, 100), Effort(2 << 20, 10, 100)
    assert (small.seconds, small.memory) == (10, 100)
    assert (large.seconds, large.memory) == (130, 100 + 32 * (2 << 20))


def test_every_reader_is_watched_in_one_place(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "a.txt").write_text(GOOD, encoding="utf-8")
    (tmp_path / "b.txt").write_text(GOOD, encoding="utf-8")
    real = plain_text.read
    monkeypatch.setattr(
        plain_text,
        "read",
        lambda document: itertools.islice(endless(), 1, None) if document.path.name == "a.txt" else real(document),
    )

    def scarce(*_: object) -> Effort:
        ticks = itertools.count()
        return effort(seconds=100, clock=lambda _: float(next(ticks)))

    monkeypatch.setattr("arsearch.corpus.source_document.Effort", scarce)
    report = ReadingReport()
    assert [article.id for article in read_source(tmp_path, report)] == ["b"]
    [problem] = report.problems
    assert "took more than 100 seconds" in problem.message
    assert problem.path.name == "a.txt"


SMALL_AND_COSTLY = {
    "lines.jsonl.gz": lambda: gzip.compress(b"\n" * 20_000_000),
    "dump.xml": lambda: (
        "<mediawiki><page><title>a</title><ns>0</ns><revision><text>"
        + "*:#;" * 100_000
        + "</text></revision></page></mediawiki>"
    ).encode(),
    "brackets.md": lambda: b"[" * 800_000,
    "entities.html": lambda: b"<html><body>" + b"&" * 5_800_000,
}


@pytest.mark.parametrize(
    "name", [pytest.param(name, marks=pytest.mark.slow) if ".gz" in name else name for name in SMALL_AND_COSTLY]
)
def test_what_was_found_to_cost_much_is_refused_by_counting(tmp_path: Path, name: str) -> None:
    (tmp_path / name).write_bytes(SMALL_AND_COSTLY[name]())
    report = ReadingReport()
    articles = list(read_source(tmp_path, report, ReadingOptions(free_seconds=1e6, free_memory_bytes=1 << 50)))
    assert articles == []
    [problem] = report.problems
    assert problem.skipped
    assert any(word in problem.message for word in ("expands", "markup", "entities"))


def costly_pdf() -> bytes:
    """Return a page of two million glyphs in 34 kB: half a minute and 2 GB, if nothing ends it."""
    letters = bytes(random.Random(20).choices(range(97, 123), k=28_000))
    content = zlib.compress(b"BT /F 9 Tf (" + letters * 75 + b") Tj ET", 9)
    objects = [
        b"<< /Type /Catalog /Pages 2 0 R >>",
        b"<< /Type /Pages /Kids [3 0 R] /Count 1 >>",
        b"<< /Type /Page /Parent 2 0 R /MediaBox [0 0 600 800] /Contents 4 0 R /Resources << /Font << /F 5 0 R >> >>>>",
        b"<< /Length %d /Filter /FlateDecode >> stream\n%s\nendstream" % (len(content), content),
        b"<< /Type /Font /Subtype /Type1 /BaseFont /Helvetica >>",
    ]
    whole = b"%PDF-1.4\n"
    places = [b"0000000000 65535 f \n"]
    for number, each in enumerate(objects, 1):
        places.append(b"%010d 00000 n \n" % len(whole))
        whole += b"%d 0 obj\n%s\nendobj\n" % (number, each)
    end = b"trailer << /Size 6 /Root 1 0 R >>\nstartxref\n%d\n%%%%EOF\n" % len(whole)
    return whole + b"xref\n0 6\n" + b"".join(places) + end


@pytest.mark.slow
@pytest.mark.parametrize(
    ("options", "told"),
    [
        (ReadingOptions(), r"took more than (5\d\d MiB of memory|1\d seconds of processor time) .* document_"),
        (ReadingOptions(free_seconds=1.0), r"took more than 1 seconds of processor time .* document_seconds"),
    ],
    ids=["as it is set", "a second"],
)
def test_a_small_pdf_that_costs_much_is_ended(tmp_path: Path, options: ReadingOptions, told: str) -> None:
    (tmp_path / "a.pdf").write_bytes(costly_pdf())
    (tmp_path / "b.txt").write_text(GOOD, encoding="utf-8")
    assert (tmp_path / "a.pdf").stat().st_size < 40_000
    report = ReadingReport()
    assert [article.id for article in read_source(tmp_path, report, options)] == ["b"]
    [problem] = report.problems
    assert (problem.path.name, problem.skipped) == ("a.pdf", True)
    assert re.search(told, problem.message)


def test_pdfs_of_an_archive_share_one_budget(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """The second is not begun: what the first cost was all there was."""
    began: list[int] = []
    spent = iter(range(0, 10**6, 20))

    def run(*_: object, **__: object) -> subprocess.CompletedProcess[bytes]:
        began.append(1)
        return subprocess.CompletedProcess([], 0, b'{"about": {}, "pages": [["text"]]}', b"")

    monkeypatch.setattr("arsearch.corpus.readers.pdf.subprocess.run", run)
    monkeypatch.setattr("arsearch.corpus.readers.pdf._seconds_of_children", lambda: float(next(spent)))
    with zipfile.ZipFile(tmp_path / "a.zip", "w") as archive:
        for name in ("1.pdf", "2.pdf", "3.pdf"):
            archive.writestr(name, b"%PDF-1.4")
    report = ReadingReport()
    assert list(read_source(tmp_path, report)) == []
    assert began == [1]
    assert report.problems
    assert all("took more than 10 seconds" in problem.message for problem in report.problems)


@pytest.mark.slow
def test_ordinary_archives_of_short_lines_are_read(tmp_path: Path) -> None:
    lines = "".join(f'{{"id": "{number}", "body": "خبر {number}"}}\n' for number in range(20_000))
    (tmp_path / "a.jsonl.bz2").write_bytes(bz2.compress(lines.encode()))
    report = ReadingReport()
    assert len(list(read_source(tmp_path, report))) == 20_000
    assert report.problems == []
