"""Other forms of the words of a query: with particles and pronouns, plurals, verbs and what is derived from them.

Whether a letter at the edge of a word is a particle, the words of the index tell (:mod:`arsearch.arabic.clitics` has
the letters): what remains without it is at least as frequent; and while nouns take the article, and prepositions stand
before nouns, neither stands before a preposition. Plurals and verbs are those of the lexicon
(:mod:`arsearch.arabic.word_forms`). All of it is decided when a query is read, from the documents that are live then:
an index that was updated answers as one that was built anew.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import NamedTuple, Protocol

from arsearch.arabic import Token
from arsearch.arabic import letters as ar
from arsearch.arabic.clitics import ENDINGS, LEAVES, PREPOSITIONS, PROCLITICS
from arsearch.arabic.fold import is_arabic
from arsearch.arabic.stem import ARTICLE, FEMININES, FEMININES_BY_SPELLING
from arsearch.arabic.variants import foreign_spellings, hamza_spellings, spellings_by_ear
from arsearch.arabic.word_forms import WordForm, is_known, is_name, is_own_word, word_forms
from arsearch.lexical.query.inflections import inflected_stems
from arsearch.lexical.segment.field_names import TEXT_FOLDED, TEXT_STEM

__all__ = ["FormFinder", "FormVocabulary", "Forms"]

_SAME_WORD = 0.9
"""What a word with or without a particle or pronoun counts beside the one typed."""
_OTHER_SPELLING = 0.85
_LONG_ENOUGH = 4
_FAR_COMMONER = 20
"""A word is so many times as frequent as a slip that is made by ear."""
_FEWEST = 3
"""Articles that have the word without its particle, at least."""
_PRONOUN_RATIO = 2
"""A word is so many times as frequent as with a pronoun, at least."""
_MOST_WITH_ARTICLE = 0.05
_MOST_WITH_PREPOSITION = 0.02
_RANGE = 2000
"""Stems with one beginning that are looked through."""
_MOST_FORMS = 32
_LEAST_WEIGHT = 0.15
_FUTURE = ar.SEEN
_IMPERFECT = (ar.YEH, ar.TEH, ar.NOON, ar.ALEF)


class FormVocabulary(Protocol):
    """What has to be known of the words of an index."""

    def document_frequency(self, field: str, text: bytes) -> int:
        """Return how many articles have a term."""

    def terms_with_prefixes(self, field: str, prefixes: list[bytes], most: int) -> list[list[bytes]]:
        """Return for each of *prefixes* the terms of *field* that begin so, none if there are more than *most*."""


class Forms(NamedTuple):
    """The other forms of a word: their stems with what they count, and how many articles have the word at all.

    *base* is its stem without the particle and the pronoun that it may have.
    """

    others: tuple[WordForm, ...]
    base: str
    articles: int


class FormFinder:
    """Finds the other forms of words that an index has. Safe to use from several threads if its vocabulary is."""

    def __init__(self, vocabulary: FormVocabulary) -> None:
        self._vocabulary = vocabulary

    def forms(self, word: Token) -> Forms:
        """Return the other forms of *word*, those that count most first."""
        stem = word.stem
        if not stem or not is_arabic(stem[0]):
            return Forms((), stem, 0)
        typed = self._articles(stem)
        base = self._without_clitics(stem, typed, is_feminine=word.folded.endswith(ar.HEH))
        related = {base: _SAME_WORD if base != stem else 1.0}
        for other in self._other_spellings(word, base):
            related[other] = _OTHER_SPELLING
        for other in inflected_stems(word, self._articles, self._folded):
            related.setdefault(other, _SAME_WORD)
        same = {stem, *related}
        expanded = set(same)
        for known in dict.fromkeys((stem, base)):
            if len(known) < LEAVES and known != word.folded:
                continue  # what a long word has left after its endings is too little to go by
            for form in word_forms(known):
                if form.weight > related.get(form.stem, 0) and self._articles(form.stem):
                    related[form.stem] = form.weight
                    if form.is_noun:
                        expanded.add(form.stem)
        found = dict(related)
        with_clitics: set[str] = set()
        for each, weight in related.items():
            if each not in expanded:
                continue
            for longer in self._with_clitics(each):
                if each in same:
                    with_clitics.add(longer)
                found[longer] = max(found.get(longer, 0), weight * _SAME_WORD)
        found.pop(stem, None)
        others = [
            WordForm(each, weight, is_same=each in same or each in with_clitics)
            for each, weight in found.items()
            if weight >= _LEAST_WEIGHT
        ]
        others.sort(key=lambda form: (-form.weight * self._articles(form.stem) ** 0.5, form.stem))
        return Forms(tuple(others[:_MOST_FORMS]), base, max(typed, self._articles(base)))

    def _other_spellings(self, word: Token, base: str) -> Iterator[str]:
        """Yield the stems in the index that are *word*, whose stem without particles is *base*, spelled otherwise."""
        typed = self._articles(base)
        is_native = is_known(base)
        # A final heh is a pronoun where articles have it, and mostly a teh marbuta where readers type it.
        if word.folded.endswith(ar.HEH) and base + ar.HEH in FEMININES_BY_SPELLING and self._articles(base + ar.HEH):
            yield base + ar.HEH
        for other in hamza_spellings(word.surface, word.stem) if len(word.stem) >= LEAVES else ():
            if self._articles(other) and not (is_native and is_known(other)):
                yield other
        if len(base) < _LONG_ENOUGH:
            return
        for other in spellings_by_ear(base):
            count = self._articles(other)
            if count and not (is_native and is_known(other)):
                rare, common = sorted((count, typed))
                if common >= _FAR_COMMONER * rare:
                    yield other
        if not is_native:
            for other in foreign_spellings(base):
                if (
                    len(other) >= _LONG_ENOUGH
                    and self._articles(other)
                    and not is_known(other)
                    and not (is_name(base) and is_name(other))
                ):
                    yield other

    def _without_clitics(self, stem: str, articles: int, *, is_feminine: bool) -> str:
        """Return *stem* without a particle and a pronoun, *stem* itself if the index has nothing of the kind.

        A word that may end in a teh marbuta, as it *is_feminine*, may have two letters before it.
        """
        best, most = stem, 0
        for proclitic, rest in _beginnings(stem):
            short = [(rest + ar.HEH, "")] if is_feminine and len(rest) < LEAVES and rest + ar.HEH in FEMININES else []
            for base, ending in (*short, *_endings(rest)):
                if base == stem or len(base) < LEAVES or _is_other_word(base, proclitic, ending):
                    continue
                count = self._articles(base)
                if count > most and self._is_with_clitics(stem, articles, count, proclitic, ending):
                    best, most = base, count
        return best

    def _with_clitics(self, stem: str) -> Iterator[str]:
        """Yield the stems that are *stem* with a particle or a pronoun, or both."""
        if len(stem) < LEAVES:
            return
        articles = self._articles(stem)
        # A word that keeps its teh marbuta does so only where nothing is written onto it.
        body = stem[:-1] if stem in FEMININES else stem
        proclitics = ("", *PROCLITICS, *((_FUTURE,) if stem[0] in _IMPERFECT else ()))
        beginnings = [(proclitic + body).encode() for proclitic in proclitics]
        terms = self._vocabulary.terms_with_prefixes(TEXT_STEM, beginnings, _RANGE)
        for proclitic, beginning, begun in zip(proclitics, beginnings, terms, strict=True):
            for term in begun:
                encoded = term[len(beginning) :]
                if encoded not in _ENCODED_ENDINGS or not (proclitic or encoded):
                    continue
                ending = encoded.decode()
                if body != stem and not (proclitic or ending[0] in _BEFORE_TEH):
                    continue
                longer = term.decode()
                if self._is_with_clitics(longer, self._articles(longer), articles, proclitic, ending):
                    yield longer

    def _is_with_clitics(self, whole: str, with_it: int, without: int, proclitic: str, ending: str) -> bool:
        """Whether the word *whole*, in *with_it* articles, is one that stands *without* its edges in so many others."""
        if without < max(_FEWEST, with_it * (_PRONOUN_RATIO if ending else 1)) or is_own_word(whole):
            return False
        if self._folded(ARTICLE + whole) + self._folded(ARTICLE + whole + ar.HEH) > _MOST_WITH_ARTICLE * with_it:
            return False
        if proclitic and proclitic != _FUTURE:
            # A lam before a lam is "for the": the noun has the article there, and no preposition of its own.
            before = sum(
                self._folded(each + whole) for each in PREPOSITIONS[:2] if each != ar.LAM or whole[0] != ar.LAM
            )
            return before <= max(1, _MOST_WITH_PREPOSITION * with_it)
        return True

    def _articles(self, stem: str) -> int:
        return self._vocabulary.document_frequency(TEXT_STEM, stem.encode())

    def _folded(self, word: str) -> int:
        return self._vocabulary.document_frequency(TEXT_FOLDED, word.encode())


_POSSIBLE_ENDINGS = frozenset(("", *ENDINGS))
_ENCODED_ENDINGS = frozenset(ending.encode() for ending in _POSSIBLE_ENDINGS)
_BEFORE_TEH = (ar.TEH, ar.ALEF)


def _is_other_word(base: str, proclitic: str, ending: str) -> bool:
    """Whether *base* keeps its teh marbuta, of which nothing is left in the word: then it is another one."""
    return base in FEMININES and not proclitic and not ending.startswith(_BEFORE_TEH)


_LONGEST_ENDING = max(map(len, ENDINGS))


def _beginnings(stem: str) -> Iterator[tuple[str, str]]:
    yield "", stem
    for proclitic in PROCLITICS:
        if stem.startswith(proclitic):
            yield proclitic, stem[len(proclitic) :]
    if stem[0] == _FUTURE and stem[1:2] in _IMPERFECT:
        yield _FUTURE, stem[1:]


def _endings(word: str) -> Iterator[tuple[str, str]]:
    for length in range(min(_LONGEST_ENDING, len(word) - LEAVES) + 1):
        ending = word[len(word) - length :]
        if ending in _POSSIBLE_ENDINGS:
            base = word[: len(word) - length]
            yield base, ending
            if base + ar.HEH in FEMININES:
                yield base + ar.HEH, ending
