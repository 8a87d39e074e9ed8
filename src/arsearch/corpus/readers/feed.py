"""Feeds (RSS 0.9 to 2.0, RSS 1.0, Atom): the entries of a file, with as much of their text as the feed has."""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Any

from arsearch.corpus.detect_format import Head
from arsearch.corpus.parsing.markup import text_of_html, text_of_tree
from arsearch.corpus.parsing.page_blocks import read_fragment
from arsearch.corpus.parsing.structure import Span
from arsearch.corpus.parsing.xml_stream import child_text, elements, id_of_url, local_name, named_texts
from arsearch.corpus.records.pictures import picture_of
from arsearch.corpus.source_document import LeftOut, Record, RecordFault, SourceDocument

__all__ = ["NAME", "SUFFIXES", "entry_links", "read", "recognises"]

NAME = "feed"
SUFFIXES = (".rss", ".atom")

# Comments are matched so that one cannot run into the next: otherwise a row of them would take time beyond measure.
_PROLOGUE = r"(?:<\?[^>]*>\s*|<!--(?:(?!-->).)*-->\s*|<!DOCTYPE[^\[>]*(?:\[[^\]]*\]\s*)?>\s*)*"
_ROOT = re.compile(_PROLOGUE + r"<(?:rss|feed|(?:\w+:)?RDF)\b", re.S)
_BODIES = ("encoded", "content", "description", "summary")
_MEDIA = "search.yahoo.com/mrss"
_BLOGGER_KIND = "schemas.google.com/blogger/2008/kind#"
_KINDS = {"comment": "a comment", "settings": "a setting", "template": "a template"}
_BLOGGER_STATES = {
    "draft": "a draft", "soft_trashed": "deleted", "trashed": "deleted", "scheduled": "scheduled", "hidden": "hidden",
    "spammed": "deleted", "ghosted": "hidden",
}  # fmt: skip
_CHANGED = ("updated", "modified", "pubDate", "date", "published", "issued")
_DATES = ("pubDate", "published", "date", "updated", "issued")


def recognises(head: Head) -> bool:
    """Whether the root is that of a feed, and not of a WordPress export, which is one with more in it."""
    return _ROOT.match(head.text) is not None and "wordpress.org/export/" not in head.text


def read(document: SourceDocument) -> Iterator[Record | RecordFault | LeftOut]:
    """Yield the entries in the order of the feed; of Blogger's exports only posts and pages that are published."""
    site = ""
    for item in elements(document, frozenset({"item", "entry", "title"})):
        if isinstance(item, RecordFault):
            yield item
        elif item[0] == "title":
            site = site or (item[1].text or "").strip()
        else:
            entry = item[1]
            fields, line = _fields(entry, site), entry.sourceline or 0
            if why := _why_left_out(entry):
                yield LeftOut(why, str(fields["title"] or fields["id"]), line)
            else:
                yield Record(fields, line, properties=named_texts(entry))


def entry_links(document: SourceDocument) -> Iterator[tuple[str, str]]:
    """Yield the addresses that the entries point to, each with what the entry says of when it was changed last."""
    for item in elements(document, frozenset({"item", "entry"})):
        if not isinstance(item, RecordFault) and (link := _link(item[1])):
            yield link, _first(item[1], _CHANGED)


def _why_left_out(entry: Any) -> str:
    """Return why *entry* is no article or not public, or an empty text (RFC 5023 and 4685, and Blogger's own names)."""
    kind = status = ""
    for child in entry:
        name = local_name(child)
        if name == "category" and _BLOGGER_KIND in (child.get("term") or ""):
            kind = child.get("term").partition(_BLOGGER_KIND)[2]
        elif name in ("type", "status") and "blogger" in child.tag:
            kind, status = (child.text or "", status) if name == "type" else (kind, child.text or "")
        elif name == "control" and child_text(child, "draft").lower() == "yes":
            status = "draft"
        elif name == "in-reply-to" and not kind:
            kind = "comment"
    kind, status = kind.strip().lower(), status.strip().lower()
    if kind and kind not in ("post", "page"):
        return f"no article: {_KINDS.get(kind, kind)}"
    why = _BLOGGER_STATES.get(status, "")
    return f"not public: {why}" if why else ""


def _fields(entry: Any, site: str) -> dict[str, object]:
    url = _link(entry)
    identifier = _first(entry, ("guid", "id"))
    author = _child(entry, "creator")
    if author is None:
        author = _child(entry, "author")
    body, structure = next((found for name in _BODIES if (found := _text(_child(entry, name)))[0]), ("", ()))
    name = _child(author, "name") if author is not None else None
    image, caption = _picture(entry, url)
    return {
        "image": image,
        "caption": caption,
        "id": id_of_url(url or identifier),
        "title": text_of_html(_first(entry, ("title",))),
        "body": body,
        "structure": structure,
        "author": " ".join(((name if name is not None else author).text or "").split()) if author is not None else "",
        "date": _first(entry, _DATES),
        "source": site,
        "url": url,
        "tags": [
            value
            for child in entry
            if local_name(child) in ("category", "subject")
            and _BLOGGER_KIND not in (child.get("term") or "")
            and (value := (child.text or child.get("term") or "").strip())
        ],
    }


def _picture(entry: Any, base: str) -> tuple[str, str]:
    """Return the picture of *entry* and its caption: of Media RSS, or an enclosure of RSS or Atom that is one."""
    thumbnails = []
    for element in _media(entry):
        name, kind = local_name(element), str(element.get("type") or "")
        address = element.get("url") or element.get("href") or ""
        if name == "thumbnail":
            thumbnails.append(element)
            continue
        is_image = kind.startswith("image/") or (name == "content" and element.get("medium") == "image")
        if is_image and (picture := picture_of(address, _caption(element), base))[0]:
            return picture
    for element in thumbnails:
        if (picture := picture_of(element.get("url") or "", _caption(element), base))[0]:
            return picture
    return "", ""


def _media(entry: Any) -> Iterator[Any]:
    """Yield the elements of *entry* that may name a picture."""
    for child in entry:
        name = local_name(child)
        if name == "group":
            yield from _media(child)
        elif (
            (name in ("content", "thumbnail") and _MEDIA in child.tag)
            or name == "enclosure"
            or (name == "link" and child.get("rel") == "enclosure")
        ):
            yield child
            yield from (each for each in child if local_name(each) == "thumbnail")


def _caption(element: Any) -> str:
    """Return what Media RSS says of a picture, in it or beside it."""
    parent = element.getparent()
    for place in (element, parent) if parent is not None and local_name(parent) in ("group", "content") else (element,):
        for name in ("description", "title", "text"):
            if said := child_text(place, name):
                return text_of_html(said)
    return ""


def _link(entry: Any) -> str:
    links = [child for child in entry if local_name(child) == "link"]
    for link in links:
        if link.get("rel", "alternate") == "alternate" and (address := link.get("href") or link.text):
            return str(address).strip()
    guid = _child(entry, "guid")
    return (guid.text or "").strip() if guid is not None and (guid.text or "").strip().startswith("http") else ""


def _child(entry: Any, name: str) -> Any:
    """Return the first child called *name*; what Media RSS calls so is of a picture."""
    return next((child for child in entry if local_name(child) == name and _MEDIA not in child.tag), None)


def _first(entry: Any, names: tuple[str, ...]) -> str:
    return next(filter(None, ((child.text or "").strip() for name in names for child in [_child(entry, name)]
                              if child is not None)), "")  # fmt: skip


def _text(element: Any) -> tuple[str, tuple[Span, ...]]:
    if element is None:
        return "", ()
    return (text_of_tree(element), ()) if len(element) else read_fragment(element.text or "")
