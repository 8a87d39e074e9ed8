"""The marked words of an article, numbered, so that a reader can go from one to the next."""

from __future__ import annotations

import html
import re
from collections.abc import Sequence
from dataclasses import dataclass

from markupsafe import Markup, escape

from arsearch.corpus.parsing.structure import Span
from arsearch.web.reading.blocks import TextBlock, arranged
from arsearch.web.reading.pieces import pieces_of

__all__ = ["MarkedArticle", "number_marks"]

_TAG = re.compile("</?mark>")
_Marks = list[tuple[int, int]]


@dataclass(frozen=True, slots=True)
class MarkedArticle:
    """An article ready to be shown, in which marked words have the ids ``match-1``, ``match-2`` and so on."""

    title: Markup
    blocks: tuple[TextBlock, ...]
    matches: int
    starts: tuple[int, ...] = ()
    """Where each piece of the text starts in the body of the article, in code points."""


def number_marks(title: str, body: str, current: int = 0, structure: Sequence[Span] = ()) -> MarkedArticle:
    """Return title and body, HTML text in which only ``<mark>`` is markup, with the marks numbered.

    The body is arranged by its *structure*. The mark number *current* is the one the reader has asked to see.
    """
    title, of_title = _taken_apart(title)
    body, of_body = _taken_apart(body)
    numbering = _Numbering(current)
    heading = numbering.marked(title, 0, len(title), of_title)
    pieces = pieces_of(body, structure)
    texts = []
    first = 0
    for piece in pieces:
        while first < len(of_body) and of_body[first][1] <= piece.start:
            first += 1
        texts.append(numbering.marked(body, piece.start, piece.end, of_body[first:] if first < len(of_body) else []))
    return MarkedArticle(
        heading, tuple(arranged(body, pieces, texts)), numbering.count, tuple(piece.start for piece in pieces)
    )


def _taken_apart(marked: str) -> tuple[str, _Marks]:
    """Return the plain text of *marked*, and where its marks start and end in it."""
    plain: list[str] = []
    ends: list[int] = []
    length = 0
    for part in _TAG.split(marked):  # what was typed or indexed is escaped, so a tag is never part of it
        plain.append(html.unescape(part))
        length += len(plain[-1])
        ends.append(length)
    return "".join(plain), list(zip(ends[0::2], ends[1::2], strict=False))


class _Numbering:
    """Marks, numbered in the order in which they are shown."""

    def __init__(self, current: int) -> None:
        self.count = 0
        self._current = current

    def marked(self, text: str, start: int, end: int, marks: _Marks) -> Markup:
        """Return *text* from *start* to *end*, escaped, with those of *marks* in it, which stand in their order."""
        parts = []
        at = start
        for first, last in marks:
            if first >= end:
                break
            first, last = max(first, at), min(last, end)
            if first >= last:
                continue
            self.count += 1
            shown = Markup(' class="current"') if self.count == self._current else Markup("")
            parts.append(escape(text[at:first]))
            parts.append(Markup('<mark id="match-{}"{}>{}</mark>').format(self.count, shown, text[first:last]))
            at = last
        return Markup("").join([*parts, escape(text[at:end])])
