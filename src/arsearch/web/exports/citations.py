"""References to an article: as sentences of APA and Chicago style, as BibTeX, and as RIS.

Arabic names are written as they are, and not turned round: ``ليلى الحسن``, as both styles advise for names that are not
inverted. *address* is where the article is read.
"""

from __future__ import annotations

import re

from arsearch.corpus import Article

__all__ = ["apa", "bibtex", "chicago", "ris"]

_SPECIAL = re.compile(r"([\\{}$&#%_^~])")
_BLANK = re.compile(r"[\s\u200e\u200f\u061c\u202a-\u202e\u2066-\u2069]+")
_KEY = re.compile(r"[^A-Za-z0-9:._/-]+")


def apa(article: Article, address: str, date: str, *, undated: str) -> str:
    """Return ``Author. (Date). Title. Source. Address``; *date* is in words, *undated* stands for none."""
    author, title, source = _lines(article)
    whole = f"{author}. ({date or undated}). {title}." if author else f"{title}. ({date or undated})."
    return " ".join(filter(None, (whole, f"{source}." if source else "", address)))


def chicago(article: Article, address: str, date: str) -> str:
    """Return ``Author. «Title». Source, Date. Address``; *date* is in words."""
    author, title, source = _lines(article)
    place = ", ".join(filter(None, (source, date))) if title.isascii() else "، ".join(filter(None, (source, date)))
    quoted = f'"{title}."' if title.isascii() else f"«{title}»."
    return " ".join(filter(None, (f"{author}." if author else "", quoted, f"{place}." if place else "", address)))


def bibtex(article: Article, address: str) -> str:
    """Return an entry of BibTeX. Braces keep names and titles as they are."""
    author, title, source = _lines(article)
    year, month, day = (*article.date[:10].split("-"), "", "")[:3] if article.date else ("", "", "")
    fields = {
        "author": f"{{{_escaped(author)}}}" if author else "",
        "title": f"{{{_escaped(title)}}}",
        "journal": _escaped(source),
        "year": year,
        "month": str(int(month)) if month.isdecimal() else "",
        "day": str(int(day)) if day.isdecimal() else "",
        "url": _escaped(address),
        "language": article.language,
    }
    written = ",\n".join(f"  {name} = {{{value}}}" for name, value in fields.items() if value)
    return f"@article{{{_KEY.sub('-', article.id).strip('-') or 'article'},\n{written}\n}}\n"


def ris(article: Article, address: str) -> str:
    """Return a record of RIS: a line for each tag, ended as the format asks."""
    author, title, source = _lines(article)
    date = article.date[:10].replace("-", "/")
    lines = [
        ("TY", "NEWS"), ("ID", _one_line(article.id)), ("TI", title), ("AU", author), ("T2", source),
        ("PY", date[:4]), ("DA", date), *(("KW", _one_line(tag)) for tag in article.tags), ("LA", article.language),
        ("UR", address),
    ]  # fmt: skip
    return "".join(f"{tag}  - {value}\r\n" for tag, value in lines if value) + "ER  - \r\n"


def _lines(article: Article) -> tuple[str, str, str]:
    author, title, source = map(_one_line, (article.author, article.title, article.source))
    return author, title or _one_line(article.body[:80]), source


def _one_line(text: str) -> str:
    return _BLANK.sub(" ", text).strip()


def _escaped(text: str) -> str:
    return _SPECIAL.sub(lambda sign: {"\\": r"\textbackslash{}"}.get(sign[0], f"\\{sign[0]}"), text)
