"""Searches over HTTP beside another tree: ``python -m benchmarks.roads.request INDEX HEADLINES --against TREE``.

A server a tree, with one worker and without caches, is asked ``/api/v1/search`` over one connection that is kept alive,
a block of queries in turn, so that what else the machine does costs all alike. What counts is the processor time of the
whole worker, all threads, for a request: the least of all rounds for each block. HEADLINES is a file of queries (id,
tab, text): pieces of 2 to 4 words are cut from them, or they are asked as they are (``--whole``).

``--against TREE`` asks the code in another checkout too, whose kernel must be built, and tells whether answers are the
same but for the time that they took.
"""

from __future__ import annotations

import argparse
import http.client
import json
from collections.abc import Iterator, Sequence
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any
from urllib.parse import urlencode

from benchmarks.process import children_of, memory_mb
from benchmarks.roads.search import cut_or_whole
from benchmarks.service import WITHOUT_CACHES, running_server

_MODES = ("lexical", "hybrid")
_TREE = Path(__file__).parents[2]
_BLOCK = 50
_WARM_UP = 20


@dataclass
class _Server:
    """A server of one tree, and for each mode what blocks of requests took: processor seconds, the least by block."""

    name: str
    connection: http.client.HTTPConnection
    worker: int
    least: dict[str, list[float]] = field(default_factory=dict)

    def ask(self, mode: str, queries: Sequence[str]) -> list[bytes]:
        """Return the answers to *queries*."""
        answers = []
        for query in queries:
            self.connection.request("GET", f"/api/v1/search?{urlencode({'q': query, 'mode': mode})}")
            answers.append(self.connection.getresponse().read())
        return answers

    def measure(self, mode: str, block: int, queries: Sequence[str]) -> list[bytes]:
        """Ask *queries*, the block of this number, keep what it took, and return the answers."""
        began = _processor_seconds(self.worker)
        answers = self.ask(mode, queries)
        took = _processor_seconds(self.worker) - began
        least = self.least.setdefault(mode, [])
        if block == len(least):
            least.append(took)
        least[block] = min(least[block], took)
        return answers


def main() -> None:
    """Measure and print."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("index", type=Path)
    parser.add_argument("headlines", type=Path)
    parser.add_argument("--against", type=Path)
    parser.add_argument("--whole", action="store_true")
    parser.add_argument("--queries", type=int, default=300)
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--modes", default=",".join(_MODES))
    options = parser.parse_args()
    queries = cut_or_whole(options.headlines, options.queries, whole=options.whole)
    blocks = [queries[start : start + _BLOCK] for start in range(0, len(queries), _BLOCK)]
    trees = {"old": options.against, "new": _TREE} if options.against else {"here": _TREE}
    with ExitStack() as running:
        servers = [running.enter_context(_server(name, tree, options.index)) for name, tree in trees.items()]
        for mode in options.modes.split(","):
            different: set[str] = set()
            for server in servers:
                server.ask(mode, queries[:_WARM_UP])
            for _ in range(options.rounds):
                for number, block in enumerate(blocks):
                    answers = [server.measure(mode, number, block) for server in servers]
                    different |= _differing(block, answers)
            for server in servers:
                milliseconds = sum(server.least[mode]) / len(queries) * 1000
                print(f"{mode} {server.name}: {milliseconds:.3f} ms of processor a request")
            if len(servers) > 1:
                print(
                    "".join(
                        [f"  {len(different)} of {len(queries)} answers differ", *map("\n    {}".format, different)]
                    )
                )
        for server in servers:
            memory = ", ".join(f"{name} {size:.0f}" for name, size in memory_mb(server.worker).items())
            print(f"worker {server.name}: MB {memory}")


@contextmanager
def _server(name: str, tree: Path, index: Path) -> Iterator[_Server]:
    settings = WITHOUT_CACHES | {"workers": 1, "max_query_ms": 60_000}
    with running_server(index, tree, **settings) as (port, process):
        connection = http.client.HTTPConnection("127.0.0.1", port)
        connection.request("GET", "/readyz")
        connection.getresponse().read()
        connection.close()  # it would not be kept until the next server is up; asking opens it again
        yield _Server(name, connection, _worker_of(process.pid))
        connection.close()


def _worker_of(arbiter: int) -> int:
    """Return the process that answers: of the children of *arbiter* the one that has used the processor most."""
    return max(children_of(arbiter), key=_processor_seconds)


def _processor_seconds(process: int) -> float:
    """Return the processor time of *process*, all its threads, in seconds (proc_pid_schedstat counts nanoseconds)."""
    threads = Path(f"/proc/{process}/task").glob("*/schedstat")
    return sum(int(thread.read_text(encoding="ascii").split()[0]) for thread in threads) / 1e9


def _differing(queries: Sequence[str], answers: Sequence[list[bytes]]) -> set[str]:
    """Return those of *queries* that some server answers otherwise than the first one."""
    different = set()
    for query, *told in zip(queries, *answers, strict=True):
        untimed = [_untimed(answer) for answer in told]
        if any(answer != untimed[0] for answer in untimed):
            different.add(query)
    return different


def _untimed(answer: bytes) -> list[tuple[str, Any]]:
    members = json.loads(answer)
    if "hits" not in members:
        raise SystemExit(f"A search failed: {answer.decode()}")
    return [(name, value) for name, value in members.items() if name != "took_ms"]


if __name__ == "__main__":
    main()
