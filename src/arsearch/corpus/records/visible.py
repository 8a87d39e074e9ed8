"""Which records are not public: drafts, private and protected posts, whatever system exported them.

Systems say so in fields of a few names: a flag (``draft``, ``published``), a state (``status``, ``visibility``), a
password, a date of deletion. A name that the setting ``fields`` maps to a field of the article is the maintainer's, and
is not judged.
"""

from __future__ import annotations

import functools
from collections.abc import Collection, Iterable, Mapping
from typing import Any

from arsearch.corpus.fields import name_key

__all__ = ["NOT_PUBLIC", "asks_not_to_be_indexed", "why_not_public"]

NOT_PUBLIC = "arsearch:not_public"
"""The name under which a reader says why a record is not public, where the fields that say it are taken off."""


def _keys(names: str) -> frozenset[str]:
    return frozenset(map(name_key, names.split()))


_AGAINST = {
    name_key(name): why
    for why, names in {
        "a draft": "draft is_draft isdraft مسودة",
        "private": "private is_private isprivate خاص",
        "hidden": "hidden is_hidden ishidden",
        "deleted": "deleted is_deleted isdeleted trashed is_trashed محذوف",
        "protected": "protected is_protected password_protected",
        "unpublished": "unpublished is_unpublished",
    }.items()
    for name in names.split()
}
_IN_FAVOUR = _keys("published is_published ispublished public is_public ispublic visible is_visible منشور")
_STATES = _keys(
    "status post_status state workflow_state moderation_state publish_status publication_status article_status "
    "visibility privacy pubstatus _status حالة الحالة حالة_النشر حالة_المقال"
)
_WORDS = {
    name_key(word): why
    for why, words in {
        "a draft": "draft auto-draft auto_draft drafted مسودة",
        "private": "private خاص خاصة only_me onlyme self friends followers direct",
        "pending": "pending pending_review in_review review needs_review submitted awaiting_review قيد_المراجعة معلق",
        "scheduled": "future scheduled queued embargo embargoed مجدول مجدولة",
        "deleted": "trash trashed deleted removed spam canceled cancelled محذوف محذوفة",
        "unpublished": "unpublished inactive disabled offline withheld rejected archived غير_منشور غير_منشورة مؤرشف",
        "protected": "password protected members paid tiers subscribers internal للمشتركين",
        "hidden": "hidden unlisted مخفي",
    }.items()
    for word in words.split()
}
_PASSWORDS = _keys("post_password password passcode كلمة_المرور")
_DELETED_AT = _keys("deleted_at deletedat date_deleted trashed_at")
_PUBLISHED_AT = _keys("published_at publishedat")
_CREATED_AT = _keys("created_at createdat")
_TRUE = frozenset(("true", "yes", "1", "on", "y", "نعم"))
_FALSE = frozenset(("false", "no", "0", "off", "n", "لا", "-1", "-2"))
_JUDGED = frozenset(_AGAINST) | _IN_FAVOUR | _STATES | _PASSWORDS | _DELETED_AT | _PUBLISHED_AT


def why_not_public(record: Mapping[str, Any], own: Collection[str] = ()) -> str:
    """Return why *record* is not public, such as ``a draft``, or an empty text. Names in *own* are not judged."""
    if NOT_PUBLIC in record:
        return str(record[NOT_PUBLIC])
    for name, key in _judged(tuple(record)):
        if name not in own and (why := _why(key, record[name], record)):
            return why
    if dict in map(type, record.values()):
        for value in record.values():
            if isinstance(value, dict) and value.get("protected") is True and "rendered" in value:
                return "protected"  # the body of a post with a password, in WordPress's REST API
    return ""


@functools.lru_cache(maxsize=256)
def _judged(names: tuple[object, ...]) -> tuple[tuple[str, str], ...]:
    """Return those of *names* that may say whether a record is public, with what they are compared by."""
    keys = ((name, name_key(name)) for name in names if isinstance(name, str))
    return tuple((name, key) for name, key in keys if key in _JUDGED)


def asks_not_to_be_indexed(properties: Iterable[tuple[str, str]]) -> bool:
    """Whether a page's ``meta`` tags ask search engines not to index it."""
    return any(
        name.lower() in ("robots", "googlebot") and {"noindex", "none"} & set(value.lower().replace(",", " ").split())
        for name, value in properties
    )


def _why(key: str, value: Any, record: Mapping[str, Any]) -> str:
    if isinstance(value, list) and len(value) == 1:
        [value] = value
    if isinstance(value, dict) and "value" in value:
        value = value["value"]
    if key in _PUBLISHED_AT:
        # As Strapi and Laravel have drafts: made, and not published.
        return "a draft" if value is None and any(name_key(str(name)) in _CREATED_AT for name in record) else ""
    if value is None or not isinstance(value, (str, int, float)):
        return ""
    word = str(value).strip().lower()
    if key in _AGAINST:
        return _AGAINST[key] if word in _TRUE else ""
    if key in _IN_FAVOUR:
        return "unpublished" if word in _FALSE else ""
    if key in _PASSWORDS:
        return "has a password" if word and word not in _FALSE else ""
    if key in _DELETED_AT:
        return "deleted" if word and word not in _FALSE and not word.startswith("0000") else ""
    return "unpublished" if word in _FALSE else _WORDS.get(name_key(word), "")
