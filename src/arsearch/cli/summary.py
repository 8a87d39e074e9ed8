"""What an indexing run did, as a table for people and as JSON for programs."""

from __future__ import annotations

import dataclasses
import json
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

from arsearch.corpus.files.names import path_text
from arsearch.errors import ArsearchError

if TYPE_CHECKING:
    from arsearch.index import IndexSummary

__all__ = ["summary_as_dict", "summary_table", "unknown_fields_line", "write_report"]

_COLUMNS = ("source", "format", "read", "new", "changed", "copies", "skipped")
_SHOWN_LINES = 10
_SHOWN_NAMES = 3
_LINE_CHARACTERS = 60


def summary_as_dict(summary: IndexSummary) -> dict[str, Any]:
    """Return *summary* as JSON types."""
    # Every tally has its own way to be told, and so have problems: their paths are no JSON.
    values = {
        field.name: getattr(summary, field.name)
        for field in dataclasses.fields(summary)
        if field.name not in ("problems", "tallies", "dropped")
    }
    values["problems"] = [
        {"path": path_text(problem.path), "line": problem.line, "message": problem.message, "skipped": problem.skipped}
        for problem in summary.problems
    ]
    values["tallies"] = [tally.as_dict() for tally in summary.tallies]
    values["dropped"] = [dataclasses.asdict(line) for line in summary.dropped]
    return values


def write_report(path: Path, summary: IndexSummary) -> None:
    """Write *summary* to *path* as JSON. Raises ArsearchError if that cannot be done; the index is built by then."""
    try:
        path.write_text(json.dumps(summary_as_dict(summary), ensure_ascii=False, indent=1), encoding="utf-8")
    except OSError as error:
        raise ArsearchError(
            f"The index is built, but the report {path} cannot be written: {error.strerror or error}. Name another."
        ) from error


def summary_table(summary: IndexSummary) -> Iterator[str]:
    """Yield the lines of a table: what became of the records of each source and format, and why."""
    rows: list[tuple[str, ...]] = [_COLUMNS]
    for tally in summary.tallies:
        numbers = (tally.read, tally.added, tally.changed, tally.duplicates, tally.skipped.total())
        rows.append((Path(tally.source).name or tally.source, tally.format, *map(str, numbers)))
    widths = [max(map(len, column)) for column in zip(*rows, strict=True)]
    for number, row in enumerate(rows):
        yield _row(row, widths)
        if number:
            tally = summary.tallies[number - 1]
            for why, count in tally.skipped.most_common(_SHOWN_LINES):
                names = [item["name"] or item["path"] for item in tally.left_out if item["why"] == why][:_SHOWN_NAMES]
                yield f"    {count} skipped: {why}" + (f" ({', '.join(names)})" if names else "")
            if tally.short:
                yield f"    {tally.short} with fewer than ten words: {', '.join(tally.short_ids[:3])}"
    for line in summary.dropped[:_SHOWN_LINES]:
        what = f"«{line.line[:_LINE_CHARACTERS]}»" if line.line else "lines"
        of = f" of {line.source}" if line.source else ""
        yield f"Dropped from {line.articles} articles{of}: {what} ({line.why})"
    if len(summary.dropped) > _SHOWN_LINES:
        yield f"Dropped besides: {len(summary.dropped) - _SHOWN_LINES} other lines; --report FILE names them all."


def unknown_fields_line(unknown: Mapping[str, int]) -> str:
    """Return what to say of fields in the corpus that were not kept."""
    shown = [f"{name[:_LINE_CHARACTERS]} ({count} articles)" for name, count in list(unknown.items())[:_SHOWN_LINES]]
    if len(unknown) > _SHOWN_LINES:
        shown.append(f"and {len(unknown) - _SHOWN_LINES} others")
    example = next((name for name in unknown if name.isidentifier()), "country")
    return (
        f"Fields that are not kept: {', '.join(shown)}. To keep one, declare it in arsearch.toml under [fields.extra], "
        f'as in {example} = "keyword" (or "number", "date", "text"), and index again.'
    )


def _row(cells: Sequence[str], widths: Sequence[int]) -> str:
    texts = [cell.ljust(width) for cell, width in zip(cells[:2], widths[:2], strict=True)]
    numbers = [cell.rjust(width) for cell, width in zip(cells[2:], widths[2:], strict=True)]
    return "  ".join([*texts, *numbers]).rstrip()
