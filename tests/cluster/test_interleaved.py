"""Writers take turns, are killed, come late and are rolled back from: nothing is lost, mixed, or back from the dead.

A writer is killed between any two requests, before or after the cluster has done what the last one asked for. What it
sent arrives once more later, as from a network that was slow.
"""

from __future__ import annotations

import dataclasses
import itertools
import json
import os
import tempfile
import threading
from collections.abc import Callable, Iterator
from contextlib import closing, contextmanager, suppress
from pathlib import Path
from typing import Any
from unittest.mock import patch

import pytest
from hypothesis import HealthCheck, Phase, event, settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, invariant, rule, run_state_machine_as_test
from opensearchpy.helpers import BulkIndexError

import arsearch
from arsearch.backends.opensearch.backend import OpenSearchBackend
from arsearch.backends.opensearch.cluster import bulk, lease
from arsearch.backends.opensearch.cluster.client import ClusterClient
from arsearch.backends.opensearch.cluster.commits import IndexAlias
from arsearch.backends.opensearch.publish import publish as publishing
from arsearch.backends.opensearch.publish.lineage import lineage_of
from arsearch.corpus import Article
from arsearch.errors import ClusterWriteError, IndexLockedError, NoIndexError
from arsearch.index import Changes, Layout
from tests.cluster.nodes import Cluster

pytestmark = [pytest.mark.slow, pytest.mark.fuzz]

SEQUENCES = int(os.environ.get("ARSEARCH_TEST_CLUSTER_SEQUENCES", "3"))
STEPS = int(os.environ.get("ARSEARCH_TEST_CLUSTER_STEPS", "8"))
LATE = ("before", "after")
WORDS = ["سفينة", "ميناء", "قمر", "نجوم", "خبز", "قمح", "كتاب", "مكتبة", "مدينة", "جبل"]
COMMON = "خبر"
TEXTS = [" ".join([COMMON, *(WORDS[(number * step + step) % 10] for number in range(24))]) for step in (1, 3, 7, 9)]
"""Few, so that some articles are copies of others."""

identifiers = st.lists(st.sampled_from([f"a{number}" for number in range(7)]), min_size=1, max_size=3, unique=True)
texts = st.sampled_from(TEXTS)
requests = st.integers(1, 24)
machines = st.sampled_from([0, 1])
Contents = dict[str, str]
_names = itertools.count()


class Killed(BaseException):
    """A writer is dead: it asks for nothing any more, and tidies nothing up."""


class Interleaved(RuleBasedStateMachine):
    """What each commit should have, and two machines that write to the same index."""

    urls: tuple[str, ...] = ()

    @initialize()
    def begin(self) -> None:
        self._folder = tempfile.TemporaryDirectory()
        folder = Path(self._folder.name)
        shared = arsearch.Settings(
            backend="opensearch",
            opensearch_url=self.urls,
            opensearch_index=f"written-{next(_names)}",
            opensearch_shards=1,
            opensearch_replicas=0,
            opensearch_timeout_seconds=60,
            keep_commits=3,
            model="fast",
            max_query_ms=60_000,
        )
        self.machines = [dataclasses.replace(shared, index=folder / name) for name in ("one", "other")]
        self.contents: dict[str, Contents] = {}
        self.sent: list[list[dict[str, Any]]] = []
        first = {f"a{number}": TEXTS[number % 4] for number in range(5)}
        self._replace(0, first)

    def teardown(self) -> None:
        if hasattr(self, "_folder"):
            self._folder.cleanup()

    # What happens

    @rule(which=machines, put=identifiers, body=texts, remove=identifiers)
    def write(self, which: int, put: list[str], body: str, remove: list[str]) -> None:
        before = self._live()
        self._change(which, put, body, remove)
        self._now_live(self._changed(before, put, body, remove), before)

    @rule(puts=st.tuples(identifiers, identifiers), bodies=st.tuples(texts, texts))
    def write_at_once(self, puts: tuple[list[str], list[str]], bodies: tuple[str, str]) -> None:
        """Both machines: whichever is first, the other one writes upon that."""
        before, made = self._live(), ["", ""]

        def write(which: int) -> None:
            made[which] = self._written(which, puts[which], bodies[which], [])

        threads = [threading.Thread(target=write, args=(which,)) for which in (0, 1)]
        with self._noting():
            for thread in threads:
                thread.start()
            for thread in threads:
                thread.join()
        for which in sorted((0, 1), key=made.__getitem__):
            self.contents[made[which]] = self._changed(before, puts[which], bodies[which], [])
            before = made[which]
        assert self._live() == before

    @rule(which=machines, put=identifiers, body=texts, remove=identifiers, request=requests, when=st.sampled_from(LATE))
    def die_writing(self, which: int, put: list[str], body: str, remove: list[str], request: int, when: str) -> None:
        before = self._live()
        with dying(request, when), suppress(Killed):
            self._change(which, put, body, remove)
        self._either(before, self._changed(before, put, body, remove))

    @rule(which=machines, put=identifiers, body=texts, remove=identifiers)
    def die_with_documents_on_their_way(self, which: int, put: list[str], body: str, remove: list[str]) -> None:
        before = self._live()
        with suppress(Killed):
            self._change(which, put, body, remove, arrives=False)
        self._either(before, self._changed(before, put, body, remove))

    @rule(which=machines, put=identifiers, body=texts, remove=identifiers, request=requests)
    def roll_back_while_one_writes(
        self, which: int, put: list[str], body: str, remove: list[str], request: int
    ) -> None:
        before, gone_back = self._live(), []

        def interfere() -> None:
            with closing(OpenSearchBackend(self.machines[0])) as third, suppress(NoIndexError):
                gone_back.append((third.current(), third.rollback()))

        with interfering(request, interfere), suppress(IndexLockedError, ClusterWriteError):
            self._change(which, put, body, remove)
        if not gone_back:
            self._either(before, self._changed(before, put, body, remove))
            return
        [(came_from, went_to)] = gone_back
        if came_from != before:  # it was live already
            self.contents[came_from] = self._changed(before, put, body, remove)
        if self._live() != went_to:  # who was overtaken has written upon what was gone back to
            self.contents[self._live()] = self._changed(went_to, put, body, remove)

    @rule()
    def roll_back(self) -> None:
        before = self._live()
        with closing(OpenSearchBackend(self.machines[1])) as backend:
            try:
                assert backend.rollback() != before
            except NoIndexError:
                assert self._live() == before

    @rule(which=st.sampled_from([0, 1]))
    def go_on_from_what_is_live(self, which: int) -> None:
        """A run without anything new: it takes up what was rolled back to, and never undoes it."""
        before = self._live()
        with closing(OpenSearchBackend(self.machines[which])) as backend:
            backend.update(())
        assert self._read(self._live()) == self.contents[before]
        self.contents[self._live()] = self.contents[before]

    @rule(which=st.sampled_from([0, 1]), body=texts)
    def replace_everything(self, which: int, body: str) -> None:
        self._replace(which, {"a1": body, "a5": TEXTS[0], "a6": TEXTS[2]})

    @rule(data=st.data())
    def arrive_late(self, data: st.DataObject) -> None:
        """Documents that were sent once arrive again; what else is wrong with the request does not matter."""
        actions = data.draw(st.sampled_from(self.sent), label="sent")
        with closing(OpenSearchBackend(self.machines[0])) as backend, suppress(BulkIndexError):
            bulk.write_all(backend._client.raw, [dict(action) for action in actions])

    @invariant()
    def what_is_live_is_as_it_should_be(self) -> None:
        if not getattr(self, "contents", None):
            return
        live = self._live()
        event(f"{len(self.contents)} commits")
        assert self._read(live) == self.contents[live]
        with closing(OpenSearchBackend(self.machines[0])) as backend:
            assert backend.verify(sample=0).faults == ()
        self._compare_with_the_machine_it_came_from()

    # How it is done

    def _change(self, which: int, put: list[str], body: str, remove: list[str], *, arrives: bool = True) -> None:
        with self._noting(arrives=arrives):
            self._written(which, put, body, remove)

    def _written(self, which: int, put: list[str], body: str, remove: list[str]) -> str:
        """Have the machine *which* write, and return the name of the commit."""
        articles = tuple(Article(id=identifier, title="", body=body) for identifier in put)
        changes = Changes(put=articles, remove=tuple(identifier for identifier in remove if identifier not in put))
        with closing(OpenSearchBackend(self.machines[which])) as backend:
            return backend.update((), changes=changes, wait=60.0).commit

    def _changed(self, before: str, put: list[str], body: str, remove: list[str]) -> Contents:
        kept = {name: text for name, text in self.contents[before].items() if name not in remove}
        return kept | dict.fromkeys(put, body)

    def _replace(self, which: int, contents: Contents) -> None:
        machine = self.machines[which]
        corpus = machine.index / "corpus.jsonl"
        corpus.parent.mkdir(exist_ok=True)
        records = [{"id": identifier, "body": body} for identifier, body in contents.items()]
        corpus.write_text("".join(f"{json.dumps(one)}\n" for one in records), encoding="utf-8")
        with self._noting(), closing(OpenSearchBackend(machine)) as backend:
            summary = backend.update([corpus], full=True, wait=30.0)
        self.contents[summary.commit] = contents

    @contextmanager
    def _noting(self, *, arrives: bool = True) -> Iterator[None]:
        """Take down what is sent; unless it *arrives*, who sends it dies."""

        def write_all(raw: Any, actions: Any, **options: Any) -> int:
            noted = list(actions)
            self.sent.append([action for action in noted if "version" in action])
            if not arrives:
                raise Killed
            return bulk.write_all(raw, noted, **options)

        with patch.object(publishing, "write_all", write_all):
            yield

    def _live(self) -> str:
        with closing(OpenSearchBackend(self.machines[0])) as backend:
            return backend.current()

    def _now_live(self, contents: Contents, before: str) -> None:
        live = self._live()
        assert live > before or contents == self.contents[before], "what was acknowledged is live"
        self.contents[live] = contents

    def _either(self, before: str, contents: Contents) -> None:
        """What was not acknowledged is there as a whole or not at all."""
        live = self._live()
        if live != before:
            self.contents[live] = contents

    def _read(self, commit: str) -> Contents:
        with arsearch.open_index(self.machines[0].index, settings=self.machines[0]) as searcher:
            assert searcher.commit == commit
            found = searcher.search(COMMON, mode="lexical", limit=50)
            hits = [article for hit in found for article in (hit.article, *hit.copies)]
            assert found.total == len(searcher)
            return {article.id: article.body for article in hits}

    def _compare_with_the_machine_it_came_from(self) -> None:
        with closing(OpenSearchBackend(self.machines[0])) as backend:
            lineage = IndexAlias(backend._client, self.machines[0].opensearch_index).record().lineage
            places = [OpenSearchBackend(machine) for machine in self.machines]
        for place, machine in zip(places, self.machines, strict=True):
            with closing(place):
                directory = place.local_directory
            if not Layout(directory).pointer_file.exists() or lineage_of(Layout(directory).live_manifest()) != lineage:
                continue
            local = dataclasses.replace(machine, backend="local", index=directory)
            with (
                arsearch.open_index(directory, settings=local) as here,
                arsearch.open_index(machine.index, settings=machine) as there,
            ):
                for query in ("قمر مكتبة", COMMON):
                    one, other = here.search(query, facets=True), there.search(query, facets=True)
                    assert (one.total, one.facets) == (other.total, other.facets)
                    scores = [{hit.id: hit.score for hit in results} for results in (one, other)]
                    assert scores[1] == pytest.approx(scores[0], abs=1e-3)


def renewing() -> bool:
    """Whether it is the thread that renews the lease that asks."""
    return threading.current_thread().name == "arsearch-lease"


@contextmanager
def dying(request: int, when: str) -> Iterator[None]:
    """Let who writes be killed at its request number *request*, before or after it is done."""
    ask, count = ClusterClient.ask, itertools.count(1)
    dead: list[bool] = []

    def asked(client: ClusterClient, what: Callable[[Any], Any], **options: Any) -> Any:
        if renewing():
            return None if dead else ask(client, what, **options)
        if dead:
            raise Killed
        if not options.get("writing") or next(count) != request:
            return ask(client, what, **options)
        dead.append(True)
        if when == "after":
            ask(client, what, **options)
        raise Killed

    with patch.object(ClusterClient, "ask", asked):
        yield


@contextmanager
def interfering(request: int, interfere: Callable[[], None]) -> Iterator[None]:
    """Let *interfere* be done before the request number *request* of who writes."""
    ask, count = ClusterClient.ask, itertools.count(1)

    def asked(client: ClusterClient, what: Callable[[Any], Any], **options: Any) -> Any:
        if options.get("writing") and not renewing() and next(count) == request:
            with patch.object(ClusterClient, "ask", ask):
                interfere()
        return ask(client, what, **options)

    with patch.object(ClusterClient, "ask", asked):
        yield


def test_whatever_writers_do_nothing_is_lost_mixed_or_back_from_the_dead(
    cluster: Cluster, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(lease, "LEASE_SECONDS", 1.0)
    machine = type("Machine", (Interleaved,), {"urls": tuple(cluster.urls)})
    run_state_machine_as_test(
        machine,
        settings=settings(
            max_examples=SEQUENCES,
            stateful_step_count=STEPS,
            deadline=None,
            suppress_health_check=list(HealthCheck),
            phases=[Phase.explicit, Phase.reuse, Phase.generate],  # to shrink a sequence takes many minutes here
        ),
    )
