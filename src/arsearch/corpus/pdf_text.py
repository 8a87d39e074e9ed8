"""The text of a PDF, found by a process of its own with limits of memory and time: ``python -m`` this module.

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
MEMORY_BYTES = 2 << 30
CPU_SECONDS = 60


def main() -> None:
    """Read a PDF from standard input and write its pages and metadata as JSON to standard output."""
    _limit()
    from pdfminer.pdfdocument import PDFDocument
    from pdfminer.pdfparser import PDFParser

    file = io.BytesIO(sys.stdin.buffer.read())
    document = PDFDocument(PDFParser(file))
    about = {name: _decoded(value) for info in document.info for name, value in info.items()}
    json.dump({"about": about, "pages": _pages(file)}, sys.stdout)


def _limit() -> None:
    try:
        import resource
    except ImportError:  # not on this platform: the time limit of the parent is what is left
        return
    resource.setrlimit(resource.RLIMIT_AS, (MEMORY_BYTES, MEMORY_BYTES))
    resource.setrlimit(resource.RLIMIT_CPU, (CPU_SECONDS, CPU_SECONDS))


def _pages(file: io.BytesIO) -> list[list[str]]:
    from pdfminer.high_level import extract_pages
    from pdfminer.layout import LAParams

    file.seek(0)
    # Without the search for columns, which takes time that grows with the square of the boxes.
    pages = extract_pages(file, maxpages=MAX_PAGES, laparams=LAParams(boxes_flow=None))
    return [[line for line in map(_line, _lines(page)) if line] for page in pages]


def _lines(element: Any) -> list[Any]:
    from pdfminer.layout import LTTextLine

    if isinstance(element, LTTextLine):
        return [element]
    try:
        return [line for child in element for line in _lines(child)]
    except TypeError:
        return []


def _line(line: Any) -> str:
    from bidi.algorithm import get_display
    from pdfminer.layout import LTChar

    text = line.get_text().strip()
    letters = [char for char in line if isinstance(char, LTChar) and _is_right_to_left(char.get_text())]
    if letters:
        steps = [after.x0 - before.x0 for before, after in itertools.pairwise(letters)]
        if sum(step > 0 for step in steps) >= sum(step < 0 for step in steps):
            text = str(get_display(text, base_dir="R"))
    return unicodedata.normalize("NFKC", text)


def _is_right_to_left(text: str) -> bool:
    return any(unicodedata.bidirectional(character) in ("R", "AL") for character in text)


def _decoded(value: object) -> str:
    from pdfminer.utils import decode_text

    return decode_text(value) if isinstance(value, bytes) else ""


if __name__ == "__main__":
    main()
