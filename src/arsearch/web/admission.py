"""How many requests are worked on at once: a few run, some more wait their turn, and the rest are told to come back."""

from __future__ import annotations

import threading

__all__ = ["Admission"]


class Admission:
    """Lets *running* requests work at once, and *waiting* more wait for at most *seconds*. For one server process.

    Searching is work for the processor: more requests at once would make all of them late, not any of them sooner.
    """

    def __init__(self, running: int, waiting: int, seconds: float) -> None:
        self._turns = threading.BoundedSemaphore(running)
        self._places = threading.BoundedSemaphore(running + waiting)
        self._seconds = seconds

    def enter(self) -> bool:
        """Wait for a turn; return whether there is one. Whoever got one has to leave."""
        if not self._places.acquire(blocking=False):
            return False
        if self._turns.acquire(timeout=self._seconds):
            return True
        self._places.release()
        return False

    def leave(self) -> None:
        """Give the turn to the next."""
        self._turns.release()
        self._places.release()
