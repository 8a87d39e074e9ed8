"""Why another query is suggested, as far as the two tell."""

from __future__ import annotations

import re
from typing import Literal

from arsearch.arabic import fold
from arsearch.arabic.keyboard import as_typed_on_the_other_layout

__all__ = ["Reason", "reason_of_suggestion"]

Reason = Literal["keyboard", "letters", "spaces", "spelling"]

_ARABIC = re.compile(r"[\u0620-\u064a]")
_LATIN = re.compile("[A-Za-z]")


def reason_of_suggestion(typed: str, suggestion: str) -> Reason:
    """Return what is likely to have happened: another keyboard layout, Latin letters, spaces, or a slip."""
    meant = fold(suggestion).split()
    if any(fold(other).split() == meant for other in as_typed_on_the_other_layout(typed)):
        return "keyboard"
    if "".join(fold(typed).split()) == "".join(meant):
        return "spaces"
    is_in_other_letters = _LATIN.search(typed) and not _ARABIC.search(typed) and _ARABIC.search(suggestion)
    return "letters" if is_in_other_letters else "spelling"
