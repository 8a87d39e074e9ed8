"""Completion: how what is being typed goes on in the articles, and which titles have what was typed so far."""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace

from arsearch.arabic import Token, analyze, fold
from arsearch.arabic.arabizi import latin_words
from arsearch.arabic.keyboard import as_typed_on_the_other_layout
from arsearch.lexical.segment.field_names import TEXT_FOLDED, TITLE_FOLDED
from arsearch.lexical.suggest.did_you_mean import Suggester
from arsearch.lexical.suggest.terms import Terms

__all__ = ["Completer", "Completions"]

_CONSIDERED = 24
"""Words that are looked at before the best are chosen."""
_HARDLY_IN_USE = 20
"""Of a word and a longer one that begins so, one that is so many times as rare as the other is not meant."""
_SHORTEST_LATIN = 2
_ENDING = re.compile("(?:ي|يا|يه)$")


def one_a_lexeme(words: Iterable[str]) -> list[str]:
    """Return of *words* with one stem only the first: a reader who is offered one of them has no need of the others."""
    kept: dict[str, str] = {}
    for word in words:
        stem = next((token.stem for token in analyze(word)), "")
        kept.setdefault(_ENDING.sub("", stem) or stem or word, word)
    return list(kept.values())


@dataclass(frozen=True, slots=True)
class Completions:
    """How a text may go on.

    *words*: what may take the place of ``text[at:]``, folded words of the index, best first; *before* are the words
    before it as they should be read, where they were typed in another script or layout (else None: as typed);
    *titles*: documents whose titles have all words, the last of which may be only begun.
    """

    at: int
    before: str | None
    words: tuple[str, ...]
    titles: tuple[int, ...]


class Completer:
    """Completes what is being typed from the words of an index. Safe to use from several threads if they are."""

    def __init__(self, terms: Terms, suggester: Suggester) -> None:
        self._terms = terms
        self._suggester = suggester

    def complete(self, text: str, limit: int, *, expansions: int) -> list[Completions]:
        """Return at most *limit* words and *limit* titles each; the last word stands for *expansions* others at most.

        As typed and, where it is in Latin letters, as Arabizi; if nothing goes on so, as typed on the other layout.
        """
        latin = latin_words(text)
        found = [self._as_typed(text, limit, expansions, strict=bool(latin))]
        if latin:
            found.append(self._as_arabizi(text, latin, limit, expansions))
        if not any(one.words or one.titles for one in found):
            for other in as_typed_on_the_other_layout(text):
                on_other = self._as_typed(other, limit, expansions, strict=True)
                found.append(replace(on_other, before=other[: on_other.at]))
        return [one for one in found if one.words or one.titles][:2]

    def _as_typed(self, text: str, limit: int, expansions: int, *, strict: bool) -> Completions:
        """Complete *text*; if *strict*, only where all its words but the last are in the index."""
        tokens = analyze(text)
        if strict and not all(self._frequency(token.folded) for token in tokens[:-1]):
            return Completions(len(text), None, (), ())
        begun = bool(tokens) and tokens[-1].end == len(text)
        if not begun:
            words = self._words("", tokens, limit) if text[-1:].isspace() else ()
            return Completions(len(text), None, words, tuple(self._titles(tokens, (), limit)))
        *whole, last = tokens
        words = self._words(last.folded, whole, limit)
        titles = self._titles(
            whole, [word for word, _ in self._terms.with_prefix(TITLE_FOLDED, last.folded, expansions)], limit
        )
        return Completions(last.start, None, words, tuple(titles))

    def _as_arabizi(self, text: str, latin: Sequence[tuple[str, int, int]], limit: int, expansions: int) -> Completions:
        if latin[-1][2] != len(text) or len(latin[-1][0]) < _SHORTEST_LATIN:
            return Completions(len(text), None, (), ())
        *whole, (word, start, _) = latin
        found = self._suggester.transliterator.candidates(fold(word), _CONSIDERED, begun=True)
        before = self._before(text[:start], whole)
        tokens = analyze(before)
        words = [candidate.folded for candidate in found if self._frequency(candidate.folded)]
        titles = self._titles(tokens, words[:expansions], limit)
        return Completions(start, before, tuple(one_a_lexeme(self._in_sequence(words, tokens))[:limit]), tuple(titles))

    def _before(self, text: str, latin: Sequence[tuple[str, int, int]]) -> str:
        pieces, end = [], 0
        for word, start, stop in latin:
            found = self._suggester.transliterator.candidates(fold(word), 1)
            pieces += [text[end:start], found[0].folded if found else text[start:stop]]
            end = stop
        return "".join([*pieces, text[end:]])

    def _words(self, begun: str, before: Sequence[Token], limit: int) -> tuple[str, ...]:
        """Return how *begun*, which may be empty, goes on after the words *before*: as articles have it."""
        typed = [token.folded for token in before]
        if typed:
            found = self._after(typed, begun)
        else:
            found = [word for word, _ in self._terms.with_prefix(TEXT_FOLDED, begun, _CONSIDERED)]
        as_typed = self._frequency(begun) if len(begun) > 1 else 0
        if not as_typed:
            return tuple(one_a_lexeme(found)[:limit])
        # The word may be whole: then what comes after it counts, and words that are hardly in use do not.
        longer = [word for word in found if word != begun and self._frequency(word) * _HARDLY_IN_USE >= as_typed]
        longer = one_a_lexeme(longer)
        if longer and self._frequency(longer[0]) > as_typed * _HARDLY_IN_USE:
            return tuple(longer[:limit])
        further = [f"{begun} {word}" for word in one_a_lexeme(self._after([*typed, begun], ""))]
        return tuple([*longer, *further][:limit])

    def _after(self, typed: Sequence[str], begun: str) -> list[str]:
        """Return words with the beginning *begun* that come after the words *typed*, after as many of them as any."""
        for context in dict.fromkeys((tuple(typed[-2:]), tuple(typed[-1:]))):
            if found := self._terms.followers(context, begun, _CONSIDERED):
                return found
        return []

    def _in_sequence(self, words: Sequence[str], before: Sequence[Token]) -> list[str]:
        """Return *words*, those first that come after the words *before* in most articles, equals as they come."""
        for context in dict.fromkeys((tuple(before[-2:]), tuple(before[-1:]))):
            counts = self._terms.following([token.folded for token in context], words) if context else []
            if any(counts):
                return [words[at] for at in sorted(range(len(words)), key=lambda at: -counts[at])]
        return list(words)

    def _titles(self, whole: Sequence[Token], begun: Sequence[str], limit: int) -> list[int]:
        """Return up to *limit* documents whose titles have all of *whole* and one of *begun*, best first."""
        return self._terms.titles([token.folded for token in whole], begun, limit) if whole or begun else []

    def _frequency(self, folded: str) -> int:
        return self._terms.document_frequency(TEXT_FOLDED, folded.encode())
