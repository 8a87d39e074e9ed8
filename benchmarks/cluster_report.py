"""What `benchmarks.cluster` has found, as tables."""

from __future__ import annotations

from typing import Any

__all__ = ["COMPARED", "report"]

COMPARED = (10, 100)
"""Nearest articles of which it is counted how many k-NN finds."""


def report(result: dict[str, Any]) -> str:
    """Return what the module cluster has found, in Markdown."""
    local, machine = result["local"], result["machine"]
    lines = [
        "# On a cluster",
        "",
        f"Written by `make benchmark-cluster`. {local['articles']:,} articles, {local['passages']:,} passages of "
        f"{local['dimension']} dimensions, OpenSearch {result['opensearch']} with k-NN (Lucene), one node with a heap "
        f"of 2 GB on the same {_counted(result['cores'], 'core')}. {machine['processor']}, {result['date']}, load "
        f"average before the run {result['load average before']:.1f}: where that is more than the cores, others were "
        "at work too, and only processor times say something. Those of the node are without Java's compilers.",
        "",
        "| where | bytes an article | copying: articles/s | CPU s of it: node, arsearch |",
        "| --- | ---: | ---: | ---: |",
        f"| this machine | {local['bytes'] / local['articles']:,.0f} | | |",
    ]
    for run in result["shards"]:
        copying = run["copying"]
        lines.append(
            f"| {_counted(run['shards'], 'shard')} | {run['bytes'] / local['articles']:,.0f} "
            f"| {local['articles'] / copying['seconds']:,.0f} | {copying['node_cpu']:.0f}, {copying['own_cpu']:.0f} |"
        )
    lines += [
        "",
        "| a query | kind | p50 ms | p95 ms | CPU ms: node | arsearch | requests | KiB received |",
        "| --- | --- | ---: | ---: | ---: | ---: | ---: | ---: |",
    ]
    runs = [("this machine", local), *((_counted(run["shards"], "shard"), run) for run in result["shards"])]
    if exact := result.get("exact"):
        runs.append(("without k-NN", exact))
    for where, run in runs:
        for kind, times in run["queries"].items():
            lines.append(
                f"| {where} | {kind} | {times['p50']:.1f} | {times['p95']:.1f} | {times['node_cpu']:.1f} "
                f"| {times['own_cpu']:.1f} | {times['requests']:.1f} | {times['kib']:.1f} |"
            )
    if exact:
        recalls = ", ".join(f"{exact[f'recall@{count}']:.4f} of the nearest {count}" for count in COMPARED)
        lines += ["", f"Of the articles that are found by meaning without k-NN, with it are found: {recalls}."]
    if writes := result.get("writes"):
        lines += _writes_reported(writes)
    if not result.get("embedding"):
        return "\n".join(lines) + "\n"
    lines += [
        "",
        f"Embedding of {result['embedding'][0]['passages']:,} passages with the fast model over the work list; the "
        "processor times have the start of Python and of the model in them.",
        "",
        "| embedding | passages/s | CPU ms a passage: node | arsearch |",
        "| --- | ---: | ---: | ---: |",
    ]
    for run in result["embedding"]:
        each = 1000 / run["passages"]
        lines.append(
            f"| {_counted(run['processes'], 'process', 'processes')} | {run['passages'] / run['seconds']:,.0f} "
            f"| {run['node_cpu'] * each:.2f} | {run['own_cpu'] * each:.2f} |"
        )
    return "\n".join(lines) + "\n"


def _writes_reported(writes: dict[str, Any]) -> list[str]:
    lines = [
        "",
        f"{writes.get('count')} articles written over HTTP one after another, each waited for until it is found "
        f"(`refresh=wait`). The second machine had nothing, and took over the index in {writes['taking over']:.1f} s.",
        "",
        "| a write | p50 ms | p95 ms | CPU ms: node | arsearch |",
        "| --- | ---: | ---: | ---: | ---: |",
    ]
    for kind in ("from one machine", "from two in turns"):
        each = writes[kind]
        lines.append(
            f"| {kind} | {each['p50']:.0f} | {each['p95']:.0f} | {each['node_cpu']:.0f} | {each['own_cpu']:.0f} |"
        )
    return lines


def _counted(count: int, one: str, many: str = "") -> str:
    return f"{count} {one if count == 1 else many or one + 's'}"
