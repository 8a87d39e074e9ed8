"""How a request gets to a node that answers: in the time that is left, and to another one where the first is late.

One deadline holds for all tries. What only reads is sent to a second node when the first takes longer than its answers
usually do (hedging; Dean and Barroso, "The Tail at Scale", 2013), after all nodes were asked who they are: one that
does not say so in a quarter of a second is passed over for a while, and nodes that answer are told to prefer the copies
of the others, for a node that stands still keeps whoever asks it for its shards waiting too.
"""

from __future__ import annotations

import json
import math
import threading
import time
from collections.abc import Collection, Iterator, Mapping
from concurrent.futures import FIRST_COMPLETED, Future, ThreadPoolExecutor, wait
from contextlib import contextmanager
from contextvars import ContextVar
from typing import Any

from opensearchpy import Transport, Urllib3HttpConnection
from opensearchpy.exceptions import ConnectionError as NodeConnectionError
from opensearchpy.exceptions import ConnectionTimeout, TransportError

from arsearch.backends.opensearch.cluster.node_states import NodeStates, Outcome
from arsearch.common.deadline import is_cut_short, time_left

__all__ = ["NodeConnection", "NodeTransport", "within"]

_AFTERWARDS_SECONDS = 2.0
"""How long a request may take that shows what was found before the time of a query was up."""
_PROBE_SECONDS = 0.25
"""How long nodes may take to say who they are, and for how long they need not be asked again."""
_MIN_SECONDS = 0.001
_THREADS = 32
_PROBE = "/_nodes/_local?filter_path=nodes.*.name"
_READING = ("_search", "_msearch", "_count", "_mget")


_seconds: ContextVar[float | None] = ContextVar("arsearch_cluster_seconds", default=None)


@contextmanager
def within(seconds: float) -> Iterator[None]:
    """Let each request that is sent meanwhile take so many *seconds* at most."""
    token = _seconds.set(seconds)
    try:
        yield
    finally:
        _seconds.reset(token)


class NodeConnection(Urllib3HttpConnection):
    """A connection to one node that leaves it to others to log what fails: tries that fail are no failures yet."""

    def log_request_fail(self, *arguments: Any, **options: Any) -> None:
        """Say nothing, where opensearch-py writes a traceback for each try."""


class NodeTransport(Transport):
    """Chooses nodes and keeps to the deadline. *hedged*: whether another node is asked when one is late."""

    def __init__(self, hosts: Any, *, states: NodeStates, hedged: bool, seconds: float, **options: Any) -> None:
        super().__init__(hosts, timeout=seconds, randomize_hosts=False, **options)
        self._states = states
        self._hedged = hedged
        self._seconds = seconds
        self._by_address = dict(zip(states.addresses, self.connection_pool.connections, strict=True))
        self._pool: ThreadPoolExecutor | None = None
        self._probing = threading.Lock()
        self._probed = float("-inf")

    def close(self) -> None:
        """Close the connections."""
        if self._pool is not None:
            self._pool.shutdown(wait=False, cancel_futures=True)
        super().close()

    def perform_request(
        self,
        method: str,
        url: str,
        params: Mapping[str, Any] | None = None,
        body: Any = None,
        timeout: float | None = None,
        ignore: Collection[int] = (),
        headers: Mapping[str, str] | None = None,
    ) -> Any:
        """Return the answer to a request. Raises an OpenSearchException, the last one if several nodes fail."""
        is_reading = method in ("GET", "HEAD") or url.rpartition("/")[2] in _READING
        method, params, body, ignore, timeout = self._resolve_request_args(method, params, body, ignore, timeout)
        request = _Request(method, url, params or {}, body, ignore, headers, is_reading)
        deadline = time.monotonic() + self._limit(timeout)
        self._try_rested()
        if is_reading and self._hedged and len(self._by_address) > 1:
            status, answer_headers, data = self._first_answer(request, deadline)
        else:
            status, answer_headers, data = self._one_after_the_other(request, timeout)
        if method == "HEAD":
            return 200 <= status < 300
        lowered = {name.lower(): value for name, value in answer_headers.items()}
        return self.deserializer.loads(data, lowered.get("content-type")) if data else data

    def _limit(self, timeout: float | None) -> float:
        """Return the seconds that a request may take: no longer than what is left of the query's."""
        seconds = min(timeout or self._seconds, _seconds.get() or math.inf)
        left = time_left()
        if left is not None:
            return max(min(seconds, left), _MIN_SECONDS)
        return min(seconds, _AFTERWARDS_SECONDS) if is_cut_short() else seconds

    # Tries

    def _one_after_the_other(self, request: _Request, timeout: float | None) -> Any:
        """Return the answer of the first node that gives one; what writes takes its time on each."""
        failure: TransportError | None = None
        deadline = time.monotonic() + self._limit(timeout)
        for address in self._states.in_turn():
            try:
                return self._try(address, request, deadline)
            except TransportError as error:
                if not _may_try_another(error):
                    raise
                failure = error
                if not request.is_reading:
                    deadline = time.monotonic() + self._limit(timeout)
                elif time.monotonic() >= deadline:
                    break
        assert failure is not None
        raise failure

    def _first_answer(self, request: _Request, deadline: float) -> Any:
        """Return the first answer; each node that is late or fails has the next one asked."""
        waiting = iter(self._states.in_turn())
        request = request.preferring(self._states.preferred())
        running: dict[Future[Any], str] = {}
        failure: TransportError | None = None
        address: str | None = next(waiting)
        while address or running:
            if address:
                running[self._threads.submit(self._try, address, request, deadline)] = address
            left = deadline - time.monotonic()
            patience = min(self._states.patience(address), max(left, 0)) if address else max(left, 0)
            done, _ = wait(running, timeout=patience, return_when=FIRST_COMPLETED)
            for future in done:
                running.pop(future)
                try:
                    answer = future.result()
                except TransportError as error:
                    if not _may_try_another(error):
                        raise
                    failure = error
                    continue
                self._overtake(running)
                return answer
            if time.monotonic() >= deadline:
                break
            if not done and address:
                self._ask_who_they_are()
                request = request.preferring(self._states.preferred())
            address = next((each for each in waiting if done or self._states.breaker(each) == "closed"), None)
        self._overtake(running)
        raise failure or ConnectionTimeout("TIMEOUT", "no node answered in time", None)

    def _overtake(self, running: Mapping[Future[Any], str]) -> None:
        for future in running:
            future.cancel()

    def _try(self, address: str, request: _Request, deadline: float) -> Any:
        began = time.monotonic()
        left = deadline - began
        outcome: Outcome = "ok"
        size = 0
        try:
            answer = self._by_address[address].perform_request(
                request.method, request.url, request.params, request.body, headers=request.headers,
                ignore=request.ignore, timeout=max(left, _MIN_SECONDS),
            )  # fmt: skip
            size = _size_of(answer)
        except ConnectionTimeout:
            outcome = "timeout"
            raise
        except NodeConnectionError:
            outcome = "unreachable"
            raise
        except TransportError:
            outcome = "error"
            raise
        finally:
            self._states.note(address, outcome, time.monotonic() - began, size)
        return answer

    # Who answers

    def _ask_who_they_are(self) -> None:
        """Ask all nodes that are not resting for their identity, unless that was done a moment ago."""
        with self._probing:
            if time.monotonic() - self._probed < _PROBE_SECONDS:
                return
            asked = {self._threads.submit(self._identity, address): address for address in self._by_address}
            done, late = wait(asked, timeout=_PROBE_SECONDS)
            for future in done:
                self._states.found(asked[future], future.result())
            for future in late:
                self._states.found(asked[future], None)
            self._probed = time.monotonic()

    def _try_rested(self) -> None:
        """Ask nodes that have rested who they are; nobody waits for them."""
        for address in self._states.to_try():
            self._threads.submit(self._find, address)

    def _find(self, address: str) -> None:
        self._states.found(address, self._identity(address))

    def _identity(self, address: str) -> str | None:
        """Return the identity of a node; empty if it may not be known, None if the node does not answer."""
        try:
            _, _, data = self._by_address[address].perform_request("GET", _PROBE, timeout=_PROBE_SECONDS)
            return next(iter(json.loads(data)["nodes"]), "")
        except NodeConnectionError:
            return None
        except (TransportError, ValueError, KeyError, TypeError):
            return ""

    @property
    def _threads(self) -> ThreadPoolExecutor:
        if self._pool is None:
            self._pool = ThreadPoolExecutor(_THREADS, thread_name_prefix="arsearch-cluster")
        return self._pool


class _Request:
    """One request, as a node is asked."""

    def __init__(
        self,
        method: str,
        url: str,
        params: Mapping[str, Any],
        body: Any,
        ignore: Collection[int],
        headers: Mapping[str, str] | None,
        is_reading: bool,
    ) -> None:
        self.method = method
        self.url = url
        self.params = params
        self.body = body
        self.ignore = ignore
        self.headers = headers
        self.is_reading = is_reading

    def preferring(self, identities: str) -> _Request:
        """Return the same request for the copies on the nodes of *identities*, where there are copies on them."""
        kind = self.url.rpartition("/")[2]
        if not identities or kind not in ("_search", "_msearch"):
            return self
        preference = f"_prefer_nodes:{identities}"
        if kind == "_search":
            params = {**self.params, "preference": preference}
            return _Request(self.method, self.url, params, self.body, self.ignore, self.headers, self.is_reading)
        text = self.body.decode("utf-8", "surrogatepass") if isinstance(self.body, bytes) else self.body
        lines = text.split("\n")
        lines[0:-1:2] = [json.dumps(json.loads(line) | {"preference": preference}) for line in lines[0:-1:2]]
        body = "\n".join(lines).encode("utf-8", "surrogatepass")
        return _Request(self.method, self.url, self.params, body, self.ignore, self.headers, self.is_reading)


def _may_try_another(error: TransportError) -> bool:
    """Whether another node may answer where this one failed so."""
    return isinstance(error, NodeConnectionError) or error.status_code in (502, 504)


def _size_of(answer: Any) -> int:
    """Return how many bytes came over the network."""
    _, headers, data = answer
    length = next((value for name, value in headers.items() if name.lower() == "content-length"), None)
    return int(length) if length and length.isdecimal() else len(data)
