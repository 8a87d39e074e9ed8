"""A record becomes an article, or what is said of it: not public, without a body, in need of mending."""

from __future__ import annotations

import datetime
import html
import re
from collections.abc import Mapping
from typing import Any, NamedTuple

from arsearch.corpus.article import Article, article_from_mapping
from arsearch.corpus.fields import known_fields
from arsearch.corpus.options import ReadingOptions
from arsearch.corpus.parsing.twice_encoded import TOLD, decoded_once
from arsearch.corpus.properties import chosen_properties
from arsearch.corpus.records.people import author_name
from arsearch.corpus.records.visible import asks_not_to_be_indexed, why_not_public
from arsearch.corpus.source_document import Record

__all__ = ["Outcome", "as_article"]

_ENTITY = re.compile(r"&(?:#\d{1,7}|#[xX][0-9a-fA-F]{1,6}|[a-zA-Z]{2,31}\d{0,2});")
_TEXTS = ("title", "body", "author", "source")


class Outcome(NamedTuple):
    """What became of a record: an article, or why there is none."""

    article: Article | None
    mended: list[str]
    left_out: str = ""
    """Why it is not to be indexed, though it could be."""
    problem: str = ""
    """Why there is no article in it."""


def as_article(record: Record, options: ReadingOptions, file: str = "") -> Outcome:
    """Return what *record* becomes; *file* goes before its id where the options ask for it.

    Raises ValueError when it has no usable body.
    """
    if why := why_not_public(record.fields, options.fields):
        return Outcome(None, [], f"not public: {why}")
    if options.obey_noindex and asks_not_to_be_indexed(record.properties):
        return Outcome(None, [], "asks search engines not to index it")
    found: Mapping[str, Any] = record.fields
    if record.properties and (chosen := chosen_properties(record.properties, options.fields, options.own)):
        found = {**chosen, **found}
    fields = known_fields(found, options.fields, options.own)
    told = _mend(fields)
    if options.ids_by_file and fields.get("id"):
        fields["id"] = f"{file}/{fields['id']}"
    article, mended = article_from_mapping(
        fields, default_id=record.default_id, own=options.own, date_order=options.date_order
    )
    if options.withhold_future and article.date[:10] > datetime.datetime.now(datetime.UTC).date().isoformat():
        return Outcome(None, [], "dated in the future")
    return Outcome(article, told + mended)


def _mend(fields: dict[str, Any]) -> list[str]:
    """Mend the texts of *fields* in place, and return what is worth saying of it."""
    twice = False
    for name in _TEXTS:
        value = fields.get(name)
        if not isinstance(value, str) or not value:
            continue
        mended = decoded_once(value)
        twice = twice or mended != value
        if "&" in mended and _ENTITY.search(mended):
            mended = html.unescape(mended)
        if name == "author":
            mended = author_name(mended)
        if name == "body" and mended != value:
            fields.pop("structure", None)  # its spans were of the other text
        fields[name] = mended
    if isinstance(fields.get("author"), int):  # the number of a user in another table
        del fields["author"]
    tags = fields.get("tags")
    if isinstance(tags, list):
        fields["tags"] = [_tag(tag) if isinstance(tag, str) else tag for tag in tags]
    return [TOLD] if twice else []


def _tag(tag: str) -> str:
    tag = decoded_once(tag)
    return html.unescape(tag) if "&" in tag else tag
