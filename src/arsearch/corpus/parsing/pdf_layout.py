"""Glyphs at places become lines in reading order: from right to left, and column after column.

Whatever the order in which a program wrote its glyphs, lines are read off their places, so that they are always in
visual order; the bidirectional algorithm (Unicode Standard Annex 9) undoes that. A glyph may stand for several letters,
as lam-alef does, whose letters are in the order of reading among themselves. Letters may be put together of a base
without a meaning and of dots that have one: what has no width belongs to what it stands over.
"""

from __future__ import annotations

import statistics
import unicodedata
from bisect import bisect_right
from collections.abc import Sequence
from dataclasses import dataclass, field

__all__ = ["Glyph", "lines_of"]

_SAME_ROW = 0.4
_SPACE = 0.15
_SEGMENT = 1.5
_GUTTER = 0.8
"""Shares of the size of a letter: how far glyphs of a row may be above one another; gaps between words, between what
stands side by side, and between columns."""
_CROSSING = 0.34
"""Share of the lines that may go across the gap between two columns: headlines, and text above and below them."""
_COLUMN_LINES = 3
_COLUMN_WORDS = 3
"""Words of a line in the middle; with fewer, what stands side by side is a table, which is read row by row."""
_MAX_SEGMENTS = 600
_MAX_DEPTH = 12


@dataclass(slots=True)
class Glyph:
    """What stands at a place. Lengths are points; *base* is the height of the line that it stands on."""

    text: str
    """Empty if the file does not say what it means."""
    x0: float
    x1: float
    base: float
    size: float
    advance: float
    turned: bool = False
    over: list[str] = field(default_factory=list)
    """What stands above and below it, in the order of reading."""

    @property
    def whole_text(self) -> str:
        """The text with what stands over it."""
        return self.text + "".join(self.over)


@dataclass(slots=True)
class _Segment:
    """Glyphs side by side, without a gap wider than one between words."""

    glyphs: list[Glyph]
    words: int = 0

    def __post_init__(self) -> None:
        self.words = 1 + sum(1 for glyph in self.glyphs if glyph.text.isspace())

    @property
    def x0(self) -> float:
        return self.glyphs[0].x0

    @property
    def x1(self) -> float:
        return self.glyphs[-1].x1

    @property
    def base(self) -> float:
        return self.glyphs[0].base

    @property
    def size(self) -> float:
        return self.glyphs[0].size


def lines_of(glyphs: Sequence[Glyph]) -> tuple[list[str], int]:
    """Return the lines of a page in the order of reading, and how many of its *glyphs* have no meaning."""
    lines: list[str] = []
    unmapped = 0
    for turned in (False, True):
        some = [glyph for glyph in glyphs if glyph.turned == turned]
        rows = _rows(some)
        unmapped += sum(1 for row in rows for glyph in row if not glyph.whole_text)
        segments = [segment for row in rows for segment in _segments(row)]
        letters = [character for glyph in some for character in glyph.text]
        is_arabic = sum(map(_is_right_to_left, letters)) * 2 >= sum(map(str.isalpha, letters))
        in_order = _in_order(segments, is_arabic, 0)
        for before, row_of_segments, after in zip([[], *in_order], in_order, [*in_order[1:], []], strict=False):
            ordered = sorted(row_of_segments, key=lambda segment: segment.x0, reverse=is_arabic)
            of_table = len(ordered) > 1 and max(len(before), len(after)) == len(ordered)
            texts = [_text(segment.glyphs) for segment in ordered]
            if line := ("\t" if of_table else " ").join(filter(None, texts)):
                lines.append(line)
    return lines, unmapped


def _rows(glyphs: Sequence[Glyph]) -> list[list[Glyph]]:
    """Return the glyphs that have a width, row by row from the top, each from left to right, with what is over them."""
    wide = sorted((glyph for glyph in glyphs if glyph.advance > 0), key=lambda glyph: -glyph.base)
    rows: list[list[Glyph]] = []
    for glyph in wide:
        if rows and abs(rows[-1][0].base - glyph.base) < _SAME_ROW * max(rows[-1][0].size, glyph.size):
            rows[-1].append(glyph)
        else:
            rows.append([glyph])
    for row in rows:
        row.sort(key=lambda glyph: glyph.x0)
    rows = [_once(row) for row in rows]
    bases = [-row[0].base for row in rows]  # ascending
    starts = [[glyph.x0 for glyph in row] for row in rows]
    alone: list[list[Glyph]] = []
    previous: Glyph | None = None
    following = _following(glyphs)
    for number, glyph in enumerate(glyphs):
        if glyph.advance > 0:
            previous = glyph
        elif glyph.text.strip():
            below = _neighbour_below(glyph, previous, following[number])
            if below is not None:
                # What is written before a letter that it stands over is written from left to right, the last first.
                below.over.insert(0 if below is following[number] else len(below.over), glyph.text)
            elif not _put_over(glyph, rows, bases, starts) and not _is_mark(glyph.text):
                alone.append([glyph])
    return rows + alone


def _following(glyphs: Sequence[Glyph]) -> list[Glyph | None]:
    """Return for each of *glyphs* the next one that has a width."""
    following: list[Glyph | None] = []
    after: Glyph | None = None
    for glyph in reversed(glyphs):
        following.append(after)
        if glyph.advance > 0:
            after = glyph
    return following[::-1]


def _neighbour_below(glyph: Glyph, previous: Glyph | None, following: Glyph | None) -> Glyph | None:
    """Return which of the two that were written before and after *glyph* it stands over, or None.

    Shaped text that is written from left to right has what stands over a letter before the letter.
    """
    reach = 0.15 * glyph.size
    near = [
        other
        for other in (following, previous)
        if other is not None
        and other.x0 - reach <= glyph.x0 <= other.x1 + reach
        and abs(other.base - glyph.base) < 1.5 * glyph.size
        and not other.text.isspace()
    ]
    if len(near) == 2 and previous is not None and following is not None and previous.x0 > following.x0:
        near.reverse()
    if not _is_mark(glyph.text):  # dots rather belong to a base that means nothing without them
        near.sort(key=lambda other: bool(other.whole_text))
    return near[0] if near else None


def _once(row: list[Glyph]) -> list[Glyph]:
    """Return *row* without glyphs that are printed twice, a little aside, to look bold."""
    kept: list[Glyph] = []
    for glyph in row:
        twice = kept and kept[-1].text == glyph.text and abs(kept[-1].x0 - glyph.x0) < glyph.size * 0.07 and glyph.text
        if not (twice and glyph.advance > glyph.size * 0.15):
            kept.append(glyph)
    return kept


def _put_over(glyph: Glyph, rows: list[list[Glyph]], bases: list[float], starts: list[list[float]]) -> bool:
    """Give *glyph* to the one that it stands over, in the row nearest in height that has one there; or return False."""
    near = bisect_right(bases, -glyph.base)
    around = sorted(
        (number for number in range(near - 2, near + 2) if 0 <= number < len(rows)),
        key=lambda number: abs(bases[number] + glyph.base),
    )
    for number in around:
        row = rows[number]
        place = bisect_right(starts[number], glyph.x0 + 0.01) - 1
        below = row[max(place, 0)]
        is_under = below.x0 - glyph.size / 2 <= glyph.x0 <= below.x1 + glyph.size / 2
        if is_under and not below.text.isspace() and abs(bases[number] + glyph.base) < 1.5 * glyph.size:
            below.over.append(glyph.text)
            return True
    return False


def _segments(row: list[Glyph]) -> list[_Segment]:
    segments: list[list[Glyph]] = []
    end = size = 0.0
    blank: Glyph | None = None
    for glyph in row:
        if glyph.text and glyph.text.isspace():
            blank = glyph
            continue
        gap = glyph.x0 - end
        if not segments or gap > _SEGMENT * max(size, glyph.size):
            segments.append([])
        elif blank is not None or gap > _SPACE * glyph.size:
            segments[-1].append(Glyph(" ", end, glyph.x0, glyph.base, glyph.size, max(gap, 0.0)))
        segments[-1].append(glyph)
        end, size, blank = max(end, glyph.x1), glyph.size, None
    return [_Segment(glyphs) for glyphs in segments]


def _in_order(segments: list[_Segment], is_arabic: bool, depth: int) -> list[list[_Segment]]:
    """Return *segments* row by row in the order of reading: where there are columns, one after the other."""
    gutter = _gutter(segments, is_arabic) if depth < _MAX_DEPTH and 4 <= len(segments) <= _MAX_SEGMENTS else None
    if gutter is None:
        return _by_rows(segments)
    ordered: list[list[_Segment]] = []
    sides: tuple[list[_Segment], list[_Segment]] = ([], [])

    def columns() -> None:
        for side in reversed(sides) if is_arabic else sides:
            ordered.extend(_in_order(list(side), is_arabic, depth + 1))
            side.clear()

    for row in _by_rows(segments):
        if any(segment.x0 < gutter < segment.x1 for segment in row):
            columns()
            ordered.append(row)
        else:
            for segment in row:
                sides[segment.x0 >= gutter].append(segment)
    columns()
    return ordered


def _by_rows(segments: list[_Segment]) -> list[list[_Segment]]:
    rows: list[list[_Segment]] = []
    for segment in sorted(segments, key=lambda segment: -segment.base):
        if rows and abs(rows[-1][0].base - segment.base) < _SAME_ROW * max(rows[-1][0].size, segment.size):
            rows[-1].append(segment)
        else:
            rows.append([segment])
    return rows


def _gutter(segments: list[_Segment], is_arabic: bool) -> float | None:
    """Return where a gap runs down between two columns, or None."""
    size = statistics.median(segment.size for segment in segments)
    best: tuple[float, float] | None = None
    for edge in sorted({round(segment.x1, 1) for segment in segments})[:-1]:
        right = [segment for segment in segments if segment.x0 > edge]
        if len(right) < _COLUMN_LINES:
            continue
        middle = (edge + min(segment.x0 for segment in right)) / 2
        left = [segment for segment in segments if segment.x1 <= middle]
        crossing = len(segments) - len(left) - len(right)
        width = min(segment.x0 for segment in right) - edge
        if len(left) < _COLUMN_LINES or crossing > _CROSSING * len(segments) or width < _GUTTER * size:
            continue
        if min(statistics.median(segment.words for segment in side) for side in (left, right)) < _COLUMN_WORDS:
            continue
        if not (_side_by_side(left, right) and _is_flush(left, right, size, is_arabic=is_arabic)):
            continue
        found = (crossing / len(segments), -width)
        if best is None or found < best[0:2]:
            best, where = found, middle
    return where if best is not None else None


def _side_by_side(left: list[_Segment], right: list[_Segment]) -> bool:
    """Whether lines on both sides are at the same height, as those of columns are, and not one part below the other."""
    bottom, top = min(segment.base for segment in left), max(segment.base for segment in left)
    return sum(bottom - 1 <= segment.base <= top + 1 for segment in right) >= 2


def _is_flush(left: list[_Segment], right: list[_Segment], size: float, *, is_arabic: bool) -> bool:
    """Whether the lines beside the gap begin below one another: of Arabic those on its left, else on its right."""
    edges = [segment.x1 for segment in left] if is_arabic else [-segment.x0 for segment in right]
    return sum(max(edges) - edge < size for edge in edges) * 2 > len(edges)


def _text(glyphs: list[Glyph]) -> str:
    from bidi.algorithm import get_display

    parts = []
    is_arabic = False
    for glyph in glyphs:
        text = glyph.whole_text
        if any(map(_is_right_to_left, text)):
            is_arabic = True
            text = text[::-1]  # in the order of places, as what is around it
        parts.append(text)
    line = "".join(parts).strip()
    if is_arabic:
        line = str(get_display(line, base_dir="R"))
    return unicodedata.normalize("NFKC", line)


def _is_mark(text: str) -> bool:
    return bool(text) and all(unicodedata.category(character) == "Mn" for character in text)


def _is_right_to_left(character: str) -> bool:
    return unicodedata.bidirectional(character) in ("R", "AL")
