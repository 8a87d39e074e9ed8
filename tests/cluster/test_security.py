"""A cluster that wants TLS and a name: servers and the process that indexes have no right that they do not use."""

from __future__ import annotations

import json
import os
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

import arsearch
from arsearch.backends import choose_backend
from arsearch.errors import ClusterError, NoIndexError
from arsearch.index import Changes
from tests.cluster.secured import SecuredCluster
from tests.cluster.server_files import CannotRunError

from ..conftest import CORPUS, ROOT

pytestmark = pytest.mark.cluster

ROLES = ROOT / "deploy" / "opensearch-roles"
PASSWORD = "a long pass phrase of 2026"
QUERY = "النخلة"


@pytest.fixture(scope="module")
def secured() -> Iterator[SecuredCluster]:
    """One node with the roles of ``deploy/`` and a user of each, named as its role."""
    try:
        cluster = SecuredCluster()
    except CannotRunError as error:
        if os.environ.get("ARSEARCH_TEST_CLUSTER") == "required":
            raise
        pytest.skip(f"no OpenSearch with its security plugin here: {error}")
    with cluster:
        for path in sorted(ROLES.glob("*.json")):
            api = "_plugins/_security/api"
            cluster.request("PUT", f"{api}/roles/{path.stem}", json.loads(path.read_text(encoding="utf-8")))
            cluster.request("PUT", f"{api}/internalusers/{path.stem}", {"password": PASSWORD})
            cluster.request("PUT", f"{api}/rolesmapping/{path.stem}", {"users": [path.stem]})
        yield cluster


def settings(cluster: SecuredCluster, folder: Path, user: str, **more: Any) -> arsearch.Settings:
    changed: dict[str, Any] = {"opensearch_ca": str(cluster.authority), "opensearch_password": PASSWORD} | more
    return arsearch.Settings(
        index=folder,
        backend="opensearch",
        opensearch_url=tuple(cluster.urls),
        opensearch_user=user,
        opensearch_timeout_seconds=60,
        opensearch_replicas=0,
        max_query_ms=60_000,
        **changed,
    )


@pytest.fixture(scope="module")
def published(secured: SecuredCluster, tmp_path_factory: pytest.TempPathFactory, tiny_encoder: str) -> Path:
    """The folder of the process that indexes, which has published an index and an update."""
    folder = tmp_path_factory.mktemp("secured")
    writing = settings(secured, folder / "index", "arsearch-write", model=tiny_encoder)
    arsearch.build_index([CORPUS / "news.jsonl"], writing.index, settings=writing)
    (folder / "more.jsonl").write_text(
        json.dumps({"id": "more", "title": QUERY, "body": "خبر عن النخلة في الواحة"}), encoding="utf-8"
    )
    arsearch.build_index([folder / "more.jsonl"], writing.index, settings=writing)
    return folder


def test_the_process_that_indexes_does_all_it_has_to(secured: SecuredCluster, published: Path) -> None:
    writing = settings(secured, published / "index", "arsearch-write")
    with arsearch.open_index(writing.index, settings=writing) as index:
        assert "more" in [hit.id for hit in index.search(QUERY).hits]
    backend = choose_backend(writing)
    assert backend.verify(sample=20).faults == ()
    backend.update((), changes=Changes(compact=True))
    backend.rollback()
    backend.close()


def test_a_server_reads_and_changes_nothing(secured: SecuredCluster, published: Path, tmp_path: Path) -> None:
    reading = settings(secured, tmp_path / "index", "arsearch-search")
    with arsearch.open_index(reading.index, settings=reading) as index:
        found = index.search(QUERY, facets=True)
        assert found.hits
        assert index.complete("النخ", 5)
        assert isinstance(index.similar(found.hits[0].id, 3), list)
    with pytest.raises(ClusterError, match="does not allow this user"):
        arsearch.build_index([CORPUS / "news.jsonl"], reading.index, settings=reading)


def test_other_indexes_are_closed_to_both(secured: SecuredCluster) -> None:
    secured.request("PUT", "payroll", {})
    for user in ("arsearch-search", "arsearch-write"):
        with pytest.raises(OSError, match="403"):
            secured.request("GET", "payroll/_search", user=(user, PASSWORD))
        with pytest.raises(OSError, match="403"):
            secured.request("DELETE", "payroll", user=(user, PASSWORD))


def test_what_is_wrong_is_said(secured: SecuredCluster, published: Path, tmp_path: Path) -> None:
    for wrong, said in (
        ({"opensearch_password": "guessed"}, "opensearch_password"),
        ({"opensearch_ca": ""}, "opensearch_ca"),
    ):
        trying = settings(secured, tmp_path / "index", "arsearch-search", **wrong)
        with pytest.raises(ClusterError, match=said):
            arsearch.open_index(trying.index, settings=trying)


def test_a_snapshot_brings_everything_back(secured: SecuredCluster, published: Path, tmp_path: Path) -> None:
    """As the guide does it: a repository, a snapshot of the indexes of the archive, a restore where they are gone."""
    reading = settings(secured, tmp_path / "index", "arsearch-search")
    with arsearch.open_index(reading.index, settings=reading) as index:
        before = [hit.id for hit in index.search(QUERY).hits]
    where = {"type": "fs", "settings": {"location": str(secured.backups)}}
    secured.request("PUT", "_snapshot/backups", where)
    body = {"indices": "arsearch-*", "include_global_state": False}
    made = secured.request("PUT", "_snapshot/backups/first?wait_for_completion=true", body)
    assert made["snapshot"]["state"] == "SUCCESS"
    secured.request("DELETE", "arsearch-*")
    with pytest.raises(NoIndexError):
        arsearch.open_index(reading.index, settings=reading)
    secured.request("POST", "_snapshot/backups/first/_restore?wait_for_completion=true", body)
    secured.wait("yellow")  # another test has left an index whose copy has no place on one node
    with arsearch.open_index(reading.index, settings=reading) as index:
        assert [hit.id for hit in index.search(QUERY).hits] == before
    backend = choose_backend(settings(secured, published / "index", "arsearch-write"))
    assert backend.verify(sample=20).faults == ()
    backend.close()
