"""The Whoosh schema: which fields an article has in the lexical index."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from whoosh.analysis import IDAnalyzer
from whoosh.fields import DATETIME, STORED, FieldType, Schema
from whoosh.formats import Existence, Positions

from arsearch.article_fields import KEYWORDS
from arsearch.lexical.segment.field_names import DATE, ORDINAL, SCORED_FIELDS, keyword_term

__all__ = ["AnalysedField", "KeywordFieldType", "schema"]


class AnalysedField(FieldType):  # type: ignore[misc]  # whoosh has no types
    """A field whose terms were analysed before they come to Whoosh."""

    def __init__(self) -> None:
        self.format = Positions()
        self.analyzer = IDAnalyzer()
        self.scorable = True
        self.stored = False
        self.unique = False
        self.indexed = True


class KeywordFieldType(FieldType):  # type: ignore[misc]  # whoosh has no types
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


def schema(own_keywords: Iterable[str] = ()) -> Schema:
    """Return the schema of the lexical index, with the *own_keywords* it has besides."""
    fields: dict[str, Any] = {name: AnalysedField() for name in SCORED_FIELDS}
    fields |= {name: KeywordFieldType() for name in (*KEYWORDS, *own_keywords)}
    return Schema(**fields, **{DATE: DATETIME(), ORDINAL: STORED()})
