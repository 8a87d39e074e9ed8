"""Tables (``.csv``, ``.tsv``): one article a row, the columns named by the first row, in English or Arabic."""

from __future__ import annotations

import csv
import re
from collections.abc import Iterator

from arsearch.corpus.detect_format import Head
from arsearch.corpus.fields import field_of
from arsearch.corpus.source_document import Record, RecordFault, SourceDocument, UnreadableError

__all__ = ["NAME", "SUFFIXES", "read", "recognises"]

NAME = "CSV"
SUFFIXES = (".csv", ".tsv", ".tab")

_SEPARATOR = re.compile(r"\s*[\"']?sep=(.)[\"']?\s*", re.IGNORECASE)
"""The line that tells Excel which delimiter is used."""
_DELIMITERS = ("\t", ",", ";", "|", "؛", "،")


def recognises(head: Head) -> bool:
    """Whether the first line, after one that names the delimiter, names a body and another field."""
    line, _, rest = head.text.partition("\n")
    delimiter = ""
    if named := _SEPARATOR.fullmatch(line):
        delimiter, line = named[1], rest.partition("\n")[0]
    fields = [field_of(name) for name in _row(line, delimiter or _delimiter(line))]
    return "body" in fields and len(set(filter(None, fields))) >= 2


def read(document: SourceDocument) -> Iterator[Record | RecordFault]:
    """Yield the record of each row. Raises UnreadableError if no column holds the body."""
    csv.field_size_limit(document.options.max_record_bytes)
    faults: list[RecordFault] = []
    lines = _Lines(document, faults)
    first = next(lines, "")
    delimiter = ""
    if named := _SEPARATOR.fullmatch(first.removeprefix("\ufeff")):
        delimiter, first = named[1], next(lines, "")
    delimiter = delimiter or _delimiter(first)
    columns = [name.strip() for name in _row(first, delimiter)]
    if "body" not in (field_of(name, document.options.fields) for name in columns):
        shown = ", ".join(columns)[:200]
        raise UnreadableError(f"no column for the body: the columns are {shown!r}; name it with the setting fields")
    rows = csv.reader(lines, delimiter=delimiter)
    while True:
        started = lines.number + 1
        try:
            row = next(rows)
        except StopIteration:
            break
        except csv.Error as error:
            yield RecordFault(f"not a row of a table: {error}", started)
            continue
        finally:
            yield from faults
            faults.clear()
        if any(cell.strip() for cell in row):
            yield Record(dict(zip(columns, row, strict=False)), started)


class _Lines(Iterator[str]):
    """The readable lines of a document, for the csv module; the others are put into *faults*."""

    def __init__(self, document: SourceDocument, faults: list[RecordFault]) -> None:
        self._lines = document.lines()
        self._faults = faults
        self.number = 0

    def __next__(self) -> str:
        for item in self._lines:
            if isinstance(item, RecordFault):
                self._faults.append(item)
                continue
            self.number, line = item
            return line
        raise StopIteration


def _delimiter(line: str) -> str:
    return max(_DELIMITERS, key=line.count)


def _row(line: str, delimiter: str) -> list[str]:
    try:
        return next(csv.reader([line], delimiter=delimiter), [])
    except csv.Error:
        return []
