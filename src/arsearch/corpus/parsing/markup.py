"""HTML fragments, as feeds and exports carry them, to plain text."""

from __future__ import annotations

import re
from typing import Any

__all__ = ["MAX_ELEMENTS", "parse_html", "text_of_html"]

MAX_ELEMENTS = 50_000
"""The most elements a page may have: extraction takes time for each, and an honest page has some thousands."""

_BLOCKS = frozenset(
    {
        "address", "article", "aside", "blockquote", "dd", "div", "dl", "dt", "figcaption", "figure",
        "footer", "h1", "h2", "h3", "h4", "h5", "h6", "header", "hr", "li",
        "main", "nav", "ol", "p", "pre", "section", "table", "td", "th", "tr",
        "ul",
    }
)  # fmt: skip
_UNSEEN = frozenset(("script", "style", "template", "noscript", "iframe", "object", "head", "svg"))
_SHORTCODE = re.compile(
    r"\[/?(?:caption|gallery|embed|audio|video|playlist|[a-z]{1,20}_[a-z_]{1,40})\b[^\]\[]{0,1000}\]"
)
_BLANKS = re.compile(r"[^\S\n]{2,}|[^\S\n ]")  # a single space is left alone: most blanks are
_BREAKS = re.compile(r" ?\n ?(?:\n ?)*")
# Parsed as a page, a fragment that looks like XML with its own encoding would be refused.
_DECLARATION = re.compile(r"^\s*<\?xml[^>]*\?>")


def parse_html(text: str) -> Any:
    """Return the tree of a page, or None if there is nothing in it. Never raises for broken HTML."""
    from lxml import etree, html

    text = _DECLARATION.sub("", text).replace("\x00", "")
    if not text.strip():
        return None
    try:
        # Bytes, since libxml2 reads text through the platform's own encoding.
        parser = html.HTMLParser(encoding="utf-8", no_network=True, remove_comments=True, remove_pis=True)
        return html.document_fromstring(text.encode("utf-8", "replace"), parser=parser)
    except (etree.LxmlError, ValueError):
        return None


def text_of_html(fragment: str) -> str:
    """Return the text a reader sees of *fragment*: one line a paragraph, without scripts and shortcodes."""
    tree = parse_html(_SHORTCODE.sub(" ", fragment))
    return "" if tree is None else text_of_tree(tree)


def text_of_tree(tree: Any) -> str:
    """Return the text a reader sees of an lxml tree, one line a paragraph."""
    parts: list[str] = []
    skipping = 0
    from lxml import etree

    for event, element in etree.iterwalk(tree, events=("start", "end")):
        tag = element.tag if isinstance(element.tag, str) else ""
        tag = tag.rpartition("}")[2].lower()
        if event == "start":
            skipping += tag in _UNSEEN
            if tag in _BLOCKS or tag == "br":
                parts.append("\n")
            if not skipping and tag and element.text:
                parts.append(_BLANKS.sub(" ", element.text.replace("\n", " ")))
        else:
            skipping -= tag in _UNSEEN
            if tag in _BLOCKS:
                parts.append("\n")
            if not skipping and element.tail:
                parts.append(_BLANKS.sub(" ", element.tail.replace("\n", " ")))
    return _BREAKS.sub("\n\n", _BLANKS.sub(" ", "".join(parts))).strip()
