"""The marked words of an article, numbered, so that a reader can go from one to the next."""

from __future__ import annotations

import html
import re
from dataclasses import dataclass
from itertools import accumulate, count

from markupsafe import Markup

__all__ = ["MarkedArticle", "number_marks"]

_MARK = "<mark>"
_TAG = re.compile("</?mark>")


@dataclass(frozen=True, slots=True)
class MarkedArticle:
    """An article ready to be shown, in which marked words have the ids ``match-1``, ``match-2`` and so on."""

    title: Markup
    paragraphs: tuple[Markup, ...]
    matches: int
    starts: tuple[int, ...] = ()
    """Where each paragraph starts in the body of the article, in code points."""

    @property
    def placed(self) -> list[tuple[int, Markup]]:
        """The paragraphs with where they start."""
        return list(zip(self.starts, self.paragraphs, strict=True))


def number_marks(title: str, body: str, current: int = 0) -> MarkedArticle:
    """Return title and body, HTML text in which only ``<mark>`` is markup, with the marks numbered.

    The mark number *current* is the one the reader has asked to see.
    """
    numbers = count(1)
    pieces = [_numbered(piece, numbers, current) for piece in (title, *body.split("\n"))]
    lengths = (len(html.unescape(_TAG.sub("", piece))) + 1 for piece in body.split("\n"))
    starts = accumulate(lengths, initial=0)
    placed = [(start, piece) for start, piece in zip(starts, pieces[1:], strict=False) if piece.strip()]
    paragraphs = tuple(piece for _, piece in placed)
    return MarkedArticle(pieces[0], paragraphs, next(numbers) - 1, tuple(start for start, _ in placed))


def _numbered(text: str, numbers: count[int], current: int) -> Markup:
    first, *rest = text.split(_MARK)  # what was typed or indexed is escaped, so this is never part of it
    marked = (f"<mark {_attributes(next(numbers), current)}>{piece}" for piece in rest)
    return Markup("".join([first, *marked]))


def _attributes(number: int, current: int) -> str:
    return f'id="match-{number}"' + (' class="current"' if number == current else "")
