"""JSON lines (``.jsonl``, ``.ndjson``): one article a line, the native format."""

from __future__ import annotations

import json
from collections.abc import Iterator
from typing import Any

from arsearch.corpus.detect_format import Head
from arsearch.corpus.source_document import KnownLine, Record, RecordFault, SourceDocument

__all__ = ["NAME", "SUFFIXES", "read", "recognises"]

NAME = "JSON lines"
SUFFIXES = (".jsonl", ".ndjson")


def recognises(head: Head) -> bool:
    """Whether the first line is an object, whole or too long to see its end in a file named as JSON lines."""
    if not head.text.startswith("{"):
        return False
    line, line_end, _ = head.text.partition("\n")
    if not line_end and not head.is_whole:
        return head.suffix in SUFFIXES
    try:
        return isinstance(json.loads(line), dict)
    except (ValueError, RecursionError):
        return False


def read(document: SourceDocument) -> Iterator[Record | KnownLine | RecordFault]:
    """Yield the record of each line; a line that has none is a fault with its number."""
    for item in document.records():
        if isinstance(item, (RecordFault, KnownLine)):
            yield item
            continue
        number, line, digest = item
        if line.strip():
            try:
                yield Record(_object(line), number, digest=digest)
            except ValueError as error:
                yield RecordFault(str(error), number)


def _object(line: str) -> dict[str, Any]:
    try:
        record = json.loads(line)
    except json.JSONDecodeError as error:
        raise ValueError(f"not JSON: {error.msg} at column {error.colno}") from None
    except RecursionError:
        raise ValueError("not an article: nested too deeply") from None
    if not isinstance(record, dict):
        raise ValueError(f"a JSON {type(record).__name__}, not an object with the fields of an article")
    return record
