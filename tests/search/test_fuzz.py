"""Queries that nobody would type: none fails, and none makes much work. `make fuzz` asks 200,000."""

from __future__ import annotations

import contextlib
import os
import random
import sys
import unicodedata
from collections import Counter
from collections.abc import Iterator
from types import FrameType

import pytest

from arsearch import QueryError, Searcher

pytestmark = [pytest.mark.slow, pytest.mark.fuzz]

QUERIES = int(os.environ.get("ARSEARCH_TEST_QUERIES", "500"))
MOST_CALLS = 200_000
"""Functions that a query may call, with its explanation: about 0.2 s of work, counted without a clock."""
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


@contextlib.contextmanager
def counting_calls() -> Iterator[Counter[str]]:
    """Count the functions of Python and of C that are called meanwhile, under the names of these two events."""
    counts: Counter[str] = Counter()

    def count(frame: FrameType, event: str, argument: object) -> None:
        counts[event] += 1

    sys.setprofile(count)
    try:
        yield counts
    finally:
        sys.setprofile(None)


def calls(searcher: Searcher, text: str, number: int) -> int:
    """Ask for *text* in one of several ways, and return how many functions were called."""
    mode = "hybrid" if number % 4 == 0 else "lexical"
    with counting_calls() as counts:
        with contextlib.suppress(QueryError):
            searcher.search(text, mode=mode, limit=3, explain=number % 3 == 0)
        if number % 4 == 1:
            searcher.complete(text, 8)
    return counts["call"] + counts["c_call"]


def test_no_query_fails_or_makes_much_work(searcher: Searcher) -> None:
    chance = random.Random(SEED)
    searcher.search("libya hgl]dkm المدينهه")  # what is computed once
    texts = (query(chance) for _ in range(QUERIES))
    laborious = [text for number, text in enumerate(texts) if calls(searcher, text, number) > MOST_CALLS]
    assert laborious == []
