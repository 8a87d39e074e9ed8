"""The authors, sources and tags that a segment has, by their words: read once for all commits that have the segment."""

from __future__ import annotations

import re
from dataclasses import dataclass
from weakref import WeakKeyDictionary

from arsearch.article_fields import KEYWORDS
from arsearch.lexical.segment.segment import SegmentFile

__all__ = ["NAMED_FIELDS", "SegmentNames", "names_of_segment", "words_of_name"]

NAMED_FIELDS = tuple(name for name in KEYWORDS if name != "section")
"""Fields of names; a section is a tag too."""
_WORD = re.compile(r"\w+")


def words_of_name(value: str) -> tuple[str, ...]:
    """Return the words of a folded value."""
    return tuple(_WORD.findall(value))


@dataclass(frozen=True, slots=True)
class SegmentNames:
    """*values* are fields with values of them, by the words of the value; *words* are all of these."""

    values: dict[tuple[str, ...], dict[tuple[str, str], None]]
    words: frozenset[str]


_known: WeakKeyDictionary[SegmentFile, SegmentNames] = WeakKeyDictionary()


def names_of_segment(file: SegmentFile) -> SegmentNames:
    """Return the names in the segment *file*, of deleted articles too."""
    found = _known.get(file)
    if found is None:
        values: dict[tuple[str, ...], dict[tuple[str, str], None]] = {}
        for field in NAMED_FIELDS:
            for text in file.dictionary.texts(*file.dictionary.bounds(field)):
                value = text.decode("utf-8", "replace")
                values.setdefault(words_of_name(value), {})[field, value] = None
        _known[file] = found = SegmentNames(values, frozenset(word for words in values for word in words))
    return found
