"""The Whoosh schema: which fields an article has in the lexical index."""

from __future__ import annotations

import datetime
from collections.abc import Iterable, Iterator
from typing import Any

from whoosh.analysis import IDAnalyzer
from whoosh.fields import DATETIME, STORED, FieldType, Schema
from whoosh.formats import Existence, Positions

from arsearch.arabic import fold

__all__ = [
    "AUTHOR", "BODY_GAP", "DATE", "FIELDS", "KEYWORD_FIELDS", "ORDINAL", "SCORED_FIELDS", "SECTION", "SOURCE", "TAG",
    "TEXT_FOLDED", "TEXT_STEM", "TITLE_FOLDED", "TITLE_STEM", "AnalysedField", "KeywordField", "date_terms",
    "keyword_term", "moment_of", "schema",
]  # fmt: skip

ORDINAL = "ordinal"
AUTHOR = "author"
DATE = "date"
SECTION = "section"
"""The first tag."""
SOURCE = "source"
TAG = "tag"
TITLE_FOLDED = "title_exact"
TITLE_STEM = "title_stem"
TEXT_FOLDED = "text_exact"
"""Title and body together, as folded words."""
TEXT_STEM = "text_stem"
"""Title and body together, as stems."""

KEYWORD_FIELDS = (AUTHOR, SECTION, SOURCE, TAG)
SCORED_FIELDS = (TEXT_FOLDED, TEXT_STEM, TITLE_FOLDED, TITLE_STEM)
FIELDS = tuple(sorted((*KEYWORD_FIELDS, DATE, *SCORED_FIELDS)))
"""In the order in which Whoosh wants their terms."""

BODY_GAP = 100
"""Positions left free between title and body, so that no phrase begins in the one and ends in the other."""


class AnalysedField(FieldType):  # type: ignore[misc]  # whoosh has no types
    """A field whose terms were analysed before they come to Whoosh."""

    def __init__(self) -> None:
        self.format = Positions()
        self.analyzer = IDAnalyzer()
        self.scorable = True
        self.stored = False
        self.unique = False
        self.indexed = True


class KeywordField(FieldType):  # type: ignore[misc]  # whoosh has no types
    """A field with whole values, compared folded: authors, sections, sources, tags."""

    def __init__(self) -> None:
        self.format = Existence()
        self.analyzer = IDAnalyzer()
        self.scorable = False
        self.stored = False
        self.unique = False
        self.indexed = True

    def to_bytes(self, value: str | bytes) -> bytes:
        """Return the term of *value*."""
        return value if isinstance(value, bytes) else keyword_term(value)


def keyword_term(value: str) -> bytes:
    """Return the term of a whole value: folded, so that every spelling of it is the same."""
    return " ".join(fold(value).split()).encode()


def date_terms(dates: Iterable[str]) -> Iterator[list[bytes]]:
    """Yield the terms of each ISO 8601 date, in several resolutions, as Whoosh's range queries look for them.

    Reduced dates (``2015``, ``2015-07``) count as their first instant. A date that is empty or before year 1 has none.
    """
    field = DATETIME()
    known: dict[str, list[bytes]] = {}
    for date in dates:
        if date not in known:
            moment = moment_of(date)
            known[date] = [term for term, *_ in field.index(moment)] if moment else []
        yield known[date]


def schema() -> Schema:
    """Return the schema of the lexical index."""
    fields: dict[str, Any] = {name: AnalysedField() for name in SCORED_FIELDS}
    fields |= {name: KeywordField() for name in KEYWORD_FIELDS}
    return Schema(**fields, **{DATE: DATETIME(), ORDINAL: STORED()})


def moment_of(date: str) -> datetime.datetime | None:
    """Return the first instant of an ISO 8601 date, without its zone; None for none, and for none in the calendar."""
    if not date:
        return None
    try:
        return datetime.datetime.fromisoformat((date + "-01-01")[:10] if len(date) < 10 else date).replace(tzinfo=None)
    except ValueError:
        return None
