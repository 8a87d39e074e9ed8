"""What is known of each node of a cluster: whether it answers, how long it takes, and what it was asked.

A node that fails several times in a row, or does not say who it is when it is asked, rests for a while (circuit
breaker; Nygard, "Release It!", 2007). Then it is asked who it is before it gets a reader's query again.
"""

from __future__ import annotations

import logging
import threading
import time
from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass
from typing import Literal

__all__ = ["BREAKER_STATES", "NodeRequest", "NodeStates", "observe_nodes"]

Outcome = Literal["ok", "error", "timeout", "unreachable", "probed"]
"""How asking a node ended; ``probed``: it only said who it is."""
Breaker = Literal["closed", "half-open", "open"]

BREAKER_STATES: tuple[Breaker, ...] = ("closed", "half-open", "open")

_FAILURES = 3
"""So many failures in a row open the breaker of a node."""
REST_SECONDS = 10.0
_FIRST_PATIENCE = 0.5
_MIN_PATIENCE, _MAX_PATIENCE = 0.05, 2.0
"""Seconds after which an answer is late."""


@dataclass(frozen=True, slots=True)
class NodeRequest:
    """One request to one *node*, an address: its *outcome*, *seconds*, and *bytes* of the answer as they came."""

    node: str
    outcome: Outcome
    seconds: float
    bytes: int
    breaker: Breaker


_log = logging.getLogger(__name__)
_observers: dict[str, Callable[[NodeRequest], None]] = {}


def observe_nodes(name: str, observer: Callable[[NodeRequest], None]) -> None:
    """Have *observer* told of every request to a node from now on, in place of another one of this *name*."""
    _observers[name] = observer


class _Node:
    def __init__(self) -> None:
        self.failures = 0
        self.opened: float | None = None
        self.identity = ""
        # How long answers take, and by how much they differ (RFC 6298, section 2), in seconds.
        self.mean: float | None = None
        self.deviation = 0.0


class NodeStates:
    """The nodes at *addresses*. Safe to use from several threads. *clock* gives seconds."""

    def __init__(self, addresses: tuple[str, ...], clock: Callable[[], float] = time.monotonic) -> None:
        self._clock = clock
        self._nodes = {address: _Node() for address in addresses}
        self._turn = 0
        self._lock = threading.Lock()
        self.asked: Counter[tuple[str, Outcome]] = Counter()
        """How often each node was asked, by how that ended."""
        self.bytes = 0
        """Bytes of all answers."""

    @property
    def addresses(self) -> tuple[str, ...]:
        """The addresses of all nodes."""
        return tuple(self._nodes)

    @property
    def answered(self) -> int:
        """How many requests were answered."""
        return sum(count for (_, outcome), count in self.asked.items() if outcome == "ok")

    def in_turn(self) -> list[str]:
        """Return the addresses of all nodes in the order in which to ask them: those that rest come last."""
        with self._lock:
            self._turn += 1
            addresses = list(self._nodes)
            first = self._turn % len(addresses)
            return sorted(addresses[first:] + addresses[:first], key=lambda each: self._nodes[each].opened is not None)

    def breaker(self, address: str) -> Breaker:
        """Return the state of the breaker of a node: half-open if it has rested long enough to be tried."""
        opened = self._nodes[address].opened
        if opened is None:
            return "closed"
        return "half-open" if self._clock() - opened >= REST_SECONDS else "open"

    def to_try(self) -> list[str]:
        """Return the nodes that have rested long enough, each once in that time."""
        with self._lock:
            found = [address for address in self._nodes if self.breaker(address) == "half-open"]
            for address in found:
                self._nodes[address].opened = self._clock()
        return found

    def patience(self, address: str) -> float:
        """Return after how many seconds an answer of a node is late, by how long its answers have taken."""
        node = self._nodes[address]
        if node.mean is None:
            return _FIRST_PATIENCE
        return min(max(node.mean + 4 * node.deviation, _MIN_PATIENCE), _MAX_PATIENCE)

    def preferred(self) -> str:
        """Return the identities of the nodes that answer, with commas between; empty if all do, or none is known."""
        if all(node.opened is None for node in self._nodes.values()):
            return ""
        return ",".join(node.identity for node in self._nodes.values() if node.opened is None and node.identity)

    def note(self, address: str, outcome: Outcome, seconds: float, size: int = 0) -> None:
        """Take down how asking a node ended."""
        with self._lock:
            node = self._nodes[address]
            self.asked[address, outcome] += 1
            self.bytes += size
            if outcome in ("ok", "error"):
                self._close(address)
                if node.mean is None:
                    node.mean, node.deviation = seconds, seconds / 2
                else:
                    node.deviation += (abs(seconds - node.mean) - node.deviation) / 4
                    node.mean += (seconds - node.mean) / 8
            else:
                node.failures += 1
                if node.failures >= _FAILURES:
                    self._open(address)
        self._tell(NodeRequest(address, outcome, seconds, size, self.breaker(address)))

    def found(self, address: str, identity: str | None) -> None:
        """Take down who a node is; None if it did not say: then it rests."""
        with self._lock:
            node = self._nodes[address]
            if identity is None:
                self._open(address)
            else:
                node.identity = identity
                self._close(address)

        self._tell(NodeRequest(address, "unreachable" if identity is None else "probed", 0.0, 0, self.breaker(address)))

    @staticmethod
    def _tell(asked: NodeRequest) -> None:
        for observer in list(_observers.values()):
            observer(asked)

    def _open(self, address: str) -> None:
        if self._nodes[address].opened is None:
            _log.warning("The node %s does not answer; it is left alone for %d seconds.", address, REST_SECONDS)
        self._nodes[address].opened = self._clock()

    def _close(self, address: str) -> None:
        if self._nodes[address].opened is not None:
            _log.warning("The node %s answers again.", address)
        self._nodes[address].failures, self._nodes[address].opened = 0, None
