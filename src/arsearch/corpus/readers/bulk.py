"""Bulk requests of Elasticsearch and OpenSearch: lines that say what to do, most of them before one with a document."""

from __future__ import annotations

import json
from collections.abc import Iterator
from typing import Any

from arsearch.corpus.detect_format import Head
from arsearch.corpus.readers.json_lines import parse_object
from arsearch.corpus.records.unwrap import articles_in
from arsearch.corpus.source_document import Record, RecordFault, SourceDocument

__all__ = ["NAME", "SUFFIXES", "read", "recognises"]

NAME = "bulk request"
SUFFIXES: tuple[str, ...] = ()

_ACTIONS = ("index", "create", "update", "delete")
_OF_AN_ACTION = frozenset(
    (
        "_index", "_id", "_type", "_routing", "routing", "_version", "version", "version_type", "pipeline",
        "require_alias", "retry_on_conflict", "if_seq_no", "if_primary_term", "dynamic_templates",
    )
)  # fmt: skip


def recognises(head: Head) -> bool:
    """Whether the first line is an action, and nothing else."""
    if not head.text.startswith("{"):
        return False
    try:
        return _action(json.loads(head.text.partition("\n")[0])) is not None
    except (ValueError, RecursionError):
        return False


def read(document: SourceDocument) -> Iterator[Record | RecordFault]:
    """Yield the documents, with the ids that the actions give them; what is deleted is none."""
    identifier = ""
    for item in document.lines():
        if isinstance(item, RecordFault):
            yield item
            continue
        number, line = item
        if not line.strip():
            continue
        try:
            found = parse_object(line)
        except ValueError as error:
            yield RecordFault(str(error), number)
            continue
        if (action := _action(found)) is not None:
            identifier = str(action.get("_id") or "")
            continue
        if isinstance(found.get("doc"), dict):
            found = found["doc"]
        for fields in articles_in(found, document.options.fields):
            yield Record({"_id": identifier, **fields} if identifier else fields, number)
        identifier = ""


def _action(line: Any) -> dict[str, Any] | None:
    """Return what a line says of a document if it is an action."""
    if not isinstance(line, dict) or len(line) != 1:
        return None
    [(name, about)] = line.items()
    return about if name in _ACTIONS and isinstance(about, dict) and set(about) <= _OF_AN_ACTION else None
