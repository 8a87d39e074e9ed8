"""The command that fetches pages: fetch."""

from __future__ import annotations

import dataclasses
from contextlib import closing
from pathlib import Path
from typing import TYPE_CHECKING

import click

from arsearch.cli.following import follow_feeds
from arsearch.cli.options import FAILED, common_options, print_json, say, settings_from, show

if TYPE_CHECKING:
    from arsearch.fetch import PoliteClient
    from arsearch.settings import Settings

__all__ = ["fetch"]


@click.command()
@click.argument("urls", nargs=-1)
@click.option("--out", type=click.Path(path_type=Path, file_okay=False), default=Path("fetched"), show_default=True,
              help="Folder to save the pages in")  # fmt: skip
@click.option("--pause", type=click.FloatRange(min=0), default=1.0, show_default=True,
              help="Seconds between two requests to one host")  # fmt: skip
@click.option(
    "--max-mb", type=click.IntRange(min=1), default=16, show_default=True, help="Maximum size of a page, in MiB"
)
@click.option("--follow", is_flag=True, help="Go on until ended: ask feeds again, and add what is new to the index")
@click.option("--every", type=click.FloatRange(min=1), default=300.0, show_default=True, metavar="SECONDS",
              help="With --follow: how often a feed is asked")  # fmt: skip
@click.option("--images", is_flag=True, help="Save the pictures of the articles of the index, to be shown by the pages")
@click.option("--allow-private", is_flag=True, help="Also fetch from addresses that are not public, as in an intranet")
@common_options
def fetch(
    urls: tuple[str, ...],
    out: Path,
    pause: float,
    max_mb: int,
    follow: bool,
    every: float,
    images: bool,
    allow_private: bool,
    index: Path | None,
    config: Path | None,
    as_json: bool,
) -> None:
    """Save the pages at URLS, or the articles of the feeds there, as HTML files to be indexed.

    robots.txt is honoured; a page that has not changed since the last time is not fetched again.

    With --follow, URLS are feeds that are asked again and again, and the folder is a source of the index. SIGTERM and
    Ctrl-C end it; what was fetched by then is in the index.

    With --images, there are no URLS: pictures are saved in the folder of the index, small, and written anew.
    """
    from arsearch.fetch import PoliteClient, Stop
    from arsearch.fetch import fetch as fetch_pages

    if images == bool(urls) or (images and follow):
        raise click.UsageError("Give URLS, or --images alone.")
    if images:
        _fetch_images(
            settings_from(config, index=index),
            PoliteClient(pause=pause, max_bytes=max_mb << 20, allow_private=allow_private),
            as_json=as_json,
        )
        return
    if follow:
        settings = settings_from(config, index=index)
        stop = Stop()
        polite = PoliteClient(pause=pause, max_bytes=max_mb << 20, allow_private=allow_private, sleep=stop.sleep)
        with stop.on_signals():
            follow_feeds(urls, out, polite, stop, settings, every=every, as_json=as_json)
        return
    client = PoliteClient(pause=pause, max_bytes=max_mb << 20, allow_private=allow_private)
    summary = fetch_pages(urls, out, client, on_failure=lambda message: say(f"Warning: {message}"))
    if as_json:
        print_json({"folder": str(out), **dataclasses.asdict(summary)})
    else:
        counts = (len(summary.saved), len(summary.unchanged), len(summary.failed))
        show("{} pages saved in {}, {} unchanged, {} failed.".format(counts[0], out, *counts[1:]))
    if summary.failed and not summary.saved and not summary.unchanged:
        raise SystemExit(FAILED)


def _fetch_images(settings: Settings, client: PoliteClient, *, as_json: bool) -> None:
    """Save the pictures of the articles of an index beside it."""
    from arsearch.corpus.records.picture_files import PICTURES_FOLDER
    from arsearch.fetch.pictures import fetch_pictures
    from arsearch.index.store.export import stored_articles

    with closing(stored_articles(settings.index)) as articles:
        addresses = [article.image for article in articles if article.image]
    folder = settings.index / PICTURES_FOLDER
    summary = fetch_pictures(addresses, folder, client, on_failure=lambda message: say(f"Warning: {message}"))
    if as_json:
        print_json({"folder": str(folder), **dataclasses.asdict(summary)})
    else:
        counts = (len(summary.saved), len(summary.unchanged), len(summary.failed))
        show("{} pictures saved in {}, {} were there, {} failed.".format(counts[0], folder, *counts[1:]))
    if summary.failed and not summary.saved and not summary.unchanged:
        raise SystemExit(FAILED)
