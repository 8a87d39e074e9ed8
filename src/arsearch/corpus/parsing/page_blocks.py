"""The blocks of HTML: headings, items of lists, quotations and rows of tables, as written or as extracted."""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Any

from arsearch.corpus.parsing.markup import text_of_tree, tree_of_fragment
from arsearch.corpus.parsing.structure import Block, BlockKind, Span, structure_of

__all__ = ["blocks_of", "read_fragment"]

_MAX_DEPTH = 100
_HEADINGS = ("h1", "h2", "h3", "h4", "h5", "h6")
_LISTS = ("ul", "ol")
_HAS_BLOCKS = re.compile(r"<(?:h[1-6]|li|blockquote)\b", re.I)


def read_fragment(fragment: str) -> tuple[str, tuple[Span, ...]]:
    """Return the text of the HTML *fragment*, as ``text_of_html`` does, and its structure, which leaves out tables."""
    tree = tree_of_fragment(fragment)
    if tree is None:
        return "", ()
    text = text_of_tree(tree)
    return text, structure_of(text, _of_html(tree)) if _HAS_BLOCKS.search(fragment) else ()


def _of_html(tree: Any) -> Iterator[Block]:
    for element in tree.iter("p", "li", "blockquote", *_HEADINGS):
        tag = element.tag
        if tag in _HEADINGS:
            yield Block("heading", _text(element), int(tag[1]))
            continue
        around = [each.tag for each in element.iterancestors("ul", "ol", "blockquote", "td", "th", "li")]
        if "td" in around or "th" in around:
            continue
        lists = [each for each in around if each in _LISTS]
        if tag == "li":
            kind: BlockKind = "numbered" if lists[:1] == ["ol"] else "item"
            yield Block(kind, _own_text(element) or _text(next(element.iter("p"), element)), len(lists) or 1)
        elif around[:1] == ["li"]:
            if _own_text(element.getparent()) or element.getprevious() is not None:
                yield Block("continued", _text(element), len(lists) or 1)
        elif tag == "p":
            quotes = around.count("blockquote")
            yield Block("quote" if quotes else "", _text(element), quotes or 1)
        elif next(element.iter("p"), None) is None:
            yield Block("quote", _text(element), around.count("blockquote") + 1)


def _own_text(element: Any) -> str:
    """Return the text of *element* but for the blocks in it."""
    parts = [element.text or ""]
    for child in element:
        if child.tag not in ("ul", "ol", "p", "div", "table", "blockquote"):
            parts.append(_text(child))
        parts.append(child.tail or "")
    return "".join(parts).strip()


def blocks_of(tree: Any) -> list[Block]:
    """Return the blocks below *tree*, in the elements of TEI that trafilatura makes of HTML; none for None."""
    return [] if tree is None else list(_below(tree, (), 0, 0))


def _below(tree: Any, lists: tuple[BlockKind, ...], quotes: int, depth: int) -> Iterator[Block]:
    """Yield the blocks below *tree*, which stands in *lists*, the innermost last, and so many *quotes*."""
    if depth > _MAX_DEPTH:
        return
    for element in tree:
        tag = element.tag if isinstance(element.tag, str) else ""
        if tag == "head":
            rend = str(element.get("rend") or "")
            yield Block("heading", _text(element), int(rend[1]) if rend[1:] in tuple("123456") else 2)
        elif tag == "list":
            kind: BlockKind = "numbered" if element.get("rend") == "ol" else "item"
            yield from _below(element, (*lists, kind), quotes, depth + 1)
        elif tag == "item":
            yield from _item(element, lists or ("item",), quotes, depth)
        elif tag == "table":
            yield from _rows(element)
        elif tag == "quote":
            if element.find("p") is None and element.find("list") is None:
                yield Block("quote", _text(element), quotes + 1)
            else:
                yield from _below(element, lists, quotes + 1, depth + 1)
        elif tag == "p":
            yield Block("quote" if quotes else "", _text(element), quotes or 1)
        elif tag:
            yield from _below(element, lists, quotes, depth + 1)


def _item(element: Any, lists: tuple[BlockKind, ...], quotes: int, depth: int) -> Iterator[Block]:
    """Yield the paragraphs of an item, the first of which begins it, and the lists in it."""
    kind = lists[-1]
    said = [element.text or ""]
    inner: list[Block] = []
    for child in element:
        if child.tag in ("list", "p", "quote", "table"):
            if child.tag == "p":
                text = _text(child)
                if not "".join(said).strip():
                    said = [text]
                else:
                    inner.append(Block("continued", text, len(lists)))
            else:
                inner += _below([child], lists, quotes, depth + 1)
            said.append(child.tail or "")
        else:
            said.append(_text(child) + (child.tail or ""))
    yield Block(kind, "".join(said), len(lists))
    yield from inner


def _rows(table: Any) -> Iterator[Block]:
    for row in table.iter("row"):
        cells = list(row.iter("cell"))
        heads = bool(cells) and all(cell.get("role") == "head" for cell in cells)
        yield Block("row", "".join(map(_text, cells)), heads=heads)


def _text(element: Any) -> str:
    return "".join(element.itertext())
