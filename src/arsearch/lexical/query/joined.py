"""Words that are written apart or as one: names with *servant of* and *father of*, *must*, letters of acronyms.

What stands apart in a query is looked up as one word, and the reverse; the words of the index say which of both there
are. Acronyms of Latin letters are spelled out with the names of the letters, as newspapers write them.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from itertools import pairwise

from arsearch.arabic import Token, analyze, fold
from arsearch.arabic.stem import ARTICLE
from arsearch.arabic.word_forms import is_known
from arsearch.lexical.query.parse import Synonym

__all__ = ["joined_and_apart", "phrases_as_written"]

_WEIGHT = 0.9
_LETTER_WEIGHT = 0.8
_WRITTEN_ONTO = "عبد أبو أبي أبا أم ابن بن بنت ذو ذي لا ما إن بور رام خان معد فوق رأس كل إلى"
_HEADS = frozenset(fold(word) for word in _WRITTEN_ONTO.split())
_HEADS_OF_NAMES = _HEADS - {fold(word) for word in ("أم", "بن", "بنت", "لا", "ما", "إن", "كل", "إلى")}
"""What others are written onto; beside what comes before an article."""
_FATHER = tuple(map(fold, ("أبو", "أبي", "أبا")))
_SON = tuple(map(fold, ("بن", "ابن")))
_SHORTEST = 2
_LETTERS = {
    letter: tuple(map(fold, names.split()))
    for letter, names in {
        "a": "إيه إي آي", "b": "بي", "c": "سي", "d": "دي", "e": "إي", "f": "إف", "g": "جي", "h": "إتش", "i": "آي",
        "j": "جيه", "k": "كيه", "l": "إل", "m": "إم", "n": "إن", "o": "أو", "p": "بي", "q": "كيو", "r": "آر",
        "s": "إس", "t": "تي", "u": "يو", "v": "في", "w": "دبليو", "x": "إكس", "y": "واي", "z": "زد",
    }.items()
}  # fmt: skip
_LONGEST_ACRONYM = 5
_SHORT_ACRONYM = 3
_FEWEST = 2
"""Articles that have it so, at least."""
_MOST_WRITINGS = 8
"""Ways to write a phrase: each name in it may double them."""


def joined_and_apart(
    words: Sequence[Token], has: Callable[[str], int], in_common: Callable[[str, str], int]
) -> Iterator[Synonym]:
    """Yield other ways to write chunks of *words*.

    *has* says in how many articles a folded form is, *in_common* in how many both of two are.
    """
    for at, (one, other) in enumerate(pairwise(words)):
        for before in _cases(one.folded):
            if _may_join(before, one, other) and has(before + other.folded) >= _FEWEST:
                yield Synonym(at, at + 1, (before + other.folded,), _WEIGHT, "joined")
            if before != one.folded and in_common(before, other.folded):
                yield Synonym(at, at + 1, (before, other.folded), _WEIGHT, "case")
    for at, word in enumerate(words):
        for before, after in _parts(word.folded):
            if has(before) and has(after) and in_common(before, after) >= _FEWEST:
                yield Synonym(at, at, (before, after), _WEIGHT, "apart")
        if word.folded.isascii() and word.folded.isalpha() and _is_acronym(word):
            names = tuple(next(filter(has, _LETTERS[letter]), "") for letter in word.folded)
            if all(names):
                yield Synonym(at, at, names, _LETTER_WEIGHT, "acronym")
    yield from _spelled_out(words, has)


def phrases_as_written(
    phrase: Sequence[str], has: Callable[[str], int], in_common: Callable[[str, str], int]
) -> tuple[tuple[str, ...], ...]:
    """Return the other ways to write a *phrase* of folded words: with names as one word, or apart."""
    tokens = [token for word in phrase for token in analyze(word)]
    if len(tokens) != len(phrase):
        return ()
    others = [other for other in joined_and_apart(tokens, has, in_common) if other.origin in ("joined", "apart")]
    found = {tuple(phrase): len(phrase)}
    for other in sorted(others, key=lambda other: -other.first):
        for writing, untouched in tuple(found.items()):
            if other.last < untouched and len(found) < _MOST_WRITINGS:
                new = (*writing[: other.first], *other.folded_words, *writing[other.last + 1 :])
                found.setdefault(new, other.first)
    return tuple(found)[1:]


def _may_join(before: str, one: Token, other: Token) -> bool:
    if not before.isalpha() or not other.folded.isalpha():
        return False
    if before in _HEADS or other.folded.startswith(ARTICLE):
        return True
    return not (is_known(one.stem) or is_known(other.stem) or not one.stem or not other.stem)


def _is_acronym(word: Token) -> bool:
    return 2 <= len(word.folded) <= (_LONGEST_ACRONYM if word.surface.isupper() else _SHORT_ACRONYM)


def _cases(folded: str) -> tuple[str, ...]:
    cases = next((words for words in (_FATHER, _SON) if folded in words), ())
    return (folded, *(other for other in cases if other != folded))


def _parts(folded: str) -> Iterator[tuple[str, str]]:
    for at in range(_SHORTEST, len(folded) - _SHORTEST):
        before, after = folded[:at], folded[at:]
        shortest = _SHORTEST if before == _FATHER[0] else _SHORTEST + 1
        if (before in _HEADS_OF_NAMES and len(after) > shortest) or (
            after.startswith(ARTICLE) and len(after) > len(ARTICLE) + 1
        ):
            yield before, after


def _spelled_out(words: Sequence[Token], has: Callable[[str], int]) -> Iterator[Synonym]:
    """Yield the Latin acronyms that the names of letters in a row are."""
    letters = {name: letter for letter, names in _LETTERS.items() for name in reversed(names)}
    first = 0
    while first < len(words):
        end = first
        while end < len(words) and words[end].folded.removeprefix(ARTICLE if end == first else "") in letters:
            end += 1
        if 2 <= end - first <= _LONGEST_ACRONYM:
            latin = "".join(
                letters[word.folded.removeprefix(ARTICLE) if at == 0 else word.folded]
                for at, word in enumerate(words[first:end])
            )
            if has(latin):
                yield Synonym(first, end - 1, (latin,), _LETTER_WEIGHT, "acronym")
        first = max(end, first + 1)
