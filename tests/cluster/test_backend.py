"""An index on a real cluster: made, brought up to date, rolled back, and kept whole when something goes wrong."""

from __future__ import annotations

import dataclasses
import hashlib
import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from click.testing import CliRunner

import arsearch
from arsearch.backends import choose_backend
from arsearch.backends.opensearch.backend import OpenSearchBackend
from arsearch.backends.opensearch.cluster import bulk
from arsearch.backends.opensearch.cluster.commits import IndexAlias
from arsearch.backends.opensearch.cluster.state import LiveState, StateStore
from arsearch.backends.opensearch.publish import publish as publishing
from arsearch.cli import main
from arsearch.ranking import RankingWeights, shipped_weights
from tests.cluster.nodes import Cluster

from ..conftest import CORPUS

TEXTS = {
    "sea": ("سفينة في الميناء", "وصلت السفينة إلى ميناء المدينة بعد رحلة طويلة في البحر", "بحر"),
    "sky": ("نجوم السماء", "لمع القمر والنجوم في سماء صافية فوق القرية الصغيرة", "علوم"),
    "bread": ("خبز الفرن", "خبز الفرن القديم من قمح الحقول القريبة طيب الرائحة", "طعام"),
    "books": ("مكتبة القارئ", "في المكتبة كتب كثيرة لكل قارئ يحب كتاب التاريخ", "علوم"),
}


def record(identifier: str, **changes: str) -> dict[str, Any]:
    title, body, tag = TEXTS[identifier]
    return {"id": identifier, "title": title, "body": body, "tags": [tag], "date": "2015-07-21"} | changes


def write(path: Path, *records: dict[str, Any]) -> Path:
    lines = (json.dumps(each, ensure_ascii=False) + "\n" for each in records)
    path.write_text("".join(lines), encoding="utf-8")
    return path


@pytest.fixture
def settings(cluster: Cluster, tmp_path: Path, tiny_encoder: str) -> arsearch.Settings:
    return arsearch.Settings(
        index=tmp_path / "index",
        backend="opensearch",
        opensearch_url=tuple(cluster.urls),
        opensearch_timeout_seconds=60,
        opensearch_shards=2,
        model=tiny_encoder,
        max_query_ms=60_000,
    )


def index(settings: arsearch.Settings, corpus: Path) -> arsearch.IndexSummary:
    return arsearch.build_index(corpus, settings.index, settings=settings)


def found(settings: arsearch.Settings, query: str, **request: Any) -> list[str]:
    with arsearch.open_index(settings.index, settings=settings) as searcher:
        return [hit.id for hit in searcher.search(query, mode="lexical", **request)]


def indexes(cluster: Cluster) -> list[str]:
    return sorted(cluster.request("GET", "_all"))


def sent(cluster: Cluster, name: str) -> int:
    """Return how many documents were written into the index *name*, by its primary shards."""
    statistics = cluster.request("GET", f"{name}/_stats/indexing")["indices"][name]["primaries"]["indexing"]
    written: int = statistics["index_total"] + statistics["delete_total"]
    return written


def test_an_index_is_made_brought_up_to_date_and_rolled_back(
    cluster: Cluster, settings: arsearch.Settings, tmp_path: Path
) -> None:
    corpus = write(tmp_path / "corpus.jsonl", *map(record, TEXTS))
    first = index(settings, corpus)
    assert (first.commit, first.articles) == ("arsearch-00000001", 4)
    assert found(settings, "سفينة") == ["sea"]

    assert index(settings, corpus).commit == "arsearch-00000001"  # nothing has changed
    assert list(cluster.request("GET", "_alias/arsearch")) == ["arsearch-00000001"]

    changed = record("sky", body="غيوم كثيرة فوق الجبل")
    write(tmp_path / "corpus.jsonl", record("sea"), changed, record("books"), record("bread", id="loaf", title="رغيف"))
    second = index(settings, corpus)
    assert (second.added, second.changed, second.deleted) == (1, 1, 1)
    assert second.commit == "arsearch-00000002"
    assert found(settings, "غيوم") == ["sky"]
    assert found(settings, "قمر") == []
    assert found(settings, "رغيف") == ["loaf"]
    assert sent(cluster, "arsearch-00000001") == 4 + 2  # two new documents beside the four: the rest was there
    with arsearch.open_index(settings.index, settings=settings) as searcher:
        assert len(searcher) == 4
        with pytest.raises(arsearch.ArticleNotFoundError):
            searcher.article("bread")

    runner = CliRunner()
    environ = {
        "ARSEARCH_BACKEND": "opensearch",
        "ARSEARCH_OPENSEARCH_URL": ",".join(settings.opensearch_url),
        "ARSEARCH_INDEX": str(settings.index),
        "ARSEARCH_OPENSEARCH_TIMEOUT_SECONDS": "60",
        "ARSEARCH_MAX_QUERY_MS": "60000",
    }
    cluster.request("GET", "_cluster/health?wait_for_status=green&timeout=60s")  # copies of new shards come later
    facts = json.loads(runner.invoke(main, ["info", "--json"], env=environ).stdout)
    assert (facts["commit"], facts["articles"], facts["health"]) == ("arsearch-00000002", 4, "green")
    assert facts["commits"] == ["arsearch-00000001", "arsearch-00000002"]
    verified = runner.invoke(main, ["verify"], env=environ)
    assert verified.exit_code == 0, verified.output
    shown = runner.invoke(main, ["search", "غيوم", "--mode", "lexical", "--json"], env=environ)
    assert [hit["id"] for hit in json.loads(shown.stdout)["hits"]] == ["sky"]
    back = runner.invoke(main, ["rollback", "--json"], env=environ)
    assert json.loads(back.stdout)["commit"] == "arsearch-00000001"
    assert found(settings, "قمر") == ["sky"]
    again = runner.invoke(main, ["rollback"], env=environ)
    assert again.exit_code == 1
    assert "no earlier" in again.stderr

    third = index(settings, corpus)  # what was rolled back from is not built upon
    assert third.commit == "arsearch-00000003"
    assert found(settings, "غيوم") == ["sky"]
    assert choose_backend(settings).facts()["commits"] == ["arsearch-00000001", "arsearch-00000003"]
    assert indexes(cluster) == ["arsearch-00000001", "arsearch-00000001-words", "arsearch-files", "arsearch-state"]


def test_a_run_that_was_interrupted_goes_on(
    cluster: Cluster, settings: arsearch.Settings, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    corpus = write(tmp_path / "corpus.jsonl", *map(record, TEXTS))

    def interrupted(raw: Any, actions: Iterator[dict[str, Any]], **options: Any) -> int:
        bulk.write_all(raw, [next(actions), next(actions)])
        raise KeyboardInterrupt

    with monkeypatch.context() as patched:
        patched.setattr(publishing, "write_all", interrupted)
        with pytest.raises(KeyboardInterrupt):
            index(settings, corpus)
    with pytest.raises(arsearch.NoIndexError):
        found(settings, "سفينة")
    assert index(settings, corpus).commit == "arsearch-00000002"
    assert sent(cluster, "arsearch-00000002") == 2  # it began as a clone: none was sent twice
    assert found(settings, "سفينة") == ["sea"]
    assert indexes(cluster) == ["arsearch-00000002", "arsearch-00000002-words", "arsearch-files", "arsearch-state"]


def fingerprint(folder: Path) -> dict[str, str]:
    return {
        path.relative_to(folder).as_posix(): hashlib.sha256(path.read_bytes()).hexdigest()
        for path in sorted(folder.rglob("*"))
        if path.is_file() and "for-arsearch" not in path.parts
    }


def test_a_cluster_that_takes_no_writes_is_told_of_and_still_searched(
    cluster: Cluster, settings: arsearch.Settings, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    corpus = write(tmp_path / "corpus.jsonl", *map(record, TEXTS))
    local = arsearch.Settings(index=settings.index, model=settings.model)
    arsearch.build_index(corpus, settings.index, settings=local)
    before = fingerprint(settings.index)
    index(settings, corpus)
    write(tmp_path / "corpus.jsonl", *map(record, TEXTS), record("sea", id="boat", title="قارب"))

    cluster.request("PUT", "_cluster/settings", {"transient": {"cluster.blocks.read_only": True}})
    try:
        with pytest.raises(arsearch.ClusterWriteError, match="accepts no writes"):
            index(settings, corpus)
    finally:
        cluster.request("PUT", "_cluster/settings", {"transient": {"cluster.blocks.read_only": None}})

    # A disk that fills while documents are sent: OpenSearch sets this block by itself.
    monkeypatch.setattr(bulk, "_RETRIES", 0)
    begin = StateStore.begin

    def begin_on_a_full_disk(store: StateStore, *state: Any, **options: Any) -> LiveState:
        cluster.request("PUT", "arsearch-00000001/_settings", {"index.blocks.read_only_allow_delete": True})
        return begin(store, *state, **options)

    with monkeypatch.context() as patched:
        patched.setattr(StateStore, "begin", begin_on_a_full_disk)
        with pytest.raises(arsearch.ClusterWriteError, match=r"watermark|accepts no writes|did not take"):
            index(settings, corpus)
    assert found(settings, "سفينة") == ["sea"]
    assert found(settings, "قارب", as_typed=True) == []
    assert fingerprint(settings.index) == before

    cluster.request("PUT", "arsearch-00000001/_settings", {"index.blocks.read_only_allow_delete": None})
    assert index(settings, corpus).commit == "arsearch-00000003"
    assert found(settings, "قارب") == ["boat"]


def test_who_publishes_meanwhile_is_not_overwritten(
    cluster: Cluster, settings: arsearch.Settings, tmp_path: Path
) -> None:
    corpus = write(tmp_path / "corpus.jsonl", *map(record, TEXTS))
    index(settings, corpus)
    alias = IndexAlias(OpenSearchBackend(settings)._client, "arsearch")
    with pytest.raises(arsearch.IndexLockedError, match="Another process"):
        alias.switch("arsearch-00000001", instead_of="arsearch-00000007")


def test_without_the_plugin_vectors_are_compared_one_by_one(
    cluster: Cluster, settings: arsearch.Settings, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    corpus = write(tmp_path / "corpus.jsonl", *map(record, TEXTS))
    monkeypatch.setattr(IndexAlias, "has_knn", lambda alias: False)
    with pytest.raises(arsearch.ClusterWriteError, match="has no k-NN plugin"):
        index(dataclasses.replace(settings, opensearch_exact_passages=3), corpus)
    index(settings, corpus)
    assert choose_backend(settings).facts()["vectors"] == "compared one by one"
    local = arsearch.Settings(index=tmp_path / "local", model=settings.model)
    arsearch.build_index(corpus, local.index, settings=local)
    opened = arsearch.open_index(local.index, settings=local), arsearch.open_index(settings.index, settings=settings)
    with opened[0], opened[1]:
        for request in ({"query": "بحر"}, {"query": "قمح", "tag": ("طعام",)}, {"query": "قمر -فرن"}):
            asked = arsearch.SearchRequest(mode="semantic", **request)
            one, other = (searcher.search(asked) for searcher in opened)
            assert [hit.id for hit in one] == [hit.id for hit in other]
            assert [hit.score for hit in one] == pytest.approx([hit.score for hit in other], abs=1e-5)


REQUESTS: list[dict[str, Any]] = [
    {"query": "وسم:تاريخ الحكمة"},
    {"query": "كاتب:* الحكمة"},
    {"query": "مصدر:مجلة البيت"},
    {"query": "تاريخ:2000..2030 البيت"},
    {"query": "تاريخ:..1990 البيت"},
    {"query": "عنوان:بيت*"},
    {"query": "القهوة OR الحكمة", "sort": "date", "facets": True},
    {"query": "المدينة", "page": 2, "size": 5, "facets": True},
    {"query": '"بيت الحكمة"', "facets": True},
    {"query": "العلم", "date_from": "2000", "date_to": "2030-06"},
]


def test_the_own_corpus_is_answered_as_on_this_machine(
    cluster: Cluster, settings: arsearch.Settings, corpus_index: Path
) -> None:
    remote = arsearch.Settings(
        index=settings.index,
        backend="opensearch",
        opensearch_url=settings.opensearch_url,
        opensearch_timeout_seconds=60,
        opensearch_shards=3,
        max_query_ms=60_000,
    )
    arsearch.build_index(CORPUS, remote.index, settings=remote)
    here = arsearch.open_index(corpus_index, settings=arsearch.Settings(max_query_ms=60_000))
    there = arsearch.open_index(remote.index, settings=remote)
    with here, there:
        for request in REQUESTS:
            one, other = (searcher.search(arsearch.SearchRequest(**request)) for searcher in (here, there))
            assert [hit.id for hit in other] == [hit.id for hit in one], request
            assert (other.total, other.total_relation) == (one.total, one.total_relation), request
            assert [hit.snippet for hit in other] == [hit.snippet for hit in one], request
            assert other.facets == one.facets, request
        traversed = [[hit.id for hit in searcher.hits("المدينة", size=7)] for searcher in (here, there)]
        assert traversed[0] == traversed[1]


def test_a_running_server_hears_of_learnt_weights(settings: arsearch.Settings) -> None:
    """It asks every few seconds; another machine may have learnt them."""
    now = 0.0
    ours, theirs = OpenSearchBackend(settings, clock=lambda: now), OpenSearchBackend(settings)
    assert ours.weights_stamp() is None
    theirs.write_weights(shipped_weights())
    assert ours.weights_stamp() is None, "it is not asked for every request"
    now = 3.0
    first = ours.weights_stamp()
    assert first is not None
    assert ours.read_weights() == shipped_weights()
    theirs.write_weights(RankingWeights(shipped_weights().features, 0.5))
    now = 6.0
    second = ours.weights_stamp()
    assert second is not None
    assert second > first
    theirs.forget_weights()
    now = 9.0
    assert ours.weights_stamp() is None
    theirs.write_weights(shipped_weights())
    now = 12.0
    again = ours.weights_stamp()
    assert again is not None
    assert again > second, "it is told from the first, though the cluster counts from the beginning again"
    theirs.forget_weights()
