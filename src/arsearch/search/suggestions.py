"""What is offered to a reader who types: what was meant, and how it may go on, spelled as articles spell it."""

from __future__ import annotations

import re
import unicodedata
from collections import Counter
from dataclasses import dataclass

import numpy as np

from arsearch.arabic import analyze, fold
from arsearch.arabic.fold import is_ignorable
from arsearch.backends import SearchableIndex

__all__ = ["Completion", "Suggestions"]

_EXAMPLES = 3
"""Articles that are looked at for how a word is spelled."""
_KEPT_SPELLINGS = 1 << 14
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
            spellings["".join(character for character in readable(surface) if not is_ignorable(character))] += 1
        return max(spellings, key=spellings.__getitem__, default=folded)

    def complete(self, text: str, limit: int, *, expansions: int) -> list[Completion]:
        """Return at most *limit* ways in which *text* may go on: as articles go on, and whole titles.

        The text may be Arabic, in Latin letters, or typed on the wrong keyboard layout.
        """
        words: list[str] = []
        documents: dict[str, int] = {}
        for found in self._index.words.complete(text, 2 * limit, expansions=expansions):
            before = text[: found.at] if found.before is None else self._respelled(found.before)
            spelled = dict.fromkeys(map(self._respelled, found.words))
            words += [before + word for word in spelled if _says_something(word)][:limit]
            for title, document in zip(self._index.titles(np.array(found.titles, np.int64)), found.titles, strict=True):
                documents.setdefault(readable(title), document)
        documents.pop("", None)
        titles = sorted(documents, key=lambda title: not fold(title).startswith(fold(text.strip())))
        words = list(dict.fromkeys(words))[: max(limit - len(titles), -(-limit // 2))]
        titles = [title for title in titles if title not in words][: limit - len(words)]
        articles = self._index.articles(np.array([documents[title] for title in titles], dtype=np.int64))
        return [
            *(Completion(word) for word in words),
            *(Completion(title, article.id) for title, article in zip(titles, articles, strict=True)),
        ]

    def _respelled(self, text: str) -> str:
        """Return *text*, which has folded words of the index, as articles spell it."""
        return re.sub(r"\w+", lambda match: self._spelling(match[0]), text)


def readable(text: str) -> str:
    """Return *text* without presentation forms, which some files have in place of letters (Unicode, chapter 9.2)."""
    return _PRESENTATION_FORMS.sub(lambda match: unicodedata.normalize("NFKC", match[0]), text)


def _says_something(text: str) -> bool:
    """Whether the last word of *text* is a word, and none that stands everywhere."""
    tokens = analyze(text)
    return bool(tokens and tokens[-1].stem) and any(map(str.isalpha, tokens[-1].folded))
