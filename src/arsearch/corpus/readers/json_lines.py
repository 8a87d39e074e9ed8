"""JSON lines (``.jsonl``, ``.ndjson``): one article a line, the native format."""

from __future__ import annotations

import json
from collections.abc import Iterator
from typing import Any

from arsearch.corpus.detect_format import Head
from arsearch.corpus.records.unwrap import articles_in, is_plain
from arsearch.corpus.source_document import KnownLine, Record, RecordFault, SourceDocument

__all__ = ["NAME", "SUFFIXES", "parse_object", "read", "recognises"]

NAME = "JSON lines"
SUFFIXES = (".jsonl", ".ndjson")


def recognises(head: Head) -> bool:
    """Whether the first line is an object, and there is another line or a name that says so."""
    if not head.text.startswith("{"):
        return False
    line, line_end, more = head.text.partition("\n")
    if not line_end and not head.is_whole:
        return head.suffix in SUFFIXES
    if not more.strip() and head.suffix == ".json":  # one object on one line may hold many
        return False
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
                found = parse_object(line)
            except ValueError as error:
                yield RecordFault(str(error), number)
                continue
            if is_plain(found):
                yield Record(found, number, digest=digest)
                continue
            for several, fields in enumerate(articles_in(found, document.options.fields)):
                # What a line gives is known by the line; only one that gives one article can be told apart by it.
                yield Record(fields, number, digest=b"" if several else digest)


def parse_object(line: str) -> dict[str, Any]:
    """Return the object on *line*. Raises ValueError for anything else."""
    try:
        record = json.loads(line)
    except json.JSONDecodeError as error:
        raise ValueError(f"not JSON: {error.msg} at column {error.colno}") from None
    except RecursionError:
        raise ValueError("not an article: nested too deeply") from None
    if not isinstance(record, dict):
        raise ValueError(f"a JSON {type(record).__name__}, not an object with the fields of an article")
    return record
