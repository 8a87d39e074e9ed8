"""What would become of the first records of a source, and why: for maintainers whose export looks wrong."""

from __future__ import annotations

from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from arsearch.corpus.article import Article
from arsearch.corpus.cleaning.clean import Cleaner, DroppedLine
from arsearch.corpus.detect_format import Head
from arsearch.corpus.fields import FIELDS, known_fields, name_of, names_of_fields, unknown_names
from arsearch.corpus.language import recognise_language
from arsearch.corpus.options import ReadingOptions
from arsearch.corpus.origin import Origin
from arsearch.corpus.properties import chosen_properties, unknown_properties
from arsearch.corpus.read import read_records
from arsearch.corpus.records.as_article import Outcome
from arsearch.corpus.records.visible import NOT_PUBLIC
from arsearch.corpus.report import ReadingReport
from arsearch.corpus.source_document import Record, SourceDocument

__all__ = ["InspectedRecord", "inspect_source"]


_NOT_OF_ONE_ENCODING = ("PDF", "RTF", "e-mail", "MHTML", "WARC")
"""Formats that begin as a text does, and say of each part what it is in."""


@dataclass(slots=True)
class InspectedRecord:
    """A record as it was found, and what would become of it."""

    path: Path
    line: int
    format: str
    encoding: str
    """Empty for formats that are no text."""
    name: str
    """What it is called."""
    article: Article | None = None
    """As it would be indexed, but for what is learnt from many pages."""
    origins: dict[str, str] = field(default_factory=dict)
    """Where the value of each field is from: the name that it has in the record, or the place on a page."""
    written: dict[str, str] = field(default_factory=dict)
    """Dates and authors as they are written, where that is not the value."""
    language: str = ""
    dropped: list[DroppedLine] = field(default_factory=list)
    """Lines of its text that are boilerplate."""
    unknown: list[str] = field(default_factory=list)
    """Names in the record that stand for no field."""
    mended: list[str] = field(default_factory=list)
    left_out: str = ""
    """Why it would not be indexed, though it could be."""
    problem: str = ""
    """Why there is no article in it."""


class _EnoughError(Exception):
    """As many records as were asked for have been seen."""


def inspect_source(
    source: Path, options: ReadingOptions, *, limit: int, keep_boilerplate: bool = False
) -> tuple[list[InspectedRecord], ReadingReport]:
    """Return what would become of the first *limit* records of *source*, and the report of reading them.

    Raises CorpusError if *source* cannot be opened.
    """
    records: list[InspectedRecord] = []

    def see(record: Record, outcome: Outcome, origin: Origin, document: SourceDocument) -> None:
        if len(records) >= limit:
            raise _EnoughError
        records.append(_inspected(record, outcome, origin, document, options, keep_boilerplate=keep_boilerplate))

    report = ReadingReport(on_record=see)
    try:
        for _ in read_records(source, report, options):
            if len(records) >= limit:
                break
    except _EnoughError:
        pass
    return records, report


def _inspected(
    record: Record,
    outcome: Outcome,
    origin: Origin,
    document: SourceDocument,
    options: ReadingOptions,
    *,
    keep_boilerplate: bool,
) -> InspectedRecord:
    head = Head(document.head, document.suffix)
    own, declared = options.fields, options.own
    chosen = chosen_properties(record.properties, own, declared)
    found = {**chosen, **record.fields}
    seen = InspectedRecord(
        path=origin.path,
        line=origin.line,
        format=origin.format,
        encoding=head.encoding if head.is_text and origin.format not in _NOT_OF_ONE_ENCODING else "",
        name=name_of(record.fields, record.default_id),
        mended=list(outcome.mended),
        left_out=outcome.left_out,
        problem=outcome.problem,
        unknown=[
            *(name for name in unknown_names(record.fields, own, declared) if name != NOT_PUBLIC),
            *unknown_properties(record.properties, own, declared),
        ],
    )
    names = names_of_fields(found, own, declared)
    seen.origins = {name: record.origins.get(name) or _named(names[name], chosen) for name in names}
    raw = known_fields(found, own, declared)
    article = outcome.article
    if article is None:
        return seen
    if "id" not in seen.origins:
        seen.origins["id"] = "the path of the file" if record.default_id else "a hash of the text"
    seen.language = article.language or recognise_language(article.body)
    if not keep_boilerplate:
        cleaner = Cleaner({})
        cleaned = cleaner.clean(article, article.source)
        if cleaned.author and not article.author:
            seen.origins["author"] = "a byline in the text"
        article, seen.dropped = cleaned, cleaner.dropped()
    seen.article = article
    for name in ("date", "author"):
        written: Any = raw.get(name)
        if isinstance(written, (str, int)) and written and str(written) != getattr(article, name):
            seen.written[name] = str(written)
    seen.origins = {name: seen.origins[name] for name in (*FIELDS, *article.extra) if name in seen.origins}
    return seen


def _named(name: str, chosen: dict[str, Any]) -> str:
    return f"the property {name!r}" if name in chosen else f"the field {name!r}"
