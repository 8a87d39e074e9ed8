"""The Whoosh schema: which fields an article has in the lexical index."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator, Sequence
from typing import Any

from whoosh.analysis import IDAnalyzer
from whoosh.fields import ID, FieldType, Schema
from whoosh.formats import Positions

__all__ = ["ORDINAL", "TEXT_EXACT", "TEXT_STEM", "TITLE_EXACT", "TITLE_STEM", "AnalysedField", "Posting", "schema"]

ORDINAL = "ordinal"
TITLE_EXACT = "title_exact"
TITLE_STEM = "title_stem"
TEXT_EXACT = "text_exact"
"""Title and body together, as folded words."""
TEXT_STEM = "text_stem"
"""Title and body together, as stems."""

Posting = tuple[str, int]
"""A term and its position."""


class AnalysedField(FieldType):  # type: ignore[misc]  # whoosh has no types
    """A field whose value is a list of terms with their positions, analysed before it comes to Whoosh."""

    def __init__(self) -> None:
        self.format = Positions()
        self.analyzer = IDAnalyzer()
        self.scorable = True
        self.stored = False
        self.unique = False
        self.indexed = True

    def index(self, value: Sequence[Posting], **_: Any) -> Iterator[tuple[bytes, int, float, bytes]]:
        """Yield each term with its frequency, weight and encoded positions, as Whoosh's writers take them."""
        positions: dict[str, list[int]] = defaultdict(list)
        for term, position in value:
            positions[term].append(position)
        for term, places in positions.items():
            yield term.encode(), len(places), float(len(places)), self.format.encode(places)


def schema() -> Schema:
    """Return the schema of the lexical index."""
    return Schema(
        **{
            ORDINAL: ID(stored=True, unique=True),
            TITLE_EXACT: AnalysedField(),
            TITLE_STEM: AnalysedField(),
            TEXT_EXACT: AnalysedField(),
            TEXT_STEM: AnalysedField(),
        }
    )
