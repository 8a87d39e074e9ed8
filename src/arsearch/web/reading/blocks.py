"""An article's text as a page arranges it: paragraphs, headings, lists in lists, quotations and tables."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Literal

from markupsafe import Markup

from arsearch.web.reading.pieces import Piece

__all__ = ["Shown", "TextBlock", "arranged"]

_DEEPEST_HEADING = 6
_DEEPEST_LIST = 6


@dataclass(frozen=True, slots=True)
class Shown:
    """A piece of the body, escaped and marked, and where it starts in the body, in code points."""

    start: int
    text: Markup


@dataclass(slots=True)
class TextBlock:
    """What a page shows as one thing.

    A ``text`` and a ``heading`` have one of *texts*, a ``quote`` its paragraphs, a ``list`` its *items*, each of them
    blocks, and a ``table`` its *rows*: cells, each with whether it is a head.
    """

    kind: Literal["text", "heading", "list", "quote", "table"]
    texts: list[Shown] = field(default_factory=list)
    level: int = 0
    """Of the element of a heading, 2 to 6: no page skips one."""
    is_ordered: bool = False
    items: list[list[TextBlock]] = field(default_factory=list)
    rows: list[list[tuple[bool, Shown]]] = field(default_factory=list)


def arranged(body: str, pieces: Sequence[Piece], texts: Sequence[Markup]) -> list[TextBlock]:
    """Return the *pieces* of *body*, whose *texts* are ready to be shown, as blocks."""
    blocks: list[TextBlock] = []
    headings: list[int] = []
    lists: list[tuple[int, TextBlock]] = []
    last: Piece | None = None
    for piece, text in zip(pieces, texts, strict=True):
        shown = Shown(piece.start, text)
        if piece.kind in ("item", "numbered", "continued"):
            _add_item(blocks, lists, piece, shown)
        else:
            lists.clear()
            if piece.kind == "heading":
                blocks.append(TextBlock("heading", [shown], _heading_level(headings, piece.level)))
            elif piece.kind == "quote":
                _open(blocks, "quote").texts.append(shown)
            elif piece.kind in ("cell", "head"):
                is_head = piece.kind == "head"
                begins_row = last is None or last.kind not in ("cell", "head") or "\n" in body[last.end : piece.start]
                table = _open(blocks, "table")
                if begins_row:
                    if is_head and any(not head for head, _ in table.rows[-1:] and table.rows[-1]):
                        # Rows whose first cells are heads go on; a row of heads below others begins another table.
                        table = table if table.rows[-1][0][0] else _new(blocks, "table")
                    table.rows.append([])
                table.rows[-1].append((is_head, shown))
            else:
                blocks.append(TextBlock("text", [shown]))
        last = piece
    return blocks


def _open(blocks: list[TextBlock], kind: Literal["quote", "table"]) -> TextBlock:
    """Return the last block if it is of this *kind*, or a new one."""
    return blocks[-1] if blocks and blocks[-1].kind == kind else _new(blocks, kind)


def _new(blocks: list[TextBlock], kind: Literal["quote", "table"]) -> TextBlock:
    blocks.append(TextBlock(kind))
    return blocks[-1]


def _heading_level(headings: list[int], level: int) -> int:
    """Return the level of the element of a heading below *headings*, the levels of those that stand open."""
    while headings and headings[-1] >= level:
        headings.pop()
    headings.append(level)
    return min(1 + len(headings), _DEEPEST_HEADING)


def _add_item(blocks: list[TextBlock], lists: list[tuple[int, TextBlock]], piece: Piece, shown: Shown) -> None:
    """Add a paragraph of an item to the *lists* that stand open, the innermost last, or to a new one."""
    while lists and lists[-1][0] > piece.level:
        lists.pop()
    if piece.kind == "continued":
        (lists[-1][1].items[-1] if lists else blocks).append(TextBlock("text", [shown]))
        return
    is_ordered = piece.kind == "numbered"
    if lists and lists[-1][0] == piece.level and lists[-1][1].is_ordered != is_ordered:
        lists.pop()
    if not lists or (lists[-1][0] < piece.level and len(lists) < _DEEPEST_LIST):
        new = TextBlock("list", is_ordered=is_ordered)
        (lists[-1][1].items[-1] if lists else blocks).append(new)
        lists.append((piece.level, new))
    lists[-1][1].items.append([TextBlock("text", [shown])])
