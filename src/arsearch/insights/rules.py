"""From an insight to a rule in one step: a line in the file of curations, or in that of synonyms."""

from __future__ import annotations

from collections.abc import Iterable
from pathlib import Path

from filelock import FileLock

from arsearch.arabic import analyze
from arsearch.errors import InsightsError, QueryError
from arsearch.index.durability import replace_file
from arsearch.search.curations import Curations, curation_line

__all__ = ["add_curation", "add_synonym"]


def add_curation(path: Path, query: str, *, pin: Iterable[str] = (), block: Iterable[str] = ()) -> str:
    """Have articles pinned and blocked for *query* by a line in the file *path*; return the line.

    Raises QueryError if the query has no word or no article is named, InsightsError if the file cannot be written.
    """
    line = curation_line(query, pin=(each.strip() for each in pin), block=(each.strip() for each in block))
    try:
        Curations.parse([line])
    except ValueError as error:
        raise QueryError(
            "A rule needs a query with a word, and the id of an article to pin or to block. Take ids from results.",
            field="query",
        ) from error
    _append(path, line)
    return line


def add_synonym(path: Path, query: str, other: str) -> str:
    """Have whoever asks *query* find what has *other* too, by a line in the file *path*; return the line.

    Raises QueryError if one of them has no word, InsightsError if the file cannot be written.
    """
    if not analyze(query) or not analyze(other):
        raise QueryError("A synonym needs two names, each with a word.", field="query")
    line = f"{_name(query)} => {_name(other)}"
    _append(path, line)
    return line


def _name(text: str) -> str:
    """Return *text* as it can stand in a line of synonyms, where commas, arrows and number signs mean something."""
    return " ".join(text.replace("#", " ").replace("=>", " ").split()).replace("\\", "").replace(",", "\\,")


def _append(path: Path, line: str) -> None:
    """Write *line* behind those of *path*, all or nothing; what reads the file meanwhile finds it whole."""
    try:
        path.parent.stat()  # the lock would make the folder
        with FileLock(path.with_name(f"{path.name}.lock")):
            before = path.read_text(encoding="utf-8-sig") if path.exists() else ""
            if before and not before.endswith("\n"):
                before += "\n"
            replace_file(path, f"{before}{line}\n".encode())
    except (OSError, UnicodeDecodeError) as error:
        raise InsightsError(
            f"The file {path} cannot be written: {error}. Let the server write there, or name another by the settings."
        ) from error
