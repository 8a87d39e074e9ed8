"""``arsearch insights``: what readers looked for."""

from __future__ import annotations

from pathlib import Path

import click

from arsearch.cli.options import TAB, common_options, print_json, say, settings_from, show

__all__ = ["insights"]


@click.command()
@click.option("--top", type=click.IntRange(min=1), default=20, show_default=True, help="Queries of each kind")
@common_options
def insights(top: int, index: Path | None, config: Path | None, as_json: bool) -> None:
    """Show what readers look for: popular queries, those without results or opened results, slow ones."""
    from arsearch.insights import report, store_of

    settings = settings_from(config, index=index)
    found = report(store_of(settings), top=top)
    if as_json:
        print_json(found.as_record())
        return
    if not found.weeks:
        say("Nothing has been counted. The setting insights has the server count; see the guide to insights.")
        return
    _row("week", "queries", "no results", "slow")
    for week in found.weeks:
        _row(week.week, week.asked, week.empty, week.slow)
    for heading, queries in (
        ("Popular queries", found.popular),
        ("Queries without results", found.without_results),
        ("Queries whose results are seldom opened", found.not_opened),
        ("Slow queries", found.slow),
    ):
        if queries:
            show("")
            show(heading)
            _row("asked", "no results", "ms", "opened", "mean place", "query")
            for each in queries:
                _row(each.asked, each.empty, each.mean_ms, each.opened_times, each.mean_place or "-", each.query)
    say(f"Queries are shown once {settings.insights_readers} readers have asked them in one week.")


def _row(*values: object) -> None:
    first, *others = map(str, values)
    show(first, *(part for value in others for part in (TAB, value)))
