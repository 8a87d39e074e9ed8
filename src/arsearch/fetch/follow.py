"""Following feeds: asked again and again, patiently where they fail, until the process is told to end.

What was fetched is on the disk before it is indexed, and whatever lies in the folder is brought into the index when
following begins. So nothing that was fetched is lost, however the process ends.
"""

from __future__ import annotations

import signal
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from threading import Event
from types import FrameType

from arsearch.errors import ArsearchError
from arsearch.fetch.client import PoliteClient
from arsearch.fetch.fetch import FetchSummary, fetch

__all__ = ["Stop", "Stopped", "follow"]

_LONGEST_PAUSE = 3600.0
"""Seconds between two tries where a feed fails, unless its server or the user wants more."""
_LONGEST_WISH = 24 * 3600.0
"""Seconds for which a server may want to be left alone."""


class Stopped(Exception):  # noqa: N818  # nothing is wrong
    """The process was told to end."""


class Stop:
    """Whether this process was told to end: what waits is interrupted, what writes is not."""

    def __init__(self) -> None:
        self._set = Event()
        self._may_interrupt = False

    @contextmanager
    def on_signals(self) -> Iterator[None]:
        """Take SIGTERM and Ctrl-C as being told to end; a second one has its usual effect."""
        before = {each: signal.getsignal(each) for each in (signal.SIGTERM, signal.SIGINT)}

        def handle(_: int, __: FrameType | None) -> None:
            for each, usual in before.items():
                signal.signal(each, usual)
            self.set()

        for each in before:
            signal.signal(each, handle)
        try:
            yield
        finally:
            for each, usual in before.items():
                signal.signal(each, usual)

    def set(self) -> None:
        """Tell the process to end. Raises Stopped where it may be interrupted."""
        self._set.set()
        if self._may_interrupt:
            self._may_interrupt = False
            raise Stopped

    @contextmanager
    def interruptible(self) -> Iterator[None]:
        """Let what is done within be interrupted. Raises Stopped if the process was told to end before."""
        self._may_interrupt = True
        try:
            self.check()
            yield
        finally:
            self._may_interrupt = False

    def check(self) -> None:
        """Raise Stopped if the process was told to end."""
        if self._set.is_set():
            raise Stopped

    def sleep(self, seconds: float) -> None:
        """Wait. Raises Stopped if the process is told to end meanwhile."""
        if self._set.wait(seconds):
            raise Stopped


class _Schedule:
    """When a feed is asked next: after *every* seconds, and later and later where it fails."""

    def __init__(self, every: float) -> None:
        self.due = float("-inf")
        self._every = every
        self._pause = every

    def plan(self, url: str, summary: FetchSummary, now: float) -> None:
        if url not in summary.failed:
            self._pause = self._every
            if summary.again:  # a page of it
                self._pause = max(self._every, *(min(wish, _LONGEST_WISH) for wish in summary.again.values()))
            self.due, self._pause = now + self._pause, self._every
            return
        self._pause = min(2 * self._pause, max(_LONGEST_PAUSE, self._every))
        self.due = now + max(self._pause, min(summary.again.get(url, 0.0), _LONGEST_WISH))


def follow(
    feeds: Sequence[str],
    folder: Path,
    client: PoliteClient,
    bring_in: Callable[[], bool],
    go_on: Callable[[], bool],
    *,
    every: float,
    stop: Stop,
    on_failure: Callable[[str], None],
    clock: Callable[[], float] = time.monotonic,
) -> None:
    """Save what is new in *feeds* into *folder*, and *bring_in* what lies there, until *stop* says so.

    That says whether something is left that can be done while there is nothing else to do: *go_on* does some of it, and
    says the same.

    Each feed is asked *every* so many seconds, only whether it has changed. One that fails is asked after twice as long
    each time, an hour at most or as long as its server says. What is being brought in when the process is told to end
    is finished, and what was fetched until then is brought in. Failures are told to *on_failure*, and tried again.
    """
    schedules = {feed: _Schedule(every) for feed in feeds}
    index = _Index(bring_in, go_on, on_failure)
    try:
        while True:
            index.work()
            for feed, schedule in schedules.items():
                if clock() < schedule.due:
                    continue
                with stop.interruptible():
                    waited, index.waits = index.waits, True  # if it is interrupted, nobody knows
                    summary = fetch([feed], folder, client, only_new=True, on_failure=on_failure)
                    index.waits = waited or bool(summary.saved)
                    schedule.plan(feed, summary, clock())
                index.work()
            due = min(schedule.due for schedule in schedules.values())
            while index.leisure and clock() < due:
                stop.check()
                index.use_leisure()
            with stop.interruptible():
                stop.sleep(max(0.0, due - clock()))
    except Stopped:
        index.work()


class _Index:
    """What there is to do for the index; what fails is told, and tried again."""

    def __init__(
        self, bring_in: Callable[[], bool], go_on: Callable[[], bool], on_failure: Callable[[str], None]
    ) -> None:
        self.waits = True
        """Whether something may lie in the folder that is not in the index: at first, what an earlier run left."""
        self.leisure = False
        """Whether something is left to do for which there is time."""
        self._bring_in = bring_in
        self._go_on = go_on
        self._on_failure = on_failure

    def work(self) -> None:
        """Bring in what waits."""
        if self.waits:
            try:
                self.leisure = self._bring_in()
                self.waits = False
            except ArsearchError as error:
                self._on_failure(str(error))

    def use_leisure(self) -> None:
        """Do some of what is left."""
        try:
            self.leisure = self._go_on()
        except ArsearchError as error:
            self._on_failure(str(error))
            self.leisure = False
