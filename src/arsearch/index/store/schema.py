"""The tables of a segment of articles, and how articles stand in their rows."""

from __future__ import annotations

import dataclasses
import json
import sqlite3
from collections.abc import Sequence
from functools import lru_cache
from typing import Any, NamedTuple

from arsearch.article_fields import Keywords, extra_from_json
from arsearch.corpus import Article, shown_fields
from arsearch.index.store.texts import TextPacker, Texts

__all__ = [
    "ADDED_BY_HAND",
    "COLUMNS",
    "EXTRA",
    "FIELDS",
    "PACKED",
    "SCHEMA",
    "SHOWN",
    "STORED_FIELDS",
    "STORE_VERSION",
    "Fingerprint",
    "StoredArticle",
    "article_of",
    "fields_of",
    "has_column",
    "keywords_of",
    "stored_given",
    "stored_shown",
]

STORE_VERSION = 5
"""SQLite's ``user_version`` of a segment, upon which a new commit builds. Earlier ones are read: see legacy/."""

SCHEMA = f"""
PRAGMA page_size = 8192;        -- see settle.py
PRAGMA user_version = {STORE_VERSION};
CREATE TABLE articles (
    ordinal INTEGER PRIMARY KEY,
    id TEXT NOT NULL,           -- unique among the live articles of a commit
    hash TEXT NOT NULL,         -- of the article as it was read
    file INTEGER NOT NULL,
    copy_of INTEGER,
    line BLOB,                  -- the digest of the line it was read from, in formats that have lines
    given BLOB,                 -- fields as they were read where cleaning made others of them: JSON, see texts.py
    title TEXT NOT NULL,
    author TEXT NOT NULL,
    date TEXT NOT NULL,
    source TEXT NOT NULL,
    url TEXT NOT NULL,
    tags TEXT NOT NULL,
    language TEXT NOT NULL,
    body BLOB NOT NULL,         -- see texts.py
    extra TEXT,                 -- own fields as JSON
    shown TEXT                  -- what pages show besides, as JSON: image, caption, structure
);
CREATE INDEX articles_id ON articles (id);
CREATE INDEX articles_hash ON articles (hash);
CREATE INDEX articles_file ON articles (file);
CREATE INDEX articles_copies ON articles (copy_of) WHERE copy_of IS NOT NULL;
CREATE TABLE traces (           -- by what articles are compared with others, while they are written: see traces.py
    ordinal INTEGER PRIMARY KEY,
    lines BLOB NOT NULL,        -- corpus.clean.line_keys of the body as it was read
    bands BLOB,                 -- corpus.duplicates.bands of the body as it is indexed; NULL before it was compared
    short INTEGER NOT NULL
);
-- Of these a later segment may say something else: the greatest version counts.
CREATE TABLE files (
    number INTEGER PRIMARY KEY,
    source TEXT NOT NULL,       -- as the manifest names it; empty for articles that were added by hand
    path TEXT NOT NULL,
    size INTEGER NOT NULL,      -- these three as they were when the file was read: see sources.py
    modified INTEGER NOT NULL,
    sha256 TEXT NOT NULL,
    problems INTEGER NOT NULL,  -- how many were met
    shared INTEGER NOT NULL,    -- whether another file has one of its ids
    gone INTEGER NOT NULL,      -- whether it is forgotten
    version INTEGER NOT NULL
);
CREATE TABLE withheld (         -- deleted by hand
    id TEXT PRIMARY KEY,
    gone INTEGER NOT NULL,      -- whether that was taken back
    version INTEGER NOT NULL
) WITHOUT ROWID;
"""
ADDED_BY_HAND = 0
"""The number of the file that articles added by hand belong to."""
FIELDS = "id, title, author, date, source, url, tags, language, body"
SHOWN = "shown"
"""The column with what pages show besides, as JSON; segments of earlier versions have none."""
EXTRA = "extra"
"""The column with own fields as JSON; stores of earlier versions have it where the index has own fields."""
STORED_FIELDS = f"{FIELDS}, {EXTRA}, {SHOWN}"
"""The columns that ``article_of`` makes an article of."""
COLUMNS = (
    "ordinal, id, hash, file, copy_of, line, given, title, author, date, source, url, tags, language, body, extra, "
    "shown"
)
"""All columns of the table of articles."""
PACKED = ("given", "body")
"""The columns that texts.py packs."""

_NO_TAGS = "[]"
_KEPT_TAGS = 1 << 10
_NO_LANGUAGE = {"language": ""}
"""What cleaning makes another one of in most articles, so that nothing is stored of it."""
PREPROCESSED = ("body", "author", "language", "structure")
"""The fields that cleaning may change."""


Fingerprint = tuple[int, bytes, int]
"""By what an article is compared: its ordinal, the keys by which others find it, and whether it is short."""


class StoredArticle(NamedTuple):
    """An article of the store; *digest* is of it as it was read, *copy_of* the ordinal that is found in its place."""

    ordinal: int
    digest: str
    copy_of: int | None
    article: Article


def fields_of(article: Article, texts: TextPacker) -> tuple[object, ...]:
    """Return *article* as values of the columns from ``title`` on; *texts* pack its body."""
    return (
        article.title,
        article.author,
        article.date,
        article.source,
        article.url,
        json.dumps(article.tags, ensure_ascii=False),
        article.language,
        texts.pack(article.body),
        json.dumps(article.extra_as_json(), ensure_ascii=False) if article.extra else None,
        stored_shown(article),
    )


def stored_shown(article: Article) -> str | None:
    """Return what the column ``shown`` holds for *article*."""
    shown = article.shown_as_json()
    return json.dumps(shown, ensure_ascii=False, separators=(",", ":")) if shown else None


def has_column(connection: sqlite3.Connection, column: str) -> bool:
    """Whether the table of articles has *column*."""
    return any(name == column for _, name, *_ in connection.execute("PRAGMA table_info(articles)"))


def keywords_of(values: Sequence[Any]) -> Keywords:
    """Return what an article is filtered by, of its author, source, tags and own fields as they are stored."""
    author, source, tags, extra = values
    return Keywords(author, source, tuple(json.loads(tags)), extra_from_json(json.loads(extra)) if extra else {})


def article_of(fields: Sequence[Any], texts: Texts, given: bytes | str | None = None) -> Article:
    """Return the article with these values of ``FIELDS``, ``EXTRA`` and ``SHOWN``; with *given*, as it was read.

    *texts* unpack its body.
    """
    identifier, title, author, date, source, url, tags, language, body, extra, shown = fields
    article = Article(
        id=str(identifier),
        title=str(title),
        author=str(author),
        date=str(date),
        source=str(source),
        url=str(url),
        tags=() if tags == _NO_TAGS else _tags_of(tags),
        language=str(language),
        body=texts.unpack(body),
        extra=extra_from_json(json.loads(extra)) if extra else {},
        **(shown_fields(json.loads(shown)) if shown else {}),
    )
    return dataclasses.replace(article, **_given_fields(texts.unpack(given))) if given else article


@lru_cache(maxsize=_KEPT_TAGS)
def _tags_of(stored: str) -> tuple[str, ...]:
    """Return the tags that are stored so; many articles have the same ones."""
    return tuple(json.loads(stored))


def _given_fields(given: str) -> dict[str, Any]:
    """Return the fields that were kept because cleaning made others of them."""
    fields = dict(json.loads(given)) or _NO_LANGUAGE
    return fields | ({"structure": shown_fields(fields)["structure"]} if "structure" in fields else {})


def stored_given(read: Article, preprocessed: Article, texts: TextPacker) -> bytes | str | None:
    """Return what the column ``given`` holds for an article that was *read* so, and is indexed as *preprocessed*."""
    fields = {name: getattr(read, name) for name in PREPROCESSED if getattr(read, name) != getattr(preprocessed, name)}
    if fields == _NO_LANGUAGE:
        return "{}"
    return texts.pack(json.dumps(fields, ensure_ascii=False)) if fields else None
