"""What an article's page tells the programs that show links to it: schema.org and Open Graph."""

from __future__ import annotations

import re
from typing import Any
from urllib.parse import urlsplit

from arsearch.corpus import Article

__all__ = ["description", "news_article", "open_graph", "original_link", "without_controls"]

_DESCRIPTION_CHARACTERS = 200
# Controls that turn the direction of the text that follows them: outside an element of their own they do harm.
_BIDI_CONTROLS = re.compile("[\u061c\u200e\u200f\u202a-\u202e\u2066-\u2069]")


def without_controls(text: str) -> str:
    """Return *text* without the invisible characters that turn its direction, for titles and attributes."""
    return _BIDI_CONTROLS.sub("", text)


def description(article: Article) -> str:
    """Return the beginning of an article, cut at a word."""
    text = " ".join(without_controls(article.body[: _DESCRIPTION_CHARACTERS * 4]).split())
    if len(text) <= _DESCRIPTION_CHARACTERS:
        return text
    beginning, _, _ = text[:_DESCRIPTION_CHARACTERS].rpartition(" ")
    return f"{beginning or text[:_DESCRIPTION_CHARACTERS]}…"


def original_link(article: Article) -> str:
    """Return where the article was first published, if that is a page of the web; nothing for other schemes."""
    try:
        parts = urlsplit(article.url)
    except ValueError:  # a broken IPv6 address
        return ""
    return article.url if parts.scheme in ("http", "https") and parts.netloc else ""


def news_article(article: Article, address: str) -> dict[str, Any]:
    """Return the article as a schema.org NewsArticle; *address* is that of its page."""
    known = {
        "headline": without_controls(article.title) or description(article),
        "datePublished": article.date,
        "author": {"@type": "Person", "name": article.author} if article.author else None,
        "publisher": {"@type": "Organization", "name": article.source} if article.source else None,
        "articleSection": article.tags[0] if article.tags else None,
        "keywords": list(article.tags),
        "description": description(article),
        "mainEntityOfPage": address,
        "isBasedOn": original_link(article),
    }
    fields = {name: value for name, value in known.items() if value}
    return {"@context": "https://schema.org", "@type": "NewsArticle", "inLanguage": "ar"} | fields


def open_graph(article: Article, address: str, image: str) -> list[tuple[str, str]]:
    """Return the properties of the Open Graph protocol; all addresses are whole ones."""
    properties = [
        ("og:type", "article"),
        ("og:title", article.title or description(article)),
        ("og:description", description(article)),
        ("og:url", address),
        ("og:image", image),
        ("og:site_name", article.source),
        ("og:locale", "ar"),
        ("article:published_time", article.date),
        ("article:author", article.author),
        *(("article:tag", tag) for tag in article.tags),
    ]
    return [(name, without_controls(value)) for name, value in properties if value]
