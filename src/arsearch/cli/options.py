"""What the commands share: options, settings from flags, and how errors and results are shown."""

from __future__ import annotations

import functools
import json
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any, ParamSpec, TypeVar

import click

from arsearch.cli.streams import FAILED, TAB, say, show, styled
from arsearch.errors import ArsearchError, QueryError, SettingsError
from arsearch.settings import Settings, load_settings

__all__ = [
    "FAILED",
    "TAB",
    "ProgressBar",
    "common_options",
    "print_json",
    "say",
    "settings_from",
    "show",
    "styled",
    "wait_option",
]

P = ParamSpec("P")
R = TypeVar("R")

WRONG_USAGE = 2
INTERRUPTED = 130
"""As shells have it for a process that was ended by Ctrl-C: 128 and the number of the signal."""


def common_options(command: Callable[P, R]) -> Callable[P, R]:
    """Give *command* the options every command has, and turn arsearch's errors into a message and an exit status."""

    @functools.wraps(command)
    def guarded(*args: P.args, **kwargs: P.kwargs) -> R:
        try:
            return command(*args, **kwargs)
        except ArsearchError as error:
            say(f"Error: {error}")
            sys.exit(WRONG_USAGE if isinstance(error, (QueryError, SettingsError)) else FAILED)

    options = (
        click.option("--index", type=click.Path(path_type=Path), help="Directory of the index [default: index]"),
        click.option(
            "--config", type=click.Path(path_type=Path, dir_okay=False), help="Settings file [default: arsearch.toml]"
        ),
        click.option("--json", "as_json", is_flag=True, help="Write machine-readable output to standard output"),
    )
    decorated: Callable[P, R] = guarded
    for option in reversed(options):
        decorated = option(decorated)
    return decorated


wait_option = click.option(
    "--wait", type=click.FloatRange(min=0), default=0.0, metavar="SECONDS",
    help="How long to wait while another process writes to the index [default: not at all]",
)  # fmt: skip


def settings_from(config: Path | None, **flags: Any) -> Settings:
    """Return the settings in force, *flags* above all."""
    return load_settings(flags, config=config)


def print_json(value: Any) -> None:
    """Write *value* to standard output as JSON."""
    for line in json.dumps(value, ensure_ascii=False, indent=2).split("\n"):
        show(line)


class ProgressBar:
    """A progress bar on a terminal, with rate and remaining time; nothing in a pipe. A context manager."""

    def __init__(self, unit: str) -> None:
        self._unit = unit
        self._bar: Any = None
        self._stage = ""

    def __enter__(self) -> ProgressBar:
        return self

    def __exit__(self, *error: object) -> None:
        self._close()

    def show(self, stage: str, done: int, total: int | None) -> None:
        """Show that *done* of *total* is done in *stage*."""
        if not sys.stderr.isatty():
            return
        if stage != self._stage:
            from tqdm import tqdm

            self._close()
            self._stage = stage
            self._bar = tqdm(desc=stage, total=total, unit=self._unit, file=sys.stderr)
        self._bar.update(done - self._bar.n)

    def _close(self) -> None:
        if self._bar is not None:
            self._bar.close()
