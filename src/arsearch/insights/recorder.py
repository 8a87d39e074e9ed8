"""Counting beside the answers: a request only puts what happened into a queue, and never waits for a disk."""

from __future__ import annotations

import logging
import queue
import threading
from collections.abc import Iterator

from arsearch.errors import InsightsError
from arsearch.insights.store import Asked, InsightStore, Opened

__all__ = ["Recorder"]

_log = logging.getLogger(__name__)

_MAX_WAITING = 10_000
"""Events in the queue; where more come than can be written, the newest are not counted."""
_MAX_BATCH = 500


class Recorder:
    """Counts what happens in one process, in a thread that starts with the first event. Safe to use from several."""

    def __init__(self, store: InsightStore) -> None:
        self._store = store
        self._events: queue.Queue[Asked | Opened | None] = queue.Queue(_MAX_WAITING)
        self._thread: threading.Thread | None = None
        self._lock = threading.Lock()
        self._failed = False

    def count(self, event: Asked | Opened) -> None:
        """Have *event* counted soon; nothing is raised, and nothing waited for."""
        with self._lock:
            if self._thread is None:
                self._thread = threading.Thread(target=self._run, name="arsearch-insights", daemon=True)
                self._thread.start()
        try:
            self._events.put_nowait(event)
        except queue.Full:
            _log.debug("an event is not counted: too many wait")

    def close(self) -> None:
        """Count what waits, and end the thread; several times if you like."""
        with self._lock:
            thread, self._thread = self._thread, None
        if thread is not None:
            self._events.put(None)
            thread.join()

    def _run(self) -> None:
        for batch in self._batches():
            try:
                self._store.add(batch)
                self._failed = False
            except InsightsError as error:
                if not self._failed:  # once, not with every batch
                    _log.error("%s", error)
                self._failed = True

    def _batches(self) -> Iterator[list[Asked | Opened]]:
        """Yield what has come since the last batch, until the end is put into the queue."""
        while True:
            batch = [self._events.get()]
            while batch[-1] is not None and len(batch) < _MAX_BATCH:
                try:
                    batch.append(self._events.get_nowait())
                except queue.Empty:
                    break
            events = [event for event in batch if event is not None]
            if events:
                yield events
            if batch[-1] is None:
                return
