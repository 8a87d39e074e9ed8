"""Lists of results as files: a table, lines of JSON, or references."""

from __future__ import annotations

import csv
import io
import json
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass

from arsearch.article_fields import OwnFields
from arsearch.search.results import Hit
from arsearch.web.exports.citations import bibtex, ris

__all__ = ["FORMATS", "Format", "exported_list"]

_COLUMNS = ("id", "title", "author", "date", "source", "url", "tags", "language")
_FORMULA = ("=", "+", "-", "@", "\t", "\r")

AddressOf = Callable[[Hit], str]


@dataclass(frozen=True, slots=True)
class Format:
    """What a file is called and what it is."""

    suffix: str
    content_type: str


FORMATS = {
    "csv": Format("csv", "text/csv; charset=utf-8"),
    "jsonl": Format("jsonl", "application/jsonl; charset=utf-8"),
    "ris": Format("ris", "application/x-research-info-systems; charset=utf-8"),
    "bibtex": Format("bib", "application/x-bibtex; charset=utf-8"),
}
"""By the value of the parameter ``format``."""


def exported_list(name: str, hits: Iterable[Hit], address_of: AddressOf, own: OwnFields) -> bytes:
    """Return *hits* in the format of this *name*; *own* fields are columns of a table too."""
    if name == "csv":
        return _table(hits, address_of, own)
    if name == "jsonl":
        return "".join(f"{json.dumps(_record(hit), ensure_ascii=False)}\n" for hit in hits).encode()
    write = ris if name == "ris" else bibtex
    return "\n".join(write(hit.article, address_of(hit)) for hit in hits).encode()


def _record(hit: Hit) -> dict[str, object]:
    return {name: value for name, value in hit.as_dict().items() if name != "snippet"}


def _table(hits: Iterable[Hit], address_of: AddressOf, own: OwnFields) -> bytes:
    """Return a table that spreadsheets open with its letters whole: UTF-8 that says so by its first bytes."""
    file = io.StringIO()
    table = csv.writer(file)
    table.writerow([*_COLUMNS, "page", *(field.name for field in own)])
    for hit in hits:
        article = hit.article
        given: Sequence[object] = (
            article.id, article.title, article.author, article.date, article.source, article.url,
            "; ".join(article.tags), article.language, address_of(hit),
        )  # fmt: skip
        extra = [article.extra.get(field.name, "") for field in own]
        table.writerow([_cell(value) for value in (*given, *extra)])
    return file.getvalue().encode("utf-8-sig")


def _cell(value: object) -> object:
    """Return *value* for a cell; what a spreadsheet would take for a formula is text (OWASP, CSV injection)."""
    if isinstance(value, tuple):
        value = "; ".join(value)
    return f"'{value}" if isinstance(value, str) and value.startswith(_FORMULA) else value
