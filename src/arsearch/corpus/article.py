"""An article: the unit that is indexed, found and shown."""

from __future__ import annotations

import datetime
import hashlib
import re
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

__all__ = ["Article", "article_from_mapping"]

# Lone surrogates are legal in JSON and not in UTF-8; control characters would be obeyed by terminals (category Cc,
# all but tab and line ends).
_UNSTORABLE = re.compile("[\x00-\x08\x0b\x0c\x0e-\x1f\x7f-\x9f\ud800-\udfff]")
_REPLACEMENT = "\ufffd"
_ID_LENGTH = 16


@dataclass(frozen=True, slots=True, kw_only=True)
class Article:
    """One article. Fields that are not known are empty.

    *id* is unique in an index. *date* is ISO 8601 (``2015-07-21``, or with a time). By convention the first of *tags*
    is the section. *body* is plain text; a line break ends a paragraph. *language* is an ISO 639-1 code (``ar``); an
    indexing run recognises it where it is empty.
    """

    id: str
    title: str = ""
    body: str
    author: str = ""
    date: str = ""
    source: str = ""
    url: str = ""
    tags: tuple[str, ...] = ()
    language: str = ""

    def as_dict(self) -> dict[str, Any]:
        """Return the fields as JSON types, in the order of the contract."""
        return {name: getattr(self, name) for name in Article.__slots__} | {"tags": list(self.tags)}

    def content_hash(self) -> str:
        """Return 32 hexadecimal digits that change when any field changes."""
        values = (*(getattr(self, name) for name in _TEXTS), *self.tags)
        lengths = ",".join([str(len(value)) for value in values])  # else what ends one field could begin the next
        return hashlib.sha256("".join([lengths, *values]).encode()).hexdigest()[:32]


_TEXTS = tuple(sorted({*Article.__slots__} - {"tags"}))


def article_from_mapping(record: Mapping[str, Any], *, default_id: str = "") -> tuple[Article, list[str]]:
    """Make an article of *record*, whose keys are the field names.

    Returns the article and what was mended on the way, in words. Unknown keys are ignored. Without an ``id`` the
    article gets *default_id*, or else one made from its text. Raises ValueError when there is no usable body.
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
        fields[name] = _clean(value or "")
    if not fields["body"].strip():
        raise ValueError('there is no "body", or it is empty; an article needs one')
    from arsearch.corpus.dates import parse_date  # a search makes no articles, and pays for no calendars

    written = fields["date"].strip()
    fields["date"] = parse_date(written)
    if written and not fields["date"]:
        mended.append(f'"date" {written!r} is no date that can be read; it was left out')
    tags = record.get("tags") or []
    if isinstance(tags, str):
        tags = [tags]
    if not isinstance(tags, list) or not all(isinstance(tag, str) for tag in tags):
        mended.append('"tags" is not a list of texts; it was left out')
        tags = []
    for name in ("id", "title", "author", "source", "url"):
        fields[name] = " ".join(fields[name].split())
    fields["language"] = fields["language"].strip().lower().replace("_", "-").partition("-")[0]
    fields["id"] = fields["id"] or default_id or _id_of(fields["title"], fields["body"])
    return Article(tags=tuple(filter(None, (_clean(tag).strip() for tag in tags))), **fields), mended


def _clean(text: str) -> str:
    return _UNSTORABLE.sub(_REPLACEMENT, text)


def _id_of(title: str, body: str) -> str:
    return hashlib.sha256(f"{title}\n{body}".encode()).hexdigest()[:_ID_LENGTH]
