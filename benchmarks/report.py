"""What was measured, as text: tables of every comparison and service run found, and how figures grow with size."""

from __future__ import annotations

import json
import math
from collections.abc import Callable, Iterable, Sequence
from itertools import pairwise
from pathlib import Path
from statistics import median
from typing import Any

from benchmarks.compare import REFERENCE, SHARES_INDEX
from benchmarks.plots import draw_growth, draw_queries

__all__ = ["NAMES", "report_text", "write_report"]

QUERIES_PLOT = "queries.png"
GROWTH_PLOT = "growth.png"

NAMES = {
    "arsearch": "arsearch, lexical (all fields)",
    "arsearch-stem": "arsearch, lexical (stems only)",
    "arsearch-hybrid": "arsearch, hybrid with snippets",
    "lucene": "Lucene 9.12 ArabicAnalyzer",
    "tantivy": "tantivy",
    "bm25s": "bm25s",
    "sqlite": "SQLite FTS5",
    "whoosh": "Whoosh, stock codec",
}

_INTRODUCTION = """\
# Figures

Written by `python -m benchmarks report` from the JSON files beside it; [how it is measured](../README.md). Ratios are
to arsearch's lexical index in the same run; above 1.0 the engine is slower, larger or, for documents a second, faster.
"""
_GROWING: tuple[tuple[str, Callable[[dict[str, Any]], float]], ...] = (
    ("CPU of indexing", lambda engine: engine["index"]["cpu_seconds"]),
    ("bytes on disk", lambda engine: engine["index"]["index_mb"]),
    ("peak memory while indexing", lambda engine: engine["index"]["peak_mb"]),
    ("fastest p50", lambda engine: engine["fastest_ms"]["p50"]),
    ("fastest p95", lambda engine: engine["fastest_ms"]["p95"]),
    ("resident memory", lambda engine: engine["memory_mb"]["resident"]),
)


def write_report(results: Path) -> None:
    """Write README.md and the plots into the folder *results*. Needs matplotlib."""
    comparisons = sorted(map(_read, results.glob("compare-*.json")), key=lambda run: run["size"])
    services = sorted(map(_read, results.glob("service-*.json")), key=lambda run: run["size"])
    if comparisons:
        draw_queries(comparisons, NAMES, results / QUERIES_PLOT)
    if len(comparisons) > 1:
        draw_growth(comparisons, NAMES, results / GROWTH_PLOT)
    (results / "README.md").write_text(report_text(comparisons, services), encoding="utf-8")


def report_text(comparisons: Sequence[dict[str, Any]], services: Sequence[dict[str, Any]]) -> str:
    """Return the report on runs of both kinds, smallest first, as Markdown."""
    sections = [_INTRODUCTION, *map(_comparison, comparisons)]
    if comparisons:
        sections.append(f"![Latency of queries]({QUERIES_PLOT})\n")
    if len(comparisons) > 1:
        sections += [_growth(comparisons), f"![Growth with the number of documents]({GROWTH_PLOT})\n"]
    return "\n".join([*sections, *map(_service, services)])


def _read(path: Path) -> dict[str, Any]:
    result: dict[str, Any] = json.loads(path.read_text(encoding="utf-8"))
    return result


def _comparison(run: dict[str, Any]) -> str:
    engines = run["engines"]
    own = engines.get(REFERENCE)
    indexing, queries = [], []
    for name, engine in engines.items():
        index, query, memory = engine["index"], engine["query_ms"], engine["memory_mb"]
        speed = index["documents_per_second"]
        if name not in SHARES_INDEX:
            indexing.append([
                NAMES[name],
                f"{speed:,.0f}",
                _ratio(speed, own and own["index"]["documents_per_second"]),
                f"{index['cpu_seconds']:,.1f}",
                str(len(engine["index_seconds_of_rounds"])),
                f"{index['index_mb']:,.0f}",
                f"{index['peak_mb']:,.0f}",
            ])  # fmt: skip
        queries.append([
            NAMES[name],
            *(f"{query[which]:.3g}" for which in ("p50", "p95", "p99")),
            *(_ratio(query[which], own and own["query_ms"][which]) for which in ("p50", "p95")),
            *(f"{engine['fastest_ms'][which]:.3g}" for which in ("p50", "p95")),
            f"{query['cpu']:.3g}",
            f"{engine['open_seconds'] * 1000:,.0f}",
            f"{memory['resident']:,.0f} ({memory['anonymous']:,.0f})",
            f"{engine['overlap']:.2f}" if "overlap" in engine else "",
            str(engine["queries"]),
        ])  # fmt: skip
    facts = run["documents"]
    lines = [
        f"## {run['size']:,} documents",
        "",
        f"{facts['bytes'] / 1e6:,.0f} MB of text, {facts['stems'] / run['size']:,.0f} words that are no stop words in "
        f"a document; {run['queries']:,} queries of 2–4 words; medians over {run['rounds']} rounds. {_machine(run)}",
        "",
        _table(["indexing", "documents/s", "ratio", "CPU s", "times", "index MB", "peak MB"], indexing),
        _table(
            [
                "top 10", "p50 ms", "p95 ms", "p99 ms", "p50 ratio", "p95 ratio", "fastest p50",
                "fastest p95", "CPU ms", "open ms", "resident MB (of it anonymous)", "same hits", "queries",
            ],
            queries,
        ),
        *(f"{reason}\n" for reason in run["left_out"].values()),
    ]  # fmt: skip
    return "\n".join(lines)


def _growth(runs: Sequence[dict[str, Any]]) -> str:
    """Say for each engine by how much each figure grows from one size to the next, and as which power of the text."""
    lines = ["## How figures grow", ""]
    for smaller, larger in pairwise(runs):
        words = larger["documents"]["stems"] / smaller["documents"]["stems"]
        lines += [
            f"From {smaller['size']:,} to {larger['size']:,} documents: "
            f"{larger['size'] / smaller['size']:.1f} times as many, {words:.1f} times the words. "
            "In brackets the power of the number of words.",
            "",
        ]
        rows = []
        for name, engine in larger["engines"].items():
            before = smaller["engines"].get(name)
            if before:
                rates = [figure(engine) / figure(before) for _, figure in _GROWING]
                powers = [math.log(rate) / math.log(words) for rate in rates]
                grown = [f"× {rate:.1f} ({power:.2f})" for rate, power in zip(rates, powers, strict=True)]
                rows.append([NAMES[name], *grown])
        lines.append(_table(["", *(figure for figure, _ in _GROWING)], rows))
    return "\n".join(lines)


def _service(run: dict[str, Any]) -> str:
    server = run["server"]
    cold = ", ".join(f"{mode} {median(times):.2f} s" for mode, times in run["command_seconds"].items())
    memory = [
        [
            str(number),
            *(f"{worker[part]:,.0f}" for part in ("resident", "private", "shared", "proportional", "anonymous")),
        ]
        for number, worker in enumerate(server["memory_mb"], 1)
    ]
    lines = [
        f"## Command line and server, {run['size']:,} documents",
        "",
        _machine(run),
        "",
        f"`arsearch search` in a new process, files in the page cache, median of "
        f"{len(next(iter(run['command_seconds'].values())))}: {cold}.",
        "",
        f"`arsearch serve` with {server['workers']} workers, `/api/v1/search` with snippets, wrk beside it on the same "
        f"cores, {server['seconds_each']} s each, nothing cached:",
        "",
        _loads(server["loads"]),
        *(
            ["With the caches of queries and answers, which soon have all of these:", "", _loads(cached)]
            if (cached := server.get("loads_with_caches"))
            else []
        ),
        "Memory of the workers after these loads, MB:",
        "",
        _table(["worker", "resident", "private", "shared", "proportional", "anonymous"], memory),
    ]
    return "\n".join(lines)


def _loads(loads: list[dict[str, Any]]) -> str:
    rows = [
        [
            load["mode"],
            str(load["connections"]),
            f"{load['per_second']:,.0f}",
            f"{load['p50']:.1f}",
            f"{load['p99']:.1f}",
            str(load["refused"] + load["broken"]),
        ]
        for load in loads
    ]
    return _table(["mode", "connections", "requests/s", "p50 ms", "p99 ms", "failed"], rows)


def _machine(run: dict[str, Any]) -> str:
    facts = run["machine"]
    versions = ", ".join(f"{name} {value}" for name, value in facts.items() if name not in _HARDWARE)
    return (
        f"{facts['processor']}, {facts['cores']} cores, {facts['memory']}, {facts['system']}; {versions}. "
        f"{run['begun'][:10]}, load average before the run {run['load_average_before']:.2f}."
    )


_HARDWARE = ("processor", "cores", "memory", "system")


def _ratio(value: float, own: float | None) -> str:
    return f"{value / own:.2f}" if own else ""


def _table(head: Sequence[str], rows: Iterable[Sequence[str]]) -> str:
    lines = [head, ["---", *["---:"] * (len(head) - 1)], *rows]
    return "".join(f"| {' | '.join(line)} |\n" for line in lines)
