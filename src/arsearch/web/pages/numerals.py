"""Numbers as the reader reads them: separators of the language, digits of the reader's choice."""

from __future__ import annotations

from functools import lru_cache

from babel.numbers import format_decimal
from markupsafe import Markup

from arsearch.web.pages.preferences import Preferences

__all__ = ["isolated_date", "left_to_right", "number", "with_digits"]

_ARABIC_INDIC = str.maketrans("0123456789", "٠١٢٣٤٥٦٧٨٩")
_NUMBERING_SYSTEMS = {"arabic": "arab", "latin": "latn"}


@lru_cache(maxsize=4096)
def number(value: float, reader: Preferences, pattern: str | None = None) -> str:
    """Write a number: ``1711`` as ``١٬٧١١`` or ``1,711``. *pattern* is one of Unicode's, such as ``0.00``."""
    system = _NUMBERING_SYSTEMS[reader.digits]
    # Babel puts in the separators of the numbering system, and leaves the digits.
    return with_digits(format_decimal(value, pattern, locale=reader.language, numbering_system=system), reader)


def with_digits(text: str, reader: Preferences) -> str:
    """Return *text* with its ASCII digits as those of the reader."""
    return text.translate(_ARABIC_INDIC) if reader.digits == "arabic" else text


def left_to_right(text: str) -> str:
    """Return *text* for a box or an attribute that runs from the left, with marks that keep its parts in order.

    Arabic digits with a hyphen between run from the right even in a text that runs from the left (rules W4 and N1 of
    UAX #9), unless the hyphen has left-to-right marks on both sides.
    """
    return text.replace("-", "\u200e-\u200e")


def isolated_date(date: str, reader: Preferences) -> Markup:
    """Return a date as it is typed, ``٢٠١٥-٠٧``, as an element whose text runs from the left wherever it stands."""
    return Markup('<bdo dir="ltr">{}</bdo>').format(with_digits(date, reader))
