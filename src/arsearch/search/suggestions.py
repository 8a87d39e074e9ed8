"""What is offered to a reader who types: what was meant, and how it may go on, spelled as articles spell it."""

from __future__ import annotations

import re
from collections import Counter

import numpy as np

from arsearch.arabic import analyze, fold
from arsearch.arabic.fold import is_ignorable
from arsearch.backends import SearchableIndex

__all__ = ["Suggestions"]

_EXAMPLES = 3
"""Articles that are looked at for how a word is spelled."""
_KEPT_SPELLINGS = 1 << 14


class Suggestions:
    """Suggestions and completions from one index. Safe to use from several threads."""

    def __init__(self, index: SearchableIndex) -> None:
        self._index = index
        self._spellings: dict[str, str] = {}

    def suggestion(self, text: str) -> str | None:
        """Return what may have been meant by *text*, as an article would spell it; None if there is nothing better.

        Everything that is not changed stays as it was typed: quotes, minus signs, numbers.
        """
        suggestion = self._index.words.suggest(text)
        if suggestion is None or suggestion.text is not None:
            return suggestion.text if suggestion else None
        pieces = []
        end = 0
        for change in suggestion.changes:
            spelled = " ".join(map(self._spelling, change.candidates[0].folded.split()))
            pieces += [text[end : change.start], spelled]
            end = change.end
        return "".join([*pieces, text[end:]])

    def _spelling(self, folded: str) -> str:
        if folded not in self._spellings:
            if len(self._spellings) >= _KEPT_SPELLINGS:
                self._spellings.clear()
            self._spellings[folded] = self._look_up_spelling(folded)
        return self._spellings[folded]

    def _look_up_spelling(self, folded: str) -> str:
        """Return a word of the index as most of some articles spell it: folded forms are not for reading."""
        spellings: Counter[str] = Counter()
        for surface in self._index.spellings(folded, _EXAMPLES):
            spellings["".join(character for character in surface if not is_ignorable(character))] += 1
        return max(spellings, key=spellings.__getitem__, default=folded)

    def complete(self, text: str, limit: int, *, expansions: int) -> list[str]:
        """Return at most *limit* ways in which *text* may go on: with the last word completed, and whole titles.

        The text may be Arabic, in Latin letters, or typed on the wrong keyboard layout.
        """
        words, titles = [], []
        for found in self._index.words.complete(text, 2 * limit, expansions=expansions):
            before = text[: found.at] if found.before is None else self._respelled(found.before)
            spelled = dict.fromkeys(map(self._spelling, found.words[:limit]))
            words += [before + word for word in spelled if any(token.stem for token in analyze(word))]
            titles += self._index.titles(np.array(found.titles, dtype=np.int64))
        titles = list(dict.fromkeys(filter(None, titles)))
        titles.sort(key=lambda title: not fold(title).startswith(fold(text.strip())))
        words = words[: max(limit - len(titles), -(-limit // 2))]
        return list(dict.fromkeys([*words, *titles]))[:limit]

    def _respelled(self, text: str) -> str:
        """Return *text*, which has folded words of the index, as articles spell it."""
        return re.sub(r"\w+", lambda match: self._spelling(match[0]), text)
