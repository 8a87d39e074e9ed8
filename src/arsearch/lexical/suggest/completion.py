"""Completion: how the word that is being typed may go on, and which titles have what was typed so far."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace

from arsearch.arabic import Token, analyze, fold
from arsearch.arabic.arabizi import latin_words
from arsearch.arabic.keyboard import as_typed_on_the_other_layout
from arsearch.lexical.segment.field_names import TEXT_FOLDED, TITLE_FOLDED
from arsearch.lexical.suggest.did_you_mean import Suggester
from arsearch.lexical.suggest.terms import Terms

__all__ = ["Completer", "Completions"]

_CONSIDERED = 24
"""Words whose company is looked at before the best are chosen."""
_SHORTEST_LATIN = 2


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
            return Completions(len(text), None, (), tuple(self._titles(tokens, (), limit)))
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
        return Completions(start, before, tuple(self._in_company(words, tokens)[:limit]), tuple(titles))

    def _before(self, text: str, latin: Sequence[tuple[str, int, int]]) -> str:
        pieces, end = [], 0
        for word, start, stop in latin:
            found = self._suggester.transliterator.candidates(fold(word), 1)
            pieces += [text[end:start], found[0].folded if found else text[start:stop]]
            end = stop
        return "".join([*pieces, text[end:]])

    def _words(self, prefix: str, before: Sequence[Token], limit: int) -> tuple[str, ...]:
        found = [word for word, _ in self._terms.with_prefix(TEXT_FOLDED, prefix, _CONSIDERED) if word != prefix]
        return tuple(self._in_company(found, before)[:limit])

    def _in_company(self, words: Sequence[str], before: Sequence[Token]) -> list[str]:
        """Return *words*, those that stand in most articles with the word before them first, equals as they come."""
        beside = next((token.folded for token in reversed(before) if token.stem), None)
        if beside is None:
            return list(words)
        self._terms.prefetch((beside, word) for word in words)
        return sorted(words, key=lambda word: -self._terms.co_occurrences(beside, word))

    def _titles(self, whole: Sequence[Token], begun: Sequence[str], limit: int) -> list[int]:
        """Return up to *limit* documents whose titles have all of *whole* and one of *begun*, best first."""
        return self._terms.titles([token.folded for token in whole], begun, limit) if whole or begun else []

    def _frequency(self, folded: str) -> int:
        return self._terms.document_frequency(TEXT_FOLDED, folded.encode())
