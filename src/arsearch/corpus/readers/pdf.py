"""PDF documents: one article a file, without its lines of page numbers. Needs the extra ``documents``."""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Any

from arsearch.corpus.document import Document, Fault, Record, UnreadableError, too_long
from arsearch.corpus.extras import import_extra
from arsearch.corpus.recognise import Head

__all__ = ["NAME", "SUFFIXES", "read", "recognises"]

NAME = "PDF"
SUFFIXES: tuple[str, ...] = ()

_MAX_PAGES = 2_000
_DATE = re.compile(r"D:(\d{4})(\d{2})(\d{2})")
_PAGE_NUMBER = re.compile(r"\W*\d{1,4}\W*")


def recognises(head: Head) -> bool:
    """Whether it begins as a PDF does."""
    return b"%PDF-" in head.data[:1024]


def read(document: Document) -> Iterator[Record | Fault]:
    """Yield the one article of *document*."""
    pdfium = import_extra("pypdfium2", "documents", NAME)
    data = document.read_bytes()
    try:
        pdf = pdfium.PdfDocument(data)
    except pdfium.PdfiumError as error:
        raise UnreadableError(f"the document cannot be opened: {error}") from None
    try:
        if len(pdf) > _MAX_PAGES:
            yield Fault(f"has {len(pdf)} pages; only the first {_MAX_PAGES} were read", skipped=False)
        yield Record(_fields(document, pdf, pdfium), default_id=document.default_id)
    finally:
        pdf.close()


def _fields(document: Document, pdf: Any, pdfium: Any) -> dict[str, object]:
    limit = document.options.max_record_bytes
    lines: list[str] = []
    size = 0
    for number in range(min(len(pdf), _MAX_PAGES)):
        try:
            page = pdf[number]
            text = page.get_textpage().get_text_bounded()
            page.close()
        except pdfium.PdfiumError:
            continue
        size += len(text)
        if size > limit:
            raise UnreadableError(too_long("text of the document", limit))
        lines += [line.strip() for line in text.splitlines() if line.strip() and not _PAGE_NUMBER.fullmatch(line)]
    about = pdf.get_metadata_dict()
    date = _DATE.match(about.get("CreationDate", ""))
    title = about.get("Title", "").strip() or next(iter(lines), "")
    if lines and lines[0] == title and len(lines) > 1:
        del lines[0]
    return {
        "title": title,
        "body": "\n".join(lines),
        "author": about.get("Author", ""),
        "date": "-".join(date.groups()) if date else "",
        "tags": [tag.strip() for tag in about.get("Keywords", "").replace("،", ",").split(",") if tag.strip()],
    }
