"""How long passages take beside a search, on one index: ``python -m benchmarks.passages --index DIR --queries TSV``.

Each question is asked both ways, one after the other, so that whatever else the machine does weighs on both alike.
"""

from __future__ import annotations

import argparse
import time
from collections.abc import Callable
from pathlib import Path

import numpy as np

import arsearch
from arsearch import Settings
from arsearch.evaluation.trec import read_queries

_WARM = 20


def main() -> None:
    """Measure, and print milliseconds."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--index", type=Path, required=True)
    parser.add_argument("--queries", type=Path, required=True)
    parser.add_argument("--limit", type=int, default=500)
    given = parser.parse_args()
    questions = list(read_queries(given.queries).values())[: given.limit]
    with arsearch.open_index(given.index, settings=Settings(cached_embeddings=0)) as index:
        ways: dict[str, Callable[[str], object]] = {
            "search": lambda question: index.search(question, operators=False),
            "passages": lambda question: index.passages(question),
            "passages, neighbours 1": lambda question: index.passages(question, neighbours=1),
            "passages, diversity 0.3": lambda question: index.passages(question, diversity=0.3),
        }
        taken: dict[str, list[float]] = {name: [] for name in ways}
        for number, question in enumerate([*questions[:_WARM], *questions]):
            for name, ask in ways.items():
                began = time.perf_counter()
                ask(question)
                if number >= _WARM:
                    taken[name].append((time.perf_counter() - began) * 1000)
        print(f"{len(index)} articles, {len(questions)} questions, milliseconds")
        for name, milliseconds in taken.items():
            half, most = np.percentile(milliseconds, [50, 99])
            print(f"{name:<24} p50 {half:6.1f}  p99 {most:6.1f}")


if __name__ == "__main__":
    main()
