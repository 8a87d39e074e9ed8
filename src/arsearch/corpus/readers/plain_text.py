"""Plain text (``.txt``): one article a file.

The title is the first line of three words or more; shorter lines above it are a page's menu. Directly below the title
may stand lines of metadata, in Arabic or English (author, date, source, link, tags, each followed by a colon; tags
are separated by commas). A byline such as the Arabic for "written by" anywhere on a line of its own gives the author,
and so does a short line with a date the date; a byline is no part of the body.
The path of the file below the source is the id.
"""

from __future__ import annotations

import re
from collections.abc import Iterator

from arsearch.arabic import letters as ar
from arsearch.arabic.fold import fold
from arsearch.corpus.cleaning.boilerplate import byline_author
from arsearch.corpus.dates import find_date
from arsearch.corpus.detect_format import Head
from arsearch.corpus.source_document import Record, RecordFault, SourceDocument

__all__ = ["NAME", "SUFFIXES", "read", "recognises", "text_fields"]

NAME = "plain text"
SUFFIXES = (".txt", ".text")

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
_DATELINE_WORDS = 8


def recognises(head: Head) -> bool:  # noqa: ARG001  # every reader is asked so
    """Any text may be plain text, so only the suffix says that one is."""
    return False


def read(document: SourceDocument) -> Iterator[Record | RecordFault]:
    """Yield the one article of *document*."""
    text, faults = document.read_text()
    yield from faults
    yield Record(text_fields(text), default_id=document.default_id)


def text_fields(text: str) -> dict[str, object]:
    """Return the fields of the article that *text* is."""
    lines = text.split("\n")
    first = next((number for number, line in enumerate(lines) if len(line.split()) >= _TITLE_WORDS), None)
    if first is None:
        return {"body": text}
    record: dict[str, object] = {"title": lines[first]}
    body = lines[first + 1 :]
    while body and (match := _METADATA.fullmatch(body[0])) and (field := _FIELDS.get(fold(match[1]))):
        record[field] = _COMMA.split(match[2]) if field == "tags" else match[2]
        del body[0]
    kept = []
    for line in body:
        if author := byline_author(line):
            record.setdefault("author", author)
        elif len(line.split()) <= _DATELINE_WORDS and "date" not in record and (date := find_date(line)):
            record["date"] = date
            kept.append(line)
        else:
            kept.append(line)
    record["body"] = "\n".join(kept).strip() or lines[first]
    return record
