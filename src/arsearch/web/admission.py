"""How many requests are worked on at once: a few run, some more wait their turn, and the rest are told to come back."""

from __future__ import annotations

import threading
from collections import Counter
from itertools import count

__all__ = ["Admission"]


class Admission:
    """Lets *running* requests work at once, and *waiting* more wait for at most *seconds*. For one server process.

    Searching is work for the processor: more requests at once would make all of them late, not any of them sooner.
    Turns are shared among clients, not among requests: the next one is for the client with the fewest that run, of
    several the one who has waited longest since its last. A client with many that wait gives up room for another.
    """

    def __init__(self, running: int, waiting: int, seconds: float) -> None:
        self._free = running
        self._room = waiting
        self._seconds = seconds
        self._lock = threading.Lock()
        self._waiting: list[_Waiter] = []
        self._running: Counter[str] = Counter()
        self._last: dict[str, int] = {}
        """When each client that is here had its last turn, in turns."""
        self._turns = count()

    @property
    def waiting(self) -> int:
        """How many wait for a turn."""
        return len(self._waiting)

    def enter(self, client: str = "", seconds: float | None = None) -> bool:
        """Wait for a turn of *client*, for *seconds* if that is less than usual; return whether there is one.

        Whoever got one has to leave.
        """
        with self._lock:
            if self._free and not self._waiting:
                self._take(client)
                return True
            if len(self._waiting) >= self._room and not self._make_room(client):
                return False
            waiter = _Waiter(client)
            self._waiting.append(waiter)
        waiter.woken.wait(self._seconds if seconds is None else min(seconds, self._seconds))
        with self._lock:
            if not waiter.has_turn and waiter in self._waiting:
                self._waiting.remove(waiter)
                self._forget(client)
            return waiter.has_turn

    def leave(self, client: str = "") -> None:
        """Give the turn of *client* to the next."""
        with self._lock:
            self._running[client] -= 1
            self._free += 1
            while self._free and self._waiting:
                following = min(self._waiting, key=self._rank)
                self._waiting.remove(following)
                self._take(following.client)
                following.has_turn = True
                following.woken.set()
            self._forget(client)

    def _take(self, client: str) -> None:
        self._free -= 1
        self._running[client] += 1
        self._last[client] = next(self._turns)

    def _rank(self, waiter: _Waiter) -> tuple[int, int]:
        return self._running[waiter.client], self._last.get(waiter.client, -1)

    def _make_room(self, client: str) -> bool:
        """Send away the last that came of the client with the most waiting, if *client* would still have fewer."""
        counts = Counter(waiter.client for waiter in self._waiting)
        greediest, most = max(counts.items(), key=lambda item: item[1], default=("", 0))
        if most <= counts[client] + 1:
            return False
        last = next(waiter for waiter in reversed(self._waiting) if waiter.client == greediest)
        self._waiting.remove(last)
        last.woken.set()
        return True

    def _forget(self, client: str) -> None:
        """Remember nothing of a client who has left."""
        if self._running[client] <= 0 and all(waiter.client != client for waiter in self._waiting):
            del self._running[client]
            self._last.pop(client, None)


class _Waiter:
    """Somebody who waits for a turn."""

    def __init__(self, client: str) -> None:
        self.client = client
        self.woken = threading.Event()
        self.has_turn = False
