"""The fields that an article has in the lexical index, and the terms of their values.

Writing needs no more than this of the schema, and Whoosh takes longer to load than an article to be written.
"""

from __future__ import annotations

import datetime
import math
from collections.abc import Iterable, Iterator

from arsearch.arabic import fold
from arsearch.article_fields import KEYWORDS, OwnField

__all__ = [
    "BODY_GAP", "DATE", "FIELDS", "ORDINAL", "POSITIONED_FIELDS", "SCORED_FIELDS", "TEXT_FOLDED", "TEXT_STEM",
    "TITLE_FOLDED", "TITLE_STEM", "date_terms", "keyword_term", "moment_of", "own_number", "seconds_of",
]  # fmt: skip

ORDINAL = "ordinal"
DATE = "date"
TITLE_FOLDED = "title_exact"
TITLE_STEM = "title_stem"
TEXT_FOLDED = "text_exact"
"""Title and body together, as folded words."""
TEXT_STEM = "text_stem"
"""Title and body together, as stems."""

SCORED_FIELDS = (TEXT_FOLDED, TEXT_STEM, TITLE_FOLDED, TITLE_STEM)
POSITIONED_FIELDS = (TEXT_FOLDED, TITLE_FOLDED)
"""Where terms stand is stored of these; of stems it follows from that."""
FIELDS = tuple(sorted((*KEYWORDS, DATE, *SCORED_FIELDS)))
"""In the order in which Whoosh wants their terms. Own keyword fields stand among them where a segment has any."""

BODY_GAP = 100
"""Positions left free between title and body, so that no phrase begins in the one and ends in the other."""


def keyword_term(value: str) -> bytes:
    """Return the term of a whole value: folded, so that every spelling of it is the same."""
    return " ".join(fold(value).split()).encode()


def date_terms(dates: Iterable[str]) -> Iterator[list[bytes]]:
    """Yield the terms of each ISO 8601 date, in several resolutions, as Whoosh's range queries look for them.

    Those of its ``DATETIME`` fields: microseconds since year 1 as a signed number, without its last byte, two bytes and
    so on, behind how many bits are missing. Reduced dates (``2015``, ``2015-07``) count as their first instant. A date
    that is empty or before year 1 has none.
    """
    known: dict[str, list[bytes]] = {}
    for date in dates:
        if date not in known:
            moment = moment_of(date)
            known[date] = _moment_terms(moment) if moment else []
        yield known[date]


def _moment_terms(moment: datetime.datetime) -> list[bytes]:
    number = (moment - datetime.datetime.min) // datetime.timedelta(microseconds=1) + (1 << 63)
    return [bytes([shift]) + (number >> shift).to_bytes(8, "big") for shift in range(0, 64, 8)]


def moment_of(date: str) -> datetime.datetime | None:
    """Return the first instant of an ISO 8601 date, without its zone; None for none, and for none in the calendar."""
    if not date:
        return None
    try:
        return datetime.datetime.fromisoformat((date + "-01-01")[:10] if len(date) < 10 else date).replace(tzinfo=None)
    except ValueError:
        return None


def seconds_of(moment: datetime.datetime) -> float:
    """Return *moment* as own dates are compared: in seconds since year 1."""
    return (moment - datetime.datetime.min).total_seconds()


def own_number(field: OwnField, value: object) -> float:
    """Return *value* of an own number or date as it is compared, not a number where there is none."""
    if field.kind == "date":
        moment = moment_of(value) if isinstance(value, str) else None
        return seconds_of(moment) if moment else math.nan
    return float(value) if isinstance(value, (int, float)) else math.nan
