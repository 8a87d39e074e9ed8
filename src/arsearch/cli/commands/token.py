"""Commands for who may ask the API: token create, list, revoke."""

from __future__ import annotations

from dataclasses import asdict
from pathlib import Path

import click

from arsearch.cli.options import TAB, common_options, print_json, say, settings_from, show
from arsearch.errors import SettingsError
from arsearch.web.access_tokens import SCOPES, TokenFile

__all__ = ["token"]

_file_option = click.option(
    "--file", type=click.Path(path_type=Path, dir_okay=False), help="File of tokens [default: the setting tokens]"
)


@click.group()
def token() -> None:
    """Make, list and revoke tokens for the API, which are kept as hashes in a file."""


@token.command()
@click.argument("name")
@click.option(
    "--scope", "scopes", multiple=True, type=click.Choice(SCOPES), help="What it is good for [default: search]"
)
@_file_option
@common_options
def create(
    name: str, scopes: tuple[str, ...], file: Path | None, index: Path | None, config: Path | None, as_json: bool
) -> None:
    """Make a token for NAME and write it to standard output, this once: only its hash is kept."""
    scopes = scopes or SCOPES[:1]
    secret = _tokens(file, config).create(name, scopes)
    if as_json:
        print_json({"name": name, "scopes": scopes, "token": secret})
        return
    show(secret)
    say(f"A token for {name}, good for: {', '.join(scopes)}. Keep it now; it cannot be shown again.")


@token.command(name="list")
@_file_option
@common_options
def list_tokens(file: Path | None, index: Path | None, config: Path | None, as_json: bool) -> None:
    """Show whose tokens there are, and what they are good for."""
    tokens = _tokens(file, config).tokens()
    if as_json:
        shown = [{name: value for name, value in asdict(each).items() if name != "hash"} for each in tokens]
        print_json({"tokens": shown})
        return
    for each in tokens:
        show(each.name, TAB, ", ".join(each.scopes), TAB, each.created)


@token.command()
@click.argument("name")
@_file_option
@common_options
def revoke(name: str, file: Path | None, index: Path | None, config: Path | None, as_json: bool) -> None:
    """Take the token of NAME away; running servers notice by themselves."""
    _tokens(file, config).revoke(name)
    if as_json:
        print_json({"revoked": name})
        return
    say(f"The token of {name} is no longer good for anything.")


def _tokens(file: Path | None, config: Path | None) -> TokenFile:
    setting = settings_from(config).tokens
    if file is None and not setting:
        raise SettingsError("No file of tokens is set. Name one with --file, or by the setting tokens.")
    return TokenFile(file or Path(setting))
