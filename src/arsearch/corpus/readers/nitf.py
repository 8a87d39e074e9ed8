"""NITF, the News Industry Text Format of the IPTC (3.0 to 3.6): one article a file, or several in a wrapper."""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Any

from arsearch.corpus.detect_format import Head
from arsearch.corpus.parsing.markup import text_of_tree
from arsearch.corpus.parsing.xml_stream import elements, local_name
from arsearch.corpus.source_document import LeftOut, Record, RecordFault, SourceDocument

__all__ = ["NAME", "SUFFIXES", "nitf_fields", "read", "recognises"]

NAME = "NITF"
SUFFIXES: tuple[str, ...] = ()

_ROOT = re.compile(r"(?:<\?[^>]*>\s*|<!--(?:(?!-->).)*-->\s*|<!DOCTYPE[^>]*>\s*)*<(?:\w+:)?nitf\b", re.S)
_NOT_USABLE = {"embargoed": "scheduled", "withheld": "unpublished", "canceled": "deleted", "killed": "deleted"}


def recognises(head: Head) -> bool:
    """Whether the root is that of NITF."""
    return head.text.startswith("<") and _ROOT.match(head.text) is not None


def read(document: SourceDocument) -> Iterator[Record | RecordFault | LeftOut]:
    """Yield the articles."""
    for item in elements(document, frozenset({"nitf"})):
        if isinstance(item, RecordFault):
            yield item
            continue
        _, element = item
        fields = nitf_fields(element)
        status = _attribute(element, "docdata", "management-status")
        if why := _NOT_USABLE.get(status.lower()):
            yield LeftOut(f"not public: {why}", str(fields["title"]), element.sourceline or 0)
        else:
            yield Record(fields, element.sourceline or 0, default_id=document.default_id)


def nitf_fields(nitf: Any) -> dict[str, Any]:
    """Return the fields of the article that the element *nitf* is."""
    content = _first(nitf, "body.content")
    byline = _first(nitf, "byline")
    person = _first(byline, "person") if byline is not None else None
    tags = [node.get("key", "") for node in nitf.iter() if local_name(node) == "keyword"]
    subjects = [
        node.get("tobject.subject.type") or node.get("tobject.subject.matter") or ""
        for node in nitf.iter()
        if local_name(node) == "tobject.subject"
    ]
    return {
        "id": _attribute(nitf, "doc-id", "id-string"),
        "title": _text(_first(nitf, "hl1")) or _text(_first(nitf, "hedline")) or _text(_first(nitf, "title")),
        "body": "\n\n".join(
            filter(None, (_text(_first(nitf, "abstract")), text_of_tree(content) if content is not None else ""))
        ),
        "author": _text(person if person is not None else byline),
        "date": _attribute(nitf, "date.release", "norm")
        or _attribute(nitf, "date.issue", "norm")
        or _attribute(nitf, "story.date", "norm"),
        "source": _attribute(nitf, "doc.copyright", "holder") or _attribute(nitf, "pubdata", "name"),
        "tags": [tag for tag in dict.fromkeys([*subjects, *tags]) if tag],
    }


def _first(element: Any, name: str) -> Any:
    return next((node for node in element.iter() if local_name(node) == name), None)


def _text(element: Any) -> str:
    return " ".join("".join(element.itertext()).split()) if element is not None else ""


def _attribute(element: Any, name: str, attribute: str) -> str:
    node = _first(element, name)
    return str(node.get(attribute, "")) if node is not None else ""
