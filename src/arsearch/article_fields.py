"""The fields by which articles are filtered, counted and sorted: each is declared here, once, for whoever knows it.

The request, the command line, the query language, the lexical schema, facets, cursors, pages, the API and the mapping
of a cluster take the keyword fields from ``KEYWORD_FIELDS``. A maintainer's own fields are declared in the settings
(``[fields.extra]``), remembered by the manifest of the index, and known as :class:`OwnField`.
"""

from __future__ import annotations

import unicodedata
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Literal, NamedTuple, cast, get_args

__all__ = [
    "FIELD_KINDS",
    "KEYWORDS",
    "KEYWORD_FIELDS",
    "PROSE_GAP",
    "ExtraValue",
    "FieldKind",
    "KeywordField",
    "Keywords",
    "OwnField",
    "OwnFields",
    "extra_from_json",
    "keyword_values",
    "own_fields",
    "parse_own_fields",
    "texts_of_table",
]

FieldKind = Literal["keyword", "number", "date", "text"]
"""What an own field holds: whole values, numbers, dates (ISO 8601), or prose that is searched with the body."""
FIELD_KINDS: tuple[FieldKind, ...] = get_args(FieldKind)

ExtraValue = str | int | float | tuple[str, ...]
"""A value of an own field: several texts only where it is a keyword."""


class Keywords(NamedTuple):
    """What an article is filtered by: of a copy this is all that is indexed."""

    author: str
    source: str
    tags: tuple[str, ...]
    extra: Mapping[str, ExtraValue] = {}


@dataclass(frozen=True, slots=True)
class KeywordField:
    """A field of whole values, compared folded, that every article has.

    *name* is what requests, facets and the index call it, *typed* what readers type before a colon; *described* ends
    the sentence "Only articles ...". *values* gives those of an article.
    """

    name: str
    typed: tuple[str, ...]
    described: str
    values: Callable[[Keywords], Iterable[str]]
    example: str = ""
    beside_results: bool = True
    """Whether pages show its values beside the results."""


KEYWORD_FIELDS = (
    KeywordField("section", ("قسم", "القسم", "section"), "with this as their first tag", lambda of: of.tags[:1]),
    KeywordField("source", ("مصدر", "المصدر", "source"), "from this source", lambda of: (of.source,), "الرياض"),
    KeywordField("author", ("كاتب", "الكاتب", "author"), "by this author", lambda of: (of.author,), "ليلى الحسن"),
    KeywordField("tag", ("وسم", "الوسم", "tag"), "with this tag", lambda of: of.tags, "اقتصاد", beside_results=False),
)
"""In the order in which pages, addresses and answers have them."""
KEYWORDS = tuple(field.name for field in KEYWORD_FIELDS)


@dataclass(frozen=True, slots=True, order=True)
class OwnField:
    """A field that a maintainer declared."""

    name: str
    kind: FieldKind

    @property
    def index_name(self) -> str:
        """What the lexical index and parsed queries call it. No other field has such a name."""
        return f"extra.{self.kind}.{self.name}"

    @property
    def is_filter(self) -> bool:
        """Whether articles are filtered by it; prose is searched."""
        return self.kind != "text"

    @property
    def has_order(self) -> bool:
        """Whether it is compared by size: such a field is asked for in ranges, and sorts."""
        return self.kind in ("number", "date")

    @classmethod
    def of_index_name(cls, name: str) -> OwnField | None:
        """Return the field that the index calls *name*, None if that is no own field."""
        first, *rest = name.split(".", 2)
        return cls(rest[1], cast("FieldKind", rest[0])) if first == "extra" and len(rest) == 2 else None

    def values(self, extra: Mapping[str, ExtraValue]) -> Sequence[str]:
        """Return the values of a keyword field in *extra*."""
        value = extra.get(self.name, ())
        return value if isinstance(value, tuple) else (str(value),)


OwnFields = tuple[OwnField, ...]
"""Sorted by name."""
PROSE_GAP = "\n\n"
"""What stands between a body and the own fields of prose that are searched with it."""

_LONGEST_NAME = 40
_RESERVED = frozenset(
    {
        "id", "title", "body", "author", "date", "source", "url", "tags", "language",  # an article has them
        "section", "tag", "year",  # filters and facets have them
        "score", "snippet", "copies", "explain", "extra",  # hits have them
        "relevance", "newest", "oldest",  # orders of hits
        "words",  # what is typed after no name
        *(name for field in KEYWORD_FIELDS for name in field.typed),
        "عنوان", "العنوان", "تاريخ", "التاريخ",  # of the query language
    }
)  # fmt: skip


def own_fields(declared: Mapping[str, str]) -> OwnFields:
    """Return the fields that *declared* names with their kinds. Raises ValueError, whose message says what to do."""
    fields = []
    for name, kind in declared.items():
        if not name.isidentifier() or name.startswith("_") or name != unicodedata.normalize("NFKC", name):
            raise ValueError(f"{name!r} is no name for a field; write letters, digits and _, a letter first")
        if len(name) > _LONGEST_NAME:
            raise ValueError(f"the name {name[:_LONGEST_NAME]!r}... is too long; {_LONGEST_NAME} characters are enough")
        if name.lower() in _RESERVED:
            raise ValueError(f"the name {name!r} has a meaning already; choose another, such as {name.lower()}_name")
        if kind not in FIELD_KINDS:
            raise ValueError(f"the field {name!r} is of the kind {kind!r}; choose one of: {', '.join(FIELD_KINDS)}")
        fields.append(OwnField(name, kind))
    return tuple(sorted(fields))


def parse_own_fields(declared: Iterable[str]) -> OwnFields:
    """Return the fields that texts such as ``country=keyword`` declare. Raises ValueError."""
    kinds: dict[str, str] = {}
    for each in declared:
        name, equals, kind = (part.strip() for part in each.partition("="))
        if not equals:
            raise ValueError(f"{each!r} is not NAME=KIND; write country=keyword")
        if kinds.setdefault(name, kind) != kind:
            raise ValueError(f"the field {name!r} is declared twice, as {kinds[name]!r} and as {kind!r}; choose one")
    return own_fields(kinds)


def extra_from_json(written: Mapping[str, Any]) -> dict[str, ExtraValue]:
    """Return own fields as an article has them, of the JSON types they were written as."""
    return {name: tuple(value) if isinstance(value, list) else value for name, value in written.items()}


def texts_of_table(table: Mapping[str, Any]) -> tuple[list[str], list[str]]:
    """Return what the table ``[fields]`` of a settings file says as texts: names as NAME=FIELD, declarations NAME=KIND.

    The latter stand in its table ``extra``. Raises ValueError.
    """
    names = dict(table)
    declared: Mapping[str, Any] = names.pop("extra") if isinstance(names.get("extra"), dict) else {}
    for name, value in (*names.items(), *declared.items()):
        if not isinstance(value, str):
            raise ValueError(f"{name} is {value!r}; write a text, in quotes")
    return [f"{name}={field}" for name, field in names.items()], [f"{name}={kind}" for name, kind in declared.items()]


def keyword_values(keywords: Iterable[Keywords], own: OwnFields = ()) -> dict[str, list[str]]:
    """Return the values of every keyword field, by what the index calls it, that any of *keywords* has.

    These are of the article itself and of its copies.
    """
    keywords = list(keywords)
    values = {field.name: [value for each in keywords for value in field.values(each)] for field in KEYWORD_FIELDS}
    for field in own:
        if field.kind == "keyword":
            values[field.index_name] = [value for each in keywords for value in field.values(each.extra)]
    return values
