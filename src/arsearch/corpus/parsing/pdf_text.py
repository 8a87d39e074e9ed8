"""The text of a PDF, found by a process of its own with limits: ``python -m`` this module SECONDS BYTES.

A PDF holds glyphs at places, in any order. What they mean is looked up in tables of the file, which may lack some.
Where they stand is put into lines by :mod:`~arsearch.corpus.parsing.pdf_layout`.
"""

from __future__ import annotations

import io
import json
import re
import sys
from typing import Any

from arsearch.corpus.parsing.pdf_layout import Glyph, lines_of

__all__ = ["main"]

MAX_PAGES = 2_000
_UNMAPPED = re.compile(r"(?:\(cid:\d+\)|[\x00-\x08\x0e-\x1f\ufffd\ue000-\uf8ff])+")
"""What pdfminer gives for a glyph without a character; NUL and private characters say no more."""


def main() -> None:
    """Read a PDF from standard input and write its pages and metadata as JSON to standard output."""
    seconds, memory = map(int, sys.argv[1:])
    _limit(seconds, memory)
    from pdfminer.pdfdocument import PDFDocument
    from pdfminer.pdfparser import PDFParser

    file = io.BytesIO(sys.stdin.buffer.read())
    document = PDFDocument(PDFParser(file))
    about = {name: _decoded(value) for info in document.info for name, value in info.items()}
    json.dump({"about": about, **_pages(file)}, sys.stdout)


def _limit(seconds: int, memory: int) -> None:
    try:
        import resource
    except ImportError:  # not on this platform: the time limit of the parent is what is left
        return
    resource.setrlimit(resource.RLIMIT_AS, (memory, memory))
    resource.setrlimit(resource.RLIMIT_CPU, (seconds, seconds))


def _pages(file: io.BytesIO) -> dict[str, Any]:
    """Return the lines of the pages, how many glyphs have no character, and how many pages are only pictures."""
    from pdfminer.converter import PDFPageAggregator
    from pdfminer.pdfinterp import PDFPageInterpreter, PDFResourceManager
    from pdfminer.pdfpage import PDFPage

    file.seek(0)
    resources = PDFResourceManager()
    device = PDFPageAggregator(resources, laparams=None)
    interpreter = PDFPageInterpreter(resources, device)
    pages: list[list[str]] = []
    unmapped = scanned = 0
    for page in PDFPage.get_pages(file, maxpages=MAX_PAGES):
        interpreter.process_page(page)
        glyphs: list[Glyph] = []
        pictures = _collect(device.get_result(), glyphs)
        lines, unknown = lines_of(glyphs)
        pages.append(lines)
        unmapped += unknown
        scanned += bool(pictures and not lines)
    return {"pages": pages, "unmapped": unmapped, "scanned": scanned}


def _collect(element: Any, glyphs: list[Glyph]) -> int:
    """Put the glyphs in *element* into *glyphs*, and return how many pictures there are."""
    from pdfminer.layout import LTChar, LTImage

    pictures = 0
    waiting = [element]
    while waiting:
        item = waiting.pop()
        if isinstance(item, LTChar):
            text = _UNMAPPED.sub("", item.get_text())
            if item.upright:
                glyphs.append(Glyph(text, item.x0, item.x1, item.matrix[5], item.size, item.adv))
            else:  # written upwards or downwards: a page of its own, turned
                glyphs.append(Glyph(text, item.y0, item.y1, -item.matrix[4], item.size, item.adv, turned=True))
        elif isinstance(item, LTImage):
            pictures += 1
        elif hasattr(item, "__iter__"):
            waiting.extend(reversed(list(item)))
    return pictures


def _decoded(value: object) -> str:
    from pdfminer.utils import decode_text

    return decode_text(value) if isinstance(value, bytes) else ""


if __name__ == "__main__":
    main()
