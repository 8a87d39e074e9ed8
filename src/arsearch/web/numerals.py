"""Numbers as the reader reads them: separators of the language, digits of the reader's choice."""

from __future__ import annotations

from functools import lru_cache

from babel.numbers import format_decimal

from arsearch.web.preferences import preferences_of_reader

__all__ = ["number", "with_digits"]

_ARABIC_INDIC = str.maketrans("0123456789", "٠١٢٣٤٥٦٧٨٩")
_NUMBERING_SYSTEMS = {"arabic": "arab", "latin": "latn"}


def number(value: float, pattern: str | None = None) -> str:
    """Write a number: ``1711`` as ``١٬٧١١`` or ``1,711``. *pattern* is one of Unicode's, such as ``0.00``."""
    reader = preferences_of_reader()
    return _written(value, pattern, reader.language, reader.digits)


def with_digits(text: str, digits: str | None = None) -> str:
    """Return *text* with its ASCII digits as *digits*, by default those of the reader."""
    return text.translate(_ARABIC_INDIC) if (digits or preferences_of_reader().digits) == "arabic" else text


@lru_cache(maxsize=4096)
def _written(value: float, pattern: str | None, language: str, digits: str) -> str:
    system = _NUMBERING_SYSTEMS[digits]
    # Babel puts in the separators of the numbering system, and leaves the digits.
    return with_digits(format_decimal(value, pattern, locale=language, numbering_system=system), digits)
