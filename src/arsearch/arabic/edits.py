"""What slips of the keyboard and of the ear cost in Arabic: one edit is 1, one that happens easily is less.

All letters are folded, so hamza on its carriers, teh marbuta and alef maksura cost nothing at all. What is cheap:
letters that sound alike (compare the confusion sets of Zaghouani et al., "Large Scale Arabic Error Annotation", LREC
2014), the letters by which names from abroad are written in one country and another (the g of Gutierres and England),
letters that differ by their dots, and neighbours on the keyboard.
"""

from __future__ import annotations

from itertools import combinations

from arsearch.arabic import letters as ar

__all__ = [
    "DOUBLED",
    "EXTRA",
    "MISSING",
    "SPACE",
    "SUBSTITUTION",
    "SWAPPED",
    "UNTYPED",
    "allowed_cost",
    "substitution_cost",
]

SUBSTITUTION = 1.0
MISSING = {ar.ALEF: 0.5, ar.WAW: 0.6, ar.YEH: 0.6, ar.HAMZA: 0.2, ar.HEH: 0.7, ar.LAM: 0.9}
"""Letters that are easily left out, or put in where they do not belong; others cost ``UNTYPED`` and ``EXTRA``."""
UNTYPED = 0.9
EXTRA = 1.0
DOUBLED = 0.4
"""A letter typed twice that stands once, or once that stands twice."""
SWAPPED = 0.6
"""Two neighbours in the wrong order."""
SPACE = 0.5
"""A space too many or too few."""

_SOUND_ALIKE = 0.4
_NAMES_FROM_ABROAD = 0.3
_DOTS = 0.7
_NEIGHBOURS = 0.8

_GROUPS = (
    (_NAMES_FROM_ABROAD, "جغكق"),
    (_SOUND_ALIKE, "ضظ"), (_SOUND_ALIKE, "دذض"), (_SOUND_ALIKE, "ثسصت"), (_SOUND_ALIKE, "قكغ"), (_SOUND_ALIKE, "تط"),
    (_SOUND_ALIKE, "ذزظ"), (_SOUND_ALIKE, "حه"), (_SOUND_ALIKE, "ءاعي"), (_SOUND_ALIKE, "ءو"), (_SOUND_ALIKE, "هتا"),
    (_SOUND_ALIKE, "اي"), (_SOUND_ALIKE, "خح"), (_SOUND_ALIKE, "فب"),
    (_DOTS, "بتثني"), (_DOTS, "جحخ"), (_DOTS, "دذ"), (_DOTS, "رز"), (_DOTS, "سش"), (_DOTS, "صض"), (_DOTS, "طظ"),
    (_DOTS, "عغ"), (_DOTS, "فق"), (_DOTS, "وي"),
)  # fmt: skip
_ROWS = ("ضصثقفغعهخحجد", "شسيبلاتنمكط", "ئءؤر ىةوزظ")


def _costs() -> dict[tuple[str, str], float]:
    costs: dict[tuple[str, str], float] = {}
    pairs = [(cost, pair) for cost, group in _GROUPS for pair in combinations(group, 2)]
    pairs += [(_NEIGHBOURS, (row[place], row[place + 1])) for row in _ROWS for place in range(len(row) - 1)]
    for cost, (one, other) in pairs:
        for key in ((one, other), (other, one)):
            costs[key] = min(cost, costs.get(key, SUBSTITUTION))
    return costs


_COSTS = _costs()


def substitution_cost(typed: str, meant: str) -> float:
    """Return what it costs that *typed* stands for *meant*, two folded letters."""
    return 0.0 if typed == meant else _COSTS.get((typed, meant), SUBSTITUTION)


def allowed_cost(length: int) -> float:
    """Return how far a correction of a word of *length* letters may be: short words have too many neighbours."""
    return 0.0 if length < 3 else 0.5 if length == 3 else 1.0 if length <= 5 else 1.3 if length <= 7 else 1.7
