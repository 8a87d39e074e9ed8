"""Nodes that are slow, stand still or are gone: who is asked then, played by small servers."""

from __future__ import annotations

import json
import threading
from collections.abc import Iterator
from contextlib import ExitStack
from typing import Any

import pytest

from arsearch.backends.opensearch.cluster.client import ClusterClient
from arsearch.backends.opensearch.cluster.node_states import REST_SECONDS, NodeStates
from arsearch.common.deadline import run_clock
from arsearch.errors import QueryTimeoutError
from arsearch.settings import Settings

from .test_client import Answer, served


class Played:
    """A node: it says who it is unless it *stands still*, and searches unless it is *slow* too, until it may go on."""

    def __init__(self, name: str) -> None:
        self.name = name
        self.stands_still = self.is_slow = False
        self.asked: list[str] = []
        self.may_go_on = threading.Event()

    def answer(self, path: str, headers: dict[str, str]) -> Answer:
        probed = path.startswith("/_nodes/_local")
        self.asked.append("who" if probed else path)
        if self.stands_still or (self.is_slow and not probed):
            self.may_go_on.wait(60)
        return 200, {"nodes": {f"id-of-{self.name}": {}}} if probed else {"by": self.name}

    @property
    def searched(self) -> list[str]:
        return [path for path in self.asked if path != "who"]


@pytest.fixture
def played() -> Iterator[tuple[list[Played], list[str]]]:
    """Three nodes, and where they are."""
    nodes = [Played(name) for name in "abc"]
    with ExitStack() as servers:
        yield nodes, [servers.enter_context(served(node.answer)) for node in nodes]
        for node in nodes:
            node.may_go_on.set()


def asking(urls: list[str], states: NodeStates | None = None) -> ClusterClient:
    return ClusterClient(Settings(opensearch_url=tuple(urls), opensearch_timeout_seconds=30), None, states)


def search(client: ClusterClient, body: Any = None) -> str:
    found: str = client.ask(lambda raw: raw.search(index="arsearch", body=body or {}))["by"]
    return found


def test_nodes_take_turns(played: tuple[list[Played], list[str]]) -> None:
    client = asking(played[1])
    assert sorted(search(client) for _ in range(6)) == ["a", "a", "b", "b", "c", "c"]
    assert client.nodes.bytes == 6 * len('{"by": "a"}')
    client.close()


def test_a_node_that_stands_still_costs_no_answer_and_then_rests(played: tuple[list[Played], list[str]]) -> None:
    nodes, urls = played
    nodes[1].stands_still = True
    client = asking(urls)
    assert {search(client) for _ in range(12)} == {"a", "c"}
    assert len(nodes[1].searched) == 1, "one found out, the others were sent elsewhere"
    assert client.nodes.breaker(urls[1]) == "open"
    assert client.nodes.breaker(urls[0]) == client.nodes.breaker(urls[2]) == "closed"
    # Those that answer prefer the copies of those that do: they would wait for the third as readers do.
    assert all("preference=_prefer_nodes%3Aid-of-a%2Cid-of-c" in path for path in nodes[0].searched[-3:])
    client.close()


def test_what_is_asked_together_prefers_the_same_copies(played: tuple[list[Played], list[str]]) -> None:
    nodes, urls = played
    bodies: list[Any] = []
    client = asking(urls)
    nodes[0].stands_still = True
    while client.nodes.breaker(urls[0]) != "open":
        search(client)
    transport: Any = client.raw.transport
    before = transport._try

    def noted(address: str, request: Any, deadline: float) -> Any:
        bodies.append([json.loads(line) for line in request.body.decode().splitlines()])
        return before(address, request, deadline)

    transport._try = noted
    client.ask(lambda raw: raw.msearch(body=[{"index": "one"}, {"size": 1}, {"index": "two"}, {"size": 2}]))
    wanted = {"preference": "_prefer_nodes:id-of-b,id-of-c"}
    assert bodies == [[{"index": "one"} | wanted, {"size": 1}, {"index": "two"} | wanted, {"size": 2}]]
    client.close()


def test_a_node_that_is_slow_is_overtaken_and_asked_again(played: tuple[list[Played], list[str]]) -> None:
    nodes, urls = played
    nodes[1].is_slow = True
    client = asking(urls)
    assert {search(client) for _ in range(3)} == {"a", "c"}
    assert client.nodes.breaker(urls[1]) == "closed", "it says who it is"
    nodes[1].is_slow = False
    nodes[1].may_go_on.set()
    assert {search(client) for _ in range(3)} == {"a", "b", "c"}
    client.close()


def test_a_node_that_has_rested_is_first_asked_who_it_is(played: tuple[list[Played], list[str]]) -> None:
    nodes, urls = played
    seconds = [0.0]
    states = NodeStates(tuple(urls), lambda: seconds[0])
    client = asking(urls, states)
    nodes[1].stands_still = True
    while states.breaker(urls[1]) != "open":
        search(client)
    nodes[1].stands_still = False
    nodes[1].may_go_on.set()
    found_out = len(nodes[1].searched)
    seconds[0] += REST_SECONDS
    assert states.breaker(urls[1]) == "half-open"
    while states.breaker(urls[1]) != "closed":  # nobody waits for its answer
        search(client)
    assert len(nodes[1].searched) == found_out
    assert "b" in {search(client) for _ in range(3)}
    client.close()


def test_all_tries_together_take_no_longer_than_the_query_may(played: tuple[list[Played], list[str]]) -> None:
    nodes, urls = played
    for node in nodes:
        node.is_slow = True
    client = asking(urls)
    with run_clock(0.2), pytest.raises(QueryTimeoutError):
        search(client)
    assert sum(len(node.searched) for node in nodes) <= 3, "each node was asked once at most"
    client.close()


def test_what_is_written_is_not_sent_to_two_nodes_at_once(played: tuple[list[Played], list[str]]) -> None:
    nodes, urls = played
    nodes[1].is_slow = True
    client = asking(urls)
    written = threading.Thread(
        target=lambda: client.ask(lambda raw: raw.index(index="arsearch", body={}), writing=True), daemon=True
    )
    written.start()
    while not nodes[1].searched:
        written.join(0.01)
    written.join(1.0)  # longer than a reader would wait before the next one is asked
    assert not nodes[0].searched
    assert not nodes[2].searched
    nodes[1].may_go_on.set()
    written.join()
    client.close()
