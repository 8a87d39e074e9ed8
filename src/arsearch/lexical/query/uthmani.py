"""The spelling of the Quran's copies and that of today: a small alef above is a letter, a waw under it an alef.

Copies after the Medina Mushaf leave letters out that are written today, and put them above the line as small signs
(Unicode Standard, section 9.2, "Quranic annotation signs"). Folding takes all signs away; where a word keeps its
letters that way today too (this, that, the Merciful), that is right, else the letter is meant.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Sequence
from itertools import combinations

from arsearch.arabic import Token, analyze
from arsearch.arabic import letters as ar
from arsearch.arabic.fold import fold

__all__ = ["has_old_spelling", "old_spellings", "spelled_today"]

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


_FEWEST_WORDS = 3
"""Of a quotation: with fewer, one word for another gives something that people say."""
_MOST_DROPPED = 4
"""Letters of a word that may be left out."""
_CALLED = ar.YEH + ar.ALEF
"""What stands before a name that is called, and is written onto it there."""
_VOWEL_OF_PRAYER = re.compile(f"{ar.ALEF}{ar.HEH}$")
_ANY_OLD_SIGN = re.compile(f"[{ar.ALEF_WASLA}\u06d6-\u06ed]|{ar.TATWEEL}{_MARKS}{_SMALL_ALEF}")


def old_spellings(words: Sequence[str], articles: Callable[[str], int]) -> tuple[tuple[str, ...], ...]:
    """Return for each place of a quotation of folded *words* the forms that it may have in a copy of the Quran.

    Empty where it is too short, or nothing in it would be written otherwise. *articles* says in how many articles a
    folded form is: only forms that are somewhere count.
    """
    if len(words) < _FEWEST_WORDS:
        return ()
    places: list[tuple[str, ...]] = []
    is_other = False
    joined = ""
    for word in words:
        if word == _CALLED and not joined:
            joined, is_other = ar.YEH, True
            continue
        # A word that is written onto the one before has no other form.
        old = {form for form in _old_forms(joined + word) if articles(form)} - {word}
        own = () if joined else (word,)
        if not old and not own:
            return ()
        is_other = is_other or bool(old)
        places.append((*own, *sorted(old)))
        joined = ""
    return tuple(places) if is_other and not joined else ()


def has_old_spelling(text: str, places: Sequence[Sequence[str]]) -> bool:
    """Whether one of the forms of each of *places* stands one after the other in *text*, with signs of those copies."""
    if not _ANY_OLD_SIGN.search(text):
        return False
    tokens = analyze(text)
    return any(
        all(token.folded in forms for token, forms in zip(tokens[at:], places, strict=False))
        and _has_sign(text, tokens[at : at + len(places)])
        for at in range(len(tokens) - len(places) + 1)
    )


def _has_sign(text: str, tokens: Sequence[Token]) -> bool:
    return bool(_ANY_OLD_SIGN.search(text, tokens[0].start, tokens[-1].end))


def _old_forms(word: str) -> Iterator[str]:
    """Yield the folded forms that *word*, folded, may have without letters that are small signs there, and itself."""
    prayer = _VOWEL_OF_PRAYER.sub(ar.WAW + ar.HEH, word)
    beginning = 1 if word[:1] in (ar.WAW, ar.FEH) and word[1:2] == ar.ALEF else 0
    for form in dict.fromkeys((word, prayer)):
        yield from _without_letters(form)
        if form[beginning : beginning + 1] == ar.ALEF:  # an alef with madda is a hamza and an alef
            yield from _without_letters(form[:beginning] + ar.HAMZA + form[beginning:])


def _without_letters(word: str) -> Iterator[str]:
    may_go = [at for at in range(1, len(word)) if word[at] in (ar.ALEF, ar.YEH)][:_MOST_DROPPED]
    for count in range(len(may_go) + 1):
        for gone in combinations(may_go, count):
            yield "".join(letter for at, letter in enumerate(word) if at not in gone)
