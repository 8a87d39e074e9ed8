"""Inflections whose stems say little: duals of short words in teh marbuta, prepositions before *Lebanon*.

Light stemming leaves the teh of a dual on the word, which is too little to go by where two letters remain, and takes
off endings of a word's own once a preposition stands before it. So the words as they are written decide: a stem is
followed if half of the articles that have it, at least, have such an inflection.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator

from arsearch.arabic import Token
from arsearch.arabic import letters as ar
from arsearch.arabic.clitics import LEAVES, PREPOSITIONS
from arsearch.arabic.stem import ARTICLE, FEMININES, LEXEMES, OWN_ENDINGS, stem_of
from arsearch.arabic.stem import stem as light_stem

__all__ = ["inflected_stems"]

_DUALS = (ar.YEH + ar.NOON, ar.ALEF + ar.NOON)
_BEFORE_A_NOUN = ("", ARTICLE, ar.LAM + ar.LAM, ar.WAW + ARTICLE, ar.BEH + ARTICLE, *PREPOSITIONS, ar.WAW)
_MOSTLY = 0.5
"""The share of a stem's articles that have it by the inflection."""
_FEWEST = 3

Counter = Callable[[str], int]


def inflected_stems(word: Token, has_stem: Counter, has_folded: Counter) -> Iterator[str]:
    """Yield the stems of inflections of *word*, or of what it is an inflection of, that its own stem does not lead to.

    The functions say how many articles have a stem and a folded form.
    """
    if word.surface.endswith(ar.TEH_MARBUTA):
        yield from _duals(word, has_stem, has_folded)
    elif word.folded.endswith(tuple(ar.TEH + dual for dual in _DUALS)):
        yield from _singular(word, has_stem, has_folded)
    if word.stem in OWN_ENDINGS or word.stem in FEMININES or word.stem in LEXEMES:
        for preposition in PREPOSITIONS:
            found = light_stem(preposition + word.stem)
            if found != preposition + word.stem and _is_mostly(has_folded(preposition + word.stem), has_stem(found)):
                yield found


def _duals(word: Token, has_stem: Counter, has_folded: Counter) -> Iterator[str]:
    at = word.folded.find(word.stem)
    if at < 0:
        return
    body = word.folded[at:-1] + ar.TEH
    found = light_stem(body + _DUALS[0])
    if found == word.stem or (found == word.stem + ar.TEH and len(word.stem) >= LEAVES):
        return
    articles = has_stem(found)
    if articles and _is_mostly(
        sum(has_folded(before + body + dual) for before in _BEFORE_A_NOUN for dual in _DUALS), articles
    ):
        yield found


def _singular(word: Token, has_stem: Counter, has_folded: Counter) -> Iterator[str]:
    if not word.stem.endswith(ar.TEH):
        return
    singular = word.folded[word.folded.rfind(word.stem) : -3] + ar.HEH
    found = stem_of(singular[:-1] + ar.TEH_MARBUTA, singular)
    if found == word.stem[:-1] and len(found) >= LEAVES:
        return
    # A noun stands with the article; a particle that is written alike does not.
    if has_folded(ARTICLE + singular) >= max(_FEWEST, has_folded(word.folded)) and has_stem(found):
        yield found


def _is_mostly(inflected: int, articles: int) -> bool:
    return inflected > 0 and inflected >= _MOSTLY * articles
