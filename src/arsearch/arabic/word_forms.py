"""The lexicon of word forms: broken plurals, tenses of verbs, masdars and participles, by their light stems.

It was made by ``training/lexicon.py`` from arramooz (nouns and verbs, and how frequent lemmas are) and libqutrub
(conjugation), both by Taha Zerrouki, GPL. A line is a stem, a tab, and the stems of its other forms; before each stands
what it is and, in ninths, how sure a word that is written so is this one.
"""

from __future__ import annotations

from bisect import bisect_left
from collections.abc import Sequence
from functools import cache
from importlib import resources
from typing import NamedTuple

__all__ = ["WordForm", "is_known", "is_name", "is_own_word", "word_forms"]

_WEIGHTS = {"p": 1.0, "v": 0.9, "m": 0.75, "a": 0.65, "n": 0.6}
"""What a form counts beside the one that was typed: a plural or singular, another tense of a verb, masdar and verb,
participle and verb, masdar and participle."""
_NINTHS = 9


class WordForm(NamedTuple):
    """The stem of another form of a word, and what it counts beside the one that was typed."""

    stem: str
    weight: float
    is_noun: bool = False
    """Whether it is a plural or singular, before which prepositions stand."""
    is_same: bool = False
    """Whether it is the very word, with a particle or a pronoun or without, or spelled otherwise."""


@cache
def _lines() -> Sequence[str]:
    text = (resources.files("arsearch.arabic") / "lexicon" / "forms.tsv").read_text(encoding="utf-8")
    return text.split("\n")


def word_forms(stem: str) -> list[WordForm]:
    """Return the other forms of the words with *stem*, those that count most first."""
    lines = _lines()
    key = f"{stem}\t"
    at = bisect_left(lines, key)
    if at == len(lines) or not lines[at].startswith(key) or lines[at] == key:
        return []
    forms = (
        WordForm(form[2:], _WEIGHTS[form[0]] * (int(form[1]) / _NINTHS) ** 0.5, form[0] == "p")
        for form in lines[at][len(key) :].split(" ")
    )
    return sorted(forms, key=lambda form: -form.weight)


def is_known(stem: str) -> bool:
    """Whether *stem* is of an Arabic word that the lexicon has; names do not count."""
    lines = _lines()
    key = f"{stem}\t"
    at = bisect_left(lines, key)
    return at < len(lines) and lines[at].startswith(key)


@cache
def _names() -> frozenset[str]:
    text = (resources.files("arsearch.arabic") / "lexicon" / "names.txt").read_text(encoding="utf-8")
    return frozenset(text.split())


def is_name(stem: str) -> bool:
    """Whether *stem* is of a name that the lexicon has."""
    return stem in _names()


@cache
def _own_words() -> frozenset[str]:
    text = (resources.files("arsearch.arabic") / "lexicon" / "lemmas.txt").read_text(encoding="utf-8")
    return frozenset(text.split())


def is_own_word(stem: str) -> bool:
    """Whether *stem* looks as if it had a particle or a pronoun, and is known as a word without."""
    return stem in _own_words()
