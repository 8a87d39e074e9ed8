"""How the query language is written: operators, names of fields and quotes, in Arabic and in English.

What has none of it is words side by side, which is most of what readers type, and needs no parser.
"""

from __future__ import annotations

import re
from functools import cache

from arsearch.article_fields import KEYWORD_FIELDS, OwnFields
from arsearch.lexical.query.date_ranges import DATES
from arsearch.lexical.query.own_ranges import RANGES
from arsearch.lexical.segment.field_names import DATE

__all__ = [
    "AND", "ANYWHERE", "BEGINNING", "DATE_NAMES", "FIELD_NAMES", "NOT", "OR", "QUOTED", "TITLE", "field_pattern",
    "plain_words_of", "unsearched_spans", "without_controls",
]  # fmt: skip

ANYWHERE = "words"
"""The field of what is not typed after the name of one."""
TITLE = "title"

FIELD_NAMES = {
    "عنوان": TITLE, "العنوان": TITLE, "title": TITLE,
    **{typed: field.name for field in KEYWORD_FIELDS for typed in field.typed},
    "تاريخ": DATE, "التاريخ": DATE, "date": DATE,
}  # fmt: skip
DATE_NAMES = "|".join(name for name, field in FIELD_NAMES.items() if field == DATE)


@cache
def field_pattern(own: OwnFields) -> str:
    """Return the pattern of a field's name with its colon; of what is compared by size only before a range of it."""
    ranged = [("dated", DATE_NAMES, DATES)]
    ranged += [
        (f"own_{kind}", "|".join(field.name for field in own if field.kind == kind), RANGES[kind]) for kind in RANGES
    ]
    named = [name for name, field in FIELD_NAMES.items() if field != DATE]
    named += [field.name for field in own if field.kind == "keyword"]
    parts = [
        f"(?P<{group}>{names}):(?=(?P<{group}_range>{values})(?![^\\s)]))" for group, names, values in ranged if names
    ]
    return rf"(?<![^\s(\-])(?:{'|'.join(parts)}|(?P<named>{'|'.join(named)}):(?=[^\s)]))"


QUOTED = r'(?:"(?P<straight>[^"]*)"|«(?P<angled>[^»]*)»|“(?P<curled>[^”]*)”)'
# Two letters at least: one stands for a tenth of the vocabulary.
BEGINNING = r'(?P<text>[^\s*():"«»“”]{2,})\*(?![^\s)])'
AND = r"(?<![^\s)])(?:AND|&&|و)(?![^\s(])"
OR = r"(?<![^\s)])(?:OR|\|\|?|أو|او)(?![^\s(])"
NOT = r"(?<![^\s(])(?:(?:NOT|و?ليس)(?![^\s(])|-(?=[^\s\-]))"

# Without these, a text is words side by side.
_SPECIAL = re.compile(r'["«»“”():*&|]|(?<!\S)-')
_OPERATOR_WORDS = frozenset(("AND", "و", "OR", "أو", "او", "NOT", "ليس", "وليس"))

# They make text read from the other side and are not part of any word.
_BIDI_CONTROLS = re.compile("[\u061c\u200e\u200f\u202a-\u202e\u2066-\u2069\ufeff]")


def without_controls(text: str) -> str:
    """Return *text* without what makes it read from the other side, which is no part of any word."""
    return _BIDI_CONTROLS.sub("", text)


def plain_words_of(text: str) -> tuple[str, ...] | None:
    """Return the words of *text* where it says nothing else, None where there is something to parse, or nothing."""
    text = without_controls(text)
    if not _SPECIAL.search(text) and (words := text.split()) and _OPERATOR_WORDS.isdisjoint(words):
        return tuple(words)
    return None


_VALUE = r'(?:"[^"]*"|«[^»]*»|“[^”]*”|[^\s)]*)'
_OPERATOR = re.compile(f"{AND}|{OR}|{NOT}")


def unsearched_spans(text: str, own: OwnFields = ()) -> list[tuple[int, int]]:
    """Return start and end of what in *text* is no word to search for: operators, names of fields, their values.

    The words of a title are words.
    """
    spans = [match.span() for match in _OPERATOR.finditer(text)]
    for match in re.finditer(field_pattern(own) + _VALUE, text):
        is_title = FIELD_NAMES.get(match["named"] or "") == TITLE
        spans.append((match.start(), match.end("named") if is_title else match.end()))
    return spans
