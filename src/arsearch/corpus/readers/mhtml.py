"""Pages saved by a browser as one file (``.mhtml``, ``.mht``): one article a file, as the HTML reader would read it."""

from __future__ import annotations

from collections.abc import Iterator

from arsearch.corpus.detect_format import Head
from arsearch.corpus.parsing.messages import page_of
from arsearch.corpus.readers.mail import is_saved_page
from arsearch.corpus.source_document import Record, RecordFault, SourceDocument, UnreadableError

__all__ = ["NAME", "SUFFIXES", "read", "recognises"]

NAME = "MHTML"
SUFFIXES = (".mhtml", ".mht")


def recognises(head: Head) -> bool:
    """Whether it begins as a message with a page and its pictures."""
    if not (head.text[:1].isascii() and head.text[:1].isalpha()):
        return False
    headers = head.text[:4096].replace("\r\n", "\n").partition("\n\n")[0]
    return "mime-version" in headers.lower() and is_saved_page(headers)


def read(document: SourceDocument) -> Iterator[Record | RecordFault]:
    """Yield the one article of *document*."""
    from arsearch.corpus.parsing.web_page import read_page  # every run loads every reader

    found = page_of(document.read_bytes())
    if found is None:
        raise UnreadableError("no page: the message has no part of HTML")
    text, url, subject = found
    page = read_page(text, url)
    page.fields["title"] = page.fields.get("title") or subject
    yield Record(page.fields, default_id=document.default_id, properties=page.properties, origins=page.origins)
