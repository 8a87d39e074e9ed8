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

from arsearch.article_fields import KEYWORD_FIELDS, OwnField, OwnFields
from arsearch.lexical.query.date_ranges import DATES, date_range, with_months_as_numbers
from arsearch.lexical.query.own_ranges import RANGES, value_range
from arsearch.lexical.segment.field_names import DATE

__all__ = ["ANYWHERE", "TITLE", "Loosely", "described", "parse_syntax", "unsearched_spans"]

ANYWHERE = "words"
"""The field of what is not typed after the name of one."""
TITLE = "title"

FIELD_NAMES = {
    "عنوان": TITLE, "العنوان": TITLE, "title": TITLE,
    **{typed: field.name for field in KEYWORD_FIELDS for typed in field.typed},
    "تاريخ": DATE, "التاريخ": DATE, "date": DATE,
}  # fmt: skip
_DATE_NAMES = "|".join(name for name, field in FIELD_NAMES.items() if field == DATE)


@cache
def _field_pattern(own: OwnFields) -> str:
    """Return the pattern of a field's name with its colon; of what is compared by size only before a range of it."""
    ranged = [("dated", _DATE_NAMES, DATES)]
    ranged += [
        (f"own_{kind}", "|".join(field.name for field in own if field.kind == kind), RANGES[kind]) for kind in RANGES
    ]
    named = [name for name, field in FIELD_NAMES.items() if field != DATE]
    named += [field.name for field in own if field.kind == "keyword"]
    parts = [
        f"(?P<{group}>{names}):(?=(?P<{group}_range>{values})(?![^\\s)]))" for group, names, values in ranged if names
    ]
    return rf"(?<![^\s(\-])(?:{'|'.join(parts)}|(?P<named>{'|'.join(named)}):(?=[^\s)]))"


def _field_of(match: re.Match[str], own: OwnFields) -> str | None:
    """Return the field whose name was matched, None where what follows is no range of its kind."""
    group = next(name for name, text in match.groupdict().items() if text is not None)
    if group == "dated":
        return DATE if date_range(match["dated_range"]) is not None else None
    declared = {field.name: field for field in own}
    if group == "named":
        return FIELD_NAMES.get(match["named"]) or declared[match["named"]].index_name
    field = declared[match[group]]
    return field.index_name if value_range(field, match[f"{group}_range"]) is not None else None


_QUOTED = r'(?:"(?P<straight>[^"]*)"|«(?P<angled>[^»]*)»|“(?P<curled>[^”]*)”)'
# Two letters at least: one stands for a tenth of the vocabulary.
_BEGINNING = r'(?P<text>[^\s*():"«»“”]{2,})\*(?![^\s)])'
_AND = r"(?<![^\s)])(?:AND|&&|و)(?![^\s(])"
_OR = r"(?<![^\s)])(?:OR|\|\|?|أو|او)(?![^\s(])"
_NOT = r"(?<![^\s(])(?:(?:NOT|و?ليس)(?![^\s(])|-(?=[^\s\-]))"

# Without these, a text is words side by side.
_SPECIAL = re.compile(r'["«»“”():*&|]|(?<!\S)-')
_OPERATOR_WORDS = frozenset(("AND", "و", "OR", "أو", "او", "NOT", "ليس", "وليس"))

# They make text read from the other side and are not part of any word.
_BIDI_CONTROLS = re.compile("[\u061c\u200e\u200f\u202a-\u202e\u2066-\u2069\ufeff]")
# Deeper than anyone means them, brackets are punctuation; they would only exhaust the stack.
_DEEPEST = 16


class Loosely(Or):  # type: ignore[misc]  # whoosh has no types
    """What stands side by side with no operator between: any of the words is enough."""


class _LooseGroup(syntax.GroupNode):  # type: ignore[misc]
    qclass = Loosely


class _FieldTagger(plugins.FieldsPlugin.FieldnameTagger):  # type: ignore[misc]
    def __init__(self, own: OwnFields) -> None:
        super().__init__(_field_pattern(own))
        self._own = own

    def create(self, parser: Any, match: re.Match[str]) -> Any:  # noqa: ARG002  # Whoosh's
        field = _field_of(match, self._own)
        return None if field is None else syntax.FieldnameNode(field, match[0])


class _Fields(plugins.FieldsPlugin):  # type: ignore[misc]
    def __init__(self, own: OwnFields) -> None:
        super().__init__()
        self._own = own

    def taggers(self, parser: Any) -> list[Any]:  # noqa: ARG002  # Whoosh's
        return [(_FieldTagger(self._own), 0)]


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
def _parser(brackets: bool, own: OwnFields) -> QueryParser:
    known = [_Fields(own), _Quotes(), plugins.PrefixPlugin(_BEGINNING), _Operators()]
    return QueryParser(
        ANYWHERE, None, plugins=[*known, plugins.GroupPlugin()] if brackets else known, group=_LooseGroup
    )


def parse_syntax(text: str, own: OwnFields = ()) -> Query:
    """Return what *text* says: a tree of And, Or, Not and Loosely over leaves that hold text as it was typed.

    Leaves are Term, Phrase and Prefix; their field is ``ANYWHERE``, ``TITLE``, a keyword field, the date, or what the
    index calls one of the *own* fields. Never raises.
    """
    text = _BIDI_CONTROLS.sub("", text)
    if ":" in text:
        text = with_months_as_numbers(text, _DATE_NAMES)
    if not _SPECIAL.search(text) and (words := text.split()) and _OPERATOR_WORDS.isdisjoint(words):
        return Loosely([Term(ANYWHERE, word) for word in words])  # what the parser says, in a tenth of its time
    return _parser(text.count("(") <= _DEEPEST, own).parse(text, normalize=False)


_VALUE = r'(?:"[^"]*"|«[^»]*»|“[^”]*”|[^\s)]*)'
_OPERATOR = re.compile(f"{_AND}|{_OR}|{_NOT}")


def unsearched_spans(text: str, own: OwnFields = ()) -> list[tuple[int, int]]:
    """Return start and end of what in *text* is no word to search for: operators, names of fields, their values.

    The words of a title are words.
    """
    spans = [match.span() for match in _OPERATOR.finditer(text)]
    for match in re.finditer(_field_pattern(own) + _VALUE, text):
        is_title = FIELD_NAMES.get(match["named"] or "") == TITLE
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
    if query.fieldname == ANYWHERE:
        return text
    own = OwnField.of_index_name(query.fieldname)
    return f"{own.name if own else query.fieldname}:{text}"
