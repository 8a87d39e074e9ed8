"""The pieces that a body is shown in: its paragraphs, and what its structure says."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from typing import Literal, NamedTuple

from arsearch.corpus.parsing.structure import Span, SpanKind

__all__ = ["Piece", "pieces_of"]

_RULE = re.compile(r"[\s|:+=-]*-[\s|:+=-]*")
"""What stands between the head and the rows of a table in plain text."""
_WORD = re.compile(r"\w")


class Piece(NamedTuple):
    """A piece of a body, from *start* to *end* in code points, and what it is: of no kind, a paragraph."""

    start: int
    end: int
    kind: SpanKind | Literal[""]
    level: int


def pieces_of(body: str, structure: Sequence[Span]) -> list[Piece]:
    """Return the pieces of *body* that are shown, in their order.

    What stands outside of the spans on a line that has some is left out where it is no more than signs, such as
    bullets and bars; no word is.
    """
    pieces: list[Piece] = []
    at = 0
    for span in structure:
        pieces += _paragraphs(body, at, span.start, after_cells=bool(pieces) and pieces[-1].kind in ("cell", "head"))
        pieces.append(Piece(*span))
        at = span.end
    pieces += _paragraphs(body, at, len(body), after_cells=False)
    return pieces


def _paragraphs(body: str, start: int, end: int, *, after_cells: bool) -> Iterator[Piece]:
    """Yield the lines between *start* and *end* as paragraphs."""
    for line in body[start:end].split("\n"):
        stop = start + len(line)
        is_whole = (start == 0 or body[start - 1] == "\n") and (stop == len(body) or body[stop] == "\n")
        is_shown = line.strip() and not (after_cells and _RULE.fullmatch(line)) if is_whole else _WORD.search(line)
        if is_shown:
            yield Piece(start, stop, "", 1)
        start = stop + 1
