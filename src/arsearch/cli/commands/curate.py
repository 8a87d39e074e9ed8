"""``arsearch curate``: pin or block articles for a query, or give it a synonym."""

from __future__ import annotations

from pathlib import Path

import click

from arsearch.cli.options import common_options, print_json, say, settings_from

__all__ = ["curate"]


@click.command()
@click.argument("query")
@click.option("--pin", multiple=True, metavar="ID", help="An article that comes first; several in their order")
@click.option("--block", multiple=True, metavar="ID", help="An article that does not come")
@click.option("--synonym", multiple=True, metavar="NAME", help="Another name for the query")
@common_options
def curate(
    query: str,
    pin: tuple[str, ...],
    block: tuple[str, ...],
    synonym: tuple[str, ...],
    index: Path | None,
    config: Path | None,
    as_json: bool,
) -> None:
    """Write rules for QUERY into the files of curations and synonyms; running servers obey them at once."""
    from arsearch.insights import add_curation, add_synonym

    if not (pin or block or synonym):
        raise click.UsageError("Say what to do with --pin, --block or --synonym.")
    settings = settings_from(config, index=index)
    written = []
    if pin or block:
        written.append((settings.curations, add_curation(Path(settings.curations), query, pin=pin, block=block)))
    written += [(settings.synonyms, add_synonym(Path(settings.synonyms), query, name)) for name in synonym]
    if as_json:
        print_json({"written": [{"file": file, "line": line} for file, line in written]})
        return
    for file, line in written:
        say(f"Written into {file}: {line}")
