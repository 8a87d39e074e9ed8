"""WARC archives of crawled pages: every page that was answered with HTML, as the HTML reader would read it.

So are archives of the texts alone (WET): every text, whose first line is the title if it is short.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from arsearch.corpus.detect_format import Head
from arsearch.corpus.parsing.encoding import decode
from arsearch.corpus.parsing.xml_stream import id_of_url
from arsearch.corpus.readers.plain_text import text_fields
from arsearch.corpus.source_document import Record, RecordFault, SourceDocument, UnreadableError, too_long

__all__ = ["NAME", "SUFFIXES", "read", "recognises"]

NAME = "WARC"
SUFFIXES: tuple[str, ...] = ()

_TITLE_WORDS = 25
_HTML = ("text/html", "application/xhtml+xml")


def recognises(head: Head) -> bool:
    """Whether it begins with the version of a record."""
    return head.data.startswith(b"WARC/")


def read(document: SourceDocument) -> Iterator[Record | RecordFault]:
    """Yield the pages of the archive; the number of a record stands for its line."""
    from warcio.archiveiterator import ArchiveIterator

    number = 0
    entries = iter(ArchiveIterator(document.stream))
    while True:
        try:
            entry = next(entries, None)
        except UnreadableError:
            raise
        except Exception as error:  # whatever the library meets in a damaged archive
            [message, *_] = str(error).splitlines() or [type(error).__name__]
            raise UnreadableError(f"the archive is damaged after {number} records: {message}") from error
        if entry is None:
            return
        number += 1
        if entry.rec_type in ("response", "resource") and _is_page(entry):
            yield from _page(document, entry, number)
        elif entry.rec_type == "conversion":
            yield from _text(document, entry, number)


def _page(document: SourceDocument, entry: Any, number: int) -> Iterator[Record | RecordFault]:
    from arsearch.corpus.parsing.web_page import read_page  # every run loads every reader

    limit = document.options.max_record_bytes
    url = entry.rec_headers.get_header("WARC-Target-URI") or ""
    try:
        data = entry.content_stream().read(limit + 1)
        if len(data) > limit:
            raise ValueError(too_long("page", limit))
        header = entry.http_headers.get_header("Content-Type") if entry.http_headers else ""
        text, mended = decode(data, (header or "").partition("charset=")[2].strip("\"' "))
        page = read_page(text, url)
    except (ValueError, EOFError, OSError) as error:
        yield RecordFault(f"{error} ({url})", number)
        return
    if mended:
        yield RecordFault(f"{mended} ({url})", number, skipped=False)
    yield Record({"id": id_of_url(url), **page.fields}, number, properties=page.properties, origins=page.origins)


def _text(document: SourceDocument, entry: Any, number: int) -> Iterator[Record | RecordFault]:
    """Yield the text of a page. When it was fetched is not when it was written, so it has no date of its own."""
    limit = document.options.max_record_bytes
    url = entry.rec_headers.get_header("WARC-Target-URI") or ""
    try:
        data = entry.content_stream().read(limit + 1)
        if len(data) > limit:
            raise ValueError(too_long("text", limit))
        text, mended = decode(data)
    except (ValueError, EOFError, OSError) as error:
        yield RecordFault(f"{error} ({url})", number)
        return
    if mended:
        yield RecordFault(f"{mended} ({url})", number, skipped=False)
    title, _, rest = text.strip().replace("\r\n", "\n").partition("\n")
    fields: dict[str, object] = {"body": text.strip()}
    if rest.strip() and len(title.split()) <= _TITLE_WORDS and not title.rstrip().endswith("."):
        fields = text_fields(text)
    yield Record({"id": id_of_url(url), "url": url, **fields}, number)


def _is_page(entry: Any) -> bool:
    if entry.http_headers is None:
        return str(entry.rec_headers.get_header("Content-Type") or "").startswith(_HTML)
    kind = entry.http_headers.get_header("Content-Type") or ""
    return entry.http_headers.get_statuscode() == "200" and kind.lower().startswith(_HTML)
