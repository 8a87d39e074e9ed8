"""Texts that can be stored, written as UTF-8 and shown on a terminal."""

from __future__ import annotations

import re

__all__ = ["storable", "storable_line"]

# Lone surrogates are legal in JSON and not in UTF-8; control characters would be obeyed by terminals (category Cc,
# all but tab and line ends).
_UNSTORABLE = re.compile("[\x00-\x08\x0b\x0c\x0e-\x1f\x7f-\x9f\ud800-\udfff]")
_REPLACEMENT = "\ufffd"


def storable(text: str) -> str:
    """Return *text* with U+FFFD for what cannot be stored."""
    return _UNSTORABLE.sub(_REPLACEMENT, text)


def storable_line(text: str) -> str:
    """Return *text* as one line that can be stored, with single spaces."""
    return " ".join(storable(text).split())
