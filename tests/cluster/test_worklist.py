"""The work list: each item is one worker's at a time, and no item is lost with its worker."""

from __future__ import annotations

import itertools
import threading
from collections.abc import Callable

import pytest
from opensearchpy import OpenSearch

from arsearch.backends.opensearch.cluster.work_list import Claim, WorkList
from tests.cluster.nodes import Cluster


@pytest.fixture
def client(cluster: Cluster) -> OpenSearch:
    return OpenSearch(hosts=cluster.urls, timeout=60)


def eventually(attempt: Callable[[], Claim | None]) -> Claim:
    """Try until there is something; the cluster's clock, not ours, says when."""
    for claim in itertools.islice(iter(attempt, ...), 2000):
        if claim is not None:
            return claim
    raise AssertionError("the item never became free")


def test_many_workers_share_the_items_and_none_is_done_twice(client: OpenSearch) -> None:
    work = WorkList(client, "work")
    work.add({f"item-{number}": {"number": number} for number in range(40)})
    done: list[int] = []

    def run(owner: str) -> None:
        while claim := work.claim(owner):
            done.append(claim.payload["number"])
            work.finish(claim)

    workers = [threading.Thread(target=run, args=(f"worker-{number}",)) for number in range(4)]
    for worker in workers:
        worker.start()
    for worker in workers:
        worker.join()
    while claim := work.claim("last"):  # a worker may end early, when others were faster with all that it looked at
        done.append(claim.payload["number"])
        work.finish(claim)
    assert sorted(done) == list(range(40))
    assert work.counts() == {}


def test_an_item_is_free_again_when_the_lease_of_its_worker_has_ended(client: OpenSearch) -> None:
    long, short = WorkList(client, "work"), WorkList(client, "work", lease_seconds=0.001)
    long.add({"one": {}})
    dead = short.claim("dead")
    assert dead is not None
    taken = eventually(lambda: long.claim("alive"))
    assert taken.identifier == "one"
    assert long.claim("third") is None
    # The first one was only slow: what it says now changes nothing for the one that has the item.
    short.finish(dead)
    short.give_back(dead, "too late")
    assert long.counts() == {"claimed": 1}
    long.finish(taken)
    assert long.counts() == {}


def test_an_item_that_ends_every_worker_is_given_up_and_can_be_added_again(client: OpenSearch) -> None:
    work = WorkList(client, "work")
    work.add({"bad": {"text": "x"}})
    for _ in range(3):
        claim = work.claim("unlucky")
        assert claim is not None
        work.give_back(claim, "out of memory")
    assert work.claim("fourth") is None
    assert work.failed(["bad", "other"]) == {"bad": "out of memory"}
    assert work.left(["bad"]) == []
    work.add({"bad": {"text": "y"}})
    again = work.claim("lucky")
    assert again is not None
    assert again.payload == {"text": "y"}


def test_adding_twice_is_adding_once(client: OpenSearch) -> None:
    work = WorkList(client, "work")
    work.add({"one": {"first": True}})
    claim = work.claim("worker")
    WorkList(client, "work").add({"one": {"first": False}, "two": {}})
    assert claim is not None
    assert claim.payload == {"first": True}
    assert work.counts() == {"claimed": 1, "open": 1}
    assert sorted(work.left(["one", "two", "three"])) == ["one", "two"]
