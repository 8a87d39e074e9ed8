"""A cluster's articles are changed where they are: little is sent, one writer works, and what is live decides."""

from __future__ import annotations

import dataclasses
import random
import threading
from contextlib import closing
from pathlib import Path
from typing import Any

import pytest
from opensearchpy.connection.http_urllib3 import Urllib3HttpConnection

import arsearch
from arsearch.backends import choose_backend
from arsearch.backends.opensearch.backend import OpenSearchBackend
from arsearch.backends.opensearch.cluster import bulk
from arsearch.backends.opensearch.cluster.client import ClusterClient
from arsearch.backends.opensearch.cluster.commits import IndexAlias, words_index
from arsearch.backends.opensearch.cluster.lease import WriterLease
from arsearch.backends.opensearch.publish import publish as publishing
from arsearch.backends.opensearch.publish.update import writing_alone
from arsearch.backends.opensearch.publish.word_changes import all_words_of
from arsearch.backends.opensearch.search.vocabulary import read_counts
from arsearch.errors import ClusterWriteError, IndexLockedError
from arsearch.index import Changes, Commit
from tests.cluster.nodes import Cluster

from .test_backend import TEXTS, found, index, record, write

ARTICLES = 120
WORDS = [word for title, body, _ in TEXTS.values() for word in f"{title} {body}".split()]


@pytest.fixture
def settings(cluster: Cluster, tmp_path: Path) -> arsearch.Settings:
    return arsearch.Settings(
        index=tmp_path / "index",
        backend="opensearch",
        opensearch_url=tuple(cluster.urls),
        opensearch_timeout_seconds=60,
        opensearch_shards=1,
        opensearch_replicas=1,
        duplicates="separate",
        model="fast",
        max_query_ms=60_000,
    )


@pytest.fixture
def corpus(tmp_path: Path) -> Path:
    chance = random.Random(3)
    return write(
        tmp_path / "corpus.jsonl",
        *(
            {"id": f"a{number}", "title": chance.choice(WORDS), "body": " ".join(chance.choices(WORDS, k=150))}
            for number in range(ARTICLES)
        ),
    )


def change(settings: arsearch.Settings, **changes: Any) -> arsearch.IndexSummary:
    with closing(choose_backend(settings)) as backend:
        return backend.update((), changes=Changes(**changes))


@pytest.fixture
def sent(monkeypatch: pytest.MonkeyPatch) -> list[int]:
    """How many bytes each request had that was sent."""
    sizes: list[int] = []
    perform = Urllib3HttpConnection.perform_request

    def counted(connection: Any, method: str, url: str, params: Any = None, body: Any = None, **options: Any) -> Any:
        sizes.append(len(body or b""))
        return perform(connection, method, url, params, body, **options)

    monkeypatch.setattr(Urllib3HttpConnection, "perform_request", counted)
    return sizes


def test_an_update_sends_what_changes_and_copies_nothing(
    cluster: Cluster, settings: arsearch.Settings, corpus: Path, sent: list[int]
) -> None:
    index(settings, corpus)
    everything = sum(sent)
    cluster.request("GET", "_cluster/health?wait_for_status=green&wait_for_no_initializing_shards=true&timeout=60s")
    there = sorted(cluster.request("GET", "_all"))
    recovered = cluster.request("GET", "_cat/recovery?format=json&h=index,shard,type,bytes_total")
    sent.clear()
    # Where more than a 64th of an index has changed, what ranking needs of it as a whole is written anew.
    summary = change(settings, delete=("a7",))
    assert summary.deleted == 1
    assert sum(sent) < everything / 20
    assert sorted(cluster.request("GET", "_all")) == there, "no index was made"
    assert cluster.request("GET", "_cat/recovery?format=json&h=index,shard,type,bytes_total") == recovered
    with arsearch.open_index(settings.index, settings=settings) as searcher:
        assert len(searcher) == ARTICLES - 1
        with pytest.raises(arsearch.ArticleNotFoundError):
            searcher.article("a7")
        assert searcher.article("a8")


def test_words_that_are_changed_are_those_that_are_counted_anew(
    settings: arsearch.Settings, corpus: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    index(settings, corpus)
    change(settings, delete=("a1", "a2"))
    change(settings, put=(arsearch.Article(id="a3", title="قبطان", body="سفينة القبطان في البحر"),))
    with closing(OpenSearchBackend(settings)) as backend:
        live = IndexAlias(backend._client, "arsearch").record()
        assert len(live.word_changes) == 2
        changes = IndexAlias(backend._client, "arsearch").store.words(live)
        counts = read_counts(backend._client, words_index(live.index), live.words, changes)
        with Commit.open_live(backend.local_directory) as commit:
            anew = all_words_of(commit.words)
    assert (counts.articles, counts.totals, counts.frequencies) == (anew.articles, anew.totals, anew.frequencies)
    monkeypatch.setattr(publishing, "_MOST_WORD_CHANGES", 1)
    change(settings, delete=("a3",))
    with closing(OpenSearchBackend(settings)) as backend:
        live = IndexAlias(backend._client, "arsearch").record()
    assert (live.word_changes, live.words) == ((), live.token)
    assert found(settings, "قبطان") == []
    # Where searches had to leave out too many, a whole index is made, with what was there.
    monkeypatch.setattr(publishing, "_MOST_GONE", 2)
    change(settings, delete=("a4", "a5", "a6"))
    with closing(OpenSearchBackend(settings)) as backend:
        made = IndexAlias(backend._client, "arsearch").record()
        assert made.index != live.index
        assert backend.verify(sample=5).faults == ()
        assert backend.rollback() == live.name
        assert backend.verify(sample=5).faults == ()
    with arsearch.open_index(settings.index, settings=settings) as searcher:
        assert searcher.article("a4")


def test_one_writes_at_a_time_and_who_was_given_up_has_no_effect(
    settings: arsearch.Settings, corpus: Path, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    index(settings, corpus)
    with (
        closing(ClusterClient(settings)) as client,
        writing_alone(client, settings, tmp_path / "elsewhere", 0.0),
        pytest.raises(IndexLockedError, match=r"Another process is writing.*process \d+ on"),
    ):
        change(settings, delete=("a1",))
    assert change(settings, delete=("a1",)).deleted == 1  # it can be tried again

    # A writer sends its documents, and is not heard of any more; another one takes over; then the first goes on.
    sent_out, go_on, failures = threading.Event(), threading.Event(), []
    write_all = bulk.write_all

    def hanging(raw: Any, actions: Any, **options: Any) -> int:
        if threading.current_thread().name != "hangs":
            return write_all(raw, actions, **options)
        sent_out.set()
        go_on.wait(60)
        return write_all(raw, actions, **options)

    monkeypatch.setattr(publishing, "write_all", hanging)
    monkeypatch.setattr(WriterLease, "check", lambda lease: None)  # nor does it notice

    def hang() -> None:
        try:
            change(settings, put=(arsearch.Article(id="a2", title="زورق", body="زورق صغير"),), delete=("a3",))
        except IndexLockedError as error:
            failures.append(error)

    hangs = threading.Thread(target=hang, name="hangs")
    hangs.start()
    assert sent_out.wait(120)
    other = dataclasses.replace(settings, index=tmp_path / "other")
    with monkeypatch.context() as given_up:
        given_up.setattr(WriterLease, "_claim", lambda lease, wait: None)
        with closing(choose_backend(other)) as backend:
            backend.update([corpus], full=True)
    go_on.set()
    hangs.join()
    [failure] = failures
    assert "while this one was at work" in str(failure)
    assert found(settings, "زورق", as_typed=True) == []
    with arsearch.open_index(settings.index, settings=settings) as searcher:
        assert len(searcher) == ARTICLES
        assert searcher.article("a3")


def test_two_machines_do_not_lose_the_articles_of_each_other(
    settings: arsearch.Settings, corpus: Path, tmp_path: Path
) -> None:
    index(settings, corpus)
    other = dataclasses.replace(settings, index=tmp_path / "other")
    theirs = write(tmp_path / "theirs.jsonl", record("sea"))
    index(other, theirs)
    assert count(settings) == ARTICLES + 1
    with closing(choose_backend(other)) as backend:
        backend.update([theirs], full=True)  # who says so replaces it
    assert count(settings) == 1
    index(settings, corpus)
    assert count(other) == ARTICLES + 1


def count(settings: arsearch.Settings) -> int:
    with arsearch.open_index(settings.index, settings=settings) as searcher:
        return len(searcher)


def test_what_was_rolled_back_stays_so_and_what_failed_can_be_tried_again(
    cluster: Cluster, settings: arsearch.Settings, corpus: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    index(settings, corpus)
    change(settings, delete=("a1",))
    with closing(choose_backend(settings)) as backend:
        backend.rollback()
        backend.update(())
    with arsearch.open_index(settings.index, settings=settings) as searcher:
        assert searcher.article("a1"), "an update does not undo a rollback"
    monkeypatch.setattr(bulk, "_RETRIES", 0)
    cluster.request("PUT", "arsearch-00000001/_settings", {"index.blocks.read_only": True})
    article = arsearch.Article(id="new", title="قبطان", body="سفينة القبطان")
    for _ in range(2):
        with pytest.raises(ClusterWriteError, match="read-only"):
            change(settings, delete=("a1",), put=(article,))
    cluster.request("PUT", "arsearch-00000001/_settings", {"index.blocks.read_only": None})
    assert change(settings, delete=("a1",), put=(article,)).deleted == 1
    assert found(settings, "قبطان") == ["new"]
