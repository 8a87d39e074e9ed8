"""Numbers as people write them: digits of any script, with the Arabic signs."""

from __future__ import annotations

import math
import re

from arsearch.arabic.fold import fold

__all__ = ["NUMBER", "parse_number"]

NUMBER = r"[-+−]?\d[\d٬]*(?:[.٫]\d+)?"
"""How they are written, as a pattern."""

_SIGNS = str.maketrans({"٫": ".", "٬": None, "−": "-"})
_PLAIN = re.compile(r"[-+]?\d+(\.\d+)?([eE][-+]?\d+)?", re.ASCII)


def parse_number(text: str) -> int | float:
    """Return the number that *text* is. Raises ValueError if it is none, or not finite."""
    plain = fold(text.translate(_SIGNS)).strip()
    if not _PLAIN.fullmatch(plain):
        raise ValueError(f"{text[:80]!r} is no number")
    number = float(plain)
    if not math.isfinite(number):
        raise ValueError(f"{text[:80]!r} is too large")
    return int(plain) if plain.lstrip("+-").isdecimal() else number
