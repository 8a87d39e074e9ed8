"""One comparison: every engine on the same documents and queries, in turns, several rounds."""

from __future__ import annotations

import datetime
import json
import shutil
import sys
from collections.abc import Callable, Sequence
from contextlib import ExitStack
from dataclasses import dataclass, field
from functools import partial
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
    begun, load = datetime.datetime.now(datetime.UTC), load_average()
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
        "begun": begun.isoformat(timespec="minutes"),
        "load_average_before": load,
        "machine": describe_machine(),
        "left_out": comparison.left_out,
        "engines": {name: indexed[name] | queried[name] for name in plan.engines if name in queried},
    }


@dataclass(slots=True)
class _Sitting:
    """An engine with its index open: how many *queries* it is asked in a round, and the times it took in each."""

    name: str
    worker: WorkerProcess
    open_seconds: float
    queries: int
    times: list[Milliseconds] = field(default_factory=list)
    rounds: list[dict[str, float]] = field(default_factory=list)


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
                command = self._try(name, partial(worker_command, name))
                if command:
                    self._commands[name] = command

    def index(self) -> dict[str, dict[str, Any]]:
        """Index with each engine in turn, each time in a new process and a new folder."""
        found: dict[str, list[dict[str, float]]] = {name: [] for name in self._commands}
        for number in range(self._plan.index_rounds):
            for name in list(self._commands):
                if name in SHARES_INDEX or (number and name in _SLOW):
                    continue
                result = self._try(name, partial(self._index_once, name))
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
        with ExitStack() as stack:
            sittings = [
                sitting
                for name in list(self._commands)
                if (sitting := self._try(name, partial(self._open, stack, name)))
            ]
            for number in range(-_WARM_UPS, self._plan.rounds):
                sittings = [one for one in sittings if self._try(one.name, partial(self._round, one, keep=number >= 0))]
                _say(f"round {number + 1}" if number >= 0 else "warming up")
            memory = {one.name: one.worker.memory_mb() for one in sittings}
            answers = {one.name: self._answers(one.worker) for one in sittings}
        results = {}
        for one in sittings:
            result = {
                "open_seconds": one.open_seconds,
                "queries": one.queries,
                "query_ms": {measure: median(part[measure] for part in one.rounds) for measure in one.rounds[0]},
                "fastest_ms": _percentiles(np.min(one.times, axis=0)),
                "rounds_ms": one.rounds,
                "memory_mb": memory[one.name],
                "answered": sum(map(bool, answers[one.name])) / len(answers[one.name]),
            }
            if SAME_WORDS in answers:
                result["overlap"] = _overlap(answers[SAME_WORDS], answers[one.name])
            results[one.name] = result
        return results

    def _open(self, stack: ExitStack, name: str) -> _Sitting:
        worker = stack.enter_context(self._start(name))
        seconds = float(worker.ask("open", self._indexes / SHARES_INDEX.get(name, name)))
        few = min(_FEW_QUERIES, self._query_count)
        worker.ask("round", self._queries, few)  # the first time tells of cold caches
        mean = _milliseconds(worker.ask("round", self._queries, few)).mean()
        return _Sitting(name, worker, seconds, few if mean > _SLOW_QUERY_MS else self._query_count)

    def _round(self, one: _Sitting, *, keep: bool) -> bool:
        began = one.worker.cpu_seconds()
        times = _milliseconds(one.worker.ask("round", self._queries, one.queries))
        processor = (one.worker.cpu_seconds() - began) * 1000 / one.queries
        if keep:
            one.times.append(times)
            one.rounds.append(_percentiles(times) | {"cpu": processor})
        return True

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
