"""One comparison: every engine on the same documents and queries, in turns, several rounds."""

from __future__ import annotations

import datetime
import json
import shutil
import sys
from collections.abc import Callable, Sequence
from contextlib import ExitStack
from dataclasses import dataclass
from pathlib import Path
from statistics import median
from typing import Any, TypeVar

import numpy as np
import numpy.typing as npt

from benchmarks.documents import PreparedDocuments, prepare_documents
from benchmarks.engines.base import TOP
from benchmarks.machine import describe_machine, load_average
from benchmarks.process import LUCENE, EngineUnavailableError, WorkerError, WorkerProcess, worker_command
from benchmarks.queries import prepare_queries

__all__ = ["ENGINES", "REFERENCE", "SHARES_INDEX", "Plan", "compare", "save"]

REFERENCE = "arsearch"
"""What ratios are against."""
SAME_WORDS = "arsearch-stem"
"""What the answers of the others are compared with: the same words in one field."""

_READS = {LUCENE: "texts", "arsearch": "texts", "arsearch-stem": "texts", "arsearch-hybrid": "articles"}
SHARES_INDEX = {"arsearch-stem": "arsearch"}
"""Engines that only search the index of another."""
_SLOW = {"whoosh", "arsearch-hybrid"}
"""Indexed once, whatever the number of rounds: minutes each time."""
_FEW_QUERIES = 200
_SLOW_QUERY_MS = 15
"""An engine whose first queries take longer than this on average is asked only so few of them."""
_LARGEST = {"whoosh": 30_000}
ENGINES = ("arsearch", "arsearch-stem", LUCENE, "tantivy", "bm25s", "sqlite", "whoosh", "arsearch-hybrid")

_WARM_UPS = 3
_COMPARED_ANSWERS = 200
_PERCENTILES = (50, 95, 99)

Milliseconds = npt.NDArray[np.float64]
Value = TypeVar("Value")


@dataclass(frozen=True, slots=True, kw_only=True)
class Plan:
    """What is measured: *size* documents from *data*, with *query_count* queries, by *engines*."""

    size: int
    engines: Sequence[str] = ENGINES
    data: Path
    work: Path
    rounds: int = 5
    index_rounds: int = 3
    query_count: int = 1000


def compare(plan: Plan) -> dict[str, Any]:
    """Measure, and return everything that was found, as plain values."""
    load = load_average()
    documents = prepare_documents(plan.data / "corpus", plan.size, plan.work / f"documents-{plan.size}")
    queries = plan.work / "queries.tsv"
    count = len(prepare_queries(plan.data / "eval/saudi-titles/queries.tsv", plan.query_count, queries))
    comparison = _Comparison(plan, documents, queries, count)
    indexed = comparison.index()
    queried = comparison.query()
    return {
        "size": documents.description["documents"],
        "documents": documents.description,
        "queries": count,
        "rounds": plan.rounds,
        "index_rounds": plan.index_rounds,
        "begun": datetime.datetime.now(datetime.UTC).isoformat(timespec="minutes"),
        "load_average_before": load,
        "machine": describe_machine(),
        "left_out": comparison.left_out,
        "engines": {name: indexed[name] | queried[name] for name in plan.engines if name in queried},
    }


class _Comparison:
    def __init__(self, plan: Plan, documents: PreparedDocuments, queries: Path, query_count: int) -> None:
        self._plan = plan
        self._documents = documents
        self._queries = queries
        self._query_count = query_count
        self._indexes = plan.work / f"indexes-{plan.size}"
        self.left_out: dict[str, str] = {}
        self._commands: dict[str, list[str]] = {}
        for name in plan.engines:
            if plan.size > _LARGEST.get(name, plan.size):
                self.left_out[name] = f"{name} is left out beyond {_LARGEST[name]:,} documents: it takes too long."
            else:
                self._try(name, lambda name=name: self._commands.update({name: worker_command(name)}))  # type: ignore[misc]

    def index(self) -> dict[str, dict[str, Any]]:
        """Index with each engine in turn, each time in a new process and a new folder."""
        found: dict[str, list[dict[str, float]]] = {name: [] for name in self._commands}
        for number in range(self._plan.index_rounds):
            for name in list(self._commands):
                if name in SHARES_INDEX or (number and name in _SLOW):
                    continue
                result = self._try(name, lambda name=name: self._index_once(name))  # type: ignore[misc]
                if result:
                    found[name].append(result)
                    _say(f"{name}: {self._documents.description['documents'] / result['seconds']:,.0f} documents/s")
        for name, other in SHARES_INDEX.items():
            if name in self._commands and other in found:
                found[name] = found[other]
        return {
            name: {
                "index": {measure: median(run[measure] for run in runs) for measure in runs[0]},
                "index_seconds_of_rounds": [run["seconds"] for run in runs],
            }
            for name, runs in found.items()
            if runs
        }

    def _index_once(self, name: str) -> dict[str, float]:
        folder = self._indexes / name
        shutil.rmtree(folder, ignore_errors=True)
        folder.mkdir(parents=True)
        with self._start(name) as worker:
            began = worker.cpu_seconds()
            seconds = float(worker.ask("index", getattr(self._documents, _READS.get(name, "stems")), folder))
            processor = worker.cpu_seconds() - began
            peak = worker.memory_mb()["peak"]
            size = _bytes_of(folder)
            settling = float(worker.ask("settle", folder))
        return {
            "seconds": seconds,
            "cpu_seconds": processor,
            "documents_per_second": self._documents.description["documents"] / seconds,
            "peak_mb": peak,
            "index_mb": size / 1e6,
            "settling_seconds": settling,
            "settled_mb": _bytes_of(folder) / 1e6,
        }

    def query(self) -> dict[str, dict[str, Any]]:
        """Answer all queries with each engine in turn, round after round, every worker open all the time."""
        results: dict[str, dict[str, Any]] = {}
        with ExitStack() as stack:
            workers: dict[str, WorkerProcess] = {}
            fastest: dict[str, Milliseconds] = {}
            for name in list(self._commands):
                folder = self._indexes / SHARES_INDEX.get(name, name)
                opened = self._try(name, lambda name=name, folder=folder: self._open(stack, name, folder))  # type: ignore[misc]
                if opened:
                    workers[name], results[name] = opened
                    results[name]["queries"] = self._affordable(workers[name])
            for number in range(-_WARM_UPS, self._plan.rounds):
                for name, worker in workers.items():
                    count = results[name]["queries"]
                    began = worker.cpu_seconds()
                    times = _milliseconds(worker.ask("round", self._queries, count))
                    processor = (worker.cpu_seconds() - began) * 1000 / count
                    if number >= 0:
                        results[name]["rounds_ms"].append(_percentiles(times) | {"cpu": processor})
                        fastest[name] = np.minimum(times, fastest.get(name, times))
                _say(f"round {number + 1}" if number >= 0 else "warming up")
            for name, worker in workers.items():
                results[name]["memory_mb"] = worker.memory_mb()
            answers = {name: self._answers(worker) for name, worker in workers.items()}
        for name, result in results.items():
            rounds = result["rounds_ms"]
            result["query_ms"] = {measure: median(one[measure] for one in rounds) for measure in rounds[0]}
            result["fastest_ms"] = _percentiles(fastest[name])
            result["answered"] = sum(map(bool, answers[name])) / len(answers[name])
            if SAME_WORDS in answers:
                result["overlap"] = _overlap(answers[SAME_WORDS], answers[name])
        return results

    def _open(self, stack: ExitStack, name: str, folder: Path) -> tuple[WorkerProcess, dict[str, Any]]:
        worker = stack.enter_context(self._start(name))
        return worker, {"open_seconds": float(worker.ask("open", folder)), "rounds_ms": []}

    def _affordable(self, worker: WorkerProcess) -> int:
        """Return how many of the queries *worker* is asked."""
        few = min(_FEW_QUERIES, self._query_count)
        mean = _milliseconds(worker.ask("round", self._queries, few)).mean()
        return few if mean > _SLOW_QUERY_MS else self._query_count

    def _answers(self, worker: WorkerProcess) -> list[list[int]]:
        answered = worker.ask("answers", self._queries, min(_COMPARED_ANSWERS, self._query_count))
        return [[] if found == "-" else [int(number) for number in found.split(",")] for found in answered.split(" ")]

    def _start(self, name: str) -> WorkerProcess:
        return WorkerProcess(name, self._commands[name])

    def _try(self, name: str, work: Callable[[], Value]) -> Value | None:
        """Return what *work* gives, or leave the engine *name* out and say why."""
        try:
            return work()
        except (EngineUnavailableError, WorkerError) as error:
            self.left_out[name] = str(error)
            self._commands.pop(name, None)
            _say(str(error))
            return None


def _bytes_of(folder: Path) -> int:
    return sum(path.stat().st_size for path in folder.rglob("*") if path.is_file())


def _milliseconds(nanoseconds: str) -> Milliseconds:
    return np.array(nanoseconds.split(), dtype=np.float64) / 1e6


def _percentiles(times: Milliseconds) -> dict[str, float]:
    values = np.percentile(times, _PERCENTILES)
    return {f"p{which}": float(value) for which, value in zip(_PERCENTILES, values, strict=True)} | {
        "mean": float(times.mean())
    }


def _overlap(expected: list[list[int]], found: list[list[int]]) -> float:
    """Return which part of the best 10 that *expected* has *found* has too, on average over queries."""
    parts = [
        len(set(one[:TOP]) & set(other[:TOP])) / len(one[:TOP])
        for one, other in zip(expected, found, strict=True)
        if one
    ]
    return float(np.mean(parts))


def save(result: dict[str, Any], path: Path) -> None:
    """Write *result* as JSON."""
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(json.dumps(result, indent=1) + "\n", encoding="utf-8")


def _say(text: str) -> None:
    print(text, file=sys.stderr, flush=True)
