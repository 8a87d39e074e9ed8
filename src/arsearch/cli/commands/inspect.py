"""``arsearch inspect``: what would become of a source, without indexing it."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from arsearch.cli.options import common_options, print_json, settings_from, show
from arsearch.corpus.files.names import path_text

if TYPE_CHECKING:
    from arsearch.corpus.records.inspection import InspectedRecord
    from arsearch.corpus.report import ReadingReport

__all__ = ["inspect"]

_SHOWN_CHARACTERS = 600
_LONG_VALUE = 100
_SHOWN_NAMES = 20


@click.command()
@click.argument("source", type=click.Path(path_type=Path))
@click.option("--limit", type=click.IntRange(1), default=3, metavar="N", help="How many records to show [default: 3]")
@click.option("--whole", is_flag=True, help="Show whole texts, not only their beginnings")
@common_options
def inspect(source: Path, limit: int, whole: bool, index: Path | None, config: Path | None, as_json: bool) -> None:
    """Show what would become of the first records of SOURCE, without indexing anything.

    For each: its format and encoding, the fields with where each is from, the text as it would be indexed, and what was
    dropped or left out, and why. Lines that are boilerplate because many pages have them are known only when a whole
    source is indexed.
    """
    from arsearch.corpus import check_sources
    from arsearch.corpus.records.inspection import inspect_source
    from arsearch.index.update.preprocess import reading_options

    settings = settings_from(config, index=index)
    check_sources([source])
    records, report = inspect_source(
        source, reading_options(settings), limit=limit, keep_boilerplate=settings.keep_boilerplate
    )
    if as_json:
        print_json(_as_dict(records, report))
        return
    for record in records:
        _show(record, whole=whole)
    if not records:
        show("No record was found.")
    for problem in report.problems:
        show(f"Problem: {problem}")
    for tally in report.tallies:
        for item in tally.left_out:
            show(f"Left out: {item['name'] or item['path']} ({item['why']})")


def _show(record: InspectedRecord, *, whole: bool) -> None:
    place = path_text(record.path) + (f":{record.line}" if record.line else "")
    show(f"{place}  {record.format}{', ' + record.encoding if record.encoding else ''}")
    article = record.article
    if article is None:
        show(f"  is not indexed: {record.left_out or record.problem} ({record.name})")
        for field, origin in record.origins.items():
            show(f"  {field:<9} from {origin}")
    else:
        values = {
            name: value for name, value in article.as_dict().items() if name not in ("body", "extra", "structure")
        }
        for field, value in {**values, **article.extra}.items():
            shown = "، ".join(map(str, value)) if isinstance(value, (list, tuple)) else str(value)
            shown = shown if len(shown) <= _LONG_VALUE else f"{shown[:_LONG_VALUE]}…"
            written = f", written {record.written[field]!r}" if field in record.written else ""
            origin = f"  (from {record.origins[field]}{written})" if field in record.origins else ""
            show(f"  {field:<9} {shown or '-'}{origin}")
        if not article.language:
            show(f"  recognised as {record.language or 'no language'}")
        show(f"  body      {len(article.body.split())} words  (from {record.origins.get('body', 'the text')})")
        text = article.body if whole else article.body[:_SHOWN_CHARACTERS]
        for line in text.split("\n"):
            show(f"    | {line}")
        if len(text) < len(article.body):
            show("    | …")
    for drop in record.dropped:
        show(f"  dropped   «{drop.line}» ({drop.why})" if drop.line else f"  dropped   a line ({drop.why})")
    for message in record.mended:
        show(f"  mended    {message}")
    if record.unknown:
        show(f"  not kept  {', '.join(record.unknown[:_SHOWN_NAMES])}")
    show()


def _as_dict(records: list[InspectedRecord], report: ReadingReport) -> dict[str, Any]:
    return {
        "records": [
            {
                "path": path_text(record.path),
                "line": record.line,
                "format": record.format,
                "encoding": record.encoding,
                "name": record.name,
                "article": None if record.article is None else record.article.as_dict(),
                "origins": record.origins,
                "written": record.written,
                "language": record.language,
                "dropped": [{"line": line.line, "why": line.why} for line in record.dropped],
                "unknown": record.unknown,
                "mended": record.mended,
                "left_out": record.left_out,
                "problem": record.problem,
            }
            for record in records
        ],
        "problems": [
            {
                "path": path_text(problem.path),
                "line": problem.line,
                "message": problem.message,
                "skipped": problem.skipped,
            }
            for problem in report.problems
        ],
        "left_out": [item for tally in report.tallies for item in tally.left_out],
    }
