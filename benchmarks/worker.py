"""A worker: one engine in one process, told by lines on standard input what to do, answering in lines.

========================  ==============================================================
``index DOCUMENTS FOLDER``  seconds
``settle FOLDER``           seconds
``open FOLDER``             seconds
``round QUERIES N``         nanoseconds of each of the first N queries of the file, spaces between
``answers QUERIES N``       the documents found for each, commas between, ``-`` for none
========================  ==============================================================

Arguments and answers have tabs between; an answer begins with ``ok`` or ``error``. The worker ends with its input.
"""

from __future__ import annotations

import gc
import sys
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

from benchmarks.engines import Engine, load_engine

__all__ = ["serve"]


def serve(name: str) -> None:
    """Serve the engine *name* until the input ends."""
    out = sys.stdout
    sys.stdout = sys.stderr  # what a library prints is no answer
    worker = _Worker(load_engine(name))
    for line in sys.stdin:
        command, *arguments = line.rstrip("\n").split("\t")
        try:
            answer = "ok\t" + getattr(worker, f"do_{command}")(*arguments)
        except Exception as error:
            answer = f"error\t{type(error).__name__}: {' '.join(str(error).split())}"
        print(answer, file=out, flush=True)


class _Worker:
    def __init__(self, engine: Engine) -> None:
        self._engine = engine
        self._prepared: list[Any] = []

    def do_index(self, documents: str, folder: str) -> str:
        return _seconds(lambda: self._engine.index(Path(documents), Path(folder)))

    def do_settle(self, folder: str) -> str:
        return _seconds(lambda: self._engine.settle(Path(folder)))

    def do_open(self, folder: str) -> str:
        return _seconds(lambda: self._engine.open(Path(folder)))

    def do_round(self, queries: str, count: str) -> str:
        search, clock = self._engine.search, time.perf_counter_ns
        times = []
        prepared = self._queries(queries)[: int(count)]
        gc.collect()
        for query in prepared:
            began = clock()
            search(query)
            times.append(clock() - began)
        return " ".join(map(str, times))

    def do_answers(self, queries: str, count: str) -> str:
        found = [self._engine.numbers(self._engine.search(query)) for query in self._queries(queries)[: int(count)]]
        return " ".join(",".join(map(str, numbers)) or "-" for numbers in found)

    def _queries(self, path: str) -> list[Any]:
        if not self._prepared:
            for line in Path(path).read_text(encoding="utf-8").splitlines():
                text, _, stems = line.partition("\t")
                self._prepared.append(self._engine.prepare(text, stems.split()))
        return self._prepared


def _seconds(work: Callable[[], None]) -> str:
    began = time.perf_counter()
    work()
    return str(time.perf_counter() - began)
