"""The index as a server sees it: always the live commit, without a restart."""

from __future__ import annotations

import ctypes
import dataclasses
import gc
import logging
import sys
import threading
import weakref
from contextlib import suppress
from pathlib import Path

from flask import current_app

from arsearch.backends import choose_backend
from arsearch.deadline import run_clock
from arsearch.errors import ArsearchError, IndexStateError
from arsearch.search.searcher import Searcher, synonyms_stamp
from arsearch.settings import Settings
from arsearch.web import metrics

__all__ = ["LiveIndex", "live_index"]

_log = logging.getLogger(__name__)

Stamp = tuple[int, int] | None
State = tuple[str, Stamp, Stamp]
"""The live commit, and what changes with the file of synonyms and with the weights that were learnt."""

_COLLECT_AFTER_SECONDS = 1.0
_FIRST_QUERIES = ("أخبار اليوم", "اخبارر")
"""They touch everything that is only read when it is first needed; the second one words to suggest."""


class LiveIndex:
    """Hands out the searcher of the live commit, and opens a new one when that, synonyms or weights have changed.

    While one thread opens the new one, the others go on with the old one; so they do if the new one cannot be opened.
    A searcher that is in use when the commit changes stays open until nobody refers to it any more.
    """

    def __init__(self, index: Path, settings: Settings) -> None:
        self.settings = settings
        self._path = index
        self._backend = choose_backend(dataclasses.replace(settings, index=index))
        self._lock = threading.Lock()
        self._searcher: Searcher | None = None
        self._earlier: Searcher | None = None
        self._unusable: State | None = None
        self._outdated: State | None = None
        """What was taken for the state when something newer was opened: a cluster is only asked now and then."""

    def searcher(self) -> Searcher:
        """Return a searcher on the live commit. Raises an IndexStateError if there is none that can be used."""
        searcher = self._searcher
        try:
            state = self._backend.current(), synonyms_stamp(self.settings), self._backend.weights_stamp()
        except IndexStateError:
            if searcher is None:
                raise
            return searcher  # what is open can be searched whatever has happened to the directory
        if searcher is not None and state in (_state(searcher), self._unusable, self._outdated):
            if state != self._outdated:
                self._outdated = None
            return searcher
        if searcher is None:
            self._lock.acquire()
        elif not self._lock.acquire(blocking=False):
            return searcher  # another thread is opening the new one
        try:
            if self._searcher is None or _state(self._searcher) != state:
                self._searcher = self._opened(state)
            return self._searcher
        finally:
            self._lock.release()

    def searcher_of(self, commit: str) -> Searcher:
        """Return a searcher on the commit of this identity, for those who go on in it.

        Raises NoIndexError if it is not kept any more. One earlier commit is kept open, until the live one changes.
        """
        live = self.searcher()
        if commit == live.index.manifest.generation:
            return live
        with self._lock:
            earlier = self._earlier
            if earlier is None or _state(earlier) != (commit, live.synonyms_stamp, live.weights_stamp):
                earlier = Searcher(self._path, self.settings, commit=commit)
                earlier.take_over_encoder(live)
                self._earlier = earlier
            return earlier

    def _opened(self, state: State) -> Searcher:
        """Open what is live, make it ready, and return it; what was live before if it cannot be opened.

        Needs the lock. Raises an ArsearchError if there is nothing to go on with.
        """
        before = self._searcher
        try:
            searcher = Searcher(self._path, self.settings)
        except ArsearchError as error:
            metrics.SWITCHES.labels("failed").inc()
            if before is None:
                raise
            self._unusable = state
            _log.error("generation %s cannot be opened; %s goes on: %s", state[0], _state(before)[0], error)
            return before
        if before is not None:
            searcher.take_over_encoder(before)
            weakref.finalize(before, _collect_soon).atexit = False
        with run_clock(None):  # opening is no part of the query that happens to come first
            for query in _FIRST_QUERIES:
                with suppress(ArsearchError):
                    searcher.search(query)
        _give_back()
        self._earlier = None  # a writer could not delete what is kept open
        self._outdated = state if state != _state(searcher) else None
        metrics.SWITCHES.labels("done").inc()
        _log.info("generation %s is served, of %d articles", _state(searcher)[0], len(searcher))
        return searcher


def live_index() -> LiveIndex:
    """Return the index that the application serves whose request is answered."""
    live: LiveIndex = current_app.extensions["arsearch"]
    return live


def _collect_soon() -> None:
    """Free what a searcher leaves behind when its last request is answered."""
    timer = threading.Timer(_COLLECT_AFTER_SECONDS, _collect)
    timer.daemon = True
    timer.start()


def _collect() -> None:
    """Free what refers to itself in circles, and give what is free back to the system.

    Python looks for circles the more rarely the more there is in memory: without this, a server would grow by a good
    part of a generation with every one it goes over to.
    """
    gc.collect()
    _give_back()


def _give_back() -> None:
    """Give memory that is free back to the system, which glibc does for the end of the heap alone."""
    if sys.platform == "linux":
        with suppress(AttributeError, OSError):  # musl has none
            ctypes.CDLL(None).malloc_trim(0)


def _state(searcher: Searcher) -> State:
    return searcher.index.manifest.generation, searcher.synonyms_stamp, searcher.weights_stamp
