"""What applies the log of writes to the index, one small commit after another."""

from __future__ import annotations

import logging
import time
from collections.abc import Callable, Sequence
from contextlib import suppress
from pathlib import Path
from typing import Any, Protocol

from arsearch.errors import ArsearchError, ClusterError, CorruptIndexError, IndexLockedError, IndexStateError
from arsearch.index.build import IndexSummary, update_index
from arsearch.index.layout import Layout
from arsearch.index.manifest import Manifest
from arsearch.index.update.plan import Changes
from arsearch.index.writes.log import WriteLog
from arsearch.index.writes.open_files import OpenFiles, open_files
from arsearch.semantic import Encoder, load_encoder
from arsearch.settings import Settings

__all__ = ["LogApplier"]

_log = logging.getLogger(__name__)

_AT_ONCE = 2_000
"""Writes that become one commit."""
_RESTS = 4
"""So many times as long as a commit works the next one waits, while writes trickle in: what comes meanwhile is in it.

Every server process has to open it too, and answers what it is asked first with empty caches: all in all that takes no
more than about a quarter of two processors.
"""
_LONGEST_REST = 0.4
"""Seconds. What is written is to be found within one."""
_TRICKLE = 64
"""Writes in a commit from which on the next one begins at once: a program that writes so much wants it done."""
_LOOK_EVERY = 0.05
_CATCH_UP_EVERY = 2.0
_WAIT_FOR_LOCK = 3600.0
_FIRST_PAUSE, _LONGEST_PAUSE = 1.0, 60.0
"""Seconds between two tries, where a commit fails."""
_EMBED_SECONDS = 0.5
"""How long a write waits for vectors: after that it is found by words, and vectors follow when there is time."""
_EMBED_AT_LEISURE = 5.0
"""Seconds of embedding in a commit while there is nothing to write; a write waits for no more than that."""


class UpdatedIndex(Protocol):
    """As much of a backend as is needed here."""

    @property
    def local_directory(self) -> Path:
        """The directory with the log."""

    def log_position(self) -> int:
        """Return the number of the last write that is in the live commit. Raises an IndexStateError."""

    def catch_up(self) -> None:
        """Let the directory have what is live, where it is elsewhere. Raises an IndexStateError if it cannot."""

    def update(self, sources: Sequence[Path], **options: Any) -> IndexSummary:
        """Bring the index up to date; *options* and errors are update_index's."""


class LogApplier:
    """Applies the log of one index; one process does at a time."""

    def __init__(self, settings: Settings, backend: UpdatedIndex | None = None) -> None:
        """Apply to *backend*, or else to the directory ``settings.index``."""
        self._settings = settings
        self._backend = backend
        self.log = WriteLog(backend.local_directory if backend else settings.index)
        self._applied: int | None = None
        self._vectors_wait = False
        self._encoder: Encoder | None = None
        self._open_files: OpenFiles = []
        """Those of the last commit: the next one is built upon it."""
        self._caught_up = float("-inf")

    def applied(self) -> int:
        """Return the number of the last write that is in the index.

        It stands in the live commit, and beside the log, so that a rollback does not bring back what it undid.
        """
        if self._applied is None:
            try:
                in_commit = self._backend.log_position() if self._backend else self._manifest().log_position
            except ClusterError:
                raise
            except IndexStateError:
                in_commit = 0
            self._applied = max(in_commit, self.log.applied()[0])
        return self._applied

    def prepare(self) -> None:
        """Load what the first commit needs, so that it is as fast as others. Raises an ArsearchError."""
        model = self._settings.model or self._manifest().encoder
        self._encoder = load_encoder(model)
        self._encoder.encode_passages(["خبر"])

    def apply_some(self, *, wait: float = 0.0) -> int:
        """Make one commit of the writes that wait, and return how many there were.

        While another process writes to the index, it is waited for, up to *wait* seconds. Raises what
        :func:`arsearch.index.update_index` raises; nothing is lost then.
        """
        writes, position = self.log.waiting(self.applied(), _AT_ONCE)
        if not writes:
            return 0
        changes = Changes(
            put=tuple(write.article for write in writes if write.article is not None),
            remove=tuple(write.id for write in writes if write.article is None),
            log_position=position,
        )
        summary = self._update(changes, wait=wait, embed_seconds=_EMBED_SECONDS)
        self.log.note_applied(position, summary.commit, summary.seconds)
        self._applied = position
        self._vectors_wait = summary.waiting > 0
        return len(writes)

    def embed_some(self) -> bool:
        """Embed some of the passages that wait for their vectors, and return whether there were any.

        Raises what :func:`arsearch.index.update_index` raises; while another process writes, IndexLockedError.
        """
        if not self._vectors_wait:
            return False
        summary = self._update(Changes(embed=True), embed_seconds=_EMBED_AT_LEISURE)
        self._vectors_wait = summary.waiting > 0
        return True

    def _catch_up(self) -> None:
        """Have what other machines wrote, so that the next write need not wait for it; if this one has ever written."""
        if self._backend is None or time.monotonic() - self._caught_up < _CATCH_UP_EVERY:
            return
        if self.log.last():
            self._backend.catch_up()
        self._caught_up = time.monotonic()

    def _manifest(self) -> Manifest:
        return Layout(self._backend.local_directory if self._backend else self._settings.index).live_manifest()

    def _update(self, changes: Changes, **options: Any) -> IndexSummary:
        options |= {"changes": changes, "encoder": self._encoder}
        backend = self._backend
        summary = backend.update((), **options) if backend else update_index((), self._settings, **options)
        layout = Layout(backend.local_directory if backend else self._settings.index)
        with suppress(ArsearchError):
            self._open_files = open_files(layout.commit(layout.current()))
        return summary

    def run(self, stop: Callable[[], bool], rest: Callable[[float], None] = time.sleep) -> None:
        """Apply what comes until *stop* says so. What fails is logged and tried again, later and later.

        *rest* lets some seconds pass after a commit.
        """
        pause = _FIRST_PAUSE
        while not stop():
            try:
                worked = time.process_time()
                count = self.apply_some(wait=_WAIT_FOR_LOCK)
                pause = _FIRST_PAUSE
                if 0 < count < _TRICKLE:
                    rest(min(_RESTS * (time.process_time() - worked), _LONGEST_REST))
                if not count and not self.embed_some():
                    self._catch_up()
                    time.sleep(_LOOK_EVERY)
            except IndexLockedError:
                continue
            except Exception as error:
                unexpected = None if isinstance(error, ArsearchError) else error
                kind = "the log" if isinstance(error, CorruptIndexError) else "writes"
                _log.error("%s cannot be applied, tried again in %g s: %s", kind, pause, error, exc_info=unexpected)
                until = time.monotonic() + pause
                while not stop() and time.monotonic() < until:
                    time.sleep(_LOOK_EVERY)
                pause = min(2 * pause, _LONGEST_PAUSE)
