"""The structure of a body: which of its text is a heading, an item of a list, a quotation, or a cell of a table.

A body is plain text, and stays so: what is searched, marked and compared does not know of structure. Beside it go
spans, by which a page shows the text as its author arranged it. Readers of formats say what blocks they met;
:func:`structure_of` finds these in the body that came of them, and leaves out what it does not find.
"""

from __future__ import annotations

import re
from bisect import bisect_right
from collections.abc import Iterable, Iterator, Mapping, Sequence
from itertools import accumulate
from typing import Literal, NamedTuple, cast, get_args

__all__ = [
    "Block",
    "BlockKind",
    "Span",
    "SpanKind",
    "checked_structure",
    "line_starts",
    "moved",
    "moved_to",
    "structure_of",
]

SpanKind = Literal["heading", "item", "numbered", "continued", "quote", "head", "cell"]
"""``item`` and ``numbered`` begin an item of a list, ``continued`` is a further paragraph of it; ``head`` is a cell
that heads a column or a row. Cells of one line are a row, and rows without text between them a table."""
BlockKind = SpanKind | Literal["", "row"]
"""What readers meet; of no kind is a plain paragraph, which keeps its place among the others."""

MAX_LEVEL = 9
MAX_SPANS = 50_000
_AHEAD = 60
"""How many lines further on a block is looked for: what is not there shall not skip what is."""
_KINDS = frozenset(get_args(SpanKind))
_BULLET = re.compile(r"\s*(?:[-*•▪·]\s+)?")
_CELL_MARKS = re.compile(r"[|\t]")


class Span(NamedTuple):
    """A piece of a body that is of a kind: *start* and *end* in code points.

    *level* is that of a heading, 1 to 6, or how deep a list or a quotation stands in others, from 1.
    """

    start: int
    end: int
    kind: SpanKind
    level: int


class Block(NamedTuple):
    """What a reader met: a paragraph of some kind, or a row of a table, whose *text* is that of its cells together."""

    kind: BlockKind
    text: str
    level: int = 1
    heads: bool = False
    """Whether the cells of a row are heads."""


def line_starts(body: str) -> list[int]:
    """Return where each line of *body* starts."""
    return [0, *accumulate(len(line) + 1 for line in body.split("\n"))][:-1]


def structure_of(body: str, blocks: Iterable[Block]) -> tuple[Span, ...]:
    """Return the spans of those of *blocks* that are found in *body*, in their order."""
    if not body:
        return ()
    lines, starts = body.split("\n"), line_starts(body)
    keys = ["".join(line.split()) for line in lines]
    at = 0
    spans: list[Span] = []
    for block in blocks:
        found = _find(keys, at, block)
        if found is None:
            continue
        first, last = found
        at = last + 1
        if block.kind == "row":
            if first == last:
                spans += _cells(lines[first], starts[first], "head" if block.heads else "cell")
        elif block.kind:
            start = starts[first] + _indent(lines[first], block.kind)
            end = starts[last] + len(lines[last].rstrip())
            if start < end:
                spans.append(Span(start, end, block.kind, min(max(block.level, 1), MAX_LEVEL)))
        if len(spans) > MAX_SPANS:
            return ()
    return tuple(spans)


def _find(keys: Sequence[str], at: int, block: Block) -> tuple[int, int] | None:
    """Return the first and the last of the lines from *at* on that *block* is, compared without blanks."""
    wanted = "".join(block.text.split())
    if block.kind == "row":
        wanted = _CELL_MARKS.sub("", wanted)
    if not wanted:
        return None
    for first in range(at, min(at + _AHEAD, len(keys))):
        key = keys[first]
        if block.kind == "row":
            key = _CELL_MARKS.sub("", key)
        elif block.kind in ("item", "numbered") and not wanted.startswith(key):
            key = key[1:]
        if not key or not wanted.startswith(key):
            continue
        last, length = first, len(key)
        while length < len(wanted) and last + 1 < len(keys) and wanted.startswith(keys[last + 1], length):
            last += 1
            length += len(keys[last])
        if length == len(wanted):
            return first, last
    return None


def _indent(line: str, kind: BlockKind) -> int:
    if kind in ("item", "numbered"):
        match = _BULLET.match(line)
        return match.end() if match else 0
    return len(line) - len(line.lstrip())


def _cells(line: str, start: int, kind: SpanKind) -> Iterator[Span]:
    """Yield the cells of the *line* that starts at *start*, empty ones too: what stands between tabs or bars."""
    if "\t" in line:
        first, last, between = 0, len(line), "\t"
    else:
        first = line.index("|") + 1 if line.lstrip().startswith("|") else 0
        last = line.rindex("|") if line.rstrip().endswith("|") and line.count("|") > 1 else len(line)
        between = "|"
    place = first
    for part in line[first:last].split(between):
        text = part.strip()
        begin = start + place + (len(part) - len(part.lstrip()) if text else 0)
        yield Span(begin, begin + len(text), kind, 1)
        place += len(part) + 1


def checked_structure(value: object, body: str) -> tuple[Span, ...]:
    """Return the spans over *body* that *value* writes: ``[start, end, kind, level]`` each.

    They stand in their order and do not overlap. Raises ValueError, whose message says what is wrong.
    """
    if not isinstance(value, (list, tuple)):
        raise ValueError("it is not a list")
    if len(value) > MAX_SPANS:
        raise ValueError(f"it has more than {MAX_SPANS} spans")
    spans = []
    last = 0
    for each in value:
        if not isinstance(each, (list, tuple)) or len(each) != 4:
            raise ValueError("each span is written as [start, end, kind, level]")
        start, end, kind, level = each
        if any(type(number) is not int for number in (start, end, level)):
            raise ValueError("start, end and level are whole numbers")
        if kind not in _KINDS:
            raise ValueError(f"the kinds are {', '.join(get_args(SpanKind))}")
        if not last <= start <= end <= len(body):
            raise ValueError("spans stand in their order, in the body, and do not overlap")
        if not 1 <= level <= MAX_LEVEL:
            raise ValueError(f"levels are from 1 to {MAX_LEVEL}")
        spans.append(Span(start, end, cast("SpanKind", kind), level))
        last = end
    return tuple(spans)


def moved_to(structure: Sequence[Span], body: str, now: str) -> tuple[Span, ...]:
    """Return the *structure* of *body* when lines of it were left out, and it is *now* another text."""
    lines, starts = now.split("\n"), line_starts(now)
    kept: dict[int, int] = {}
    at = 0
    for number, line in enumerate(body.split("\n")):
        while at < len(lines) and not lines[at].strip():
            at += 1
        if line.strip() and at < len(lines) and lines[at] == line:  # equal lines are left out together
            kept[number] = starts[at]
            at += 1
    return moved(structure, body, kept)


def moved(structure: Sequence[Span], body: str, kept: Mapping[int, int]) -> tuple[Span, ...]:
    """Return the *structure* of *body* when only some of its lines are left.

    *kept* says for each of these, by number, where it starts now. Spans that have lost a line go.
    """
    starts = line_starts(body)
    spans = []
    for span in structure:
        lines = range(bisect_right(starts, span.start) - 1, bisect_right(starts, max(span.start, span.end - 1)))
        if all(line in kept for line in lines):
            shift = kept[lines[0]] - starts[lines[0]]
            last = kept[lines[-1]] - starts[lines[-1]]
            spans.append(span._replace(start=span.start + shift, end=span.end + last))
    return tuple(spans)
