"""The time of a query: how much it may take, and what each stage of it took.

The clock in force belongs to the thread (or task) that answers the query, so that code far down the road can ask it
without being handed it. Long loops call :func:`check_time`; a query without a clock may take as long as it likes.
"""

from __future__ import annotations

import time
from collections import Counter
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from functools import wraps
from typing import ParamSpec, TypeVar

from arsearch.errors import QueryTimeoutError

__all__ = [
    "STAGES", "QueryClock", "check_time", "clock_time", "count_lookup", "cut_short", "is_cut_short", "run_clock",
    "stage", "time_is_up", "time_left", "time_not_counted",
]  # fmt: skip

Parameters = ParamSpec("Parameters")
Result = TypeVar("Result")

STAGES = ("parse", "lexical", "semantic", "fuse", "rescore", "fetch", "suggest", "render")
"""What a query's time goes to; ``render`` is the server's."""


class QueryClock:
    """Measures one query; *budget* is what it may take, in seconds, None for no limit. *now* gives seconds."""

    def __init__(self, budget: float | None = None, now: Callable[[], float] = time.perf_counter) -> None:
        self.budget = budget
        self.seconds: dict[str, float] = {}
        """Seconds in each stage; those of a stage within another are not counted twice."""
        self.lookups: Counter[tuple[str, bool]] = Counter()
        """How often each cache had what was looked up, and had not."""
        self.is_cut_short = False
        self._now = now
        self._began = self._mark = now()
        self._stage: str | None = None

    @property
    def elapsed(self) -> float:
        """Seconds since the clock was started, without those that are not counted."""
        return self._now() - self._began

    @property
    def is_up(self) -> bool:
        """Whether the query has taken more than its budget."""
        return self.budget is not None and self.elapsed > self.budget

    def check(self) -> None:
        """Raise QueryTimeoutError if the time is up."""
        if self.is_up:
            raise QueryTimeoutError(
                f"The query was stopped after {(self.budget or 0.0) * 1000:.0f} ms. Shorten it, ask for longer "
                "beginnings of words, or try again when there is less to do; the setting max_query_ms is the limit."
            )

    def enter(self, name: str | None) -> str | None:
        """Let the time from now on be that of stage *name*; return the stage before."""
        now = self._now()
        if self._stage is not None:
            self.seconds[self._stage] = self.seconds.get(self._stage, 0.0) + now - self._mark
        before, self._stage, self._mark = self._stage, name, now
        return before

    def skip(self, seconds: float) -> None:
        """Do not count the last *seconds*, neither for the budget nor for the stage."""
        self._began += seconds
        self._mark += seconds

    def now(self) -> float:
        """Return what the clock shows."""
        return self._now()


_running: ContextVar[QueryClock | None] = ContextVar("arsearch_query_clock", default=None)


@contextmanager
def run_clock(budget: float | None, now: Callable[[], float] = time.perf_counter) -> Iterator[QueryClock]:
    """Run a clock for the query that is answered in this context; one that runs already goes on, with its budget."""
    running = _running.get()
    if running is not None:
        yield running
        return
    clock = QueryClock(budget, now)
    token = _running.set(clock)
    try:
        yield clock
    finally:
        clock.enter(None)
        _running.reset(token)


class stage:  # noqa: N801  # a context manager that is written like a function, as those of the standard library are
    """Count what is done here for stage *name*: in a ``with`` block, or in all of a function that it decorates."""

    __slots__ = ("_before", "_clock", "_name")

    def __init__(self, name: str) -> None:
        self._name = name
        self._clock: QueryClock | None = None
        self._before: str | None = None

    def __enter__(self) -> None:
        self._clock = _running.get()
        if self._clock is not None:
            self._before = self._clock.enter(self._name)

    def __exit__(self, *error: object) -> None:
        if self._clock is not None:
            self._clock.enter(self._before)

    def __call__(self, work: Callable[Parameters, Result]) -> Callable[Parameters, Result]:
        """Return *work* whose time is counted; in it there is nothing of one call that another could see."""
        name = self._name

        @wraps(work)
        def counted(*arguments: Parameters.args, **options: Parameters.kwargs) -> Result:
            clock = _running.get()
            if clock is None:
                return work(*arguments, **options)
            before = clock.enter(name)
            try:
                return work(*arguments, **options)
            finally:
                clock.enter(before)

        return counted


def check_time() -> None:
    """Raise QueryTimeoutError if the time of the query is up. A tenth of a microsecond where no clock runs."""
    clock = _running.get()
    if clock is not None and clock.budget is not None:
        clock.check()


def clock_time() -> float:
    """Return the seconds that the clock of the query shows, or any clock where none runs: for differences."""
    clock = _running.get()
    return time.perf_counter() if clock is None else clock.now()


def time_left() -> float | None:
    """Return the seconds that the query may still take, None for no limit."""
    clock = _running.get()
    return None if clock is None or clock.budget is None else max(clock.budget - clock.elapsed, 0.0)


def time_is_up() -> bool:
    """Whether the query has taken more than its time."""
    clock = _running.get()
    return clock is not None and clock.is_up


def cut_short() -> None:
    """Go on with what was found in the time of the query: showing it is little work, and stopped by nothing."""
    clock = _running.get()
    if clock is not None:
        clock.budget = None
        clock.is_cut_short = True


def is_cut_short() -> bool:
    """Whether the answer to the query is made of what was found in its time."""
    clock = _running.get()
    return clock is not None and clock.is_cut_short


def count_lookup(cache: str, *, found: bool) -> None:
    """Count that *cache* was asked, and whether it had what was looked up."""
    clock = _running.get()
    if clock is not None:
        clock.lookups[cache, found] += 1


@contextmanager
def time_not_counted() -> Iterator[None]:
    """Do not count what is done here, such as loading a model with the first query that needs it."""
    clock = _running.get()
    if clock is None:
        yield
        return
    began = clock.now()
    try:
        yield
    finally:
        clock.skip(clock.now() - began)
