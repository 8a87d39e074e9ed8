"""``arsearch rollback``: serve an earlier generation again."""

from __future__ import annotations

from contextlib import closing
from pathlib import Path

import click

from arsearch.cli.options import common_options, print_json, settings_from, show, wait_option

__all__ = ["rollback"]


@click.command()
@click.argument("generation", required=False)
@wait_option
@common_options
def rollback(generation: str | None, wait: float, index: Path | None, config: Path | None, as_json: bool) -> None:
    """Serve GENERATION again, or the last whole one before the live one; `arsearch info` lists them."""
    from arsearch.backends import choose_backend

    with closing(choose_backend(settings_from(config, index=index))) as backend:
        served = backend.rollback(generation, wait=wait)
    if as_json:
        print_json({"index": backend.name, "generation": served})
    else:
        show(f"The live generation of {backend.name} is now {served}.")
