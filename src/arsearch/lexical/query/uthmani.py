"""The spelling of the Quran's copies and that of today: a small alef above is a letter, a waw under it an alef.

Copies after the Medina Mushaf leave letters out that are written today, and put them above the line as small signs
(Unicode Standard, section 9.2, "Quranic annotation signs"). Folding takes all signs away; where a word keeps its
letters that way today too (this, that, the Merciful), that is right, else the letter is meant.
"""

from __future__ import annotations

import re
from collections.abc import Callable

from arsearch.arabic import letters as ar
from arsearch.arabic.fold import fold

__all__ = ["spelled_today"]

_SMALL_ALEF, _SMALL_HIGH_YEH, _SMALL_YEH, _HAMZA_ABOVE = "\u0670", "\u06e7", "\u06e6", "\u0654"
_MARKS = "[\u064b-\u0653\u0655-\u065f\u06d6-\u06e4\u06e8\u06ea-\u06ed]*"
_SIGNS = re.compile(
    f"[{_SMALL_ALEF}{_SMALL_HIGH_YEH}{_SMALL_YEH}{ar.ALEF_WASLA}\u06e1]|{ar.TATWEEL}{_MARKS}{_HAMZA_ABOVE}"
)
_WORD = re.compile("[\u0621-\u065f\u0670-\u06d3\u06d5-\u06ed]+")
_TODAY = (
    (re.compile(f"{ar.WAW}{_MARKS}{_SMALL_ALEF}(?={_MARKS}[{ar.TEH_MARBUTA}])"), ar.ALEF),  # prayer, alms, life
    (re.compile(f"{ar.ALEF_MAKSURA}{_MARKS}{_SMALL_ALEF}(?={_MARKS}$)"), ar.ALEF_MAKSURA),
    (re.compile(f"{ar.TATWEEL}{_MARKS}{_HAMZA_ABOVE}"), ar.YEH_HAMZA),
    (re.compile(f"^{ar.HAMZA}{_MARKS}{ar.ALEF}"), ar.ALEF_MADDA),
    (re.compile(f"{_SMALL_HIGH_YEH}|{_SMALL_YEH}(?={_MARKS}[{ar.TATWEEL}\u0621-\u064a])"), ar.YEH),
    (re.compile(_SMALL_ALEF), ar.ALEF),
)
_MOSTLY = 10
"""A word is written without its small letters today, too, if it is so many times as frequent without."""


def spelled_today(text: str, articles: Callable[[str], int]) -> tuple[str, dict[str, str]]:
    """Return *text* in today's spelling, and the folded forms of words that changed with those they had before.

    *articles* says in how many articles a folded form is: it decides where both are words. Never raises.
    """
    if not _SIGNS.search(text):
        return text, {}
    changed: dict[str, str] = {}

    def replaced(match: re.Match[str]) -> str:
        word = match[0]
        today = word
        for pattern, letter in _TODAY:
            today = pattern.sub(letter, today)
        now, before = fold(today), fold(word)
        if now == before or not articles(now) or _MOSTLY * articles(now) < articles(before):
            return word
        changed[now] = before
        return today

    return _WORD.sub(replaced, text), changed
