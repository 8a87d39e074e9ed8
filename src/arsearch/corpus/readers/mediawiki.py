"""MediaWiki XML dumps (``pages-articles.xml``): the pages of the main namespace, as plain text."""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Any

from arsearch.corpus.detect_format import Head
from arsearch.corpus.parsing.xml_stream import child_text, elements, local_name
from arsearch.corpus.source_document import Record, RecordFault, SourceDocument

__all__ = ["NAME", "SUFFIXES", "read", "recognises"]

NAME = "MediaWiki dump"
SUFFIXES: tuple[str, ...] = ()

_MAX_PAGE_BYTES = 2 << 20  # MediaWiki's own limit
_PICTURES = ("ملف", "صورة", "وسائط", "file", "image", "media")
_CATEGORIES = ("تصنيف", "category")
_UNREAD_TAGS = ("ref", "table", "gallery", "math", "references")
_PAIRS = (("{{", "}}"), ("[[", "]]"), ("{|", "|}"), ("[", "]"), ("<", ">"))
_LIST = re.compile(r"^[*:#;]+", re.MULTILINE)
_CITATIONS = (
    "استشهاد",
    "مرجع",
    "cite",
    "sfn",
    "efn",
    "harv",
    "ref",
    "citation",
    "webarchive",
    "بوابة",
    "شريط",
    "coord",
)
_UNITS = frozenset(
    [
        "كم",
        "م",
        "سم",
        "مم",
        "كلم",
        "متر",
        "كيلومتر",
        "ميل",
        "قدم",
        "هكتار",
        "كغ",
        "كجم",
        "طن",
        "غرام",
        "لتر",
        "درجة",
        "km",
        "m",
        "cm",
        "mm",
        "mi",
        "ft",
        "ha",
        "kg",
        "t",
        "g",
        "l",
        "°c",
        "%",
        "نسبة",
    ]
)
"""Templates that are called as the unit of the number in them."""
_DATES = ("تاريخ", "date", "ميلاد", "وفاة", "birth", "death", "start", "end")
_LANGUAGE = re.compile(r"[a-z]{2,3}(?:-[A-Za-z]+)?")
_NUMBER = re.compile(r"[-+−]?[\d٠-٩]")
_MAX_VALUE = 200
_MAX_OPENINGS = 20_000
_MAX_UNCLOSED = 50
"""Openings that are never closed: the parser looks for the end of each, to the end of the page."""


def recognises(head: Head) -> bool:
    """Whether the root is that of a dump."""
    return head.text.startswith("<") and re.match(r"(?:<\?[^>]*>\s*)?<mediawiki\b", head.text) is not None


def read(document: SourceDocument) -> Iterator[Record | RecordFault]:
    """Yield the pages of the main namespace; redirects are no articles."""
    site = base = ""
    for item in elements(document, frozenset({"page", "sitename", "base"})):
        if isinstance(item, RecordFault):
            yield item
            continue
        name, element = item
        line = element.sourceline or 0
        if name == "sitename":
            site = (element.text or "").strip()
        elif name == "base":
            base = (element.text or "").strip().rpartition("/")[0]
        elif child_text(element, "ns") in ("0", "") and not any(local_name(child) == "redirect" for child in element):
            try:
                fields = _fields(element, site, base)
            except ValueError as error:
                yield RecordFault(str(error), line)
            else:
                fields["id"] = f"{document.default_id}/{fields['id']}"
                yield Record(fields, line)


def _fields(page: Any, site: str, base: str) -> dict[str, object]:
    title = child_text(page, "title")
    revision = next((child for child in page if local_name(child) == "revision"), page)
    contributor = next((child for child in revision if local_name(child) == "contributor"), None)
    body, categories = _plain(_markup(revision))
    return {
        "id": child_text(page, "id") or title,
        "title": title,
        "body": body,
        "author": child_text(contributor, "username") if contributor is not None else "",
        "date": child_text(revision, "timestamp"),
        "source": site,
        "url": f"{base}/{title.replace(' ', '_')}" if base else "",
        "tags": categories,
    }


def _markup(revision: Any) -> str:
    """Return the markup of a page; tags in it that somebody forgot to escape are markup too."""
    text = next((child for child in revision if local_name(child) == "text"), None)
    if text is None:
        return ""
    if not len(text):
        return (text.text or "").strip()
    parts = [text.text or ""]
    for child in text:
        inner = "".join(child.itertext())
        parts += [f"<{local_name(child)}>{inner}</{local_name(child)}>", child.tail or ""]
    return "".join(parts).strip()


def _plain(wikitext: str) -> tuple[str, list[str]]:
    """Return the text a reader sees, and the categories. Raises ValueError for a page of nothing but markup."""
    import mwparserfromhell

    openings = [(wikitext.count(opening), wikitext.count(closing)) for opening, closing in _PAIRS]
    in_lists = sum(map(len, _LIST.findall(wikitext)))
    unclosed = any(opened - closed > _MAX_UNCLOSED for opened, closed in openings)
    if len(wikitext) > _MAX_PAGE_BYTES or unclosed or sum(opened for opened, _ in openings) + in_lists > _MAX_OPENINGS:
        raise ValueError("more wiki markup than a page may have")
    code = mwparserfromhell.parse(wikitext)
    categories: list[str] = []
    _prune(code, categories)
    _keep_numbers(code)
    text = str(code.strip_code(normalize=True, collapse=True))
    return "\n\n".join(filter(None, (line.strip() for line in text.split("\n")))), categories


def _prune(code: Any, categories: list[str]) -> None:
    """Take out of *code* what a reader does not read as text, and put its categories into *categories*."""
    kept = []
    for node in code.nodes:
        prefix, colon, name = str(getattr(node, "title", "")).partition(":")
        kind = prefix.strip().lower() if colon else ""
        if kind in _CATEGORIES:
            categories.append(name.strip())
        elif kind not in _PICTURES and str(getattr(node, "tag", "")) not in _UNREAD_TAGS:
            if getattr(node, "contents", None) is not None and hasattr(node, "tag"):
                _prune(node.contents, categories)
            kept.append(node)
    code.nodes = kept


def _keep_numbers(code: Any) -> None:
    """Put what a reader sees in place of templates inside sentences: numbers with their units, dates, foreign words."""
    from mwparserfromhell.nodes import Template, Text

    nodes = list(code.nodes)
    for place, node in enumerate(nodes):
        if isinstance(node, Template):
            nodes[place] = Text(_shown(node))
        else:
            contents = getattr(node, "contents", None)
            if contents is not None and hasattr(contents, "nodes"):
                _keep_numbers(contents)
    code.nodes = nodes


def _shown(template: Any) -> str:
    name = " ".join(str(template.name).split()).replace("_", " ")
    function, colon, argument = name.partition(":")
    if colon and function.lower() in ("formatnum", "تنسيق رقم"):
        return argument
    if any(parameter.showkey for parameter in template.params) or name.lower().startswith(_CITATIONS):
        return ""  # a box, or where something is from
    values = []
    for parameter in template.params:
        _keep_numbers(parameter.value)
        values.append(" ".join(str(parameter.value.strip_code(normalize=True, collapse=True)).split()))
    values = [value for value in values if value]
    if not values or max(map(len, values)) > _MAX_VALUE:
        return ""
    numbers = [value for value in values if _NUMBER.match(value)]
    if not numbers:
        is_foreign = len(values) > 1 and _LANGUAGE.fullmatch(values[0]) is not None
        return values[1] if is_foreign else ""
    if name.lower().startswith(_DATES) and len(numbers) == len(values):
        return "/".join(values)
    if len(values) == 1:
        return f"{values[0]} {name}" if name.lower() in _UNITS else values[0]
    return " ".join(values[:2]) if not _NUMBER.match(values[1]) else " ".join(values)
