"""``arsearch analyze``: the tokens of a text."""

from __future__ import annotations

from pathlib import Path

import click

from arsearch.cli.options import TAB, common_options, print_json, show

__all__ = ["analyze"]


@click.command()
@click.argument("text")
@common_options
def analyze(text: str, index: Path | None, config: Path | None, as_json: bool) -> None:
    """Show every token of TEXT: surface, folded form, stem, offsets. A stop word has no stem."""
    from arsearch.arabic import analyze as tokens_of

    tokens = tokens_of(text)
    if as_json:
        print_json([token._asdict() for token in tokens])
        return
    for token in tokens:
        show(token.surface, TAB, token.folded, TAB, token.stem or "-", TAB, f"{token.start}-{token.end}")
