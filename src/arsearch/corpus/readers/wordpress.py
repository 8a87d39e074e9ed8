"""WordPress exports (WXR): the published posts and pages of a site."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from arsearch.corpus.detect_format import Head
from arsearch.corpus.parsing.markup import text_of_html
from arsearch.corpus.parsing.xml_stream import child_text, elements, id_of_url, local_name, named_texts
from arsearch.corpus.source_document import Record, RecordFault, SourceDocument

__all__ = ["NAME", "SUFFIXES", "read", "recognises"]

NAME = "WordPress export"
SUFFIXES: tuple[str, ...] = ()

_CONTENT = "{http://purl.org/rss/1.0/modules/content/}encoded"
_KINDS = ("post", "page")


def recognises(head: Head) -> bool:
    """Whether it declares the namespace of WordPress exports."""
    return head.text.startswith("<") and "<rss" in head.text and "wordpress.org/export/" in head.text


def read(document: SourceDocument) -> Iterator[Record | RecordFault]:
    """Yield the published posts and pages; drafts, attachments and menu items are no articles."""
    site = ""
    for item in elements(document, frozenset({"item", "title"})):
        if isinstance(item, RecordFault):
            yield item
            continue
        name, element = item
        line = element.sourceline or 0
        if name == "title":
            site = site or (element.text or "").strip()
        elif child_text(element, "post_type") in _KINDS and child_text(element, "status") == "publish":
            yield Record(_fields(element, site), line, properties=_properties(element))


def _fields(item: Any, site: str) -> dict[str, object]:
    url = child_text(item, "link")
    date = child_text(item, "post_date")
    return {
        "id": id_of_url(url or child_text(item, "guid")),
        "title": child_text(item, "title"),
        "body": text_of_html(item.findtext(_CONTENT) or ""),
        "author": child_text(item, "creator"),
        "date": "" if date.startswith("0000") else date,
        "source": site,
        "url": url,
        "tags": [child.text.strip() for child in item if local_name(child) == "category" and child.text],
    }


def _properties(item: Any) -> list[tuple[str, str]]:
    """Return the custom fields of a post, the terms of its taxonomies, and whatever other text is in it."""
    properties = named_texts(item)
    for child in item:
        if local_name(child) == "postmeta":
            properties.append((child_text(child, "meta_key"), child_text(child, "meta_value")))
        elif local_name(child) == "category" and child.text:
            properties.append((f"category:{child.get('domain', '')}", child.text))
    return properties
