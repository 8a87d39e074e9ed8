"""The index as a server sees it: always the live commit, without a restart."""

from __future__ import annotations

import dataclasses
import logging
import threading
import time
import weakref
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from pathlib import Path

from flask import current_app, g

from arsearch.backends import Backend, choose_backend
from arsearch.backends.local_index import LocalIndex
from arsearch.common.deadline import run_clock
from arsearch.common.memory import give_memory_back
from arsearch.corpus import Article
from arsearch.errors import ArsearchError, CorruptIndexError, IndexStateError, NoIndexError
from arsearch.search.searcher import Searcher, rules_stamp
from arsearch.settings import Settings
from arsearch.web import metrics

__all__ = ["LiveIndex", "live_index", "request_searcher", "return_searchers"]

_log = logging.getLogger(__name__)

Stamp = tuple[int, ...] | None
State = tuple[str, Stamp, Stamp]
"""The live commit, and what changes with the maintainer's files of rules and with the weights that were learnt."""

_BORROWED = "arsearch_borrowed"
"""What a request has borrowed."""
_MIN_BACK_OFF = 15.0
_MAX_BACK_OFF = 600.0
"""Seconds until what could not be opened is tried again: at first, and at most."""
_FIRST_QUERIES = ("أخبار اليوم", "اخبارر")
"""They touch everything that is only read when it is first needed; the second one words to suggest."""


class LiveIndex:
    """Hands out the searcher of the live commit, and opens a new one when that, synonyms or weights have changed.

    While one thread opens the new one, the others go on with the old one; so they do if the new one cannot be opened.
    A searcher that was lent stays open until the last who borrowed it returns it, whatever the live commit is by then.
    """

    def __init__(self, index: Path, settings: Settings, clock: Callable[[], float] = time.monotonic) -> None:
        """Serve *index*. *clock* gives seconds: what cannot be opened is tried again after some of them."""
        self.settings = settings
        self._clock = clock
        self._path = index
        self._backend = choose_backend(dataclasses.replace(settings, index=index))
        self._lock = threading.Lock()
        self._loans = _Loans()
        weakref.finalize(self, self._loans.close)  # a server has it until the process ends
        self._searcher: Searcher | None = None
        self._earlier: Searcher | None = None
        self._failure = _Failure()
        self._outdated: State | None = None
        """What was taken for the state when something newer was opened: a cluster is only asked now and then."""

    @property
    def backend(self) -> Backend:
        """Where the index is."""
        return self._backend

    def as_read(self, searcher: Searcher, identifier: str) -> Article | None:
        """Return the article with this id as it was read or written, before it was cleaned; None if there is none.

        As of the commit of *searcher*; of an index on a cluster as it is live, and None where this machine has not
        what is.
        """
        if isinstance(searcher.index, LocalIndex):
            return searcher.index.as_read(identifier)
        try:
            if not self._backend.has_live():
                return None
            return self._backend.as_read(identifier)
        except NoIndexError:
            return None

    @contextmanager
    def lend(self, commit: str | None = None) -> Iterator[Searcher]:
        """Lend the searcher of the live commit, or of an earlier *commit*, and keep it open meanwhile.

        Raises as :meth:`searcher` and :meth:`searcher_of` do.
        """
        with ExitStack() as returned:
            borrowed = None
            while borrowed is None:  # what was live a moment ago may have been closed already
                searcher = self.searcher() if commit is None else self.searcher_of(commit)
                borrowed = self._loans.borrow(searcher)
            returned.callback(self._loans.give_back, borrowed)
            yield borrowed

    def close(self) -> None:
        """Let go of everything that is open, lent or not; several times if you like."""
        self._searcher = self._earlier = None
        self._loans.close()
        self._backend.close()

    def searcher(self) -> Searcher:
        """Return a searcher on the live commit, open until that changes: who needs it longer borrows it.

        Raises an IndexStateError if there is none that can be used.
        """
        searcher = self._searcher
        try:
            state = self._backend.current(), rules_stamp(self.settings), self._backend.weights_stamp()
        except Exception as error:
            if searcher is None:
                raise _unopened(error, "") from error
            # What is open can be searched whatever has happened to the directory.
            if not self._failure.waits(None, self._clock()):
                self._failed(None, error)
            return searcher
        if searcher is not None and state in (_state(searcher), self._outdated):
            if state != self._outdated:
                self._outdated = None
            self._failure.forget()
            return searcher
        if searcher is not None and self._failure.waits(state, self._clock()):
            return searcher
        if searcher is None:
            self._lock.acquire()
        elif not self._lock.acquire(blocking=False):
            return searcher  # another thread is opening the new one
        try:
            if self._searcher is None or _state(self._searcher) != state:
                before, self._searcher = self._searcher, self._opened(state)
                if before is not self._searcher:
                    self._loans.retire(before)
            return self._searcher
        finally:
            self._lock.release()

    def searcher_of(self, commit: str) -> Searcher:
        """Return a searcher on the commit of this identity, for those who go on in it.

        Raises NoIndexError if it is not kept any more. One earlier commit is kept open, until the live one changes.
        """
        live = self.searcher()
        if commit == live.commit:
            return live
        with self._lock:
            earlier = self._earlier
            if earlier is None or _state(earlier) != (commit, live.rules_stamp, live.weights_stamp):
                before, earlier = earlier, self._loans.opened(Searcher(self._path, self.settings, commit=commit))
                earlier.take_over_encoder(live)
                self._earlier = earlier
                self._loans.retire(before)
            return earlier

    def _opened(self, state: State) -> Searcher:
        """Open what is live, make it ready, and return it; what was live before if it cannot be opened.

        Needs the lock. Raises an ArsearchError if there is nothing to go on with.
        """
        before = self._searcher
        try:
            searcher = self._ready(before)
        except Exception as error:
            if before is None:
                metrics.SWITCHES.labels("failed").inc()
                raise _unopened(error, state[0]) from error
            self._failed(state, error)
            return before
        self._failure.forget()
        give_memory_back()
        earlier, self._earlier = self._earlier, None  # a writer could not delete what is kept open
        self._loans.retire(earlier)
        self._outdated = state if state != _state(searcher) else None
        metrics.SWITCHES.labels("done").inc()
        _log.info("commit %s is served, of %d articles", _state(searcher)[0], len(searcher))
        return searcher

    def _ready(self, before: Searcher | None) -> Searcher:
        """Open what is live, and have it read all that the first queries need. Raises whatever goes wrong."""
        searcher = Searcher(self._path, self.settings)
        try:
            if before is not None:
                searcher.take_over_encoder(before)
            with run_clock(None):  # opening is no part of the query that happens to come first
                # The second one has the words to suggest made while the searcher before has most of them open.
                for query in _FIRST_QUERIES if before is None else _FIRST_QUERIES[1:]:
                    try:
                        searcher.search(query)
                    except CorruptIndexError:
                        raise
                    except ArsearchError:
                        pass  # a model that is missing, a limit: requests are told of it, or go on without
        except BaseException:
            searcher.close()
            raise
        return self._loans.opened(searcher)

    def _failed(self, state: State | None, error: Exception) -> None:
        """Remember that *state* cannot be opened, None if it cannot even be told, and when to try again."""
        metrics.SWITCHES.labels("failed").inc()
        searcher = self._searcher
        assert searcher is not None
        what = "the live commit" if state is None else f"commit {state[0]}"
        text = f"{what} cannot be opened; {searcher.commit} goes on: {error or type(error).__name__}"
        seconds = self._failure.remember(state, text, self._clock())
        unexpected = None if isinstance(error, ArsearchError) else error
        _log.error("%s (tried again in %g s)", text, seconds, exc_info=unexpected)

    @property
    def degraded(self) -> str:
        """What keeps the live commit from being served, an empty text if it is served."""
        return self._failure.text


class _Failure:
    """What cannot be opened, and when it is tried again: later each time."""

    def __init__(self) -> None:
        self.text = ""
        self._state: State | None = None
        self._seconds = 0.0
        self._again = 0.0

    def waits(self, state: State | None, now: float) -> bool:
        """Whether *state* failed, and it is too early to try again."""
        return bool(self.text) and state == self._state and now < self._again

    def remember(self, state: State | None, text: str, now: float) -> float:
        """Remember that *state* failed; return in how many seconds it is tried again."""
        is_again = bool(self.text) and state == self._state
        self._seconds = min(2 * self._seconds, _MAX_BACK_OFF) if is_again else _MIN_BACK_OFF
        self._state, self._again = state, now + self._seconds
        self.text = text
        return self._seconds

    def forget(self) -> None:
        """Something has been opened since."""
        self.text = ""


def _unopened(error: Exception, commit: str) -> ArsearchError:
    """Return *error* as one that says that there is no index to search."""
    if isinstance(error, ArsearchError):
        return error
    what = f"Commit {commit}" if commit else "The index"
    return IndexStateError(f"{what} cannot be opened ({type(error).__name__}: {error}). Run `arsearch verify`.")


def live_index() -> LiveIndex:
    """Return the index that the application serves whose request is answered."""
    live: LiveIndex = current_app.extensions["arsearch"]
    return live


def request_searcher(commit: str | None = None) -> Searcher:
    """Borrow the searcher of the live commit, or of an earlier one, until the request is answered.

    Raises as :meth:`LiveIndex.lend` does.
    """
    if _BORROWED not in g:
        setattr(g, _BORROWED, ExitStack())
    borrowed: ExitStack = g.get(_BORROWED)
    return borrowed.enter_context(live_index().lend(commit))


def return_searchers(_: BaseException | None = None) -> None:
    """Return what the request borrowed: to be called when its context ends."""
    borrowed: ExitStack | None = g.pop(_BORROWED, None)
    if borrowed is not None:
        borrowed.close()


class _Loans:
    """The searchers that are open, and how many requests use each of them. Safe to use from several threads."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._users: dict[Searcher, int] = {}
        self._retired: set[Searcher] = set()

    def opened(self, searcher: Searcher) -> Searcher:
        """Look after *searcher* from now on."""
        with self._lock:
            self._users[searcher] = 0
        return searcher

    def borrow(self, searcher: Searcher) -> Searcher | None:
        """Keep *searcher* open until it is given back; None if it was closed already."""
        with self._lock:
            if searcher not in self._users:
                return None
            self._users[searcher] += 1
            return searcher

    def give_back(self, searcher: Searcher) -> None:
        """Let one of those who borrowed *searcher* have done with it."""
        with self._lock:
            if searcher not in self._users:  # everything was closed meanwhile
                return
            self._users[searcher] -= 1
        self._close_unused(searcher)

    def retire(self, searcher: Searcher | None) -> None:
        """Close *searcher* as soon as nobody uses it."""
        if searcher is not None:
            with self._lock:
                self._retired.add(searcher)
            self._close_unused(searcher)

    def close(self) -> None:
        """Close everything."""
        with self._lock:
            searchers = list(self._users)
            self._users.clear()
            self._retired.clear()
        for searcher in searchers:
            searcher.close()

    def _close_unused(self, searcher: Searcher) -> None:
        with self._lock:
            if searcher not in self._retired or self._users.get(searcher):
                return
            self._retired.discard(searcher)
            self._users.pop(searcher, None)
        searcher.close()
        give_memory_back()


def _state(searcher: Searcher) -> State:
    return searcher.commit, searcher.rules_stamp, searcher.weights_stamp
