"""Other spellings of a word that people use beside the usual one: candidates, of which an index may have some.

A hamza sits on another carrier (the rules of which are broken in one of ten such words, see Zaghouani et al., "Large
Scale Arabic Error Annotation", LREC 2014); letters that sound alike in a dialect stand for one another; names from
abroad have the g of one country or of another, and their vowels are written or not. All of it is about folded letters.
"""

from __future__ import annotations

from collections.abc import Iterator

from arsearch.arabic import letters as ar

__all__ = ["foreign_spellings", "hamza_spellings", "spellings_by_ear"]

_CARRIERS = {ar.WAW_HAMZA: ar.WAW, ar.YEH_HAMZA: ar.YEH, ar.ALEF_HAMZA_ABOVE: ar.ALEF, ar.HAMZA: ar.HAMZA}
_SITS_ON = (ar.WAW, ar.YEH, ar.ALEF, ar.HAMZA)
_ALIKE = (
    "ضظ", "ذد", "ذز", "ثت", "ثس", "صس", "طت",
)  # fmt: skip
_G = "جغقك"
_ABROAD = {"س": "زص", "ز": "س", "ص": "س", "ت": "ط", "ط": "ت", "ه": "ا", "ا": "ه"}
_VOWELS = (ar.ALEF, ar.WAW, ar.YEH)
_MOST_G = 3


def hamza_spellings(surface: str, stem: str) -> Iterator[str]:
    """Yield *stem*, of a word written as *surface*, with each hamza in it on other carriers."""
    at = 0
    for character in surface:
        folded = _CARRIERS.get(character)
        if folded is None:
            continue
        found = stem.find(folded, at)
        if found < 1:
            continue
        at = found + 1
        for other in _SITS_ON:
            if other != folded:
                yield stem[:found] + other + stem[found + 1 :]
    if surface.endswith((ar.HAMZA, ar.YEH_HAMZA)) and stem[-1] not in _SITS_ON:
        yield from (stem + carrier for carrier in (ar.ALEF, ar.YEH))  # stemming took it off


def spellings_by_ear(stem: str) -> Iterator[str]:
    """Yield *stem* with one letter as another that sounds like it."""
    for pair in _ALIKE:
        for one, other in ((pair[0], pair[1]), (pair[1], pair[0])):
            for at, letter in enumerate(stem):
                if letter == one:
                    yield stem[:at] + other + stem[at + 1 :]


def foreign_spellings(stem: str) -> Iterator[str]:
    """Yield *stem*, of a name or a word from abroad, as other countries write it."""
    with_other_g = list(dict.fromkeys(_with_other_g(stem)))
    yield from with_other_g
    for each in (stem, *with_other_g):
        yield from _with_other_vowels(each)
    for at, letter in enumerate(stem):
        for other in _ABROAD.get(letter, ""):
            yield stem[:at] + other + stem[at + 1 :]


def _with_other_g(stem: str) -> Iterator[str]:
    places = [at for at, letter in enumerate(stem) if letter in _G]
    if not 1 <= len(places) <= _MOST_G:
        return
    for chosen in ([at] for at in places):
        for letter in _G:
            yield "".join(letter if at in chosen else own for at, own in enumerate(stem))
    for letter in _G:
        yield "".join(letter if at in places else own for at, own in enumerate(stem))


def _with_other_vowels(stem: str) -> Iterator[str]:
    for at, letter in enumerate(stem):
        if letter in _VOWELS:
            yield stem[:at] + stem[at + 1 :]
    for at in range(len(stem) + 1):
        for vowel in _VOWELS if 0 < at < len(stem) else (ar.ALEF,):
            beside = stem[max(at - 1, 0) : at + 1]
            if not any(letter in _VOWELS for letter in beside):
                yield stem[:at] + vowel + stem[at:]
