"""NewsML-G2 of the IPTC, as agencies send it: the usable items of a message, with texts in NITF, XHTML or plain."""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Any

from arsearch.corpus.detect_format import Head
from arsearch.corpus.parsing.markup import text_of_html, text_of_tree
from arsearch.corpus.parsing.xml_stream import elements, local_name
from arsearch.corpus.readers.nitf import nitf_fields
from arsearch.corpus.source_document import LeftOut, Record, RecordFault, SourceDocument

__all__ = ["NAME", "SUFFIXES", "read", "recognises"]

NAME = "NewsML-G2"
SUFFIXES: tuple[str, ...] = ()

_ROOT = re.compile(
    r"(?:<\?[^>]*>\s*|<!--(?:(?!-->).)*-->\s*|<!DOCTYPE[^>]*>\s*)*<(?:\w+:)?(?:newsMessage|newsItem|packageItem)\b",
    re.S,
)
_NOT_USABLE = {"withheld": "unpublished", "canceled": "deleted", "cancelled": "deleted"}


def recognises(head: Head) -> bool:
    """Whether the root is that of a message or an item of NewsML-G2."""
    return head.text.startswith("<") and _ROOT.match(head.text) is not None


def read(document: SourceDocument) -> Iterator[Record | RecordFault | LeftOut]:
    """Yield the items that have a text and may be used; pictures and packages are left out."""
    for item in elements(document, frozenset({"newsItem", "packageItem"})):
        if isinstance(item, RecordFault):
            yield item
            continue
        name, element = item
        fields = _fields(element)
        line = element.sourceline or 0
        status = _qualified(_child(_child(element, "itemMeta"), "pubStatus"), "qcode").rpartition(":")[2].lower()
        called = str(fields["title"] or fields["id"])
        if why := _NOT_USABLE.get(status):
            yield LeftOut(f"not public: {why}", called, line)
        elif not fields["body"]:
            yield LeftOut(
                "no article: a package" if name == "packageItem" else "no article: an item without a text", called, line
            )
        else:
            yield Record(fields, line)


def _fields(item: Any) -> dict[str, Any]:
    about, content = _child(item, "itemMeta"), _child(item, "contentMeta")
    fields = _content(_child(item, "contentSet"))
    names = {
        "title": _text(_child(content, "headline")) or _text(_child(about, "title")),
        "author": "، ".join(filter(None, map(_name, _children(content, "creator")))) or _text(_child(content, "by")),
        "date": _text(_child(content, "contentCreated"))
        or _text(_child(about, "firstCreated"))
        or _text(_child(about, "versionCreated")),
        "source": _name(_child(about, "provider")) or _qualified(_child(about, "provider"), "literal"),
        "tags": [
            name
            for node in [*_children(content, "subject"), *_children(content, "keyword")]
            if (name := _name(node) or _text(node))
        ],
    }  # fmt: skip
    return {
        "id": item.get("guid", ""),
        "body": fields.pop("body", ""),
        **{name: value or fields.get(name, value) for name, value in names.items()},
    }


def _content(contents: Any) -> dict[str, Any]:
    """Return the text of an item, with what else its own format says of it."""
    for node in contents if contents is not None else ():
        name = local_name(node)
        if name == "inlineXML":
            nitf = next((child for child in node.iter() if local_name(child) == "nitf"), None)
            if nitf is not None:
                return nitf_fields(nitf)
            body = next((child for child in node.iter() if local_name(child) == "body"), node)
            return {"body": text_of_tree(body)}
        if name == "inlineData":
            text = "".join(node.itertext())
            return {"body": text_of_html(text) if "html" in node.get("contenttype", "") else text.strip()}
    return {}


def _children(element: Any, name: str) -> list[Any]:
    return [child for child in element if local_name(child) == name] if element is not None else []


def _child(element: Any, name: str) -> Any:
    return next(iter(_children(element, name)), None)


def _text(element: Any) -> str:
    return " ".join("".join(element.itertext()).split()) if element is not None else ""


def _name(element: Any) -> str:
    """Return the name of a person or a subject, in Arabic if there is one."""
    names = _children(element, "name")
    language = "{http://www.w3.org/XML/1998/namespace}lang"
    return _text(
        next((name for name in names if str(name.get(language, "")).startswith("ar")), next(iter(names), None))
    )


def _qualified(element: Any, name: str) -> str:
    return str(element.get(name, "")) if element is not None else ""
