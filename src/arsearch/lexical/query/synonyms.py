"""Synonyms for words of a query, from the language and from a file of the maintainer's."""

from __future__ import annotations

import hashlib
import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import cache, cached_property
from pathlib import Path

from arsearch.arabic import Token
from arsearch.arabic.synonyms import SAME_NAMES, decimals, names_of_countries, percentages, well_known_names
from arsearch.arabic.tokenize import fold_plain_word, words
from arsearch.errors import SettingsError
from arsearch.lexical.query.parse import LexicalQuery, Synonym

__all__ = ["SynonymTable", "file_stamp", "read_synonyms", "synonyms_of"]

WEIGHT = 0.5
"""What another name counts, beside 1 for what was typed."""
SAME_NAME_WEIGHT = 0.8
"""What one counts that the language has for the very same thing."""

_COMMA = re.compile(r"(?<!\\),")
_ARROW = re.compile(r"(?<!\\)=>")
_AFTER_A_TITLE = (".", "/")
_MAX_SYNONYMS = 16
"""The most synonyms for one chunk of a query."""

Names = tuple[str, ...]
"""A name: its words, folded."""


@dataclass(frozen=True)
class SynonymTable:
    """For each name the others, in the order of the lines; *origin* says where they come from."""

    others: Mapping[Names, tuple[Names, ...]]
    origin: str
    weight: float = WEIGHT

    @cached_property
    def longest(self) -> dict[str, int]:
        """For the first word of each name, the words of the longest that begins with it."""
        longest: dict[str, int] = {}
        for name in self.others:
            longest[name[0]] = max(len(name), longest.get(name[0], 0))
        return longest

    @property
    def digest(self) -> str:
        """The same for tables that say the same, wherever they were read from: a SHA-256 in hexadecimal digits."""
        return hashlib.sha256(repr(sorted(self.others.items())).encode()).hexdigest()

    @classmethod
    def parse(cls, lines: Iterable[str], origin: str, weight: float = WEIGHT) -> SynonymTable:
        """Read lines in Solr's format.

        ``a, b, c`` are names of one thing; ``a, b => c`` gives *c* as another name of the others, and not the reverse.
        A number sign begins a comment; a backslash before a comma takes it as it is. Names may be of several words.
        """
        others: dict[Names, dict[Names, None]] = {}
        for line in lines:
            sides = [_names(side) for side in _ARROW.split(line.split("#", 1)[0], maxsplit=1)]
            for name in sides[0]:
                for other in sides[-1]:
                    if other != name:
                        others.setdefault(name, {})[other] = None
        return cls({name: tuple(found)[:_MAX_SYNONYMS] for name, found in others.items()}, origin, weight)

    def expand(self, words: tuple[Token, ...]) -> Iterator[Synonym]:
        """Yield the synonyms of chunks of *words*, the longest chunk at each position only."""
        position = 0
        folded_words = [word.folded for word in words]
        while position < len(folded_words):
            length = next(
                (
                    length
                    for length in range(
                        min(self.longest.get(folded_words[position], 0), len(folded_words) - position), 0, -1
                    )
                    if tuple(folded_words[position : position + length]) in self.others
                ),
                0,
            )
            for other in self.others.get(tuple(folded_words[position : position + length]), ()) if length else ():
                yield Synonym(position, position + length - 1, other, self.weight, self.origin)
            position += max(length, 1)


def _names(side: str) -> list[Names]:
    texts = (text.replace("\\", "") for text in _COMMA.split(side))
    return [name for text in texts if (name := _folded_words(text.strip()))]


def _folded_words(text: str) -> Names:
    """Return the folded forms that analysis would give, without the stems, which nobody needs here."""
    if (folded := fold_plain_word(text)) is not None:
        return (folded,)
    return tuple(folded for folded, _, _ in words(text))


@cache
def _language() -> SynonymTable:
    return SynonymTable.parse((*SAME_NAMES.splitlines(), *well_known_names()), "language", SAME_NAME_WEIGHT)


@cache
def _countries() -> SynonymTable:
    """Return the Arabic names of countries in Latin letters, by which a query in another language finds something."""
    lines = (f"{latin} => {arabic}" for latin, arabic in names_of_countries().items() if latin.isascii())
    return SynonymTable.parse(lines, "language", SAME_NAME_WEIGHT)


def synonyms_of(query: LexicalQuery, table: SynonymTable | None) -> list[Synonym]:
    """Return the synonyms of the words of *query*: of its percentages, from the language, from *table*.

    Words that were quoted are meant as they are.
    """
    quoted = {term for phrase in query.phrases for term in phrase}
    found = [
        Synonym(first, last, folded_words, WEIGHT, "percentage")
        for first, last, folded_words in percentages(query.plain, query.words)
    ]
    found += [
        Synonym(first, last, folded_words, 1.0, "decimal")
        for first, last, folded_words in decimals(query.plain, query.words)
    ]
    letters = list(_acronyms(query.words))
    # A country alone is what the suggestion answers, with a way back to what was typed.
    has_latin = len(query.words) > 1 and any(word.folded.isascii() for word in query.words)
    for known in (_language(), _countries() if has_latin else None, table):
        if known is not None:
            found.extend(known.expand(query.words))
    found = [one for one in found if one.origin != "language" or not _is_lone_letter(query, one, letters)]
    for first, last in letters:
        found.append(Synonym(first, last, tuple(word.folded for word in query.words[first : last + 1]), 1.0, "acronym"))
    return [
        synonym
        for synonym in found
        if not quoted & {word.folded for word in query.words[synonym.first : synonym.last + 1]}
    ]


def _acronyms(words: tuple[Token, ...]) -> Iterator[tuple[int, int]]:
    """Yield the first and the last of single letters in a row, such as those of an agency, with points or without."""
    first = 0
    for at in range(len(words) + 1):
        if at < len(words) and len(words[at].folded) == 1 and words[at].folded.isalpha():
            continue
        if at - first > 1:
            yield first, at - 1
        first = at + 1


def _is_lone_letter(query: LexicalQuery, synonym: Synonym, acronyms: Sequence[tuple[int, int]]) -> bool:
    """Whether *synonym* is for a letter that is no title: of an acronym or a vitamin, with no name behind it."""
    first, last = synonym.first, synonym.last
    word = query.words[first]
    if first != last or len(word.folded) > 1 or not word.folded.isalpha():
        return any(begin <= first and last <= end and (first, last) != (begin, end) for begin, end in acronyms) and (
            last + 1 >= len(query.words) or len(query.words[last + 1].folded) == 1
        )
    if last + 1 == len(query.words) or any(begin <= first <= end for begin, end in acronyms):
        return True
    return first > 0 and query.plain[word.end : word.end + 1] not in _AFTER_A_TITLE


def file_stamp(path: Path) -> tuple[int, int] | None:
    """Return what changes when the file at *path* does, None if there is none."""
    try:
        status = path.stat()
    except OSError:
        return None
    return status.st_mtime_ns, status.st_size


def read_synonyms(path: Path, *, required: bool) -> SynonymTable | None:
    """Read the maintainer's synonyms. None if there is no file, unless it is *required*.

    Raises SettingsError if the file cannot be read.
    """
    if not required and not path.is_file():
        return None
    try:
        lines = path.read_text(encoding="utf-8-sig").splitlines()
    except (OSError, UnicodeDecodeError) as error:
        raise SettingsError(
            f"The synonyms in {path} cannot be read: {error}. Mend the file, or change the setting synonyms."
        ) from error
    return SynonymTable.parse(lines, "file")
