"""A worker leaves connections to workers with fewer of them, but never for good."""

from __future__ import annotations

import socket
import sys
from collections.abc import Iterator
from contextlib import ExitStack
from typing import Any

import pytest

pytestmark = pytest.mark.skipif(sys.platform == "win32", reason="gunicorn needs fork; Windows is served by waitress")

ABSENT = -1


@pytest.fixture
def listener() -> Iterator[socket.socket]:
    """Return a socket at which three clients wait."""
    with ExitStack() as stack:
        server = stack.enter_context(socket.create_server(("127.0.0.1", 0)))
        server.setblocking(False)
        for _ in range(3):
            stack.enter_context(socket.create_connection(server.getsockname(), timeout=60))
        yield server


def a_worker(counts: list[int], monkeypatch: pytest.MonkeyPatch) -> tuple[Any, list[Any]]:
    """Return the worker that has the first of *counts*, and the connections that it will have accepted."""
    from gunicorn.config import Config

    from arsearch.web.worker import balanced_worker

    monkeypatch.setattr("arsearch.web.worker.balanced_worker.time.sleep", lambda _: None)
    monkeypatch.setattr(balanced_worker.BalancedWorker, "counts", counts)
    worker: Any = balanced_worker.BalancedWorker.__new__(balanced_worker.BalancedWorker)
    worker.cfg, worker._slot, worker._passed_over, worker._is_accepting = Config(), 0, 0, True
    worker.nr_conns = counts[0]
    accepted: list[Any] = []
    worker.enqueue_req = accepted.append
    return worker, accepted


@pytest.mark.parametrize("counts", [[0, 0, ABSENT], [2, 2, 5], [0, ABSENT, ABSENT], [7, ABSENT, ABSENT]])
def test_a_worker_with_no_more_than_others_accepts(
    listener: socket.socket, counts: list[int], monkeypatch: pytest.MonkeyPatch
) -> None:
    before = counts[0]
    worker, accepted = a_worker(counts, monkeypatch)
    worker.accept(listener)
    assert len(accepted) == 1
    assert counts[0] == worker.nr_conns == before + 1
    accepted[0].close()


def test_a_worker_with_more_leaves_it_to_the_other_until_that_one_is_level(
    listener: socket.socket, monkeypatch: pytest.MonkeyPatch
) -> None:
    counts = [1, 0, ABSENT]
    worker, accepted = a_worker(counts, monkeypatch)
    worker.accept(listener)
    assert not accepted
    counts[1] = 1
    worker.accept(listener)
    assert len(accepted) == 1
    accepted[0].close()


def test_a_connection_that_nobody_takes_is_accepted_in_the_end(
    listener: socket.socket, monkeypatch: pytest.MonkeyPatch
) -> None:
    from arsearch.web.worker.balanced_worker import _PATIENCE

    worker, accepted = a_worker([1, 0, ABSENT], monkeypatch)
    for _ in range(_PATIENCE):
        worker.accept(listener)
    assert not accepted
    worker.accept(listener)
    assert len(accepted) == 1
    accepted[0].close()


def test_a_worker_that_has_ended_counts_no_more(monkeypatch: pytest.MonkeyPatch) -> None:
    counts = [3, 0, ABSENT]
    worker, _ = a_worker(counts, monkeypatch)
    worker.forget()
    worker.nr_conns -= 1  # it is still finishing
    assert counts == [ABSENT, 0, ABSENT]
