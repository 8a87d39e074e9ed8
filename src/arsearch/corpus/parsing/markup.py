"""HTML fragments, as feeds and exports carry them, to plain text."""

from __future__ import annotations

import re
from typing import Any

__all__ = [
    "MAX_ELEMENTS", "html_of_post", "parse_html", "text_of_html", "text_of_tree", "tree_of_fragment",
    "without_shortcodes",
]  # fmt: skip

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
    r"\[(?P<slash>/?)(?P<name>[a-zA-Z][\w-]{1,40})(?P<rest>(?:[\s=][^\[\]]{0,2000})?/?)\]", re.ASCII
)
_ADDRESS_ONLY = re.compile(
    r"\[(embed|audio|video|youtube|vimeo|soundcloud|tweet|instagram)\b[^\[\]]{0,1000}\]\s*https?://\S{1,2000}?\s*\[/\1\]"
)
_ALONE = frozenset(
    (
        "gallery", "embed", "audio", "video", "playlist", "caption", "more", "nextpage", "toc", "contact", "form",
        "map", "ads", "ad", "adsense", "slider", "sidebar", "spacer", "divider", "clear", "br", "hr", "button", "share",
        "social",
    )
)  # fmt: skip
"""Shortcodes that may stand without a value and without an end."""
_BLANKS = re.compile(r"[^\S\n]{2,}|[^\S\n ]")  # a single space is left alone: most blanks are
_BREAKS = re.compile(r" ?\n ?(?:\n ?)*")
# Parsed as a page, a fragment that looks like XML with its own encoding would be refused.
_LINE_END = re.compile(r"(?<![>\s])[^\S\n]*\n(?!\s*</?(?:p|div|ul|ol|li|table|tr|td|h[1-6]|blockquote|pre)\b)")
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
    tree = tree_of_fragment(fragment)
    return "" if tree is None else text_of_tree(tree)


def tree_of_fragment(fragment: str) -> Any:
    """Return the tree of *fragment* without shortcodes, or None if there is nothing in it."""
    return parse_html(without_shortcodes(fragment) if "[" in fragment else fragment)


def html_of_post(content: str) -> str:
    """Return *content* as WordPress shows it: what its editor calls a line is one in the text too."""
    content = content.replace("\r\n", "\n")
    return _LINE_END.sub("<br>", content) if "<br" not in content or "<p" not in content else content


def without_shortcodes(text: str) -> str:
    """Return *text* without shortcodes of WordPress, whatever their names; what stands between two of them stays.

    What else stands in brackets stays too: a name is a shortcode if it has a value, an end, or is known for having
    none.
    """
    text = _ADDRESS_ONLY.sub(" ", text)
    ended = {match["name"] for match in _SHORTCODE.finditer(text) if match["slash"]}

    def is_one(match: re.Match[str]) -> bool:
        name = match["name"]
        return (
            name in ended or "=" in match["rest"] or "_" in name or name.lower() in _ALONE or match["rest"][-1:] == "/"
        )

    return _SHORTCODE.sub(lambda match: " " if is_one(match) else match[0], text)


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
