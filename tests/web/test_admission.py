"""Turns are shared among clients: who asks for much waits behind who asks for little."""

from __future__ import annotations

import threading
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from arsearch import Settings
from arsearch.web.admission import Admission
from arsearch.web.app import create_app
from arsearch.web.search_answers import answer_search

MSEARCH = "/api/v1/msearch"
SEARCH = "/api/v1/search"


class Line:
    """Clients at an admission with one turn, which whoever asks first has."""

    def __init__(self, waiting: int) -> None:
        self.admission = Admission(running=1, waiting=waiting, seconds=600)
        assert self.admission.enter("first")
        self.served: list[str] = []
        self.refused: list[str] = []
        self._threads: list[threading.Thread] = []

    def ask(self, client: str) -> None:
        """Have *client* wait, or be refused, before this returns."""
        before, count = self.admission.waiting, len(self.refused)

        def wait() -> None:
            if self.admission.enter(client):
                self.served.append(client)
                self.admission.leave(client)
            else:
                self.refused.append(client)

        self._threads.append(threading.Thread(target=wait, daemon=True))  # a test that fails waits for nobody
        self._threads[-1].start()
        while self.admission.waiting == before and len(self.refused) == count:
            threading.Event().wait(0.001)

    def serve(self) -> list[str]:
        """Let all have their turns; return in which order they had them."""
        self.admission.leave("first")
        for thread in self._threads:
            thread.join()
        return self.served


def test_clients_take_turns_however_many_requests_each_has() -> None:
    line = Line(waiting=20)
    for client in "aaaaaabbc":
        line.ask(client)
    served = line.serve()
    assert sorted(served[:3]) == ["a", "b", "c"]
    assert sorted(served[3:5]) == ["a", "b"]
    assert served[5:] == ["a"] * 4


def test_who_has_many_waiting_makes_room_for_others() -> None:
    line = Line(waiting=4)
    for client in "aaaa":
        line.ask(client)
    for client in "bc":
        line.ask(client)
    assert line.refused == ["a", "a"]
    line.ask("a")
    assert line.refused == ["a"] * 3
    assert sorted(line.serve()) == ["a", "a", "b", "c"]


@given(st.lists(st.sampled_from("abcdef"), max_size=40), st.integers(1, 4), st.integers(0, 10))
def test_turns_add_up_whoever_comes_and_goes(clients: list[str], running: int, waiting: int) -> None:
    admission = Admission(running, waiting, seconds=0)
    inside: list[str] = []
    for client in clients:
        if client == "f" and inside:
            admission.leave(inside.pop(0))
        elif admission.enter(client):
            inside.append(client)
        assert len(inside) <= running
    for client in inside:
        admission.leave(client)
    assert all(admission.enter("x") for _ in range(running))
    for _ in range(running):
        admission.leave("x")
    assert not vars(admission)["_last"]
    assert not vars(admission)["_running"]


def batch(client: Any, count: int) -> Any:
    return client.post(MSEARCH, json={"searches": [{"q": f"قمر {number}"} for number in range(count)]})


def test_a_batch_costs_as_many_units_as_it_has_searches(corpus_index: Path) -> None:
    client = create_app(Settings(index=corpus_index, rate_limit="30/hour", rate_limit_exempt=())).test_client()
    assert batch(client, 20).status_code == 200
    assert batch(client, 9).status_code == 200
    refused = batch(client, 2)
    assert (refused.status_code, refused.headers["Retry-After"].isdigit()) == (429, True)


def test_others_are_answered_between_the_searches_of_a_batch(
    corpus_index: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A batch that would go on for ever holds up nobody for longer than one search."""
    app = create_app(Settings(index=corpus_index, max_running_requests=1, max_waiting_requests=4))
    admission: Admission = app.extensions["arsearch-admission"]
    began, done = threading.Event(), threading.Event()
    order: list[str] = []
    real: Callable[..., Any] = answer_search

    def answer(searcher: Any, question: Any) -> Any:
        order.append(question.query)
        if question.query == "قمر 0":
            began.set()
            while admission.waiting == 0 and not done.is_set():
                done.wait(0.001)
        return real(searcher, question)

    monkeypatch.setattr("arsearch.web.api.routes.answer_search", answer)
    with ThreadPoolExecutor(1) as threads:
        many = threads.submit(lambda: batch(app.test_client(), 5))
        assert began.wait(60)
        try:
            other = app.test_client().get(
                SEARCH, query_string={"q": "بحر"}, environ_overrides={"REMOTE_ADDR": "192.0.2.7"}
            )
        finally:
            done.set()
        assert other.status_code == 200
        assert [item["status"] for item in many.result().get_json()["answers"]] == [200] * 5
    assert order.index("بحر") == 1


def test_a_batch_has_a_deadline(corpus_index: Path) -> None:
    """Every look at the clock takes a tenth of a second: some searches are answered, the rest are told why not."""
    ticks = iter(range(10**9))
    app = create_app(Settings(index=corpus_index, max_query_ms=2000), clock=lambda: next(ticks) / 10)
    answers = batch(app.test_client(), 20).get_json()["answers"]
    statuses = [item["status"] for item in answers]
    assert statuses[0] == 200
    assert statuses[-1] == 503
    assert answers[-1]["problem"]["type"].endswith("query-timeout")
    assert next(ticks) < 2000  # the work was not done
