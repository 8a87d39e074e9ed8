"""The query as typed, taken apart: words, exact phrases, exclusions."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass

from arsearch.arabic import Token, analyze

__all__ = ["LexicalQuery", "parse_query"]

_QUOTES = re.compile(r'(-?)(?:"([^"]*)"|«([^»]*)»|“([^”]*)”)')
_EXCLUDED = re.compile(r"(?<!\S)-(\S+)")


@dataclass(frozen=True, slots=True)
class LexicalQuery:
    """What a query asks for.

    *words* are scored, any of them is enough; *phrases* must occur word for word in their exact forms, *excluded*
    (phrases too, most of one word) must not. *plain* is the query without its operators, for the semantic side.
    """

    words: tuple[Token, ...]
    phrases: tuple[tuple[str, ...], ...]
    excluded: tuple[tuple[str, ...], ...]
    plain: str

    @property
    def is_empty(self) -> bool:
        """Whether there is nothing to search for."""
        return not self.words

    @property
    def only_stop_words(self) -> bool:
        """Whether every word is a stop word, so that only exact forms can be searched."""
        return all(not word.stem for word in self.words)

    @property
    def scored_words(self) -> tuple[Token, ...]:
        """The words that count: stop words only where there is nothing else."""
        return self.words if self.only_stop_words else tuple(word for word in self.words if word.stem)


def parse_query(text: str, *, operators: bool = True, language: str = "ar") -> LexicalQuery:
    """Take *text* apart; without *operators* it is all words. *language* is that of its words of other scripts.

    Quotes that do not close and lone operators are as if they were not there. Never raises.
    """
    phrases: list[tuple[str, ...]] = []
    excluded: list[tuple[str, ...]] = []
    plain: list[str] = []
    for piece, quoted, negative in _pieces(text) if operators else [(text, False, False)]:
        exact = tuple(token.exact for token in analyze(piece))
        if negative:
            excluded.append(exact)
        else:
            plain.append(piece)
            if quoted:
                phrases.append(exact)
    remaining = " ".join(" ".join(plain).split())
    return LexicalQuery(
        words=tuple(analyze(remaining, language)),
        phrases=tuple(filter(None, phrases)),
        excluded=tuple(filter(None, excluded)),
        plain=remaining,
    )


def _pieces(text: str) -> Iterator[tuple[str, bool, bool]]:
    """Yield the pieces of *text* with whether each was quoted and whether it was excluded."""
    end = 0
    for match in _QUOTES.finditer(text):
        yield from _unquoted(text[end : match.start()])
        yield match[2] or match[3] or match[4] or "", True, bool(match[1])
        end = match.end()
    yield from _unquoted(text[end:])


def _unquoted(text: str) -> Iterator[tuple[str, bool, bool]]:
    for match in _EXCLUDED.finditer(text):
        yield match[1], False, True
    yield _EXCLUDED.sub(" ", text), False, False
