"""What an editor wants for certain queries: articles that come first, and articles that do not come at all.

One rule a line, in the style of ``synonyms.txt``::

    # what readers type => +id of an article to pin, -id of one to block
    أسعار المحروقات, سعر البنزين => +a12, +a40, -a7

A rule is for queries of the same words, however they are spelled: with or without hamza, vowel marks and so on. The
idea, and that pinned articles keep their order, are those of Solr's QueryElevationComponent.
"""

from __future__ import annotations

import hashlib
import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from pathlib import Path

from arsearch.arabic import analyze
from arsearch.errors import SettingsError

__all__ = ["NO_CURATIONS", "Curation", "Curations", "curation_line", "read_curations"]

_COMMA = re.compile(r"(?<!\\),")
_ARROW = re.compile(r"(?<!\\)=>")
_COMMENT = re.compile(r"(?:^|\s)#.*")
_ESCAPED = re.compile(r"\\(.)")

Words = tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Curation:
    """What one query has: ids of articles that are *pinned*, the first one first, and of those that are *blocked*."""

    pinned: tuple[str, ...] = ()
    blocked: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Curations:
    """The rules of a file, by the folded words of the queries that they are for."""

    rules: Mapping[Words, Curation]

    def of(self, query: str) -> Curation | None:
        """Return the rule for what a reader typed, None if there is none."""
        return self.rules.get(_words(query)) if self.rules else None

    @property
    def digest(self) -> str:
        """The same for rules that say the same: a SHA-256 in hexadecimal digits, empty where there are none."""
        return hashlib.sha256(repr(sorted(self.rules.items(), key=str)).encode()).hexdigest() if self.rules else ""

    @classmethod
    def parse(cls, lines: Iterable[str]) -> Curations:
        """Read *lines*. Raises ValueError, with the number of the line, for one that is no rule.

        Several rules for one query are joined. A backslash takes a comma, an arrow or a number sign as it is.
        """
        rules: dict[Words, Curation] = {}
        for number, line in enumerate(lines, 1):
            text = _COMMENT.sub("", line).strip()
            if not text:
                continue
            queries, *articles = _ARROW.split(text)
            marked = [part.strip() for part in _COMMA.split(articles[0]) if part.strip()] if len(articles) == 1 else []
            asked = [words for query in _COMMA.split(queries) if (words := _words(_plain(query)))]
            if not asked or not marked or any(part[0] not in "+-" or not part[1:].strip() for part in marked):
                raise ValueError(f"line {number} is no rule: write `query => +id to pin, -id to block`")
            pinned = [_plain(part[1:].strip()) for part in marked if part[0] == "+"]
            blocked = [_plain(part[1:].strip()) for part in marked if part[0] == "-"]
            for words in asked:
                before = rules.get(words, Curation())
                rules[words] = Curation(
                    tuple(dict.fromkeys((*before.pinned, *pinned))), tuple(dict.fromkeys((*before.blocked, *blocked)))
                )
        return cls(rules)


NO_CURATIONS = Curations({})


def curation_line(query: str, *, pin: Iterable[str] = (), block: Iterable[str] = ()) -> str:
    """Return the line that pins and blocks articles by their ids for *query*."""
    marked = [f"+{_escaped(identifier)}" for identifier in pin] + [f"-{_escaped(identifier)}" for identifier in block]
    return f"{_escaped(query)} => {', '.join(marked)}"


def read_curations(path: Path, *, required: bool) -> Curations:
    """Read the file of rules; no rules if there is no file, unless it is *required*.

    Raises SettingsError if the file cannot be read, or holds what is no rule.
    """
    if not required and not path.is_file():
        return NO_CURATIONS
    try:
        return Curations.parse(path.read_text(encoding="utf-8-sig").splitlines())
    except (OSError, ValueError) as error:
        raise SettingsError(
            f"The curations in {path} cannot be read: {error}. Mend the file, or change the setting curations."
        ) from error


def _words(text: str) -> Words:
    return tuple(token.folded for token in analyze(text))


def _plain(text: str) -> str:
    return _ESCAPED.sub(r"\1", text.strip())


def _escaped(text: str) -> str:
    return re.sub(r"([\\,#])|(=>)", lambda found: "\\" + found[0], " ".join(text.split()))
