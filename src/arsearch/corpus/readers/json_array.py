"""JSON documents (``.json``): an array of articles, an object that holds one somewhere, or one article.

Read as a stream: only one article is in memory at a time. Of an object such as a search engine's answer the records
are the objects in its arrays, however deep, that are in no other array.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from arsearch.corpus.detect_format import Head
from arsearch.corpus.readers import json_lines
from arsearch.corpus.source_document import Record, RecordFault, SourceDocument, UnreadableError, too_long

__all__ = ["NAME", "SUFFIXES", "read", "recognises"]

NAME = "JSON"
SUFFIXES = ()

_MAX_DEPTH = 64


def recognises(head: Head) -> bool:
    """Whether it is an array of objects, or an object over several lines or in a file named ``.json``."""
    text = head.text
    if text.startswith("["):
        return text[1:].lstrip()[:1] in ("{", "]", "[") and (head.suffix == ".json" or text[1:].lstrip()[:1] == "{")
    over_several_lines = head.suffix not in json_lines.SUFFIXES and not json_lines.recognises(head)
    return text.startswith("{") and text[1:].lstrip()[:1] in ('"', "}") and over_several_lines


def read(document: SourceDocument) -> Iterator[Record | RecordFault]:
    """Yield the articles in the order of the document; what cannot be parsed ends it, and is told."""
    import ijson

    chunks = _Chunks(document)
    try:
        yield from _records(ijson.basic_parse(chunks, use_float=True), chunks)
    except ijson.JSONError as error:
        message = " ".join(str(error).split())
        raise UnreadableError(f"not JSON from here on: {message[:120]}") from None


class _Chunks:
    """What ijson reads from; counts what it has read since the last record."""

    def __init__(self, document: SourceDocument) -> None:
        self._chunks = document.utf8_chunks(mend=True)
        self._limit = document.options.max_record_bytes
        self.since_record = 0

    def read(self, size: int = -1) -> bytes:
        if size == 0:
            return b""
        chunk = next((chunk for chunk in self._chunks if chunk), b"")
        self.since_record += len(chunk)
        if self.since_record > self._limit + len(chunk):
            raise UnreadableError(too_long("record", self._limit))
        return chunk


def _records(events: Iterator[tuple[str, Any]], chunks: _Chunks) -> Iterator[Record | RecordFault]:
    from ijson.common import ObjectBuilder

    path: list[str] = []  # the brackets that are open
    key = ""
    whole: dict[str, Any] = {}  # the document itself, if it is one article
    builder: ObjectBuilder | None = None
    opened_at = 0
    number = 0
    for event, value in events:
        if event in ("start_map", "start_array"):
            path.append(event[6])
            if len(path) > _MAX_DEPTH:
                raise UnreadableError("nested too deeply to hold articles")
            if builder is None and event == "start_map" and path[:-1].count("a") == 1 and path[-2] == "a":
                builder, opened_at = ObjectBuilder(), len(path)
        if builder is not None:
            builder.event(event, value)
        elif event == "map_key" and len(path) == 1:
            key = value
        elif path == ["m"] and event not in ("start_map", "end_map"):
            whole[key] = value
        elif path == ["m", "a"] and event not in ("start_array", "end_array"):
            whole.setdefault(key, []).append(value)
        if event in ("end_map", "end_array"):
            if builder is not None and len(path) == opened_at:
                number += 1
                chunks.since_record = 0
                yield Record(builder.value)
                builder = None
            path.pop()
    if not number:
        if not whole:
            raise UnreadableError("no article: the JSON holds no object with fields")
        yield Record(whole)
