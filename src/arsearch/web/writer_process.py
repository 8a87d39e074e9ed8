"""The process beside those of a server that brings what was written into the index."""

from __future__ import annotations

import logging.config
import os
import signal
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from types import FrameType

from arsearch.errors import ArsearchError
from arsearch.settings import Settings

__all__ = ["writer_process"]

_log = logging.getLogger(__name__)

_NICENESS = 5
"""Readers come first."""
_PAUSE = 1.0
"""Seconds before a process that has died is replaced."""


@contextmanager
def writer_process(settings: Settings) -> Iterator[None]:
    """Have a process apply the log of writes of ``settings.index``, where anybody may write at all.

    It is replaced if it dies, ends with this one, and finishes the commit it is at.
    """
    if not settings.tokens or sys.platform == "win32":
        yield
        return
    parent = os.getpid()
    child = os.fork()
    if not child:
        status = 1
        try:
            _watch_over(settings, parent)
            status = 0
        finally:
            os._exit(status)
    try:
        yield
    finally:
        if os.getpid() == parent:  # workers of the server leave through here too
            with suppress(OSError):
                os.kill(child, signal.SIGTERM)
                os.waitpid(child, 0)


def _watch_over(settings: Settings, parent: int) -> None:
    """Run the process that applies, and another one if it dies, until this one is told to end."""
    from arsearch.web.logs import configure_logging
    from arsearch.web.worker.parents import end_with_parent

    end_with_parent(parent)
    stop = _Stop()
    logging.config.dictConfig(configure_logging(settings))
    while not stop.is_set:
        watcher = os.getpid()
        child = os.fork()
        if not child:
            status = 1
            try:
                _apply(settings, watcher, _Stop())
                status = 0
            except Exception:
                _log.exception("the process that applies writes has failed")
            finally:
                os._exit(status)
        stop.child = child
        if stop.is_set:
            os.kill(child, signal.SIGTERM)
        _, status = os.waitpid(child, 0)
        stop.child = 0
        if not stop.is_set:
            _log.error("the process that applies writes has ended (%d); another one begins", status)
            time.sleep(_PAUSE)


class _Stop:
    """Whether this process has been told to end; a *child* of it is told too."""

    def __init__(self) -> None:
        self.is_set = False
        self.child = 0
        for each in (signal.SIGTERM, signal.SIGINT):
            signal.signal(each, self._set)

    def _set(self, _: int, __: FrameType | None) -> None:
        self.is_set = True
        if self.child:
            with suppress(OSError):
                os.kill(self.child, signal.SIGTERM)


def _apply(settings: Settings, parent: int, stop: _Stop) -> None:
    from arsearch.backends import choose_backend
    from arsearch.index.writes.apply import LogApplier
    from arsearch.web.access_tokens import TokenFile
    from arsearch.web.security import WRITE
    from arsearch.web.worker.parents import end_with_parent

    end_with_parent(parent)
    os.nice(_NICENESS)
    applier = LogApplier(settings, choose_backend(settings))
    with suppress(ArsearchError):
        if any(WRITE in token.scopes for token in TokenFile(Path(settings.tokens)).tokens()):
            applier.prepare()
    applier.run(lambda: stop.is_set)
