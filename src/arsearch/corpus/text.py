"""Reading a whole text file, shared by the formats that hold one article a file."""

from __future__ import annotations

from pathlib import Path

from arsearch.corpus.report import ReadingReport

__all__ = ["read_text"]


def read_text(path: Path, report: ReadingReport) -> str | None:
    """Return the text of *path*, its lines ended by line feeds; report it and return None if it is not UTF-8."""
    data = path.read_bytes()
    try:
        text = data.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        line = data.count(b"\n", 0, error.start) + 1
        report.add(path, line, "not UTF-8; convert the file to UTF-8", skipped=True)
        return None
    return text.replace("\r\n", "\n").replace("\r", "\n")
