"""JSON documents (``.json``): an array of articles, an object that holds one somewhere, or one article.

Read as a stream: only one article is in memory at a time. Of an object such as a search engine's answer the records
are the objects in its arrays, however deep, that are in no other array; an export that has a list of databases or of
chats around them is looked into. Several documents may follow one another, and JavaScript may assign the value to a
variable, as in Twitter's archives.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from typing import Any

from arsearch.corpus.detect_format import Head
from arsearch.corpus.readers import json_lines
from arsearch.corpus.records.unwrap import articles_in
from arsearch.corpus.source_document import (
    LeftOut,
    Record,
    RecordFault,
    SourceDocument,
    UnreadableError,
    too_long,
)

__all__ = ["NAME", "SUFFIXES", "read", "recognises"]

NAME = "JSON"
SUFFIXES = ()

_MAX_DEPTH = 64
_OPENINGS = ("start_map", "start_array")
_CLOSINGS = ("end_map", "end_array")
_ASSIGNMENT = re.compile(r"(?:(?:var|let|const)\s+)?[A-Za-z_$][\w$.\[\]\"']{0,200}\s*=\s*(?=[\[{])")
_AROUND = frozenset((("db",), ("chats", "list")))
"""Arrays that are no lists of articles, but hold some: of Ghost, and of all chats of Telegram."""
_BESIDE = frozenset(
    (
        "included", "users", "tags", "authors", "categories", "links", "facets", "aggregations", "settings", "roles",
        "errors", "posts_tags", "posts_authors", "posts_meta", "roles_users", "permissions", "permissions_roles",
        "permissions_users", "newsletters", "products", "snippets", "benefits", "custom_theme_settings",
        "contacts", "frequent_contacts", "sessions", "other_data", "stories", "profile_pictures",
    )
)  # fmt: skip
"""Arrays of what stands beside the articles of an export."""
_TELEGRAM = ("channel", "group", "supergroup", "chat")


def recognises(head: Head) -> bool:
    """Whether it is an array of objects, an object over several lines or in a file named ``.json``, or a script."""
    text = head.text
    if head.suffix == ".js":
        assigned = _ASSIGNMENT.match(text)
        return assigned is not None and text[assigned.end() + 1 :].lstrip()[:1] in ("{", '"', "[")
    if text.startswith("["):
        return text[1:].lstrip()[:1] in ("{", "]", "[") and (head.suffix == ".json" or text[1:].lstrip()[:1] == "{")
    over_several_lines = head.suffix not in json_lines.SUFFIXES and not json_lines.recognises(head)
    return text.startswith("{") and text[1:].lstrip()[:1] in ('"', "}") and over_several_lines


def read(document: SourceDocument) -> Iterator[Record | RecordFault | LeftOut]:
    """Yield the articles in the order of the document; what cannot be parsed ends it, and is told."""
    import ijson

    chunks = _Chunks(document)
    try:
        events = ijson.basic_parse(chunks, use_float=True, multiple_values=True)
        yield from _records(events, chunks, document.options.fields)
    except ijson.JSONError as error:
        message = " ".join(str(error).split())
        raise UnreadableError(f"not JSON from here on: {message[:120]}") from None


class _Chunks:
    """What ijson reads from; counts what it has read since the last record."""

    def __init__(self, document: SourceDocument) -> None:
        self._chunks = document.utf8_chunks(mend=True)
        self._limit = document.options.max_record_bytes
        self._assigned = document.suffix == ".js"
        self.since_record = 0

    def read(self, size: int = -1) -> bytes:
        if size == 0:
            return b""
        chunk = next((chunk for chunk in self._chunks if chunk), b"")
        if self._assigned:
            if not self.since_record:
                chunk = _ASSIGNMENT.sub("", chunk.decode("utf-8", "surrogateescape").lstrip(), count=1).encode(
                    "utf-8", "surrogateescape"
                )
            stripped = chunk.rstrip()
            if stripped.endswith(b";"):
                chunk = stripped[:-1]
        self.since_record += len(chunk)
        if self.since_record > self._limit + len(chunk):
            raise UnreadableError(too_long("record", self._limit))
        return chunk


def _records(
    events: Iterator[tuple[str, Any]], chunks: _Chunks, own: Mapping[str, str]
) -> Iterator[Record | RecordFault | LeftOut]:
    from ijson.common import ObjectBuilder

    path: list[str] = []  # the brackets that are open
    keys: list[str] = []  # the names of the values that they open
    about: list[dict[str, Any]] = []  # what the open objects say of themselves
    key = ""
    arrays = 0  # the open brackets that are lists of records, or lie in one
    whole: Any = ObjectBuilder()  # the document itself, for as long as it may be the article
    builder: Any = None
    found = inside = 0
    for event, value in events:
        if builder is not None:  # nearly every event is inside of a record
            builder.event(event, value)
            if not found:
                whole.event(event, value)
            if event in _OPENINGS:
                inside += 1
                if len(path) + inside > _MAX_DEPTH:
                    raise UnreadableError("nested too deeply to hold articles")
            elif event in _CLOSINGS:
                inside -= 1
                if inside == 0:
                    chunks.since_record = 1
                    for item in _of(builder.value, keys[-1], about[-2] if len(about) > 1 else {}, own):
                        found += 1
                        yield item
                    builder = None
            continue
        if event == "start_map" and arrays == 1 and path[-1] == "a":
            builder, inside = ObjectBuilder(), 1
            builder.event(event, value)
        elif event in _OPENINGS:
            path.append(event[6])
            keys.append(key)
            about.append({})
            key = ""
            if len(path) > _MAX_DEPTH:
                raise UnreadableError("nested too deeply to hold articles")
            if event == "start_array":
                arrays += tuple(filter(None, keys))[-2:] not in _AROUND
        elif event == "map_key":
            key = value
        elif event not in _CLOSINGS and path and path[-1] == "m":
            about[-1][key] = value
        if not found:
            whole.event(event, value)
        if event in _CLOSINGS:
            path.pop()
            about.pop()
            closed = keys.pop()
            if event == "end_array":
                arrays -= (*filter(None, keys), closed)[-2:] not in _AROUND
            if not path:
                if not found:
                    yield from _whole(whole.value, own)
                whole, found = ObjectBuilder(), 0
                chunks.since_record = 1


def _of(item: dict[str, Any], array: str, about: dict[str, Any], own: Mapping[str, str]) -> Iterator[Record | LeftOut]:
    """Yield the articles of *item*, of an array so called, in a document that says what is *about* all of them."""
    if isinstance(about.get("type"), str) and about["type"].endswith(_TELEGRAM) and array == "messages":
        if item.get("type") == "service":
            yield LeftOut("no article: a message of the service", str(item.get("action", "")))
            return
        item = _message(item, about)
    for fields in articles_in(item, own):
        if array in _BESIDE and not any(isinstance(fields.get(name), str) for name in ("body", "content", "html")):
            continue
        if "jsonfeed.org" in str(about.get("version")) and isinstance(about.get("title"), str):
            fields.setdefault("source", about["title"])
        yield Record(fields)


def _message(item: dict[str, Any], about: dict[str, Any]) -> dict[str, Any]:
    """Return a message of a chat of Telegram with the fields of an article."""
    entities = [entity for name in ("text", "text_entities") for entity in (item.get(name) or ())]
    tags = [
        str(entity.get("text", "")).lstrip("#")
        for entity in entities
        if isinstance(entity, dict) and entity.get("type") == "hashtag"
    ]
    return {
        "id": f"{about.get('id', '')}/{item.get('id', '')}".strip("/"),
        "text": item.get("text"),
        "date": item.get("date"),
        "author": item.get("from") if item.get("from") != about.get("name") else None,  # a channel has no other
        "source": about.get("name"),
        "tags": list(dict.fromkeys(tags)),
    }


def _whole(value: Any, own: Mapping[str, str]) -> Iterator[Record]:
    if not value or not isinstance(value, dict):
        raise UnreadableError("no article: the JSON holds no object with fields")
    for fields in articles_in(value, own):
        yield Record(fields)
