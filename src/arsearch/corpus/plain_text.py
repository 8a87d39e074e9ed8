"""Plain text (``.txt``): one article a file.

The title is the first line of three words or more; shorter lines above it are a page's menu. Directly below the title
may stand lines of metadata, in Arabic or English (author, date, source, link, tags, each followed by a colon; tags
are separated by commas). A byline such as the Arabic for "written by" anywhere on a line of its own gives the author.
The path of the file below the source is the id.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import Path

from arsearch.arabic import letters as ar
from arsearch.arabic.fold import fold
from arsearch.corpus.article import Article, article_from_mapping
from arsearch.corpus.report import ReadingReport
from arsearch.corpus.text import read_text

__all__ = ["SUFFIXES", "read"]

SUFFIXES = (".txt",)

_TITLE_WORDS = 3
_FIELD_NAMES = {
    "الكاتب": "author",
    "author": "author",
    "التاريخ": "date",
    "date": "date",
    "المصدر": "source",
    "source": "source",
    "الرابط": "url",
    "url": "url",
    "الوسوم": "tags",
    "tags": "tags",
}
_FIELDS = {fold(name): field for name, field in _FIELD_NAMES.items()}
_METADATA = re.compile(r"\s*([^\s:]+)\s*:\s*(.*)")
_COMMA = re.compile(f"[,{ar.ARABIC_COMMA}]")
_BYLINE = re.compile(fold("كُتب بواسطة") + r"\s+\S")
_BYLINE_WORDS = 2


def read(path: Path, report: ReadingReport) -> Iterator[Article]:
    """Yield the one article of *path*, or none if it is empty or not UTF-8, which is reported."""
    text = read_text(path, report)
    if text is None:
        return
    try:
        article, mended = article_from_mapping(_record(text), default_id=report.default_id(path))
    except ValueError as error:
        report.add(path, 0, str(error), skipped=True)
        return
    for message in mended:
        report.add(path, 0, message, skipped=False)
    report.path, report.line = path, 0
    yield article


def _record(text: str) -> dict[str, str | list[str]]:
    lines = text.split("\n")
    first = next((number for number, line in enumerate(lines) if len(line.split()) >= _TITLE_WORDS), None)
    if first is None:
        return {"body": text}
    record: dict[str, str | list[str]] = {"title": lines[first]}
    body = lines[first + 1 :]
    while body and (match := _METADATA.fullmatch(body[0])) and (field := _FIELDS.get(fold(match[1]))):
        record[field] = _COMMA.split(match[2]) if field == "tags" else match[2]
        del body[0]
    for line in body:
        if _BYLINE.match(fold(line).strip()):
            record.setdefault("author", " ".join(line.split()[_BYLINE_WORDS:]))
    record["body"] = "\n".join(body).strip() or lines[first]
    return record
