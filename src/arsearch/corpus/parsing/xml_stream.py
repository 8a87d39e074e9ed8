"""XML of any length, one element at a time, in bounded memory; entities are never expanded, nothing is fetched."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from arsearch.corpus.source_document import RecordFault, SourceDocument, UnreadableError, too_long

__all__ = ["child_text", "elements", "id_of_url", "local_name", "named_texts"]


def elements(document: SourceDocument, wanted: frozenset[str]) -> Iterator[tuple[str, Any] | RecordFault]:
    """Yield the elements whose local names are *wanted*, with those names, whole, in order; none lies in another.

    Broken XML is read as far as it makes sense, and told of. Raises UnreadableError where that is nowhere, or for an
    element longer than a record may be.
    """
    from lxml import etree

    if b"<!ENTITY" in document.head:
        yield RecordFault("declares XML entities, which are not expanded", skipped=False)
    limit = document.options.max_record_bytes
    parser: Any = etree.XMLPullParser(
        events=("start", "end"),
        resolve_entities=False,
        no_network=True,
        load_dtd=False,
        huge_tree=False,
        recover=True,
        remove_comments=True,
        remove_pis=True,
        encoding="utf-8",
    )
    since = depth = found = 0
    try:
        for chunk in document.utf8_chunks(mend=True):
            since += len(chunk)
            parser.feed(chunk)
            for event, element in parser.read_events():
                name = local_name(element)
                if event == "start":
                    depth += depth > 0 or name in wanted
                    continue
                depth -= depth > 0
                if depth:
                    continue
                if name in wanted:
                    found += 1
                    since = 0
                    yield name, element
                _forget(element)
            if since > limit + len(chunk):
                raise UnreadableError(too_long("element", limit))
        errors = parser.feed_error_log
        parser.close()
    except etree.XMLSyntaxError as error:
        if not found:
            raise UnreadableError(f"not XML: {_first_line(error)}") from None
        yield RecordFault(f"broken XML: {_first_line(error)}; what came before was read")
        return
    if len(errors):
        yield RecordFault(f"broken XML: {_first_line(errors[0].message)} (line {errors[0].line})", skipped=not found)


def local_name(element: Any) -> str:
    """Return the name of *element* without its namespace."""
    return element.tag.rpartition("}")[2] if isinstance(element.tag, str) else ""


def child_text(element: Any, name: str) -> str:
    """Return the text of the first child of *element* with this local name, or an empty text."""
    for child in element:
        if local_name(child) == name:
            return (child.text or "").strip()
    return ""


def named_texts(element: Any) -> list[tuple[str, str]]:
    """Return the names and texts of the children of *element* that have a text.

    A name has its prefix if the document gives it one (``media:credit``).
    """
    texts = (
        (f"{child.prefix}:{local_name(child)}" if child.prefix else local_name(child), child)
        for child in element
        if isinstance(child.tag, str)
    )
    return [(name, text) for name, child in texts if (text := "".join(child.itertext()).strip())]


def id_of_url(url: str) -> str:
    """Return *url* without its scheme: an id that can stand in the path of an address."""
    return "/".join(filter(None, url.partition("://")[2].split("/"))) or url


def _forget(element: Any) -> None:
    """Free *element* and what came before it, which the parser would keep to the end."""
    element.clear()
    parent = element.getparent()
    if parent is not None:
        while element.getprevious() is not None:
            del parent[0]


def _first_line(error: object) -> str:
    return str(error).partition("\n")[0][:200]
