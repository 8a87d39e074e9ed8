"""Word documents (``.docx``): one article a file. Needs the extra ``documents``."""

from __future__ import annotations

import zipfile
from collections.abc import Iterator
from typing import Any

from arsearch.corpus.detect_format import Head
from arsearch.corpus.parsing.extras import import_extra
from arsearch.corpus.source_document import Record, RecordFault, SourceDocument, UnreadableError

__all__ = ["NAME", "SUFFIXES", "read", "recognises"]

NAME = "Word"
SUFFIXES: tuple[str, ...] = ()

_TITLE_STYLES = ("Title", "Heading 1")


def recognises(head: Head) -> bool:
    """Whether it is a ZIP file of an office program, and a text rather than a sheet or slides."""
    if not ((head.data.startswith(b"PK\x03\x04") and b"[Content_Types].xml" in head.data) or head.suffix == ".docx"):
        return False
    return head.data.startswith(b"PK\x03\x04") and (b"word/" in head.data or head.suffix == ".docx")


def read(document: SourceDocument) -> Iterator[Record | RecordFault]:
    """Yield the one article of *document*."""
    docx = import_extra("docx", "documents", NAME)
    file = document.seekable()
    try:
        with zipfile.ZipFile(file) as archive:
            document.budget.charge(sum(entry.file_size for entry in archive.infolist()))
        file.seek(0)
        yield Record(_fields(docx.Document(file)), default_id=document.default_id)
    except (UnreadableError, MemoryError):
        raise
    except Exception as error:  # whatever the library meets in a damaged file
        raise UnreadableError(f"the document is damaged: {error}") from error


def _fields(word: Any) -> dict[str, object]:
    about = word.core_properties
    title = (about.title or "").strip()
    paragraphs = []
    for block in word.iter_inner_content():
        rows = getattr(block, "rows", None)
        if rows is not None:
            paragraphs += ["\t".join(cell.text for cell in row.cells) for row in rows]
        elif not title and block.style is not None and block.style.name in _TITLE_STYLES:
            title = block.text.strip()
        else:
            paragraphs.append(block.text)
    body = [text.strip() for text in paragraphs if text.strip()]
    if body and title and body[0] == title and len(body) > 1:
        del body[0]
    return {
        "title": title or next(iter(body), ""),
        "body": "\n\n".join(body),
        "author": about.author or "",
        "date": about.created.date().isoformat() if about.created else "",
        "tags": [tag.strip() for tag in (about.keywords or "").replace("،", ",").split(",") if tag.strip()],
    }
