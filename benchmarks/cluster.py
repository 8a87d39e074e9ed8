"""What an index costs on an OpenSearch cluster: room, queries with k-NN and without, writes, and embedding.

``python -m benchmarks.cluster --data ../shared/data`` writes benchmarks/results/cluster.json and cluster.md. One node
with a heap of 2 GB answers, on the cores of the searcher; so processor times of both are told apart, and they are what
can be counted with elsewhere. With ``--index DIR`` a local index that is there is measured; it is copied first.
"""

from __future__ import annotations

import argparse
import datetime
import json
import os
import resource
import shutil
import subprocess
import sys
import threading
import time
from collections.abc import Sequence
from contextlib import ExitStack, closing, suppress
from dataclasses import replace
from pathlib import Path
from random import Random
from statistics import median, quantiles
from tempfile import TemporaryDirectory
from typing import Any
from unittest.mock import patch

import arsearch
from arsearch.backends import choose_backend
from arsearch.backends.opensearch.cluster.commits import IndexAlias
from arsearch.backends.opensearch.index import ClusterIndex
from arsearch.backends.opensearch.publish.copy import copy_index
from arsearch.index import Commit
from arsearch.index.writes.apply import LogApplier
from arsearch.web.access_tokens import TokenFile
from arsearch.web.app import create_app
from benchmarks.cluster_report import COMPARED, report
from benchmarks.documents import prepare_documents
from benchmarks.machine import describe_machine, load_average
from benchmarks.queries import cut_queries, prepare_queries
from tests.cluster.nodes import Cluster
from tests.cluster.server_files import VERSION

_HERE = Path(__file__).parent
_KINDS = ("hybrid", "hybrid with facets", "lexical", "semantic", "completion")
_WARM_UP = 3
"""Times that all queries are asked before: Java compiles what it does often."""
_PASSAGES = 10_000
_WRITES = 40
_WRITTEN = "written-"


def main() -> None:
    """Measure, and write what was found."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").partition("\n")[0])
    parser.add_argument("--data", type=Path, default=_HERE.parents[1] / "shared/data", help="corpus/ and eval/")
    parser.add_argument("--work", type=Path, default=_HERE / "work", help="documents and indexes while measuring")
    parser.add_argument("--results", type=Path, default=_HERE / "results")
    parser.add_argument("--size", type=int, default=10_000, help="articles")
    parser.add_argument("--index", type=Path, help="a local index, made with the model fast, instead of so many")
    parser.add_argument("--queries", type=int, default=60)
    parser.add_argument("--shards", type=int, nargs="+", default=[1], help="indexes with so many shards")
    parser.add_argument("--exact", action="store_true", help="measure an index without k-NN too, and compare both")
    parser.add_argument("--embedding", action="store_true", help="measure the work list too")
    arguments = parser.parse_args()
    index, queries = _prepared(arguments)
    local = arsearch.Settings(index=index, model="fast", keep_commits=2)
    result: dict[str, Any] = {
        "date": datetime.date.today().isoformat(),
        "machine": describe_machine(),
        "cores": len(os.sched_getaffinity(0)),
        "load average before": load_average(),
        "opensearch": VERSION,
        "local": _local(index),
        "shards": [],
    }
    result["local"]["queries"] = _queries(local, queries, None)
    with Cluster(nodes=1, heap="2g", options=(), mapped=True) as cluster:
        remote = replace(
            local,
            backend="opensearch",
            opensearch_url=(cluster.urls[0],),
            opensearch_replicas=0,
            opensearch_timeout_seconds=120.0,
        )
        for shards in arguments.shards:
            settings = replace(remote, opensearch_shards=shards, opensearch_index=f"shards-{shards}")
            result["shards"].append(_measure(cluster, settings, queries, shards))
            _save(result, arguments.results)
        result["writes"] = _writes(cluster, replace(remote, opensearch_index=f"shards-{arguments.shards[0]}"))
        _save(result, arguments.results)
        if arguments.exact:
            result["exact"] = _exact(cluster, remote, queries, f"shards-{arguments.shards[0]}")
            _save(result, arguments.results)
        workers = (1, 2) if arguments.embedding else ()
        result["embedding"] = [_embedding(cluster, remote, index, count) for count in workers]
    _save(result, arguments.results)


def _save(result: dict[str, Any], folder: Path) -> None:
    """Write what is known so far: a run on a busy machine may be ended."""
    folder.mkdir(exist_ok=True)
    (folder / "cluster.json").write_text(json.dumps(result, indent=1) + "\n", encoding="utf-8")
    (folder / "cluster.md").write_text(report(result), encoding="utf-8")


def _prepared(arguments: argparse.Namespace) -> tuple[Path, list[str]]:
    """Return the local index, and queries."""
    if arguments.index is None:
        documents = prepare_documents(arguments.data / "corpus", arguments.size, arguments.work / f"d-{arguments.size}")
        queries = prepare_queries(
            arguments.data / "eval/saudi-titles/queries.tsv", arguments.queries, arguments.work / "cluster-queries.tsv"
        )
        index = arguments.work / f"indexes-{arguments.size}/arsearch-hybrid/index"
        arsearch.build_index([documents.articles], index, settings=arsearch.Settings(index=index, model="fast"))
        return index, [query.text for query in queries]
    index = arguments.work / "cluster-index"
    shutil.rmtree(index, ignore_errors=True)
    shutil.copytree(arguments.index, index)
    with Commit.open_live(index) as commit:
        ordinals = commit.articles.ordinals()
        some = ordinals[:: max(1, len(ordinals) // (4 * arguments.queries))].tolist()
        titles = commit.articles.titles(some)
    return index, [query.text for query in cut_queries(titles, arguments.queries)]


def _exact(cluster: Cluster, remote: arsearch.Settings, queries: Sequence[str], knn: str) -> dict[str, Any]:
    """Measure an index in which every vector is compared, and how much of what it finds the index *knn* does."""
    settings = replace(remote, opensearch_index="exact", opensearch_exact_passages=10**9)
    with patch.object(IndexAlias, "has_knn", return_value=False):
        result = _measure(cluster, settings, queries, 1)
    found = []
    for name in ("exact", knn):
        asked = replace(remote, opensearch_index=name)
        with arsearch.open_index(asked.index, settings=asked) as index:
            hits = [index.search(each, mode="semantic", limit=110) for each in queries]
            found.append([[hit.id for hit in some if not hit.id.startswith(_WRITTEN)] for some in hits])
    for count in COMPARED:
        pairs = [({*one[:count]}, {*other[:count]}) for one, other in zip(*found, strict=True)]
        result[f"recall@{count}"] = sum(len(one & other) / max(1, len(one)) for one, other in pairs) / len(pairs)
    return result


def _writes(cluster: Cluster, settings: arsearch.Settings) -> dict[str, Any]:
    """Write one article after another over HTTP, from two machines in turns, and wait until each is found."""
    node = cluster.nodes[0].process
    assert node is not None
    result: dict[str, Any] = {"count": _WRITES}
    with Commit.open_live(settings.index) as commit:
        texts = [article.body for article in _articles(commit)[1][: 2 * _WRITES]]
    with TemporaryDirectory() as folder, ExitStack() as ended:
        tokens = Path(folder) / "tokens.json"
        headers = {"Authorization": f"Bearer {TokenFile(tokens).create('benchmark', ['write'])}"}
        desks = []
        for name in ("one", "other"):
            machine = replace(settings, index=Path(folder) / name, tokens=str(tokens))
            backend = ended.enter_context(closing(choose_backend(machine)))
            began = time.perf_counter()
            backend.catch_up()
            result["taking over"] = time.perf_counter() - began
            applier, stop = LogApplier(machine, backend), threading.Event()
            applier.prepare()
            thread = threading.Thread(target=applier.run, args=(stop.is_set,))
            thread.start()
            ended.callback(thread.join)
            ended.callback(stop.set)
            app = create_app(machine)
            ended.callback(app.extensions["arsearch"].close)
            desks.append(app.test_client())
        for kind, count in (("from one machine", 1), ("from two in turns", 2)):
            node_cpu, own_cpu, times = cpu_seconds(node.pid), time.process_time(), []
            for number in range(_WRITES):
                words = texts.pop().split()  # in another order it is no copy of what is there
                article = {"title": " ".join(words[:8]), "body": " ".join(Random(1).sample(words, len(words)))}
                began = time.perf_counter()
                answer = desks[number % count].put(
                    f"/api/v1/articles/{_WRITTEN}{count}-{number}?refresh=wait", json=article, headers=headers
                )
                assert answer.get_json()["visible"], answer.get_json()
                times.append((time.perf_counter() - began) * 1000)
            result[kind] = {
                "p50": median(times),
                "p95": quantiles(times, n=20)[-1],
                "own_cpu": (time.process_time() - own_cpu) * 1000 / _WRITES,
                "node_cpu": (cpu_seconds(node.pid) - node_cpu) * 1000 / _WRITES,
            }
    return result


def _local(index: Path) -> dict[str, Any]:
    with Commit.open_live(index) as commit:
        manifest = commit.manifest
    return {
        "articles": manifest.articles,
        "passages": manifest.passages,
        "dimension": manifest.dimension,
        "bytes": sum(record.size for record in manifest.files.values()),
    }


def _measure(cluster: Cluster, settings: arsearch.Settings, queries: Sequence[str], shards: int) -> dict[str, Any]:
    """Copy the index into so many shards, and ask the queries."""
    node = cluster.nodes[0].process
    assert node is not None
    began, node_cpu, own_cpu = time.perf_counter(), cpu_seconds(node.pid), time.process_time()
    name = copy_index(settings)
    copying = {
        "seconds": time.perf_counter() - began,
        "node_cpu": cpu_seconds(node.pid) - node_cpu,
        "own_cpu": time.process_time() - own_cpu,
    }
    store = cluster.request("GET", f"{name},{name}-words/_stats/store")["_all"]["total"]["store"]
    return {
        "shards": shards,
        "bytes": store["size_in_bytes"],
        "copying": copying,
        "queries": _queries(settings, queries, node.pid),
    }


def _queries(settings: arsearch.Settings, queries: Sequence[str], node: int | None) -> dict[str, Any]:
    """Ask all *queries* to warm up Java, and in a new searcher for the figures, in milliseconds and bytes."""
    found = {}
    with arsearch.open_index(settings.index, settings=settings) as index:
        for kind in [each for each in _KINDS for _ in range(_WARM_UP if node else 1)]:
            for query in queries:
                _ask(index, kind, query)
    for kind in _KINDS:
        with arsearch.open_index(settings.index, settings=settings) as index:
            _ask(index, kind, "كلمة")  # what is only read once
            nodes = index.index.nodes if isinstance(index.index, ClusterIndex) else None
            asked, received = (nodes.answered, nodes.bytes) if nodes else (0, 0)
            node_cpu, own_cpu = cpu_seconds(node) if node else 0.0, time.process_time()
            times = []
            for query in queries:
                began = time.perf_counter()
                _ask(index, kind, query)
                times.append((time.perf_counter() - began) * 1000)
            found[kind] = {
                "p50": median(times),
                "p95": quantiles(times, n=20)[-1],
                "own_cpu": (time.process_time() - own_cpu) * 1000 / len(queries),
                "node_cpu": (cpu_seconds(node) - node_cpu) * 1000 / len(queries) if node else 0.0,
                "requests": (nodes.answered - asked) / len(queries) if nodes else 0.0,
                "kib": (nodes.bytes - received) / 1024 / len(queries) if nodes else 0.0,
            }
    return found


def _ask(index: arsearch.Searcher, kind: str, query: str) -> None:
    if kind == "completion":
        index.complete(query[: max(3, len(query) // 2)], 8)
    else:
        mode, _, facets = kind.partition(" ")
        index.search(query, mode=mode, facets=bool(facets))


_FILL = """
import sys
from arsearch.backends.opensearch.cluster.client import ClusterClient
from arsearch.backends.opensearch.publish.embedding import Embedder, SharedEncoder
from arsearch.semantic import load_encoder
from arsearch.settings import load_settings
texts = sys.stdin.read().split("\\0")
settings = load_settings()
encoder = load_encoder("fast")
embedder = Embedder(ClusterClient(settings), encoder, settings.opensearch_index)
SharedEncoder(embedder, encoder).encode_passages(texts)
"""


def _embedding(cluster: Cluster, settings: arsearch.Settings, index: Path, workers: int) -> dict[str, Any]:
    """Embed passages with so many processes: one hands out and works, the others are ``arsearch embed``."""
    texts = _passages(index)
    node = cluster.nodes[0].process
    assert node is not None
    node_cpu, own_cpu = cpu_seconds(node.pid), _cpu_of_children()
    environment = dict(os.environ) | {
        "ARSEARCH_OPENSEARCH_URL": ",".join(settings.opensearch_url),
        "ARSEARCH_OPENSEARCH_INDEX": f"embed-{workers}",
        "ARSEARCH_OPENSEARCH_TIMEOUT_SECONDS": "120",
        "ARSEARCH_MODEL": "fast",
    }
    command = [sys.executable, "-m", "arsearch", "embed", "--json"]
    helpers = [
        subprocess.Popen(command, env=environment, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
        for _ in range(workers - 1)
    ]
    try:
        began = time.perf_counter()
        subprocess.run([sys.executable, "-c", _FILL], env=environment, input="\0".join(texts), text=True, check=True)
        seconds = time.perf_counter() - began
    finally:
        for helper in helpers:
            helper.terminate()
            helper.wait()
    return {
        "processes": workers,
        "passages": len(texts),
        "seconds": seconds,
        "node_cpu": cpu_seconds(node.pid) - node_cpu,
        "own_cpu": _cpu_of_children() - own_cpu,
    }


def _passages(index: Path) -> list[str]:
    texts = []
    with Commit.open_live(index) as commit:
        for number, article in zip(*_articles(commit), strict=True):
            for start, end in commit.vectors.passages_of(number)[0].tolist():
                texts.append(f"{article.title}\n{article.body[start:end]}")
            if len(texts) >= _PASSAGES:
                break
    return texts[:_PASSAGES]


def _articles(commit: Commit) -> tuple[list[int], list[arsearch.Article]]:
    ordinals = commit.articles.ordinals()[: _PASSAGES // 2]
    articles = [a for start in range(0, len(ordinals), 500) for a in
                commit.articles.fetch(ordinals[start : start + 500].tolist())]  # fmt: skip
    return commit.words.numbers[ordinals].tolist(), articles


def cpu_seconds(pid: int) -> float:
    """Return the processor time of the threads of a process so far, but for those that compile.

    Java goes on compiling for minutes, longer on a busy machine; a node that has run for an hour does not.
    """
    ticks = 0
    for path in Path(f"/proc/{pid}/task").glob("*/stat"):
        with suppress(OSError):  # it has just ended
            name, _, rest = path.read_text(encoding="ascii", errors="replace").rpartition(")")
            if "CompilerThre" not in name:
                fields = rest.split()
                ticks += int(fields[11]) + int(fields[12])
    return ticks / os.sysconf("SC_CLK_TCK")


def _cpu_of_children() -> float:
    """Return the processor time of all processes that this one has started and seen end."""
    used = resource.getrusage(resource.RUSAGE_CHILDREN)
    return used.ru_utime + used.ru_stime


if __name__ == "__main__":
    main()
