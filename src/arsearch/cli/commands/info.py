"""``arsearch info``: what is in the index, and what made it."""

from __future__ import annotations

from contextlib import closing
from pathlib import Path

import click

from arsearch.cli.options import common_options, print_json, settings_from, show

__all__ = ["info"]


@click.command()
@common_options
def info(index: Path | None, config: Path | None, as_json: bool) -> None:
    """Say what is in the index and what made it."""
    from arsearch.backends import choose_backend

    with closing(choose_backend(settings_from(config, index=index))) as backend:
        facts = backend.facts()
    if as_json:
        print_json(facts)
        return
    if (writer := facts.pop("writer", None)) is not None:
        facts["writer"] = f"process {writer['pid']} on {writer['host']}, since {writer['since']}"
    for name, value in facts.items():
        shown = ", ".join(value) if isinstance(value, list) else value
        show(f"{name:<17}{shown}")
