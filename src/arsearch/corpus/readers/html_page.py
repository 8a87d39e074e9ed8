"""HTML pages (``.html``, ``.htm``): one article a page.

What the page says of itself to machines goes first: JSON-LD of schema.org, then Open Graph. trafilatura finds the main
text, and what is still missing of the metadata. The path of the file below the source is the id.
"""

from __future__ import annotations

import re
from collections.abc import Iterator

from arsearch.corpus.detect_format import Head
from arsearch.corpus.parsing.encoding import declared_encoding, decode
from arsearch.corpus.source_document import Record, RecordFault, SourceDocument

__all__ = ["NAME", "SUFFIXES", "read", "recognises"]

NAME = "HTML"
SUFFIXES = (".html", ".htm", ".xhtml")

_BEGINNING = re.compile(
    r"(?:<\?xml[^>]*>\s*|<!--(?:(?!-->).)*-->\s*)*<(?:!doctype\s+html|html|head|body)\b", re.I | re.S
)


def recognises(head: Head) -> bool:
    """Whether it begins as a page does."""
    return _BEGINNING.match(head.text) is not None


def read(document: SourceDocument) -> Iterator[Record | RecordFault]:
    """Yield the one article of *document*."""
    from arsearch.corpus.parsing.web_page import read_page  # every run loads every reader

    data = document.read_bytes()
    text, mended = decode(data, declared_encoding(data))
    if mended:
        yield RecordFault(mended, skipped=False)
    page = read_page(text)
    yield Record(page.fields, default_id=document.default_id, properties=page.properties, origins=page.origins)
