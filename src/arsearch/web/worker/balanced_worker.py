"""A gunicorn worker that leaves new connections to workers with fewer of them.

All workers wait on one listening socket, and a connection that is kept alive stays with the worker that accepted it. An
idle worker accepts whatever comes, so a few clients that connect at once may all end up with one process while the
other cores have nothing to do. Here each worker tells in shared memory how many connections it has, and one that has
more than another lets that one accept. (Envoy calls this exact balance.)
"""

from __future__ import annotations

import time
from multiprocessing.sharedctypes import RawArray
from typing import Any

from arsearch.web.worker.patient_worker import PatientWorker

__all__ = ["BalancedWorker"]

_ABSENT = -1
_SLOTS = 256
_PATIENCE = 50
"""How often a connection is left to others in a row: none of them may be able to take it."""
_PAUSE_SECONDS = 0.001


class BalancedWorker(PatientWorker):
    """A patient worker; processes forked from one parent share *counts*."""

    counts = RawArray("i", [_ABSENT] * _SLOTS)
    """The connections of each worker that accepts any, ``_ABSENT`` for the rest; int32 (slots,)."""

    def __init__(self, age: int, *arguments: Any, **options: Any) -> None:
        self._slot = age % _SLOTS
        self._connections = self._passed_over = 0
        self._is_accepting = False
        super().__init__(age, *arguments, **options)

    @property
    def nr_conns(self) -> int:
        """The connections of this worker, as gunicorn counts them."""
        return self._connections

    @nr_conns.setter
    def nr_conns(self, count: int) -> None:
        self._connections = count
        if self._is_accepting:
            self.counts[self._slot] = count

    def run(self) -> None:
        """Accept connections until told to stop, and finish what was begun."""
        self._is_accepting = True
        self.counts[self._slot] = self._connections
        try:
            super().run()
        finally:
            self.forget()

    def accept(self, listener: Any) -> None:
        """Accept a connection, or leave it to a worker that has fewer."""
        fewest = min((count for count in self.counts if count != _ABSENT), default=0)
        if self._connections > fewest and self._passed_over < _PATIENCE:
            self._passed_over += 1
            time.sleep(_PAUSE_SECONDS)
            return
        self._passed_over = 0
        super().accept(listener)

    def forget(self) -> None:
        """Say that this worker accepts nothing any more; its parent does when it has died."""
        self._is_accepting = False
        self.counts[self._slot] = _ABSENT
