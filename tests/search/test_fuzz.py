"""Queries that nobody would type: none fails, and none makes much work. `make fuzz` asks 200,000."""

from __future__ import annotations

import contextlib
import os
import random
import sys
import unicodedata

import pytest

from arsearch import QueryError, Searcher
from arsearch.common.deadline import run_clock

pytestmark = [pytest.mark.slow, pytest.mark.fuzz]

QUERIES = int(os.environ.get("ARSEARCH_TEST_QUERIES", "500"))
MOST_LOOKS = 2_000
"""Looks at the clock that a query may cost: every loop that could be long takes one, so they count work without it."""
SEED = 20150721

OPERATORS = ["و", "أو", "او", "ليس", "AND", "OR", "NOT", "-", "|", "&&", "(", ")", "*", "~", "^", ":", "..", "[", "]"]
FIELDS = ["عنوان:", "كاتب:", "مصدر:", "وسم:", "تاريخ:", "title:", "author:", "source:", "tag:", "date:", "date:2015-"]
QUOTES = ['"', "«", "»", "“", "”", "'", '""', "«»"]
CONTROLS = [chr(point) for point in (0x200E, 0x200F, 0x202A, 0x202B, 0x202C, 0x202E, 0x2066, 0x2067, 0x2069, 0x200D, 0)]
WORDS = ["القهوة", "بغداد", "في", "المدينة", "libya", "3arabi", "hgl]dkm", "لخخلمث", "41٪", "د.", "أكتوبر", "2015-07",
         "المدينهه", "بيتالحكمة", "al", "تشرين الأول", "http://a.b/c?d=e", "\\", "بيت*", "ا*"]  # fmt: skip
SPACES = [" ", "", "  ", "\n", "\t", "\u00a0", "\u3000", "\u200b"]


def character(chance: random.Random) -> str:
    """Return any character but a surrogate: half of them of the Arabic blocks."""
    while True:
        point = chance.choice([chance.randrange(0x600, 0x700), chance.randrange(sys.maxunicode + 1)])
        if unicodedata.category(chr(point)) != "Cs":
            return chr(point)


def piece(chance: random.Random) -> str:
    kind = chance.randrange(12)
    if kind == 0:
        return "".join(character(chance) for _ in range(chance.randrange(1, 12)))
    if kind == 1:  # a very long word
        return chance.choice(["ا", "ب", "a", "7", "ل", "\u0651", "ـ", character(chance)]) * chance.randrange(20, 900)
    if kind == 2:
        return "".join(chance.choice("ابتثجحخدذرزسشصضطظعغفقكلمنهويءaeiou3567'") for _ in range(chance.randrange(1, 25)))
    choices = [WORDS, WORDS, WORDS, OPERATORS, OPERATORS, FIELDS, QUOTES, QUOTES, CONTROLS]
    return chance.choice(choices[kind - 3])


def query(chance: random.Random) -> str:
    pieces = [piece(chance) + chance.choice(SPACES) for _ in range(chance.randrange(1, 14))]
    text = "".join(pieces)
    if chance.random() < 0.1:
        opening, closing = chance.choice([("(", ")"), ("«", "»"), ('"', '"'), ("-(", ")"), ("كاتب:(", ")")])
        depth = chance.randrange(1, 60)
        text = opening * depth + text + closing * chance.randrange(depth + 1)
    return text


def looks(searcher: Searcher, text: str, number: int) -> int:
    """Ask for *text* in one of several ways, and return how often the clock was looked at."""
    mode = "hybrid" if number % 4 == 0 else "lexical"
    counted = 0

    def clock() -> float:
        nonlocal counted
        counted += 1
        return 0.0

    with run_clock(1.0, clock):
        with contextlib.suppress(QueryError):
            searcher.search(text, mode=mode, limit=3, explain=number % 3 == 0)
        if number % 4 == 1:
            searcher.complete(text, 8)
    return counted


def test_no_query_fails_or_makes_much_work(searcher: Searcher) -> None:
    chance = random.Random(SEED)
    texts = (query(chance) for _ in range(QUERIES))
    laborious = [text for number, text in enumerate(texts) if looks(searcher, text, number) > MOST_LOOKS]
    assert laborious == []
