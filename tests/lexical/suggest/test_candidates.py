"""Candidates from a vocabulary: for Latin spellings and for slips."""

from __future__ import annotations

from collections import Counter

import numpy as np
import pytest

from arsearch.arabic import fold
from arsearch.lexical.suggest.spelling import Speller
from arsearch.lexical.suggest.transliteration import Transliterator
from arsearch.lexical.suggest.word_list import WordList

from ...data import require_data

WORDS = {"الباشاغا": 3, "وزير": 90, "الداخليه": 80, "عربي": 40, "حب": 9, "ليبيا": 60, "ليبيه": 5, "انكلترا": 7,
         "غوتيريش": 4, "المدرسه": 20, "مدرسه": 30, "ابيات": 1, "google": 5, "واشنطن": 12}  # fmt: skip


def word_list(words: dict[str, int]) -> WordList:
    return WordList.of_texts("".join(f"{word}\n" for word in words), np.array(list(words.values()), dtype=np.int64))


@pytest.mark.parametrize(
    ("latin", "arabic"),
    [
        ("bashagha", "الباشاغا"), ("wazir", "وزير"), ("aldakhiliya", "الداخليه"), ("3arabi", "عربي"), ("7ob", "حب"),
        ("libya", "ليبيا"), ("washington", "واشنطن"), ("madrasa", "مدرسه"),
    ],
)  # fmt: skip
def test_latin_spellings(latin: str, arabic: str) -> None:
    assert Transliterator(word_list(WORDS)).candidates(latin, 5)[0].folded == arabic


@pytest.mark.parametrize(
    ("typed", "meant"),
    [
        ("جوتيريش", "غوتيريش"), ("انجلترا", "انكلترا"), ("انغلترا", "انكلترا"), ("وزيير", "وزير"), ("مدرصه", "مدرسه"),
        ("مردسه", "مدرسه"), ("الداخلييه", "الداخليه"), ("الدخليه", "الداخليه"),
    ],
)  # fmt: skip
def test_slips(typed: str, meant: str) -> None:
    assert Speller(word_list(WORDS)).candidates(typed, 5)[0].folded == meant


def test_nothing_is_near_nonsense() -> None:
    words = word_list(WORDS)
    assert Transliterator(words).candidates("xyzzy", 5) == []
    assert Speller(words).candidates("ضضضضض", 5) == []


def test_of_equals_the_more_frequent_comes_first() -> None:
    words = word_list({"كرم": 2, "كرام": 900, "كارم": 5})
    assert Transliterator(words).candidates("karam", 3)[0].folded == "كرام"


def test_a_vocabulary_may_be_empty() -> None:
    assert Transliterator(word_list({})).candidates("libya", 5) == Speller(word_list({})).candidates("ليبيا", 5) == []


def test_words_of_other_scripts_and_very_long_ones_are_not_in_the_list() -> None:
    assert len(word_list({"قمر": 1, "moon": 1, "ا": 1, "ب" * 40: 1})) == 1


@pytest.mark.slow
def test_arabizi_pairs_meet() -> None:
    path = require_data("language/arabizi-pairs.tsv")
    pairs = [line.split("\t") for line in path.read_text(encoding="utf-8").splitlines()]
    counts = Counter(fold(arabic) for _, arabic in pairs)
    transliterator = Transliterator(word_list(dict(counts)))
    found = [
        (fold(arabic), [word.folded for word in transliterator.candidates(fold(latin), 5)]) for latin, arabic in pairs
    ]
    assert sum(arabic == words[0] for arabic, words in found if words) / len(pairs) >= 0.6
    assert sum(arabic in words for arabic, words in found) / len(pairs) >= 0.8
