"""The query language: what readers type, as a Whoosh query over the names of this module.

The work is Whoosh's own parser with its plugins; here is what they are told: how operators, fields and quotes are
written in Arabic and in English. Whatever does not parse, such as an operator with nothing beside it, is a plain word
or nothing at all.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from functools import cache
from typing import Any

from whoosh.qparser import plugins, syntax
from whoosh.qparser.default import QueryParser
from whoosh.query import And, Not, Or, Phrase, Prefix, Query, Term

from arsearch.article_fields import OwnField, OwnFields
from arsearch.lexical.query.date_ranges import date_range, with_months_as_numbers
from arsearch.lexical.query.notation import (
    AND,
    ANYWHERE,
    BEGINNING,
    DATE_NAMES,
    FIELD_NAMES,
    NOT,
    OR,
    QUOTED,
    field_pattern,
    plain_words_of,
    without_controls,
)  # fmt: skip
from arsearch.lexical.query.own_ranges import value_range
from arsearch.lexical.segment.field_names import DATE

__all__ = ["Loosely", "described", "is_strict", "leaves", "parse_syntax", "tree_of", "unquoted"]


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


# Deeper than anyone means them, brackets are punctuation; they would only exhaust the stack.
_DEEPEST = 16


class Loosely(Or):  # type: ignore[misc]  # whoosh has no types
    """What stands side by side with no operator between: any of the words is enough."""


class _LooseGroup(syntax.GroupNode):  # type: ignore[misc]
    qclass = Loosely


class _FieldTagger(plugins.FieldsPlugin.FieldnameTagger):  # type: ignore[misc]
    def __init__(self, own: OwnFields) -> None:
        super().__init__(field_pattern(own))
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
        return [(_QuoteTagger(QUOTED), 0)]


class _Operators(plugins.OperatorsPlugin):  # type: ignore[misc]
    def __init__(self) -> None:
        super().__init__(And=AND, Or=OR, Not=NOT, AndNot=None, AndMaybe=None, Require=None)

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
    known = [_Fields(own), _Quotes(), plugins.PrefixPlugin(BEGINNING), _Operators()]
    return QueryParser(
        ANYWHERE, None, plugins=[*known, plugins.GroupPlugin()] if brackets else known, group=_LooseGroup
    )


def parse_syntax(text: str, own: OwnFields = ()) -> Query:
    """Return what *text* says: a tree of And, Or, Not and Loosely over leaves that hold text as it was typed.

    Leaves are Term, Phrase and Prefix; their field is ``ANYWHERE``, ``TITLE``, a keyword field, the date, or what the
    index calls one of the *own* fields. Never raises.
    """
    words = plain_words_of(text)
    if words is not None:
        return tree_of(words)  # what the parser says, in a tenth of its time
    text = without_controls(text)
    if ":" in text:
        text = with_months_as_numbers(text, DATE_NAMES)
    return _parser(text.count("(") <= _DEEPEST, own).parse(text, normalize=False)


def tree_of(asked: Query | tuple[str, ...]) -> Query:
    """Return what was *asked* as a tree: words side by side may come without one."""
    return Loosely([Term(ANYWHERE, text) for text in asked]) if isinstance(asked, tuple) else asked


def is_strict(query: Query) -> bool:
    """Whether *query* demands something even where any of several words is enough."""
    if isinstance(query, (Not, And)):
        return True
    if isinstance(query, Or):
        return any(map(is_strict, query.subqueries))
    return isinstance(query, Phrase) or query.fieldname != ANYWHERE


def leaves(query: Query, excluded: bool = False) -> Iterator[tuple[Query, bool]]:
    """Yield the leaves of *query* in the order in which they were typed, with whether each is excluded."""
    if isinstance(query, Not):
        yield from leaves(query.query, not excluded)
    elif isinstance(query, (And, Or)):
        for part in query.subqueries:
            yield from leaves(part, excluded)
    elif isinstance(query, (Term, Phrase, Prefix)):
        yield query, excluded


def unquoted(query: Query) -> Query:
    """Return *query* in which the words of phrases are words like others."""
    if isinstance(query, (And, Or)):
        return type(query)([unquoted(part) for part in query.subqueries])
    if isinstance(query, Phrase) and query.fieldname == ANYWHERE:
        return Loosely([Term(ANYWHERE, word) for word in query.words])
    return query


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
