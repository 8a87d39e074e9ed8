"""Following feeds: what is new in them is fetched into a folder, which is a source of the index."""

from __future__ import annotations

import json
from collections.abc import Sequence
from contextlib import closing
from pathlib import Path
from typing import TYPE_CHECKING

from arsearch.cli.options import say, show
from arsearch.cli.summary import summary_as_dict
from arsearch.settings import Settings

if TYPE_CHECKING:
    from arsearch.fetch import PoliteClient, Stop
    from arsearch.index import Changes, IndexSummary

__all__ = ["follow_feeds"]

_TURN = 600.0
"""Seconds for which a commit waits while others write."""
_FIRST_COMMIT = 10.0
"""Seconds that a commit waits for vectors: after that its articles are found by words, and vectors follow."""
_AT_LEISURE = 5.0
"""Seconds of embedding in each commit that follows, while no feed is due; who ends the process waits for no more."""


def follow_feeds(
    feeds: Sequence[str],
    folder: Path,
    client: PoliteClient,
    stop: Stop,
    settings: Settings,
    *,
    every: float,
    as_json: bool,
) -> None:
    """Fetch what is new in *feeds* into *folder* and bring it into the index, until *stop* says so."""
    from arsearch.fetch import follow
    from arsearch.index import Changes

    def bring_in() -> bool:
        if not any(folder.glob("*.html")):  # nothing was fetched yet, which is no reason to make an index
            return False
        summary = _update(settings, (folder,), Changes(), _FIRST_COMMIT)
        _tell(summary, as_json=as_json)
        return summary.waiting > 0

    def embed_some() -> bool:
        return _update(settings, (), Changes(embed=True), _AT_LEISURE).waiting > 0

    say(f"Following {len(feeds)} feeds into {folder}. SIGTERM or Ctrl-C ends it.")
    follow(
        feeds,
        folder,
        client,
        bring_in,
        embed_some,
        every=every,
        stop=stop,
        on_failure=lambda message: say(f"Warning: {message}"),
    )
    say("Stopped following.")


def _update(settings: Settings, sources: tuple[Path, ...], changes: Changes, embed_seconds: float) -> IndexSummary:
    from arsearch.backends import choose_backend

    with closing(choose_backend(settings)) as backend:
        return backend.update(sources, changes=changes, wait=_TURN, embed_seconds=embed_seconds)


def _tell(summary: IndexSummary, *, as_json: bool) -> None:
    """Say what a commit has brought; with *as_json* on a line."""
    if not (summary.added or summary.changed or summary.deleted):
        return
    if as_json:
        show(json.dumps(summary_as_dict(summary), ensure_ascii=False))
    else:
        show(f"{summary.added} articles added, {summary.changed} changed; {summary.articles} in the index.")
