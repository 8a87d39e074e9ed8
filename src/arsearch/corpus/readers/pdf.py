"""PDF documents: one article a file, without its lines of page numbers. Needs the extra ``documents``."""

from __future__ import annotations

import json
import math
import os
import re
import subprocess
import sys
from collections.abc import Iterator
from typing import Any

from arsearch.arabic import letters as ar
from arsearch.corpus.detect_format import Head
from arsearch.corpus.parsing.extras import import_extra
from arsearch.corpus.records.people import is_placeholder, named_title
from arsearch.corpus.source_document import Record, RecordFault, SourceDocument, UnreadableError

__all__ = ["NAME", "SUFFIXES", "read", "recognises"]

NAME = "PDF"
SUFFIXES: tuple[str, ...] = ()

_SECONDS = 120
_MAX_CPU_SECONDS = 60
_MAX_MEMORY_BYTES = 2 << 30
_DATE = re.compile(r"D:(\d{4})(\d{2})(\d{2})")
_SENTENCE_ENDS = (".", "!", ":", ar.ARABIC_QUESTION_MARK)
_PAGE_NUMBER = re.compile(r"\W*\d{1,4}\W*")


def recognises(head: Head) -> bool:
    """Whether it begins as a PDF does."""
    return b"%PDF-" in head.data[:1024]


def read(document: SourceDocument) -> Iterator[Record | RecordFault]:
    """Yield the one article of *document*."""
    for module in ("pdfminer", "bidi"):
        import_extra(module, "documents", NAME)
    data = document.read_bytes()
    effort = document.budget.effort
    effort.charge(0.0)  # others in the same archive may have left nothing
    limits = min(math.ceil(effort.seconds_left), _MAX_CPU_SECONDS), min(effort.memory, _MAX_MEMORY_BYTES)
    before = _seconds_of_children()
    # In a process of its own: what a PDF unpacks to, and how long that takes, is known only afterwards.
    try:
        done = subprocess.run(
            [sys.executable, "-m", "arsearch.corpus.parsing.pdf_text", *map(str, limits)],
            input=data,
            capture_output=True,
            timeout=_SECONDS,
            check=False,
        )
    except subprocess.TimeoutExpired:
        raise UnreadableError(f"its text was not found within {_SECONDS} seconds") from None
    effort.charge(_seconds_of_children() - before)
    if done.returncode != 0:
        [*_, message] = done.stderr.decode("utf-8", "replace").strip().splitlines() or ["stopped at its limit of time"]
        if message == MemoryError.__name__ and effort.memory <= _MAX_MEMORY_BYTES:
            raise UnreadableError(effort.too_much_memory)
        raise UnreadableError(f"the document is damaged, or too large to read: {message[:200]}")
    found = json.loads(done.stdout)
    if not any(found["pages"]) and found["scanned"]:
        raise UnreadableError(
            f"scanned: its {found['scanned']} pages are pictures without text; recognise the text first, for example "
            "with ocrmypdf -l ara"
        )
    if found["scanned"]:
        yield RecordFault(f"{found['scanned']} of its pages are pictures without text", skipped=False)
    if found["unmapped"]:
        yield RecordFault(
            f"{found['unmapped']} glyphs have no character in its fonts; the text lacks what they show", skipped=False
        )
    yield Record(
        _fields(found["about"], found["pages"]), default_id=document.default_id, origins=_origins(found["about"])
    )


def _seconds_of_children() -> float:
    """Return the processor time of all processes that this one started and that have ended; 0 where nobody counts."""
    times = os.times()  # Windows gives 0
    return times.children_user + times.children_system


def _fields(about: dict[str, str], pages: list[list[str]]) -> dict[str, Any]:
    lines = [line for page in pages for line in page if not _PAGE_NUMBER.fullmatch(line)]
    date = _DATE.match(about.get("CreationDate", ""))
    title = named_title(about.get("Title", "")) or next(iter(lines), "")
    author = about.get("Author", "")
    if lines and lines[0] == title and len(lines) > 1:
        del lines[0]
    return {
        "title": title,
        "body": _paragraphs(lines),
        "author": "" if is_placeholder(author) else author,
        "date": "-".join(date.groups()) if date else "",
        "tags": [tag.strip() for tag in about.get("Keywords", "").replace("،", ",").split(",") if tag.strip()],
    }


def _origins(about: dict[str, str]) -> dict[str, str]:
    named = named_title(about.get("Title", ""))
    return {"title": "the document's Title" if named else "the first line", "date": "the document's CreationDate"}


def _paragraphs(lines: list[str]) -> str:
    """Return *lines* as a text; one that ends no sentence goes on in the next."""
    text = ""
    for line in lines:
        text += ("\n" if text.endswith(_SENTENCE_ENDS) else " ") + line
    return text.strip()
