"""The standard streams of a command: whether its output has arrived is known before it ends.

Python keeps output in a buffer and flushes it when the interpreter goes, too late for a message and an exit status of
ours. Here it is flushed when the command is done, so that a full device, a closed pipe and a closed terminal are the
same whatever the buffering.
"""

from __future__ import annotations

import logging
import os
import sys
from typing import Any, TextIO

import click

from arsearch.common.safe_text import escaped

__all__ = ["FAILED", "TAB", "CommandLine", "say", "show", "styled"]

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
            status = self._run(*args, **options)
            output.flush()  # click may have put something else in the place of sys.stdout
        except OSError as error:
            status = FAILED
            _discard("stdout", output)
            if not isinstance(error, BrokenPipeError):
                say(f"Error: the output cannot be written: {error}. Check that there is room for it.")
        raise SystemExit((status or FAILED) if _lost else status)

    def _run(self, *args: Any, **options: Any) -> Any:
        """Run the command and return its status; what was wrong with its arguments has been said."""
        handler = logging.lastResort
        before = handler.formatter if handler else None
        if handler:
            handler.setFormatter(_Escaped())
        try:
            returned = super().main(*args, **options | {"standalone_mode": False})
        except click.ClickException as error:
            text = escaped(error.format_message())
            error.format_message = lambda: text  # type: ignore[method-assign]  # show() asks for it
            error.show()
            return error.exit_code
        except click.Abort:
            say("Aborted!")
            return FAILED
        except SystemExit as end:
            return end.code
        finally:
            if handler:
                handler.setFormatter(before)
        return returned if isinstance(returned, int) else 0


class _Escaped(logging.Formatter):
    """For what libraries log while a command runs: it may quote a document."""

    def format(self, record: logging.LogRecord) -> str:
        return escaped(super().format(record))


class _Styled(str):
    """A part of a line that has been escaped, and then styled."""

    __slots__ = ()


TAB = _Styled("\t")
"""Between the columns of a line; a tab in a text is escaped."""


def styled(text: str, **style: Any) -> str:
    """Return *text* as a part of what :func:`show` writes, in click's *style*."""
    return _Styled(click.style(escaped(text), **style))


def show(*parts: str) -> None:
    """Write *parts* to standard output as one line, whatever they hold."""
    click.echo("".join(part if isinstance(part, _Styled) else escaped(part) for part in parts))


def say(message: str) -> None:
    """Write a message for people to standard error. What cannot be written is lost, and the work goes on."""
    try:
        click.echo(escaped(message), err=True)
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
