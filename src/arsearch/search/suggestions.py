"""What is offered to a reader who types: what was meant, and how it may go on, spelled as articles spell it."""

from __future__ import annotations

import re
import unicodedata
from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass

import numpy as np

from arsearch.arabic import analyze, fold
from arsearch.arabic.fold import is_ignorable
from arsearch.backends import SearchableIndex

__all__ = ["Completion", "Suggestions"]

_EXAMPLES = 3
"""Articles that are looked at for how a word is spelled."""
_KEPT_SPELLINGS = 1 << 14
_WORD = re.compile(r"\w+")
_PRESENTATION_FORMS = re.compile("[\ufb50-\ufdcf\ufdf0-\ufdff\ufe70-\ufefc]+")


@dataclass(frozen=True, slots=True)
class Completion:
    """How what is typed may go on; where that is the title of an article, *article* is its id."""

    text: str
    article: str | None = None


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
        self._look_up_spellings(_words_of(*(change.candidates[0].folded for change in suggestion.changes)))
        pieces = []
        end = 0
        for change in suggestion.changes:
            spelled = " ".join(map(self._spelling, change.candidates[0].folded.split()))
            pieces += [text[end : change.start], spelled]
            end = change.end
        return "".join([*pieces, text[end:]])

    def _spelling(self, folded: str) -> str:
        """Return a word of the index as most of some articles spell it: folded forms are not for reading."""
        self._look_up_spellings([folded])
        return self._spellings.get(folded, folded)

    def _look_up_spellings(self, words: Iterable[str]) -> None:
        unknown = [word for word in dict.fromkeys(words) if word not in self._spellings]
        if not unknown:
            return
        if len(self._spellings) >= _KEPT_SPELLINGS:
            self._spellings.clear()
        for folded, surfaces in zip(unknown, self._index.all_spellings(unknown, _EXAMPLES), strict=True):
            spellings: Counter[str] = Counter()
            for surface in surfaces:
                spellings["".join(character for character in readable(surface) if not is_ignorable(character))] += 1
            # A stop word that only looks like a word is none of its spellings: "on", for Ali.
            if _says_something(folded):
                spellings = Counter({each: count for each, count in spellings.items() if _says_something(each)})
            self._spellings[folded] = max(spellings, key=spellings.__getitem__, default=folded)

    def complete(self, text: str, limit: int, *, expansions: int) -> list[Completion]:
        """Return at most *limit* ways in which *text* may go on: as articles go on, and whole titles.

        The text may be Arabic, in Latin letters, or typed on the wrong keyboard layout.
        """
        words: list[str] = []
        documents: dict[str, int] = {}
        completions = self._index.words.complete(text, 2 * limit, expansions=expansions)
        self._look_up_spellings(word for found in completions for word in _words_of(found.before or "", *found.words))
        for found in completions:
            before = text[: found.at] if found.before is None else self._respelled(found.before)
            spelled = dict.fromkeys(map(self._respelled, found.words))
            words += [before + word for word in spelled if _says_something(word)][:limit]
            for title, document in zip(self._index.titles(np.array(found.titles, np.int64)), found.titles, strict=True):
                documents.setdefault(readable(title), document)
        documents.pop("", None)
        titles = sorted(documents, key=lambda title: not fold(title).startswith(fold(text.strip())))
        words = list(dict.fromkeys(words))[: max(limit - len(titles), -(-limit // 2))]
        titles = [title for title in titles if title not in words][: limit - len(words)]
        ids = self._index.identifiers(np.array([documents[title] for title in titles], dtype=np.int64))
        return [
            *(Completion(word) for word in words),
            *(Completion(title, identifier) for title, identifier in zip(titles, ids, strict=True)),
        ]

    def _respelled(self, text: str) -> str:
        """Return *text*, which has folded words of the index, as articles spell it."""
        return _WORD.sub(lambda match: self._spelling(match[0]), text)


def _words_of(*texts: str) -> list[str]:
    return [word for text in texts for word in _WORD.findall(text)]


def readable(text: str) -> str:
    """Return *text* without presentation forms, which some files have in place of letters (Unicode, chapter 9.2)."""
    return _PRESENTATION_FORMS.sub(lambda match: unicodedata.normalize("NFKC", match[0]), text)


def _says_something(text: str) -> bool:
    """Whether the last word of *text* is a word, and none that stands everywhere."""
    tokens = analyze(text)
    return bool(tokens and tokens[-1].stem) and any(map(str.isalpha, tokens[-1].folded))
