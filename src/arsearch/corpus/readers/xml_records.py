"""Plain XML of no known vocabulary: elements whose children are called as the fields of an article are.

``<articles><article><title>…</title><body>…</body></article></articles>`` needs nothing; names of one's own are mapped
by the setting ``fields``. The record is the outermost element that has a child for the body.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterator, Mapping
from typing import Any

from arsearch.corpus.detect_format import Head
from arsearch.corpus.fields import field_of
from arsearch.corpus.parsing.markup import text_of_html, text_of_tree
from arsearch.corpus.parsing.xml_stream import elements, local_name
from arsearch.corpus.source_document import LeftOut, Record, RecordFault, SourceDocument, UnreadableError

__all__ = ["NAME", "SUFFIXES", "read", "recognises"]

NAME = "XML"
SUFFIXES = (".xml",)

_TAG = re.compile(r"<(?P<end>/)?(?:[\w.-]+:)?(?P<name>[\w.-]+)(?:\s[^<>]*?)?(?P<empty>/)?>")
_OTHERS = ("html", "rss", "feed", "rdf", "mediawiki", "nitf", "newsmessage", "newsitem", "packageitem", "svg", "plist")
_CDATA = re.compile(r"<!\[CDATA\[.*?(?:\]\]>|$)|<!--.*?(?:-->|$)|<\?.*?\?>|<!DOCTYPE[^>\[]*(?:\[.*?\]\s*)?>", re.S)
_MAX_DEPTH = 4


def recognises(head: Head) -> bool:
    """Whether it is XML of no other format in whose beginning an element has children for a body and another field."""
    return head.text.startswith("<") and _record_name(head.text, {}) != ""


def read(document: SourceDocument) -> Iterator[Record | RecordFault | LeftOut]:
    """Yield the records. Raises UnreadableError if no element has a child for the body."""
    own = document.options.fields
    text = document.head.decode("utf-8" if b"\x00" not in document.head else "utf-16", "replace")
    name = _record_name(text, own)
    if not name:
        if document.is_source:
            seen = Counter(match["name"] for match in _TAG.finditer(_CDATA.sub("", text)) if not match["end"])
            shown = ", ".join(tag for tag, _ in seen.most_common(12))
            raise UnreadableError(
                f"no element holds a body: the elements are {shown[:200]!r}; name the one that does with the setting "
                "fields"
            )
        yield LeftOut("no article: XML without a body")
        return
    for item in elements(document, frozenset({name})):
        if isinstance(item, RecordFault):
            yield item
        else:
            yield Record(_fields(item[1], own), item[1].sourceline or 0)


def _record_name(text: str, own: Mapping[str, str]) -> str:
    """Return the name of the first element with a child for the body and one for another field, or an empty text."""
    stack: list[tuple[str, set[str]]] = []
    for match in _TAG.finditer(_CDATA.sub("", text)):
        name = match["name"]
        if match["end"]:
            if stack and stack[-1][0] == name:
                stack.pop()
            continue
        if not stack and name.lower() in _OTHERS:
            return ""
        field = field_of(name, own)
        if stack and field:
            parent, fields = stack[-1]
            fields.add(field)
            if "body" in fields and (len(fields) > 1 or name in own) and len(stack) <= _MAX_DEPTH:
                return parent
        if not match["empty"]:
            if len(stack) > _MAX_DEPTH + 2:
                return ""
            stack.append(
                (name, {field_of(attribute, own) for attribute in re.findall(r"([\w-]+)\s*=", match[0])} - {""})
            )
    return ""


def _fields(record: Any, own: Mapping[str, str]) -> dict[str, object]:
    fields: dict[str, object] = {str(name): value for name, value in record.attrib.items() if "{" not in str(name)}
    tags: list[str] = []
    for child in record:
        name = local_name(child)
        if not name:
            continue
        field = field_of(name, own)
        if field == "body" and len(child):
            value = text_of_tree(child)
        elif field == "tags" and len(child):
            value = ""
            tags += [text for node in child if (text := " ".join("".join(node.itertext()).split()))]
        else:
            value = "".join(child.itertext()).strip()
            if field == "body" and "</" in value:
                value = text_of_html(value)
        if field == "tags" and value:
            tags.append(value)
        elif value and name not in fields:
            fields[name] = value
    if len(tags) > 1:
        fields["tags"] = tags
    elif tags:
        fields["keywords"] = tags[0]
    return fields
