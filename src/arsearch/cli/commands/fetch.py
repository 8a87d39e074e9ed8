"""The command that fetches pages: fetch."""

from __future__ import annotations

import dataclasses
from pathlib import Path

import click

from arsearch.cli.options import FAILED, common_options, print_json, say, show

__all__ = ["fetch"]


@click.command()
@click.argument("urls", nargs=-1, required=True)
@click.option("--out", type=click.Path(path_type=Path, file_okay=False), default=Path("fetched"), show_default=True,
              help="Folder to save the pages in")  # fmt: skip
@click.option("--pause", type=click.FloatRange(min=0), default=1.0, show_default=True,
              help="Seconds between two requests to one host")  # fmt: skip
@click.option(
    "--max-mb", type=click.IntRange(min=1), default=16, show_default=True, help="Maximum size of a page, in MiB"
)
@click.option("--allow-private", is_flag=True, help="Also fetch from addresses that are not public, as in an intranet")
@common_options
def fetch(
    urls: tuple[str, ...],
    out: Path,
    pause: float,
    max_mb: int,
    allow_private: bool,
    index: Path | None,
    config: Path | None,
    as_json: bool,
) -> None:
    """Save the pages at URLS, or the articles of the feeds there, as HTML files to be indexed.

    robots.txt is honoured; a page that has not changed since the last time is not fetched again.
    """
    from arsearch.fetch import PoliteClient
    from arsearch.fetch import fetch as fetch_pages

    client = PoliteClient(pause=pause, max_bytes=max_mb << 20, allow_private=allow_private)
    summary = fetch_pages(urls, out, client, on_failure=lambda message: say(f"Warning: {message}"))
    if as_json:
        print_json({"folder": str(out), **dataclasses.asdict(summary)})
    else:
        counts = (len(summary.saved), len(summary.unchanged), len(summary.failed))
        show("{} pages saved in {}, {} unchanged, {} failed.".format(counts[0], out, *counts[1:]))
    if summary.failed and not summary.saved and not summary.unchanged:
        raise SystemExit(FAILED)
