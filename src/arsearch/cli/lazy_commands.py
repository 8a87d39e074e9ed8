"""The commands by name, each imported when it is asked for: a search need not wait for what indexing imports."""

from __future__ import annotations

import importlib
import os
from collections.abc import Iterator, MutableMapping

import click

__all__ = ["LazyCommands"]

_ANSWERING_ONCE = frozenset(["search"])
"""Commands whose matrices are small: that NumPy starts a thread for each core takes a sixth of their processor time."""


class LazyCommands(MutableMapping[str, click.Command]):
    """The commands *names*: each is in a module of :mod:`arsearch.cli.commands` that is named as it is."""

    def __init__(self, *names: str) -> None:
        self._commands: dict[str, click.Command | None] = dict.fromkeys(names)

    def __getitem__(self, name: str) -> click.Command:
        command = self._commands[name]
        if command is None:
            if name in _ANSWERING_ONCE:
                os.environ.setdefault("OPENBLAS_NUM_THREADS", "1")  # read while NumPy is imported
            command = getattr(importlib.import_module(f"arsearch.cli.commands.{name}"), name)
            self._commands[name] = command
        return command

    def __setitem__(self, name: str, command: click.Command) -> None:
        self._commands[name] = command

    def __delitem__(self, name: str) -> None:
        del self._commands[name]

    def __iter__(self) -> Iterator[str]:
        return iter(self._commands)

    def __len__(self) -> int:
        return len(self._commands)
