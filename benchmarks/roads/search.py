"""The road of a query by stage, beside another tree: `python -m benchmarks.roads.search INDEX HEADLINES`.

A worker process a tree opens INDEX and answers queries, with ten articles and snippets and no cache of embeddings. They
are asked in turn, query after query, so that what else the machine does costs both alike. Times are processor time of
the thread that answers; of a query the fastest of all rounds counts, and its first time by itself. HEADLINES is a file
of queries (id, tab, text): pieces of 2 to 4 words are cut from them, or they are asked as they are (``--whole``).

``--against TREE`` asks the code in another checkout, whose kernel must be built, too, and tells whether its hits,
scores and snippets are the same; ``--its-index INDEX`` where it reads another format.
"""

from __future__ import annotations

import argparse
import json
import os
import subprocess
import sys
import time
from collections import Counter
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

__all__ = ["cut_or_whole"]

_MODES = ("lexical", "hybrid")
_TREE = Path(__file__).parents[2]


@dataclass
class Tree:
    """A worker of one tree, and what its queries took, by mode: the first and the least of each, and by stage."""

    name: str
    process: subprocess.Popen[str]
    first: dict[str, list[float]] = field(default_factory=dict)
    least: dict[str, list[float]] = field(default_factory=dict)
    stages: dict[str, list[dict[str, float]]] = field(default_factory=dict)

    def ask(self, mode: str, query: str) -> dict[str, Any]:
        """Return what the worker answers."""
        assert self.process.stdin
        assert self.process.stdout
        self.process.stdin.write(json.dumps([mode, query]) + "\n")
        self.process.stdin.flush()
        answer: dict[str, Any] = json.loads(self.process.stdout.readline())
        return answer

    def note(self, mode: str, number: int, answer: dict[str, Any]) -> None:
        """Keep what query *number* took."""
        first, least, stages = (kept.setdefault(mode, []) for kept in (self.first, self.least, self.stages))
        if number == len(first):
            first.append(answer["seconds"])
            least.append(answer["seconds"])
            stages.append(answer["stages"])
        elif answer["seconds"] < least[number]:
            least[number], stages[number] = answer["seconds"], answer["stages"]


def main() -> None:
    """Measure and print."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("index", type=Path)
    parser.add_argument("headlines", type=Path)
    parser.add_argument("--against", type=Path)
    parser.add_argument("--its-index", type=Path)
    parser.add_argument("--whole", action="store_true")
    parser.add_argument("--queries", type=int, default=200)
    parser.add_argument("--rounds", type=int, default=5)
    parser.add_argument("--modes", default=",".join(_MODES))
    options = parser.parse_args()
    queries = cut_or_whole(options.headlines, options.queries, whole=options.whole)
    with ExitStack() as running:
        paths = {"old": options.against, "new": _TREE} if options.against else {"here": _TREE}
        indexes = {"old": options.its_index or options.index}
        trees = [
            running.enter_context(_worker(name, path, indexes.get(name, options.index))) for name, path in paths.items()
        ]
        for mode in options.modes.split(","):
            different = []
            for _ in range(options.rounds):
                for number, query in enumerate(queries):
                    answers = [tree.ask(mode, query) for tree in trees]
                    for tree, answer in zip(trees, answers, strict=True):
                        tree.note(mode, number, answer)
                    if any(answer["hits"] != answers[0]["hits"] for answer in answers):
                        different.append(query)
            _report(mode, trees, different if len(trees) > 1 else None, len(queries))


def cut_or_whole(headlines: Path, count: int, *, whole: bool) -> list[str]:
    """Return *count* queries: pieces of the lines of *headlines* (id, tab, text), or the *whole* texts."""
    lines = [line.partition("\t")[2] for line in headlines.read_text(encoding="utf-8").splitlines()]
    if whole:
        return lines[:count]
    from benchmarks.queries import cut_queries

    return [query.text for query in cut_queries(lines, count)]


@contextmanager
def _worker(name: str, tree: Path, index: Path) -> Iterator[Tree]:
    command = [sys.executable, __file__, "worker", str(index)]
    environment = os.environ | {"PYTHONPATH": str(tree / "src"), "PYTHONHASHSEED": "0"}
    process = subprocess.Popen(
        command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True, encoding="utf-8", env=environment
    )
    with process:
        yield Tree(name, process)
        assert process.stdin
        process.stdin.close()


def _work(index: Path) -> None:
    """Answer the queries on standard input."""
    from arsearch import Searcher, Settings
    from arsearch.common.deadline import run_clock

    with Searcher(index, Settings(index=index, cached_embeddings=0, max_query_ms=60_000)) as searcher:
        for line in sys.stdin:
            mode, query = json.loads(line)
            began = time.thread_time()
            with run_clock(None, time.thread_time) as clock:
                results = searcher.search(query, mode=mode)
            seconds = time.thread_time() - began
            hits = [(hit.id, round(hit.score, 5), hit.snippet) for hit in results]
            answer = {"seconds": seconds, "stages": clock.seconds, "hits": [results.total, results.suggestion, hits]}
            print(json.dumps(answer), flush=True)


def _report(mode: str, trees: list[Tree], different: list[str] | None, count: int) -> None:
    for tree in trees:
        first, least = sorted(tree.first[mode]), sorted(tree.least[mode])
        print(f"{mode} {tree.name}: first {_percentiles(first)}; fastest {_percentiles(least)}")
        stages: Counter[str] = Counter()
        for each in tree.stages[mode]:
            stages.update(each)
        rest = sum(least) - sum(stages.values())
        parts = [*stages.most_common(), ("rest", rest)]
        print("  " + ", ".join(f"{name} {seconds / count * 1000:.3f}" for name, seconds in parts) + " ms")
    if different is not None:
        names = sorted(set(different))
        print(
            f"  {len(names)} of {count} queries have other hits, scores or snippets"
            + "".join(f"\n    {q}" for q in names)
        )


def _percentiles(seconds: list[float]) -> str:
    def at(share: float) -> str:
        return f"{seconds[min(int(len(seconds) * share), len(seconds) - 1)] * 1000:.2f}"

    return f"p50 {at(0.5)} p95 {at(0.95)} p99 {at(0.99)} ms"


if __name__ == "__main__":
    if sys.argv[1:2] == ["worker"]:
        _work(Path(sys.argv[2]))
    else:
        main()
