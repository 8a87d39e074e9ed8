"""The text of a PDF, found by a process of its own with limits: ``python -m`` this module SECONDS BYTES.

A PDF holds glyphs at places, and programs write Arabic ones from left to right, as often as not in presentation forms,
and as often in reading order. Where the letters of a line stand tells which it was; the bidirectional algorithm
(Unicode Standard Annex 9) undoes the first.
"""

from __future__ import annotations

import io
import itertools
import json
import sys
import unicodedata
from typing import Any

__all__ = ["main"]

MAX_PAGES = 2_000


def main() -> None:
    """Read a PDF from standard input and write its pages and metadata as JSON to standard output."""
    seconds, memory = map(int, sys.argv[1:])
    _limit(seconds, memory)
    from pdfminer.pdfdocument import PDFDocument
    from pdfminer.pdfparser import PDFParser

    file = io.BytesIO(sys.stdin.buffer.read())
    document = PDFDocument(PDFParser(file))
    about = {name: _decoded(value) for info in document.info for name, value in info.items()}
    json.dump({"about": about, "pages": _pages(file)}, sys.stdout)


def _limit(seconds: int, memory: int) -> None:
    try:
        import resource
    except ImportError:  # not on this platform: the time limit of the parent is what is left
        return
    resource.setrlimit(resource.RLIMIT_AS, (memory, memory))
    resource.setrlimit(resource.RLIMIT_CPU, (seconds, seconds))


def _pages(file: io.BytesIO) -> list[list[str]]:
    from pdfminer.high_level import extract_pages
    from pdfminer.layout import LAParams

    file.seek(0)
    # Without the search for columns, which takes time that grows with the square of the boxes.
    pages = extract_pages(file, maxpages=MAX_PAGES, laparams=LAParams(boxes_flow=None))
    return [[text for row in _rows(_lines(page)) if (text := _text(row))] for page in pages]


def _lines(element: Any) -> list[Any]:
    from pdfminer.layout import LTTextLine

    if isinstance(element, LTTextLine):
        return [element]
    try:
        return [line for child in element for line in _lines(child)]
    except TypeError:
        return []


def _rows(lines: list[Any]) -> list[list[Any]]:
    """Return the glyphs of each row, from left to right.

    pdfminer ends a line at a glyph that stands higher than the others, as a vowel mark may; what follows it directly on
    the same height belongs to the same row.
    """
    rows: list[list[Any]] = []
    before: Any = None
    for line in lines:
        glyphs = [glyph for glyph in line if glyph.get_text() != "\n"]
        if before is not None and _touch(before, line):
            rows[-1] = rows[-1] + glyphs if before.x0 < line.x0 else glyphs + rows[-1]
        else:
            rows.append(glyphs)
        before = line
    return rows


def _touch(one: Any, other: Any) -> bool:
    height = min(one.height, other.height)
    overlap = min(one.y1, other.y1) - max(one.y0, other.y0)
    return bool(overlap > height / 2 and max(one.x0, other.x0) - min(one.x1, other.x1) < height / 2)


def _text(glyphs: list[Any]) -> str:
    from bidi.algorithm import get_display
    from pdfminer.layout import LTChar

    around = zip([None, *glyphs], glyphs, [*glyphs[1:], None], strict=False)
    # A space that no glyph stands for is pdfminer's guess; beside a vowel mark, which has no width, it guesses wrongly.
    kept = [
        glyph
        for before, glyph, after in around
        if isinstance(glyph, LTChar) or not (_is_mark(before) or _is_mark(after))
    ]
    text = "".join(glyph.get_text() for glyph in kept).strip()
    letters = [glyph for glyph in kept if isinstance(glyph, LTChar) and _is_right_to_left(glyph.get_text())]
    steps = [after.x0 - before.x0 for before, after in itertools.pairwise(letters)]
    if letters and sum(step > 0 for step in steps) >= sum(step < 0 for step in steps):
        text = str(get_display(text, base_dir="R"))
    return unicodedata.normalize("NFKC", text)


def _is_mark(glyph: Any) -> bool:
    return glyph is not None and all(unicodedata.category(character) == "Mn" for character in glyph.get_text())


def _is_right_to_left(text: str) -> bool:
    return any(unicodedata.bidirectional(character) in ("R", "AL") for character in text)


def _decoded(value: object) -> str:
    from pdfminer.utils import decode_text

    return decode_text(value) if isinstance(value, bytes) else ""


if __name__ == "__main__":
    main()
