"""The names that feeds, exports and tables give to the fields of an article, in English and Arabic."""

from __future__ import annotations

import functools
import re
from collections.abc import Iterable, Mapping
from typing import Any

from arsearch.arabic.fold import fold
from arsearch.article_fields import OwnFields

__all__ = [
    "FIELDS",
    "field_of",
    "known_fields",
    "name_key",
    "name_of",
    "names_of_fields",
    "parse_field_names",
    "unknown_names",
]

FIELDS = ("id", "title", "body", "author", "date", "source", "url", "tags", "language", "image", "caption", "structure")

_OTHER_NAMES = {
    "id": "_id guid uuid id_str post_id article_id المعرف الرقم",
    "title": "headline name subject post_title العنوان عنوان عنوان_الخبر",
    "body": "content text articlebody article_body post_content content_html full_text fulltext html content_text "
    "plaintext description "
    "summary النص المحتوى المتن نص محتوى نص_الخبر نص_المقال الخبر",
    "author": "authors creator byline writer post_author الكاتب المؤلف المحرر كاتب بقلم",
    "date": "date_published datepublished published published_at publishedat publish_date pubdate publication_date "
    "created created_at timestamp post_date time التاريخ تاريخ تاريخ_النشر",
    "source": "publisher site sitename site_name newspaper outlet المصدر مصدر الصحيفة الجريدة الموقع",
    "url": "link permalink href canonical_url uri الرابط رابط الوصلة",
    "tags": "keywords categories category section sections labels topics الوسوم وسوم التصنيف القسم الكلمات_المفتاحية",
    "language": "lang inlanguage اللغة لغة",
    "image": "image_url featured_image featured_image_url og_image lead_image main_image thumbnail thumbnail_url "
    "thumbnailurl picture photo الصورة صورة رابط_الصورة",
    "caption": "image_caption image_alt photo_caption picture_caption تعليق_الصورة وصف_الصورة",
}


@functools.lru_cache(maxsize=1024)
def name_key(name: str) -> str:
    """Return *name* as names are compared: folded, with one ``_`` for blanks and hyphens."""
    return re.sub(r"[\s_-]+", "_", fold(name).strip())


_KNOWN = {
    name_key(name): (field, rank)
    for field, names in _OTHER_NAMES.items()
    for rank, name in enumerate([field, *names.split()])
}
_OWN_NAMES = frozenset(FIELDS)
_MARKUP = re.compile(r"</(?:p|div|li|h[1-6]|span|strong|a)>|<br\s*/?>|<p>", re.IGNORECASE)
_NAMES_OF_A_PERSON = ("name", "display_name", "title")


def field_of(name: str, own: Mapping[str, str] | None = None) -> str:
    """Return the article's field that *name* stands for, or an empty text; *own* names go before the known ones."""
    if own and name in own:
        return own[name]
    return _KNOWN.get(name_key(name), ("", 0))[0]


def known_fields(record: Mapping[str, Any], own: Mapping[str, str], declared: OwnFields = ()) -> dict[str, Any]:
    """Return *record* with its fields under the article's names, and the *declared* fields under theirs.

    What *own* says goes first, then the names of declared fields, then the field's own name, then the other names in
    the order of their likelihood. Text with HTML in it becomes plain text; an object that names a person becomes the
    name.
    """
    source = record.get("_source")  # a search engine's export wraps its documents
    if isinstance(source, Mapping):
        record = {"id": record.get("_id"), **source}
    if not own and not declared and record.keys() <= _OWN_NAMES:  # our own format
        fields = dict(record)
    else:
        fields = {field: value for field, (_, _, value) in _ranked(record, own, declared).items()}
    for field in ("author", "source"):
        if field in fields:
            fields[field] = _names(fields[field])
    if "tags" in fields and "tags" not in record and isinstance(fields["tags"], str):
        fields["tags"] = re.split(r"[,،;؛|]", fields["tags"])
    for field in ("title", "body"):
        if isinstance(fields.get(field), str) and _MARKUP.search(fields[field]):
            from arsearch.corpus.parsing.page_blocks import read_fragment

            fields[field], structure = read_fragment(fields[field])
            if field == "body":
                fields["structure"] = structure  # what was said of the markup is not true of the text
    return fields


def names_of_fields(record: Mapping[str, Any], own: Mapping[str, str], declared: OwnFields = ()) -> dict[str, str]:
    """Return for each field that *record* gives the name that it has there, chosen as :func:`known_fields` does."""
    return {
        field: name for field, (_, name, value) in _ranked(record, own, declared).items() if value not in (None, "", [])
    }


def _ranked(record: Mapping[str, Any], own: Mapping[str, str], declared: OwnFields) -> dict[str, tuple[int, str, Any]]:
    """Return for each field the rank of the name that counts, the name, and the value."""
    names = {name_key(field.name): (field.name, 0) for field in declared}
    ranked: dict[str, tuple[int, str, Any]] = {}
    for name, value in record.items():
        key = name_key(str(name))
        field, rank = (own[name], -1) if name in own else names.get(key) or _KNOWN.get(key, ("", 0))
        if name in FIELDS and name not in own:
            field, rank = name, 0
        empty = value is None or value == ""
        if field and (field not in ranked or (not empty and rank < ranked[field][0])):
            ranked[field] = (len(_KNOWN) if empty else rank, str(name), value)
    return ranked


def name_of(record: Mapping[str, Any], default: str = "") -> str:
    """Return what to call *record*: its title, or its id, or *default*."""
    named: dict[str, Any] = {}
    for name, value in record.items():
        if isinstance(value, (str, int)):
            named.setdefault(field_of(str(name)), value)
    return str(named.get("title") or named.get("id") or default)


def unknown_names(record: Mapping[str, Any], own: Mapping[str, str], declared: OwnFields) -> list[str]:
    """Return the names in *record* that stand for no field, and have a value that could be kept."""
    if record.keys() <= _OWN_NAMES:
        return []
    names = {name_key(field.name) for field in declared}
    return [
        str(name)
        for name, value in record.items()
        if name not in own
        and (isinstance(value, (str, int, float, list)) and value not in ("", []))
        and (key := name_key(str(name))) not in names
        and key not in _KNOWN
        and key != "_source"
    ]


def parse_field_names(pairs: Iterable[str], declared: OwnFields = ()) -> dict[str, str]:
    """Return the mapping that texts such as ``content=body`` give. Raises ValueError."""
    mapping = {}
    known = (*FIELDS, *(field.name for field in declared))
    for pair in pairs:
        name, equals, field = (part.strip() for part in pair.partition("="))
        if not equals or not name or field not in known:
            raise ValueError(f"{pair!r} is not NAME=FIELD with a field of {', '.join(known)}")
        mapping[name] = field
    return mapping


def _names(value: Any) -> Any:
    if isinstance(value, Mapping):
        return next((value[key] for key in _NAMES_OF_A_PERSON if isinstance(value.get(key), str)), value)
    if isinstance(value, list) and value:
        names = [_names(name) for name in value]
        return "، ".join(names) if all(isinstance(name, str) for name in names) else value
    return value
