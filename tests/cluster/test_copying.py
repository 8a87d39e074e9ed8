"""An index of this machine goes to a cluster with one command, is updated there, and the old one stays as it was."""

from __future__ import annotations

import json
import os
from pathlib import Path
from typing import Any

import pytest

import arsearch
from arsearch.backends.opensearch.publish import generation, mapping
from arsearch.backends.opensearch.publish.copy import copy_index
from arsearch.index import Layout, write_weights
from arsearch.ranking import RankingWeights, shipped_weights
from tests.cluster.nodes import Cluster

from ..conftest import WriteCorpus
from ..ready_process import run_command

SHIP = {"id": "ship", "title": "السفينة", "body": "دخلت السفينة الميناء صباحا", "source": "المرفأ"}
MOON = {"id": "moon", "title": "القمر", "body": "ظهر القمر في سماء صافية", "source": "المرصد"}
BREAD = {"id": "bread", "title": "الخبز", "body": "خرج الخبز من الفرن", "source": "المخبز"}
COPY = {"id": "copy", "title": "القمر", "body": "ظهر القمر في سماء صافية", "source": "نقلا"}


def arsearch_on(cluster: Cluster, index: Path, *arguments: object) -> dict[str, Any]:
    """Run a command with the settings of the cluster; return what it says as JSON."""
    settings = {
        "ARSEARCH_BACKEND": "opensearch",
        "ARSEARCH_OPENSEARCH_URL": ",".join(cluster.urls),
        "ARSEARCH_OPENSEARCH_TIMEOUT_SECONDS": "60",
        "ARSEARCH_INDEX": str(index),
    }
    run = run_command([*arguments, "--json"], dict(os.environ) | settings)
    assert run.returncode == 0, run.stderr
    answer: dict[str, Any] = json.loads(run.stdout)
    return answer


def found(cluster: Cluster, index: Path, query: str) -> list[str]:
    answer = arsearch_on(cluster, index, "search", query, "--mode", "lexical")
    return [hit["id"] for hit in answer["hits"]]


def test_a_copied_index_is_searched_updated_and_rolled_back(
    cluster: Cluster, tmp_path: Path, tiny_encoder: str, write_corpus: WriteCorpus
) -> None:
    index = tmp_path / "index"
    corpus = write_corpus([SHIP, MOON, COPY])
    arsearch.build_index([corpus], index, model=tiny_encoder, settings=arsearch.Settings())
    weights = RankingWeights(tuple(2 * weight for weight in shipped_weights().features), shipped_weights().semantic)
    write_weights(index, weights)
    before = Layout(index).live_manifest()
    with arsearch.open_index(index, settings=arsearch.Settings()) as local:
        [moon] = local.search("القمر", mode="lexical").hits
    assert {moon.id, *(article.id for article in moon.copies)} == {"moon", "copy"}

    copied = arsearch_on(cluster, index, "copy", "--to", "opensearch")
    assert found(cluster, index, "السفينة") == ["ship"]
    assert found(cluster, index, "القمر") == [moon.id]
    assert arsearch_on(cluster, index, "info")["commit"] == copied["copy"]

    # Updates build upon what was copied: what has not changed is neither read nor embedded again.
    write_corpus([SHIP | {"body": "غادرت السفينة الميناء مساء"}, BREAD])
    summary = arsearch_on(cluster, index, "index")
    counts = {name: summary[name] for name in ("added", "changed", "deleted", "unchanged")}
    assert counts == {"added": 1, "changed": 1, "deleted": 2, "unchanged": 0}
    assert found(cluster, index, "غادرت") == ["ship"]
    assert found(cluster, index, "صباحا") == []
    assert found(cluster, index, "القمر") == []
    assert found(cluster, index, "الخبز") == ["bread"]

    arsearch_on(cluster, index, "rollback")
    assert found(cluster, index, "القمر") == [moon.id]

    # The index of this machine knows nothing of all that.
    assert Layout(index).live_manifest() == before
    with arsearch.open_index(index, settings=arsearch.Settings()) as local:
        assert [hit.id for hit in local.search("القمر", mode="lexical").hits] == [moon.id]
        assert local.weights == weights
    remote = arsearch.Settings(index=index, backend="opensearch", opensearch_url=tuple(cluster.urls))
    with arsearch.open_index(index, settings=remote) as there:
        assert there.weights == weights
        [hit] = there.search("القمر", mode="lexical").hits
        assert (hit.id, hit.copies) == (moon.id, moon.copies)


def test_copying_again_sends_nothing_that_is_there(
    cluster: Cluster, tmp_path: Path, tiny_encoder: str, write_corpus: WriteCorpus
) -> None:
    index = tmp_path / "index"
    arsearch.build_index([write_corpus([SHIP, MOON])], index, model=tiny_encoder, settings=arsearch.Settings())
    first = arsearch_on(cluster, index, "copy", "--to", "opensearch")
    assert arsearch_on(cluster, index, "copy", "--to", "opensearch")["copy"] == first["copy"]
    write_corpus([SHIP, MOON, BREAD])
    arsearch.build_index([], index, settings=arsearch.Settings())
    second = arsearch_on(cluster, index, "copy", "--to", "opensearch")
    assert second["copy"] > first["copy"]
    assert found(cluster, index, "الخبز") == ["bread"]


def test_without_an_index_here_nothing_is_copied(cluster: Cluster, tmp_path: Path) -> None:
    settings = arsearch.Settings(index=tmp_path / "none", opensearch_url=tuple(cluster.urls))
    with pytest.raises(arsearch.NoIndexError):
        copy_index(settings)
    assert cluster.request("GET", "_cat/indices?format=json") == []
    assert not (tmp_path / "none").exists()


def test_an_index_that_keeps_vectors_otherwise_is_made_anew(
    cluster: Cluster, tmp_path: Path, tiny_encoder: str, write_corpus: WriteCorpus, monkeypatch: pytest.MonkeyPatch
) -> None:
    index = tmp_path / "index"
    arsearch.build_index([write_corpus([SHIP, MOON])], index, model=tiny_encoder, settings=arsearch.Settings())
    settings = arsearch.Settings(
        index=index,
        model=tiny_encoder,
        backend="opensearch",
        opensearch_url=tuple(cluster.urls),
        opensearch_timeout_seconds=60,
        opensearch_shards=1,
        opensearch_replicas=0,
    )
    small: dict[str, Any] = {"method": mapping.KNN_FIELD["method"] | {"parameters": {"m": 8, "ef_construction": 100}}}

    def neighbours(name: str) -> int:
        properties = cluster.request("GET", f"{name}/_mapping")[name]["mappings"]["properties"]
        parameters = properties["passages"]["properties"]["vector"]["method"]["parameters"]
        return int(parameters["m"])

    def nearest() -> list[str]:
        with arsearch.open_index(index, settings=settings) as there:
            return [hit.id for hit in there.search("سماء", mode="semantic").hits]

    with monkeypatch.context() as earlier:
        for module in (generation, mapping):
            earlier.setattr(module, "KNN_FIELD", mapping.KNN_FIELD | small)
        before = copy_index(settings)
    assert neighbours(before) == 8
    found = nearest()
    assert "moon" in found
    after = copy_index(settings)
    assert after != before
    assert neighbours(after) == mapping.KNN_FIELD["method"]["parameters"]["m"]
    assert nearest() == found
    assert copy_index(settings) == after, "once is enough"
