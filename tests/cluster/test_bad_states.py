"""States that real nodes get into: each is told by its name, with the right status, and nothing is lost."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import pytest

import arsearch
from arsearch.backends.opensearch.publish.copy import copy_index
from arsearch.web.app import create_app
from tests.cluster.nodes import Cluster

from .test_backend import TEXTS, found, index, record, settings, write

__all__ = ["settings"]
LIVE = "arsearch-00000001"
DISK = "cluster.routing.allocation.disk"


@pytest.fixture
def corpus(settings: arsearch.Settings, tmp_path: Path) -> Path:
    """A corpus that has one article more than what is live on the cluster."""
    path = write(tmp_path / "corpus.jsonl", *map(record, TEXTS))
    index(settings, path)
    return write(path, *map(record, TEXTS), record("sea", id="boat", title="قارب"))


def test_an_index_of_another_version_is_refused_and_made_anew(
    cluster: Cluster, settings: arsearch.Settings, corpus: Path
) -> None:
    other = {"arsearch": {"format": 99, "manifest": {"analysis_version": 1}}}
    cluster.request("PUT", f"{LIVE}/_mapping", {"_meta": other})
    with pytest.raises(arsearch.IncompatibleIndexError, match="format version 99"):
        found(settings, "قارب")
    browser = create_app(settings).test_client()
    for path in ("/api/v1/search?q=قارب", "/readyz"):
        assert browser.get(path).status_code == 503
    index(settings, corpus)
    assert found(settings, "قارب") == ["boat"]


def test_an_index_that_is_read_only_is_still_searched(
    cluster: Cluster, settings: arsearch.Settings, corpus: Path
) -> None:
    cluster.request("PUT", f"{LIVE}/_settings", {"index.blocks.read_only": True})
    try:
        with pytest.raises(arsearch.ClusterWriteError, match="read-only"):
            index(settings, corpus)
        assert found(settings, "سفينة") == ["sea"]
    finally:
        cluster.request("PUT", f"{LIVE}/_settings", {"index.blocks.read_only": None})
    index(settings, corpus)
    assert found(settings, "قارب") == ["boat"]


@pytest.fixture
def full_disks(cluster: Cluster, corpus: Path) -> Iterator[None]:
    """The nodes take their disks for full: whatever is free on them is below the watermarks.

    OpenSearch then forbids new indexes. It marks those that are written to as read-only too, but none of arsearch's is.
    """
    names = (f"{DISK}.watermark.{name}" for name in ("low", "high", "flood_stage"))
    watermarks = dict(zip(names, ("3000tb", "2000tb", "1000tb"), strict=True))
    full = {f"{DISK}.threshold_enabled": True} | watermarks
    cluster.request("PUT", "_cluster/settings", {"transient": full})
    cluster.wait_for(lambda: "create_index" in str(cluster.request("GET", "_cluster/settings")))
    yield
    cluster.wipe()


@pytest.mark.usefixtures("full_disks")
def test_disks_that_are_full_are_told_of(
    cluster: Cluster, settings: arsearch.Settings, corpus: Path, tmp_path: Path
) -> None:
    assert found(settings, "سفينة") == ["sea"]
    local = replace(settings, backend="local", index=tmp_path / "here")
    index(local, corpus)
    with pytest.raises(arsearch.ClusterWriteError, match="watermark"):
        copy_index(replace(settings, index=local.index, opensearch_index="other"))
    assert found(local, "قارب") == ["boat"]
