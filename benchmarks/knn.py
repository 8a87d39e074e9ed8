"""How vectors are best searched on a cluster: what each kind of field finds of the nearest articles, and what it costs.

``python -m benchmarks.knn --index DIR`` takes the passages of a local index that was made with the model ``fast``, and
writes benchmarks/results/knn.md. Nothing but vectors is copied, so it takes minutes where a whole index takes hours.
Lucene is the only engine that can be tried: Maven Central's zip of the plugin lacks the native libraries of the others.
"""

from __future__ import annotations

import argparse
import base64
import json
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt
from opensearchpy import OpenSearch

from arsearch.backends.opensearch.publish.mapping import articles_mapping
from arsearch.backends.opensearch.search.requests import near_clause
from arsearch.common.array_types import Vectors
from arsearch.index import Commit
from arsearch.semantic import int8_codes, load_encoder
from benchmarks.cluster import cpu_seconds
from benchmarks.machine import describe_machine, load_average
from benchmarks.queries import cut_queries
from tests.cluster.nodes import Cluster
from tests.cluster.server_files import VERSION

_RESULTS = Path(__file__).parent / "results"
_COMPARED = (10, 100, 200)
"""Nearest articles of which it is counted how many are found. A search by meaning orders 200 by exact cosines."""
_GIVEN = 220
"""Articles that a search is given; more than 200, for it compares with a query that was rounded."""
_DEPTHS = (_GIVEN, 400, 800)
"""Articles that are looked for among which those are the nearest."""
_SMALL = {"m": 16, "ef_construction": 100}
_COSINE = {"space_type": "cosinesimil"}
_AT_ONCE = 500
_INDEX = "vectors"
_WARM_UP = 3
_SCRIPTED = 12
"""Queries that are enough where each of them compares all vectors."""


@dataclass(frozen=True, slots=True)
class Kind:
    """A way to keep vectors: the *field* of a passage."""

    name: str
    field: dict[str, Any]

    @property
    def is_knn(self) -> bool:
        """Whether the plugin searches the field, and not a script."""
        return bool(self.field["type"] == "knn_vector")

    @property
    def has_bytes(self) -> bool:
        """Whether the plugin is given whole numbers of one byte."""
        return bool(self.field.get("data_type") == "byte")

    def value(self, codes: npt.NDArray[np.int8], vector: Vectors) -> Any:
        """Return what a passage gives the field."""
        if not self.is_knn:
            return base64.b64encode(codes.tobytes()).decode()
        return codes.tolist() if self.has_bytes else [float(f"{each:.6g}") for each in vector.tolist()]


def kinds(dimension: int) -> list[Kind]:
    """Return what is compared; the first is what arsearch uses."""
    used = _field(dimension, knn=True)
    method = used["method"]
    floats = used | {"data_type": "float"}
    encoder = {"encoder": {"name": "sq", "parameters": {"bits": 7}}}
    return [
        Kind("bytes, m 32, construction 200, by inner product (as arsearch has them)", used),
        Kind("the same, by cosine, with doc values", used | {"doc_values": True, "method": method | _COSINE}),
        Kind("bytes, m 16, construction 100", used | {"method": method | {"parameters": _SMALL}}),
        Kind("floats, m 32, construction 200", floats),
        Kind(
            "floats, which Lucene quantises to 7 bits",
            floats | {"method": method | {"parameters": method["parameters"] | encoder}},
        ),
        Kind("bytes, all compared by a script", _field(dimension, knn=False)),
    ]


def _field(dimension: int, *, knn: bool) -> dict[str, Any]:
    fields: dict[str, Any] = articles_mapping(dimension, knn=knn)["properties"]["passages"]["properties"]
    return dict(fields["vector" if knn else "code"])


@dataclass(frozen=True, slots=True)
class Passages:
    """*owners* int64 (passages,) and *vectors* float32 (passages, dimension), of length 1.

    The vectors of one article stand together.
    """

    owners: npt.NDArray[np.int64]
    vectors: Vectors

    def documents(self, kind: Kind) -> Iterator[tuple[int, list[Any]]]:
        """Yield each article and what its passages give the field of *kind*."""
        codes = int8_codes(self.vectors)
        edges = np.flatnonzero(np.diff(self.owners, prepend=-1, append=-1))
        for first, end in zip(edges[:-1].tolist(), edges[1:].tolist(), strict=True):
            yield int(self.owners[first]), [kind.value(codes[row], self.vectors[row]) for row in range(first, end)]

    def nearest(self, query: Vectors, count: int) -> list[int]:
        """Return the *count* articles whose best passage is nearest to *query*."""
        best = np.full(int(self.owners.max()) + 1, -2.0, dtype=np.float32)
        np.maximum.at(best, self.owners, self.vectors @ query)
        order: list[int] = np.argsort(-best, kind="stable")[:count].tolist()
        return order


def read_passages(commit: Commit, most: int) -> Passages:
    """Return the vectors of the first *most* passages of *commit*, and of all others of the last article."""
    owners: list[int] = []
    found: list[Vectors] = []
    for article in commit.words.numbers[commit.articles.ordinals()].tolist():
        vectors = commit.vectors.passages_of(article)[1]
        owners += [article] * len(vectors)
        found.append(vectors)
        if len(owners) >= most:
            break
    vectors = np.concatenate(found).astype(np.float32)
    return Passages(np.array(owners, np.int64), vectors / np.linalg.norm(vectors, axis=1, keepdims=True))


def main() -> None:
    """Measure, and write what was found."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").partition("\n")[0])
    parser.add_argument("--index", type=Path, required=True, help="a local index, made with the model fast")
    parser.add_argument("--queries", type=int, default=60)
    parser.add_argument("--passages", type=int, default=10**9, help="so many at most")
    arguments = parser.parse_args()
    with Commit.open_live(arguments.index) as commit:
        ordinals = commit.articles.ordinals()
        titles = commit.articles.titles(ordinals[:: max(1, len(ordinals) // (4 * arguments.queries))].tolist())
        passages = read_passages(commit, arguments.passages)
    texts = [query.text for query in cut_queries(titles, arguments.queries)]
    queries = np.asarray(load_encoder("fast").encode_queries(texts))
    run: dict[str, Any] = {
        "articles": len(np.unique(passages.owners)),
        "passages": len(passages.owners),
        "dimension": passages.vectors.shape[1],
        "queries": len(queries),
        "load average before": load_average(),
        "rows": [],
    }
    with Cluster(nodes=1, heap="2g", options=(), mapped=True) as cluster:
        process = cluster.nodes[0].process
        assert process is not None
        client = OpenSearch(cluster.urls, timeout=600)
        for kind in kinds(run["dimension"]):
            run["rows"] += _measure(client, process.pid, kind, passages, queries)
            _save(run)


def _save(run: dict[str, Any]) -> None:
    """Write *run* beside those of other sizes."""
    _RESULTS.mkdir(exist_ok=True)
    kept = _RESULTS / "knn.json"
    runs = json.loads(kept.read_text(encoding="utf-8")) if kept.exists() else []
    others = [each for each in runs if each["passages"] != run["passages"]]
    runs = sorted([*others, run], key=lambda one: int(one["passages"]))
    kept.write_text(json.dumps(runs, indent=1) + "\n", encoding="utf-8")
    (_RESULTS / "knn.md").write_text(report(runs), encoding="utf-8")


def _measure(
    client: OpenSearch, node: int, kind: Kind, passages: Passages, queries: Vectors
) -> Iterator[dict[str, Any]]:
    """Yield what *kind* costs and finds, for each depth; *node* is a process."""
    field = "vector" if kind.is_knn else "code"
    mapping = {
        "dynamic": "strict",
        # Nor what OpenSearch would send a copy that comes back: merging drops that only after a while.
        "_source": {"enabled": False, "recovery_source_enabled": False},
        "properties": {
            "searchable": {"type": "boolean"},
            "ordinal": {"type": "long"},
            "passages": {"type": "nested", "properties": {field: kind.field}},
        },
    }
    shards = {"number_of_shards": 1, "number_of_replicas": 0, "refresh_interval": "-1"}
    client.indices.create(
        index=_INDEX, body={"settings": {"index": {"knn": kind.is_knn} | shards}, "mappings": mapping}
    )
    began = cpu_seconds(node)
    lines: list[dict[str, Any]] = []
    for article, values in passages.documents(kind):
        lines.append({"index": {"_id": str(article)}})
        lines.append({"searchable": True, "ordinal": article, "passages": [{field: value} for value in values]})
        if len(lines) >= 2 * _AT_ONCE:
            _send(client, lines)
    _send(client, lines)
    client.indices.forcemerge(index=_INDEX, max_num_segments=1)
    client.indices.refresh(index=_INDEX)
    indexing = cpu_seconds(node) - began
    size = client.indices.stats(index=_INDEX, metric="store")["_all"]["primaries"]["store"]["size_in_bytes"]
    asked, rounds = (queries, _WARM_UP) if kind.is_knn else (queries[:_SCRIPTED], 1)
    truth = [passages.nearest(query, max(_COMPARED)) for query in asked]
    for depth in _DEPTHS if kind.is_knn else (_GIVEN,):
        for _ in range(rounds):
            for query in asked:
                _ask(client, kind, query, depth)
        began = cpu_seconds(node)
        found = [_ask(client, kind, query, depth) for query in asked]
        yield {
            "name": kind.name,
            "depth": depth,
            "bytes": size,
            "indexing": indexing,
            "query": (cpu_seconds(node) - began) * 1000 / len(asked),
            "recall": [_recall(truth, found, count) for count in _COMPARED],
        }
    client.indices.delete(index=_INDEX)


def _recall(truth: Sequence[Sequence[int]], found: Sequence[Sequence[int]], count: int) -> float:
    """Return how much of the nearest *count* is anywhere in what was found: exact cosines order that afterwards."""
    return float(np.mean([len({*one} & {*of[:count]}) / count for of, one in zip(truth, found, strict=True)]))


def _send(client: OpenSearch, lines: list[dict[str, Any]]) -> None:
    if lines:
        answer = client.bulk(index=_INDEX, body=lines, filter_path="errors")
        assert answer == {"errors": False}, answer
    lines.clear()


def _ask(client: OpenSearch, kind: Kind, query: Vectors, depth: int) -> list[int]:
    clause = near_clause(query, depth, [], knn=kind.is_knn)
    if kind.is_knn:
        near = clause["nested"]["query"]["knn"]["passages.vector"]
        near["k"] = depth
        if not kind.has_bytes:
            near["vector"] = query.tolist()
    body = {
        "size": _GIVEN,
        "query": clause,
        "sort": [{"_score": {"order": "desc"}}, {"ordinal": {"order": "asc"}}],
        "track_total_hits": False,
        "_source": False,
        "stored_fields": "_none_",
    }
    hits = client.search(index=_INDEX, body=body)["hits"]["hits"]
    return [int(hit["sort"][-1]) for hit in hits]


def report(runs: Sequence[dict[str, Any]]) -> str:
    """Return what was found, in Markdown."""
    lines = [
        "# Vectors on a cluster",
        "",
        f"Written by `python -m benchmarks.knn --index DIR`. OpenSearch {VERSION}, one node with a heap of 2 GB, one "
        f"shard, one segment; {describe_machine()['processor']}, Java without its vector instructions. Processor times "
        "of the node are without Java's compilers. What is nearest is said by the vectors as they are; found is what "
        f"is anywhere among the {_GIVEN} articles that a search is given, for exact cosines order those.",
    ]
    for run in runs:
        lines += [
            "",
            f"## {run['passages']:,} passages of {run['articles']:,} articles",
            "",
            f"{run['dimension']} dimensions, {run['queries']} queries, load average before the run "
            f"{run['load average before']:.1f}.",
            "",
            "| kept as | bytes a passage | CPU ms to index it | articles looked for | CPU ms a query "
            f"| found of the nearest {', '.join(map(str, _COMPARED))} |",
            "| --- | ---: | ---: | ---: | ---: | ---: |",
        ]
        lines += [
            f"| {row['name']} | {row['bytes'] / run['passages']:,.0f} "
            f"| {row['indexing'] * 1000 / run['passages']:.2f} | {row['depth']} | {row['query']:.1f} "
            f"| {', '.join(f'{share:.3f}' for share in row['recall'])} |"
            for row in run["rows"]
        ]
    return "\n".join(lines) + "\n"


if __name__ == "__main__":
    main()
