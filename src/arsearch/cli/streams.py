"""The standard streams of a command: whether its output has arrived is known before it ends.

Python keeps output in a buffer and flushes it when the interpreter goes, too late for a message and an exit status of
ours. Here it is flushed when the command is done, so that a full device, a closed pipe and a closed terminal are the
same whatever the buffering.
"""

from __future__ import annotations

import os
import sys
from typing import Any, TextIO

import click

__all__ = ["FAILED", "CommandLine", "say"]

FAILED = 1

_STANDARD = (("stdin", os.O_RDONLY), ("stdout", os.O_RDONLY), ("stderr", os.O_WRONLY))
"""How a stream that was closed is opened on the null device: writing to standard output is an error still, and what
would go to standard error is lost."""
_lost: set[str] = set()
"""The streams that something could not be written to."""


class CommandLine(click.Group):
    """A group of commands that ends with status 1 and one line on standard error if its output does not arrive.

    Nothing is said of a pipe that was closed: its reader has seen enough. Messages for people that cannot be written
    stop no work, and make the status 1 too.
    """

    def main(self, *args: Any, **options: Any) -> Any:
        """Run the command that the arguments name, and end the process with its status; both are click's."""
        if not options.get("standalone_mode", True):  # whoever calls it so has streams of their own
            return super().main(*args, **options)
        _lost.clear()
        _open_what_was_closed()
        output: TextIO = sys.stdout
        status: Any = 0
        try:
            try:
                super().main(*args, **options)
            except SystemExit as end:
                status = end.code
            output.flush()  # click may have put something else in the place of sys.stdout
        except OSError as error:
            status = FAILED
            _discard("stdout", output)
            if not isinstance(error, BrokenPipeError):
                say(f"Error: the output cannot be written: {error}. Check that there is room for it.")
        raise SystemExit((status or FAILED) if _lost else status)


def say(message: str) -> None:
    """Write a message for people to standard error. What cannot be written is lost, and the work goes on."""
    try:
        click.echo(message, err=True)
    except OSError:
        _discard("stderr", sys.stderr)


def _discard(name: str, stream: TextIO) -> None:
    """Let what *stream* still has in its buffer, and what is written to it from now on, go nowhere."""
    _lost.add(name)
    nowhere = os.open(os.devnull, os.O_WRONLY)
    try:
        os.dup2(nowhere, stream.fileno())
    finally:
        os.close(nowhere)
    stream.flush()


def _open_what_was_closed() -> None:
    """Open standard streams that were closed when the process began (``>&-``).

    Otherwise the next file to be opened, such as a database, would get the descriptor of one, and what libraries write
    to that.
    """
    for number, (name, flags) in enumerate(_STANDARD):
        if getattr(sys, name) is None:
            descriptor = os.open(os.devnull, flags)
            if descriptor != number:
                os.dup2(descriptor, number)
                os.close(descriptor)
            mode = "r" if name == "stdin" else "w"
            setattr(sys, name, open(number, mode, encoding="utf-8", closefd=False))  # noqa: SIM115  # open as long as the process
