"""An article: the unit that is indexed, found and shown."""

from __future__ import annotations

import datetime
import hashlib
import json
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from arsearch.article_fields import PROSE_GAP, ExtraValue, Keywords, OwnFields
from arsearch.corpus.own_fields import own_values
from arsearch.corpus.parsing.structure import Span, checked_structure
from arsearch.corpus.records.pictures import picture_of
from arsearch.corpus.storable import storable, storable_line

__all__ = ["Article", "article_from_mapping", "shown_fields"]

_ID_LENGTH = 16


@dataclass(frozen=True, slots=True, kw_only=True)
class Article:
    """One article. Fields that are not known are empty."""

    id: str
    """Unique in an index."""
    title: str = ""
    """One line of plain text."""
    body: str
    """Plain text; a line break ends a paragraph. The only field that is required."""
    author: str = ""
    """One line; several names stand in it as written."""
    date: str = ""
    """ISO 8601: ``2015``, ``2015-07``, ``2015-07-21``, or with a time."""
    source: str = ""
    """The newspaper, site or agency, as it is shown and filtered by."""
    url: str = ""
    """The address of the original."""
    tags: tuple[str, ...] = ()
    """By convention the first is the section."""
    language: str = ""
    """ISO 639-1 (``ar``). Where it is empty, an indexing run recognises it."""
    image: str = ""
    """The address of a picture, ``http`` or ``https``."""
    caption: str = ""
    """What the picture shows, in one line."""
    structure: tuple[Span, ...] = ()
    """Which of the body is a heading, an item of a list, a quotation or a cell of a table, in order."""
    extra: Mapping[str, ExtraValue] = field(default_factory=dict, hash=False)
    """The values of a maintainer's own fields, by name: a text, a number, or several texts (a tuple) for keywords."""

    def as_dict(self) -> dict[str, Any]:
        """Return the fields as JSON types, in the order of the contract.

        What pages show besides (``image``, ``caption``, ``structure``), and ``extra``, only where there is any.
        """
        fields = {name: getattr(self, name) for name in _CONTRACT} | {"tags": list(self.tags)} | self.shown_as_json()
        return fields | {"extra": self.extra_as_json()} if self.extra else fields

    def shown_as_json(self) -> dict[str, Any]:
        """Return what pages show besides, as JSON types: ``image``, ``caption`` and ``structure``, those there are."""
        shown = {"image": self.image, "caption": self.caption, "structure": [list(span) for span in self.structure]}
        return {name: value for name, value in shown.items() if value}

    def extra_as_json(self) -> dict[str, Any]:
        """Return the own fields as JSON types."""
        return {name: list(value) if isinstance(value, tuple) else value for name, value in self.extra.items()}

    def prose(self, own: OwnFields) -> list[str]:
        """Return the texts of the *own* fields of prose, empty where there is none."""
        return [str(self.extra.get(field.name, "")) for field in own if field.kind == "text"]

    def searched_text(self, own: OwnFields) -> str:
        """Return the body with the *own* fields of prose behind it, as they are searched together."""
        return PROSE_GAP.join([self.body, *filter(None, self.prose(own))]) if own else self.body

    @property
    def keywords(self) -> Keywords:
        """What it is filtered by."""
        return Keywords(self.author, self.source, self.tags, self.extra)

    def content_hash(self) -> str:
        """Return 32 hexadecimal digits that change when any field changes."""
        values = [*(getattr(self, name) for name in _TEXTS), *self.tags]
        if self.extra:  # what no tag can be
            values.append("\0" + json.dumps(self.extra_as_json(), ensure_ascii=False, sort_keys=True))
        if shown := self.shown_as_json():
            values.append("\0\0" + json.dumps(shown, ensure_ascii=False, sort_keys=True))
        lengths = ",".join([str(len(value)) for value in values])  # else what ends one field could begin the next
        return hashlib.sha256("".join([lengths, *values]).encode()).hexdigest()[:32]


_CONTRACT = tuple(name for name in Article.__slots__ if name not in ("extra", "image", "caption", "structure"))
_TEXTS = tuple(sorted({*_CONTRACT} - {"tags"}))


def shown_fields(shown: Mapping[str, Any]) -> dict[str, Any]:
    """Return the fields of an article that :meth:`Article.shown_as_json` wrote, as the article has them."""
    structure = tuple(Span(*span) for span in shown.get("structure", ()))
    return {"image": shown.get("image", ""), "caption": shown.get("caption", ""), "structure": structure}


def article_from_mapping(
    record: Mapping[str, Any], *, default_id: str = "", own: OwnFields = (), date_order: str = ""
) -> tuple[Article, list[str]]:
    """Make an article of *record*, whose keys are the field names, those of the *own* fields too.

    Returns the article and what was mended on the way, in words. Unknown keys are ignored. Without an ``id`` the
    article gets *default_id*, or else one made from its text. *date_order* is that of dates of numbers that do not show
    it (``dmy``, ``mdy``, ``ymd``). Raises ValueError when there is no usable body.
    """
    mended: list[str] = []
    fields: dict[str, str] = {}
    for name in ("id", "title", "body", "author", "date", "source", "url", "language"):
        value = record.get(name)
        if isinstance(value, (int, datetime.date)) and not isinstance(value, bool):
            value = str(value)
        if value is not None and not isinstance(value, str):
            if name == "body":
                raise ValueError(f'"body" is {type(value).__name__}, not text')
            mended.append(f'"{name}" is {type(value).__name__}, not text; it was left out')
            value = None
        fields[name] = storable(value or "")
    if not fields["body"].strip():
        raise ValueError('there is no "body", or it is empty; an article needs one')
    from arsearch.corpus.dates import parse_date  # a search makes no articles, and pays for no calendars

    written = fields["date"].strip()
    fields["date"] = parse_date(written, order=date_order)
    if written and not fields["date"]:
        mended.append(f'"date" {written!r} is no date that can be read; it was left out')
    tags = record.get("tags") or []
    if isinstance(tags, str):
        tags = [tags]
    if not isinstance(tags, list) or not all(isinstance(tag, str) for tag in tags):
        mended.append('"tags" is not a list of texts; it was left out')
        tags = []
    for name in ("id", "title", "author", "source", "url"):
        fields[name] = storable_line(fields[name])
    fields["language"] = fields["language"].strip().lower().replace("_", "-").partition("-")[0]
    fields["id"] = fields["id"] or default_id or _id_of(fields["title"], fields["body"])
    kept = tuple(filter(None, (storable(tag).strip() for tag in tags)))
    image, caption = picture_of(record.get("image"), record.get("caption"))
    structure: tuple[Span, ...] = ()
    if record.get("structure"):
        try:
            structure = checked_structure(_as_list(record["structure"]), fields["body"])
        except (ValueError, RecursionError) as error:
            mended.append(f'"structure" cannot be used: {error}; it was left out')
    extra = own_values(record, own, mended)
    return Article(tags=kept, image=image, caption=caption, structure=structure, extra=extra, **fields), mended


def _as_list(value: Any) -> Any:
    """Return *value*, read as JSON if it is a text: columns of tables hold no lists of several types."""
    return json.loads(value) if isinstance(value, str) and value.startswith("[") else value


def _id_of(title: str, body: str) -> str:
    return hashlib.sha256(f"{title}\n{body}".encode()).hexdigest()[:_ID_LENGTH]
