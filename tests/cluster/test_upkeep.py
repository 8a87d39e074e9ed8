"""Looking after an index on a real cluster: verifying it, compacting it, and how exactly its vectors are kept."""

from __future__ import annotations

import json
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from click.testing import CliRunner, Result

import arsearch
from arsearch.backends import choose_backend
from arsearch.backends.opensearch.publish import document_writer, documents
from arsearch.backends.opensearch.publish.documents import AnalysedArticle
from arsearch.cli import main
from tests.cluster.nodes import Cluster

from .test_backend import TEXTS, found, index, record, settings, write

__all__ = ["settings"]

LIVE = "arsearch-00000001"


def run(settings: arsearch.Settings, *arguments: str) -> Result:
    environ = {
        "ARSEARCH_BACKEND": "opensearch",
        "ARSEARCH_OPENSEARCH_URL": ",".join(settings.opensearch_url),
        "ARSEARCH_INDEX": str(settings.index),
        "ARSEARCH_OPENSEARCH_TIMEOUT_SECONDS": "60",
        "ARSEARCH_OPENSEARCH_SHARDS": str(settings.opensearch_shards),
        "ARSEARCH_OPENSEARCH_REPLICAS": str(settings.opensearch_replicas),
    }
    return CliRunner().invoke(main, arguments, env=environ)


def change(cluster: Cluster, identifier: str, **fields: Any) -> None:
    """Change fields of the document of an article behind arsearch's back."""
    cluster.request("PUT", f"{LIVE}/_settings", {"index.blocks.write": False})
    cluster.request("POST", f"{LIVE}/_refresh")
    hits = cluster.request("POST", f"{LIVE}/_search", {"query": {"match_all": {}}, "size": 100})["hits"]["hits"]
    [number] = [hit["_id"] for hit in hits if hit["_source"]["id"] == identifier]
    cluster.request("POST", f"{LIVE}/_update/{number}?refresh=true", {"doc": fields})


def test_a_whole_index_is_verified(settings: arsearch.Settings, tmp_path: Path, cluster: Cluster) -> None:
    index(settings, write(tmp_path / "corpus.jsonl", *map(record, TEXTS)))
    cluster.wait("green")
    verified = run(settings, "verify")
    assert verified.exit_code == 0, verified.output
    assert verified.stdout.startswith("Compared the postings of 4 articles and the vectors of 4 passages")
    assert "is whole" in verified.stdout
    assert verified.stderr == ""
    fewer = json.loads(run(settings, "verify", "--sample", "2", "--json").stdout)
    assert (fewer["sampled"], fewer["passages"], fewer["faults"]) == (2, 2, [])


def test_what_no_longer_belongs_to_its_text_is_found(
    settings: arsearch.Settings, tmp_path: Path, cluster: Cluster
) -> None:
    index(settings, write(tmp_path / "corpus.jsonl", *map(record, TEXTS)))
    # An update writes the document anew from what is kept of it, which is without its words, record and vectors.
    change(cluster, "sea", body="لا سفينة هنا")
    verified = run(settings, "verify")
    assert verified.exit_code == 1
    assert "Error:" in verified.stderr


@pytest.mark.parametrize(
    ("part", "said"),
    [
        ("folded_words", "The words of the article 'sea' are not those of its text"),
        ("vectors", "The vectors of the article 'sea' are not those of its text"),
        ("passages", "The passages of the article 'sea' are not those of its text"),
        ("postings", "The article 'sea' is not found by all of its words"),
    ],
)
def test_a_sample_is_compared_with_its_texts(
    settings: arsearch.Settings, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, part: str, said: str
) -> None:
    make = documents.searchable_document

    def broken(one: AnalysedArticle, **options: Any) -> dict[str, Any]:
        if one.article.id != "sea":
            return make(one, **options)
        if part == "postings":
            return make(one, **options) | {"text_stem": "شيء اخر"}
        changes = {
            "folded_words": ["خطا", *one.folded_words[1:]],
            "vectors": one.vectors[:, ::-1],
            "passages": one.passages + 1,
        }
        values = {name: getattr(one, name) for name in AnalysedArticle.__dataclass_fields__} | {part: changes.get(part)}
        return make(AnalysedArticle(**values), **options)

    monkeypatch.setattr(document_writer, "searchable_document", broken)
    index(settings, write(tmp_path / "corpus.jsonl", *map(record, TEXTS)))
    faults = choose_backend(settings).verify(sample=10).faults
    assert len(faults) == 1
    assert said in faults[0]


def test_articles_that_are_gone_are_missed(settings: arsearch.Settings, tmp_path: Path, cluster: Cluster) -> None:
    index(settings, write(tmp_path / "corpus.jsonl", *map(record, TEXTS)))
    cluster.request("PUT", f"{LIVE}/_settings", {"index.blocks.write": False})
    one = {"size": 1, "query": {"term": {"searchable": True}}}
    [hit] = cluster.request("POST", f"{LIVE}/_search", one)["hits"]["hits"]
    cluster.request("DELETE", f"{LIVE}/_doc/{hit['_id']}?refresh=true")
    [fault] = choose_backend(settings).verify(sample=10).faults
    assert "4 in the manifest, 3 in the index, 4 in the vocabulary" in fault


def test_compacting_merges_what_updates_have_left(
    settings: arsearch.Settings, tmp_path: Path, cluster: Cluster
) -> None:
    settings = replace(settings, opensearch_shards=1, opensearch_replicas=0)
    corpus = write(tmp_path / "corpus.jsonl", *map(record, TEXTS))
    index(settings, corpus)
    write(corpus, *map(record, TEXTS), record("sea", id="boat", title="قارب"))
    name = index(settings, corpus).commit
    assert segments_of(cluster, LIVE) > 1
    compacted = run(settings, "compact")
    assert compacted.exit_code == 0, compacted.output
    assert "it had" in compacted.stdout
    assert segments_of(cluster, LIVE) == 1
    assert found(settings, "قارب") == ["boat"]
    assert json.loads(run(settings, "info", "--json").stdout)["commit"] == name
    assert run(settings, "verify").exit_code == 0


def segments_of(cluster: Cluster, name: str) -> int:
    count: int = cluster.request("GET", f"{name}/_stats/segments")["_all"]["total"]["segments"]["count"]
    return count


def test_vectors_are_kept_as_exactly_as_the_setting_says(
    settings: arsearch.Settings, tmp_path: Path, cluster: Cluster
) -> None:
    corpus = write(tmp_path / "corpus.jsonl", *map(record, TEXTS))
    scores = {}
    for storage in ("int8", "float16"):
        exact = replace(settings, vector_storage=storage, index=tmp_path / storage)
        local = replace(exact, backend="local", index=tmp_path / f"{storage}-here")
        arsearch.build_index(corpus, exact.index, settings=exact, full=True)  # whatever is live
        index(local, corpus)
        with (
            arsearch.open_index(exact.index, settings=exact) as there,
            arsearch.open_index(local.index, settings=local) as here,
        ):
            scores[storage] = [hit.score for hit in there.search("قمر القرية", mode="semantic")]
            assert scores[storage] == pytest.approx(
                [h.score for h in here.search("قمر القرية", mode="semantic")], abs=1e-6
            )
    assert scores["int8"] != scores["float16"]
    # What was made with the other kind is not built upon, and both are there.
    assert choose_backend(settings).facts()["commit"] == "arsearch-00000002"
