"""The query language: what readers type, as a Whoosh query over the names of this module.

The work is Whoosh's own parser with its plugins; here is what they are told: how operators, fields and quotes are
written in Arabic and in English. Whatever does not parse, such as an operator with nothing beside it, is a plain word
or nothing at all.
"""

from __future__ import annotations

import re
from functools import cache
from typing import Any

from whoosh.qparser import plugins, syntax
from whoosh.qparser.default import QueryParser
from whoosh.query import And, Not, Or, Phrase, Prefix, Query, Term

from arsearch.lexical.query.date_ranges import DATES, date_range
from arsearch.lexical.whoosh.schema import AUTHOR, DATE, SOURCE, TAG

__all__ = ["ANYWHERE", "TITLE", "Loosely", "described", "parse_syntax", "unsearched_spans"]

ANYWHERE = "words"
"""The field of what is not typed after the name of one."""
TITLE = "title"

FIELD_NAMES = {
    "عنوان": TITLE, "العنوان": TITLE, "title": TITLE,
    "كاتب": AUTHOR, "الكاتب": AUTHOR, "author": AUTHOR,
    "مصدر": SOURCE, "المصدر": SOURCE, "source": SOURCE,
    "وسم": TAG, "الوسم": TAG, "tag": TAG,
    "تاريخ": DATE, "التاريخ": DATE, "date": DATE,
}  # fmt: skip

_DATED, _NAMED = (
    "|".join(name for name, field in FIELD_NAMES.items() if (field == DATE) is dated) for dated in (True, False)
)
_FIELD = rf"(?<![^\s(\-])(?:(?P<dated>{_DATED}):(?=(?P<dates>{DATES})(?![^\s)]))|(?P<named>{_NAMED}):(?=[^\s)]))"
_QUOTED = r'(?:"(?P<straight>[^"]*)"|«(?P<angled>[^»]*)»|“(?P<curled>[^”]*)”)'
# Two letters at least: one stands for a tenth of the vocabulary.
_BEGINNING = r'(?P<text>[^\s*():"«»“”]{2,})\*(?![^\s)])'
_AND = r"(?<![^\s)])(?:AND|&&|و)(?![^\s(])"
_OR = r"(?<![^\s)])(?:OR|\|\|?|أو|او)(?![^\s(])"
_NOT = r"(?<![^\s(])(?:(?:NOT|ليس)(?![^\s(])|-(?=[^\s\-]))"

# Without these, a text is words side by side.
_SPECIAL = re.compile(r'["«»“”():*&|]|(?<!\S)-')
_OPERATOR_WORDS = frozenset(("AND", "و", "OR", "أو", "او", "NOT", "ليس"))

# They make text read from the other side and are not part of any word.
_BIDI_CONTROLS = re.compile("[\u061c\u200e\u200f\u202a-\u202e\u2066-\u2069\ufeff]")
# Deeper than anyone means them, brackets are punctuation; they would only exhaust the stack.
_DEEPEST = 16


class Loosely(Or):  # type: ignore[misc]  # whoosh has no types
    """What stands side by side with no operator between: any of the words is enough."""


class _LooseGroup(syntax.GroupNode):  # type: ignore[misc]
    qclass = Loosely


class _FieldTagger(plugins.FieldsPlugin.FieldnameTagger):  # type: ignore[misc]
    def create(self, parser: Any, match: re.Match[str]) -> Any:  # noqa: ARG002  # Whoosh's
        if match["dated"] and date_range(match["dates"]) is None:
            return None
        return syntax.FieldnameNode(FIELD_NAMES[match["dated"] or match["named"]], match[0])


class _Fields(plugins.FieldsPlugin):  # type: ignore[misc]
    def taggers(self, parser: Any) -> list[Any]:  # noqa: ARG002  # Whoosh's
        return [(_FieldTagger(_FIELD), 0)]


class _QuoteTagger(plugins.PhrasePlugin.PhraseTagger):  # type: ignore[misc]
    def create(self, parser: Any, match: re.Match[str]) -> Any:  # noqa: ARG002  # Whoosh's
        return plugins.PhrasePlugin.PhraseNode(match[match.lastgroup or 0], match.start())


class _Quotes(plugins.PhrasePlugin):  # type: ignore[misc]
    def taggers(self, parser: Any) -> list[Any]:  # noqa: ARG002  # Whoosh's
        return [(_QuoteTagger(_QUOTED), 0)]


class _Operators(plugins.OperatorsPlugin):  # type: ignore[misc]
    def __init__(self) -> None:
        super().__init__(And=_AND, Or=_OR, Not=_NOT, AndNot=None, AndMaybe=None, Require=None)

    def filters(self, parser: Any) -> list[Any]:
        return [(_drop_lone_operators, 590), *super().filters(parser)]


def _drop_lone_operators(parser: Any, group: Any) -> Any:
    """Take away operators that have nothing to work on, so that those that are left all have."""
    kept = group.empty_copy()
    for node in group:
        if isinstance(node, syntax.GroupNode):
            node = _drop_lone_operators(parser, node)
        before = kept[-1] if len(kept) else None
        if isinstance(node, syntax.InfixOperator) and (before is None or isinstance(before, syntax.Operator)):
            continue
        if isinstance(node, syntax.PrefixOperator) and isinstance(before, syntax.PrefixOperator):
            continue
        kept.append(node)
    while len(kept) and isinstance(kept[-1], syntax.Operator):
        kept.pop()
    return kept


@cache
def _parser(brackets: bool) -> QueryParser:
    known = [_Fields(), _Quotes(), plugins.PrefixPlugin(_BEGINNING), _Operators()]
    return QueryParser(
        ANYWHERE, None, plugins=[*known, plugins.GroupPlugin()] if brackets else known, group=_LooseGroup
    )


def parse_syntax(text: str) -> Query:
    """Return what *text* says: a tree of And, Or, Not and Loosely over leaves that hold text as it was typed.

    Leaves are Term, Phrase and Prefix; their field is ``ANYWHERE``, ``TITLE``, or that of an author, a source, a tag
    or a date. Never raises.
    """
    text = _BIDI_CONTROLS.sub("", text)
    if not _SPECIAL.search(text) and (words := text.split()) and _OPERATOR_WORDS.isdisjoint(words):
        return Loosely([Term(ANYWHERE, word) for word in words])  # what the parser says, in a tenth of its time
    return _parser(text.count("(") <= _DEEPEST).parse(text, normalize=False)


_FIELD_AND_VALUE = re.compile(rf'{_FIELD}(?:"[^"]*"|«[^»]*»|“[^”]*”|[^\s)]*)')
_OPERATOR = re.compile(f"{_AND}|{_OR}|{_NOT}")


def unsearched_spans(text: str) -> list[tuple[int, int]]:
    """Return start and end of what in *text* is no word to search for: operators, names of fields, their values.

    The words of a title are words.
    """
    spans = [match.span() for match in _OPERATOR.finditer(text)]
    for match in _FIELD_AND_VALUE.finditer(text):
        is_title = match["named"] is not None and FIELD_NAMES[match["named"]] == TITLE
        spans.append((match.start(), match.end("named") if is_title else match.end()))
    return spans


def described(query: Query) -> str:
    """Return *query* in words that show how it was read, for explanations."""
    match query:
        case Not():
            return f"NOT {described(query.query)}"
        case And() | Or():
            parts = [part for part in map(described, query.subqueries) if part]
            joint = " AND " if isinstance(query, And) else " ~ " if isinstance(query, Loosely) else " OR "
            return parts[0] if len(parts) == 1 else f"({joint.join(parts)})" if parts else ""
        case Phrase():
            text = '"' + " ".join(query.words) + '"'
        case Prefix():
            text = f"{query.text}*"
        case Term():
            text = query.text
        case _:
            return ""
    return text if query.fieldname == ANYWHERE else f"{query.fieldname}:{text}"
