"""Objects as systems export them, with their wrappings taken off: what is left has the fields of an article.

Known are MongoDB's extended JSON, ``{"rendered": …}`` of WordPress, ``{"value": …}`` of Drupal, the ``attributes`` of
JSON:API, ``fields`` of Contentful and Django, posts of Facebook, Twitter and Telegram, texts by language, dates in
parts, and objects that do nothing but hold another one.
"""

from __future__ import annotations

import datetime
import re
from collections.abc import Iterator, Mapping
from typing import Any

from arsearch.corpus.fields import field_of
from arsearch.corpus.records.rich_text import text_of_value
from arsearch.corpus.records.visible import NOT_PUBLIC, why_not_public

__all__ = ["articles_in", "is_plain", "unwrapped"]

_TEXT_KEYS = ("rendered", "processed", "value", "#text", "$t", "__text", "_text", "__cdata", "#cdata", "markup")
_BESIDE_TEXT = frozenset(
    (*_TEXT_KEYS, "format", "summary", "lang", "language", "protected", "raw", "safe", "type", "end_value", "end")
)
_NUMBERS = ("$numberInt", "$numberLong", "$numberDouble", "$numberDecimal")
_LANGUAGE = re.compile(r"[a-z]{2}(?:[-_][A-Za-z]{2})?")
_LISTS = (
    "articles", "posts", "items", "entries", "docs", "documents", "results", "records", "news", "stories", "pages",
    "messages", "nodes", "hits", "rows", "data",
)  # fmt: skip
"""Names of lists of articles in an object that is none."""
_HOLDERS = ("data", "article", "post", "node", "tweet", "item", "doc", "document", "fields", "attributes", "content")
_NAMES = ("name", "title", "label", "text", "value", "term", "slug")
_MAX_DEPTH = 6


def articles_in(record: Mapping[str, Any], own: Mapping[str, str], depth: int = 0) -> Iterator[dict[str, Any]]:
    """Yield what *record* holds, unwrapped: itself if it has a body, or else the objects of its lists that have one.

    If there is none either it is yielded as it is. What it says of being public counts for all. *own* are names that
    fields have besides those that are known.
    """
    if is_plain(record):
        yield dict(record)
        return
    plain = unwrapped(record, own)
    if why := why_not_public(record, own):
        plain[NOT_PUBLIC] = why
    if depth < _MAX_DEPTH and not _has_body(plain, own):
        lists = [value for name in _LISTS if isinstance(value := record.get(name), list)]
        found = [item for items in lists for item in items if isinstance(item, dict)]
        inner = [value for name in _HOLDERS if isinstance(value := record.get(name), dict)]
        held = [] if _has_title(plain, own) else found or inner[:1]
        for item in held:
            for fields in articles_in(item, own, depth + 1):
                yield {**fields, NOT_PUBLIC: why} if why else fields
        if held:
            return
    yield plain


def is_plain(record: Mapping[str, Any]) -> bool:
    """Whether *record* is an article in our own format, that has no wrappings."""
    if not isinstance(record.get("body"), str) or dict in (kinds := [*map(type, record.values())]):
        return False
    return list not in kinds or not any(
        dict in map(type, value) for value in record.values() if isinstance(value, list)
    )


def unwrapped(record: Mapping[str, Any], own: Mapping[str, str]) -> dict[str, Any]:
    """Return *record* with its wrappings taken off; one without any is returned as it is."""
    if not any(isinstance(value, (dict, list)) for value in record.values()):
        return dict(record)
    flat = _posted(record) or _flattened(record)
    for name, value in flat.items():
        if isinstance(value, (dict, list)):
            field = field_of(name, own)
            value = plain = _plain(value, field)
            if field == "tags":
                plain = _tags(value)
            elif field in ("body", "title") and not (name == "body" and _only_texts(value)):
                plain = text_of_value(value) or value
            flat[name] = plain
    return flat


def _posted(record: Mapping[str, Any]) -> dict[str, Any] | None:
    """Return the fields of a post of Facebook, Twitter or Telegram, or None for anything else."""
    data = record.get("data")
    if isinstance(data, list) and "timestamp" in record:
        posts = [item["post"] for item in data if isinstance(item, dict) and isinstance(item.get("post"), str)]
        return {"body": "\n\n".join(posts), "date": record["timestamp"]} if posts else None
    tweet: Any = record.get("tweet") if isinstance(record.get("tweet"), dict) else record
    if isinstance(tweet, dict) and "id_str" in tweet and ("full_text" in tweet or "text" in tweet):
        entities, user = tweet.get("entities"), tweet.get("user")
        hashtags = entities.get("hashtags") if isinstance(entities, dict) else None
        return {
            "id": tweet["id_str"],
            "body": tweet.get("full_text") or tweet.get("text"),
            "date": tweet.get("created_at"),
            "language": tweet.get("lang"),
            "author": user.get("name") if isinstance(user, dict) else None,
            "tags": _tags(hashtags) if isinstance(hashtags, list) else [],
        }
    return None


def _flattened(record: Mapping[str, Any]) -> dict[str, Any]:
    """Return *record*, or what it does nothing but hold; what its holder says goes before what the held one says."""
    flat = dict(record)
    if len(flat) == 1:
        [value] = flat.values()
        if isinstance(value, dict) and not any(key in value for key in _TEXT_KEYS) and len(value) > 1:
            return dict(value)
    source = flat.get("_source")
    if isinstance(source, dict):  # of a search engine
        return {"id": flat.get("_id"), **source}
    held = flat.get("attributes") if isinstance(flat.get("attributes"), dict) else flat.get("fields")
    if isinstance(held, dict) and ({"id", "type", "sys", "pk", "model", "_id"} & set(flat)):
        # JSON:API and Strapi; Contentful; Django.
        about: Any = flat.get("sys") if isinstance(flat.get("sys"), dict) else flat
        identity = {"id": about.get("id") or flat.get("pk") or flat.get("_id")}
        dates = {name: about[name] for name in ("createdAt", "publishedAt") if name in about}
        return identity | dates | held
    embedded = flat.pop("_embedded", None)
    if isinstance(flat.get("title"), dict) and "rendered" in flat["title"]:  # WordPress has numbers for what it embeds
        for name in ("author", "tags", "categories"):
            flat.pop(name, None)
        if isinstance(embedded, dict):
            flat["author"] = embedded.get("author")
            groups = embedded.get("wp:term")
            terms = [term for group in groups if isinstance(group, list) for term in group] if groups else []
            flat["tags"] = _tags(terms)
    return flat


def _plain(value: Any, field: str, depth: int = 0) -> Any:
    """Return *value* without the wrapping of one value."""
    if depth > _MAX_DEPTH:
        return value
    if isinstance(value, list):
        if len(value) == 1 and isinstance(value[0], dict) and field not in ("tags", "author"):
            return _plain(value[0], field, depth + 1)
        return [_plain(item, field, depth + 1) if isinstance(item, dict) else item for item in value]
    if not isinstance(value, dict) or not value:
        return value
    if "$date" in value:
        return _moment(_plain(value["$date"], field, depth + 1))
    for name in ("$oid", "$uuid", "$symbol"):
        if name in value:
            return value[name]
    for name in _NUMBERS:
        if name in value:
            return value[name]
    keys = set(value)
    if keys <= _BESIDE_TEXT or "#text" in keys or "rendered" in keys:
        for name in _TEXT_KEYS:
            if isinstance(value.get(name), (str, int, float, dict)):
                return _plain(value[name], field, depth + 1)
    if {"year", "month"} <= keys and field in ("date", ""):
        parts = [value[name] for name in ("year", "month", "day") if value.get(name)]
        return "-".join(f"{int(part):02d}" for part in parts) if all(str(part).isdecimal() for part in parts) else value
    if field and field != "tags" and all(_LANGUAGE.fullmatch(str(key)) for key in keys):
        return value.get(next((key for key in value if str(key).startswith("ar")), next(iter(value))))
    return {key: _plain(item, "", depth + 1) if isinstance(item, dict) else item for key, item in value.items()}


def _moment(value: Any) -> Any:
    """Return a date of MongoDB, milliseconds since 1970 or a text, as a text."""
    try:
        return (
            datetime.datetime(1970, 1, 1, tzinfo=datetime.UTC) + datetime.timedelta(milliseconds=int(value))
        ).isoformat()
    except (TypeError, ValueError, OverflowError):
        return value


def _tags(value: Any) -> Any:
    """Return the names in a list of texts and of objects that name something; numbers are those of another table."""
    items = [value] if isinstance(value, dict) else value
    if not isinstance(items, list) or not any(isinstance(item, dict) for item in items):
        return value
    names: list[Any] = []
    for item in items:
        if isinstance(item, dict):
            item = next((item[key] for key in _NAMES if isinstance(item.get(key), str)), None)
        if isinstance(item, str):
            names.append(item)
    return names or value


def _only_texts(value: Any) -> bool:
    """Whether *value* is a text, or a list of nothing else: our own format has no such bodies."""
    return isinstance(value, str) or (isinstance(value, list) and all(isinstance(item, str) for item in value))


def _has_body(record: Mapping[str, Any], own: Mapping[str, str]) -> bool:
    return any(
        value and isinstance(value, str) and field_of(str(name), own) == "body" for name, value in record.items()
    )


def _has_title(record: Mapping[str, Any], own: Mapping[str, str]) -> bool:
    """Whether it names something with a text: then what it holds belongs to it."""
    return any(
        isinstance(value, str) and value and field_of(str(name), own) == "title" and name != "name"
        for name, value in record.items()
    ) and any(field_of(str(name), own) in ("date", "author", "url") for name in record)
