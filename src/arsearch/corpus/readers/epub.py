"""EPUB books and magazines: one article a chapter."""

from __future__ import annotations

import posixpath
import zipfile
from collections.abc import Iterator
from typing import Any
from urllib.parse import unquote

from arsearch.corpus.detect_format import Head
from arsearch.corpus.parsing.encoding import decode
from arsearch.corpus.parsing.markup import parse_html, text_of_tree
from arsearch.corpus.parsing.xml_stream import local_name
from arsearch.corpus.source_document import Record, RecordFault, SourceDocument, UnreadableError, too_long

__all__ = ["NAME", "SUFFIXES", "read", "recognises"]

NAME = "EPUB"
SUFFIXES: tuple[str, ...] = ()

_MIME_TYPE = b"application/epub+zip"
_CONTAINER = "META-INF/container.xml"
_CHAPTER_WORDS = 10
"""A cover, a title page or a table of contents with fewer words is no article."""
_HEADINGS = ("h1", "h2", "h3")


def recognises(head: Head) -> bool:
    """Whether it is a ZIP file whose first member, not compressed, names the type."""
    return head.data.startswith(b"PK\x03\x04") and _MIME_TYPE in head.data[:128]


def read(document: SourceDocument) -> Iterator[Record | RecordFault]:
    """Yield the chapters in the order of reading."""
    try:
        with zipfile.ZipFile(document.seekable()) as book:
            yield from _chapters(document, book)
    except (zipfile.BadZipFile, NotImplementedError, OSError, KeyError, RuntimeError, EOFError) as error:
        raise UnreadableError(f"the book is damaged: {error}") from error


def _chapters(document: SourceDocument, book: zipfile.ZipFile) -> Iterator[Record | RecordFault]:
    root = _xml(_read(document, book, _CONTAINER))
    package = next((node.get("full-path") for node in root.iter() if local_name(node) == "rootfile"), None)
    if not package:
        raise UnreadableError("the book names no package")
    tree = _xml(_read(document, book, package))
    about: dict[str, list[str]] = {}
    files: dict[str, str] = {}
    spine = []
    for node in tree.iter():
        name = local_name(node)
        if name == "item" and "html" in node.get("media-type", "") and "nav" not in node.get("properties", "").split():
            files[node.get("id", "")] = posixpath.join(posixpath.dirname(package), unquote(node.get("href", "")))
        elif name == "itemref":
            spine.append(node.get("idref", ""))
        elif node.text and node.text.strip() and "purl.org/dc" in str(node.tag):
            about.setdefault(name, []).append(node.text.strip())
    title = next(iter(about.get("title", [])), "")
    for number, reference in enumerate(dict.fromkeys(spine), 1):
        if reference not in files:
            continue
        try:
            text, _ = decode(_read(document, book, files[reference]))
        except (KeyError, ValueError) as error:
            yield RecordFault(f"the chapter {files[reference]!r}: {error}", number)
            continue
        page = parse_html(text)
        body = text_of_tree(page) if page is not None else ""
        if len(body.split()) < _CHAPTER_WORDS:
            continue
        heading = next((node for node in page.iter(*_HEADINGS)), None)
        chapter = " ".join(heading.text_content().split()) if heading is not None else ""
        yield Record(
            {
                "id": f"{document.default_id}/{number}",
                "title": chapter or title,
                "body": body.removeprefix(chapter).strip() or body,
                "author": "، ".join(about.get("creator", [])),
                "date": next(iter(about.get("date", [])), ""),
                "source": title,
                "tags": about.get("subject", []),
            },
            number,
        )


def _read(document: SourceDocument, book: zipfile.ZipFile, name: str) -> bytes:
    limit = document.options.max_record_bytes
    with book.open(name) as member:
        data = member.read(limit + 1)
    document.budget.charge(len(data))
    if len(data) > limit:
        raise UnreadableError(too_long("chapter", limit))
    return data


def _xml(data: bytes) -> Any:
    from lxml import etree

    try:
        return etree.fromstring(data, etree.XMLParser(resolve_entities=False, no_network=True, load_dtd=False))
    except etree.XMLSyntaxError as error:
        raise UnreadableError(f"the book's own description is not XML: {str(error)[:200]}") from None
