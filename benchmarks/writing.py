"""Writing to an index that is searched: ``make benchmark-writing``, or ``python -m benchmarks.writing COMMAND``.

- ``found``: how long after a PUT was sent a search finds the article, one after the other;
- ``sustained``: how many articles a second come into the index while it is searched 50 times a second, and how long
  those searches take;
- ``soak``: the same for minutes, with fewer writes: whether the memory of all processes of the server stays;
- ``commits``: what an index of so many commits of one article each takes on disk, and how long its searches take,
  beside one of the same articles made at once.

Each prints a line of JSON. Run it where nothing else runs: the load average before is told with it.
"""

from __future__ import annotations

import argparse
import gzip
import json
import shutil
import statistics
import tempfile
import threading
import time
import urllib.request
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from functools import partial
from itertools import count, islice
from pathlib import Path
from typing import Any

from arsearch import Settings
from arsearch.client import Client
from arsearch.corpus import article_from_mapping
from arsearch.errors import ArsearchError
from arsearch.evaluation.trec import read_queries
from arsearch.index import Changes, Layout, update_index
from arsearch.index.writes.open_files import open_files
from arsearch.search.searcher import Searcher
from arsearch.semantic import load_encoder
from arsearch.web.access_tokens import TokenFile
from benchmarks.machine import describe_machine, load_average
from benchmarks.process import children_of, memory_mb, processor_seconds
from benchmarks.service import running_server

__all__ = ["measure_commits", "measure_found", "measure_soak", "measure_sustained"]

SEARCHES_PER_SECOND = 50.0
_CONNECTIONS = 8
_LOOK_EVERY = 0.01
_LONGEST = 60.0
_MOST_WAITING = 1_000
"""Articles that may wait: a program that writes as much as it may is told to come back later, as it should be."""
_BATCH = 50
"""Articles of one request."""
_SEARCH_ROUNDS = 5
_SETTLED = 0.3
"""Share of a soak after which its memory should stay."""

Records = Sequence[dict[str, Any]]


def read_records(data: Path) -> Records:
    """Return the articles that are indexed and written."""
    with gzip.open(data / "corpus/saudi-news.jsonl.gz", "rt", encoding="utf-8") as lines:
        return [json.loads(line) for line in lines]


def texts_of_queries(data: Path) -> list[str]:
    """Return the queries that are asked meanwhile."""
    return list(read_queries(data / "eval/saudi-titles/queries.tsv").values())


@dataclass
class Served:
    """A server, with a client that may write."""

    client: Client
    address: str
    token: str
    pid: int


@contextmanager
def served(folder: Path, records: Records, model: str) -> Iterator[Served]:
    """Index *records* in *folder*, and serve them with a token that may write."""
    corpus, tokens = folder / "corpus.jsonl", folder / "tokens.json"
    corpus.write_text("".join(json.dumps(record, ensure_ascii=False) + "\n" for record in records), encoding="utf-8")
    update_index([corpus], Settings(index=folder / "index", model=model))
    token = TokenFile(tokens).create("benchmark", ["write", "metrics"])
    limits: dict[str, Any] = {"max_query_ms": 60_000, "rate_limit": "none", "max_pending_writes": _MOST_WAITING}
    with running_server(folder / "index", tokens=tokens, **limits) as (port, process):
        address = f"http://127.0.0.1:{port}"
        with Client(address, token=token, timeout=_LONGEST) as client:
            yield Served(client, address, token, process.pid)


def new_record(records: Records, number: int) -> dict[str, Any]:
    """Return an article that no other is, with a word that no other has."""
    record = records[number % len(records)]
    word = "".join("ابتثجحخدذر"[int(digit)] for digit in f"{number:07d}")
    return record | {"id": f"new-{number}", "body": f"{record['body']}\n\nكلمة {word}"}


# Searching meanwhile


@dataclass
class Searches:
    """How long searches took that were asked for at a steady rate, in milliseconds from when they were due."""

    milliseconds: list[float] = field(default_factory=list)
    failures: list[str] = field(default_factory=list)
    processor_s: float = 0.0
    """What all processes of the server have worked meanwhile."""

    def figures(self) -> dict[str, Any]:
        """Return what to tell of them."""
        took = sorted(self.milliseconds) or [0.0]
        return {
            "searches": len(self.milliseconds),
            "search_p50_ms": round(_percentile(took, 0.5), 1),
            "search_p99_ms": round(_percentile(took, 0.99), 1),
            "server_processor_s": round(self.processor_s, 1),
            "searches_failed": len(self.failures),
            "first_failures": self.failures[:3],
        }


@contextmanager
def searching(server: Served, queries: Sequence[str], rate: float) -> Iterator[Searches]:
    """Ask *queries*, *rate* a second, as long as the context lasts."""
    found, lock, stop, began = Searches(), threading.Lock(), threading.Event(), time.monotonic()

    def connection(number: int) -> None:
        with Client(server.address, token=server.token, timeout=_LONGEST) as client:
            for turn in count(number, _CONNECTIONS):
                due = began + turn / rate
                if stop.wait(max(0.0, due - time.monotonic())):
                    return
                try:
                    client.search(queries[turn % len(queries)])
                except ArsearchError as error:
                    with lock:
                        found.failures.append(str(error))
                else:
                    with lock:
                        found.milliseconds.append((time.monotonic() - due) * 1000)

    threads = [threading.Thread(target=connection, args=(number,)) for number in range(_CONNECTIONS)] if rate else []
    before = _worked(server)
    for thread in threads:
        thread.start()
    try:
        yield found
    finally:
        found.processor_s = _worked(server) - before
        stop.set()
        for thread in threads:
            thread.join()


def _percentile(ordered: Sequence[float], share: float) -> float:
    return ordered[min(int(len(ordered) * share), len(ordered) - 1)]


# What is measured


def measure_found(server: Served, records: Records, queries: Sequence[str], *, rounds: int, rate: float) -> Any:
    """Return how long after *rounds* PUTs, one after the other, a search found each article."""
    took = []
    with searching(server, queries, rate) as searches:
        for number in range(rounds):
            record = new_record(records, number)
            began = time.monotonic()
            server.client.put(record)
            _until(partial(_finds, server.client, record["body"].split()[-1]))
            took.append((time.monotonic() - began) * 1000)
    took.sort()
    return {
        "puts": rounds,
        "found_p50_ms": round(_percentile(took, 0.5)),
        "found_p95_ms": round(_percentile(took, 0.95)),
        "found_max_ms": round(took[-1]),
    } | searches.figures()


def measure_sustained(server: Served, records: Records, queries: Sequence[str], *, seconds: float, rate: float) -> Any:
    """Return how many articles a second come into the index from one program that writes as much as it may."""
    written, began = 0, time.monotonic()
    with searching(server, queries, rate) as searches:
        while time.monotonic() < began + seconds:
            batch = [new_record(records, written + number) for number in range(_BATCH)]
            try:
                server.client.put_many(batch)
                written += len(batch)
            except ArsearchError:  # too much waits: 503, as a program should expect
                time.sleep(0.2)
        _until(lambda: _waiting(server) == 0, 10 * _LONGEST)
        elapsed = time.monotonic() - began
    return {"written": written, "articles_per_second": round(written / elapsed, 1)} | searches.figures()


def measure_soak(
    server: Served, records: Records, queries: Sequence[str], *, seconds: float, rate: float, writes: float
) -> Any:
    """Return whether the memory of the server stays while *writes* articles a second are put and some deleted."""
    memory: list[float] = []
    written, began = 0, time.monotonic()
    with searching(server, queries, rate) as searches:
        while (now := time.monotonic()) < began + seconds:
            if len(memory) <= (now - began) / 5:
                memory.append(sum(memory_mb(process)["anonymous"] for process in _family(server.pid)))
            time.sleep(max(0.0, began + written / writes - now))
            server.client.put(new_record(records, written))
            if written % 4 == 3:
                server.client.delete(f"new-{written - 2}")
            written += 1
    settled = memory[int(len(memory) * _SETTLED) :]
    quarter = max(len(settled) // 4, 1)
    first, last = statistics.median(settled[:quarter]), statistics.median(settled[-quarter:])
    return {
        "minutes": round(seconds / 60, 1),
        "written": written,
        "memory_mb": [round(one) for one in memory],
        "memory_change": round(last / first - 1, 4),
    } | searches.figures()


def measure_commits(folder: Path, records: Records, queries: Sequence[str], *, size: int, commits: int) -> Any:
    """Return disk and search time of *size* articles and *commits* of one more each, beside all made at once."""
    model = "fast"
    grown, whole = (Settings(index=folder / name, model=model, max_query_ms=60_000) for name in ("grown", "whole"))
    first, every = folder / "first.jsonl", folder / "every.jsonl"
    more = [new_record(records, number) for number in range(commits)]
    for path, some in ((first, records[:size]), (every, [*records[:size], *more])):
        path.write_text("".join(json.dumps(record, ensure_ascii=False) + "\n" for record in some), encoding="utf-8")
    update_index([first], grown)
    most = 0
    took, worked, written, files = [], [], [], []
    layout, encoder = Layout(grown.index), load_encoder(model)
    kept_open: list[object] = []
    for number, record in enumerate(more):
        began, at_work, before = time.perf_counter(), time.process_time(), _bytes_written()
        update_index((), grown, changes=Changes(put=(article_from_mapping(record)[0],)), encoder=encoder)
        kept_open[:] = [open_files(layout.commit(layout.current()))]  # as the writer of a server does
        took.append(time.perf_counter() - began)
        worked.append(time.process_time() - at_work)
        written.append(_bytes_written() - before)
        if number % 10 == 0:
            most = max(most, _size(grown.index))
            files.append(sum(path.is_file() for path in layout.commit(layout.current()).rglob("*")))
    update_index([every], whole)
    size_grown, size_whole = _size(grown.index), _size(whole.index)
    times = {name: [0.0] * len(queries) for name in ("grown", "whole")}
    with Searcher(grown.index, grown) as one, Searcher(whole.index, whole) as other:
        for _ in range(_SEARCH_ROUNDS):
            for name, searcher in (("grown", one), ("whole", other)):
                for at, query in enumerate(queries):
                    began = time.thread_time()  # of the processor: other work on the machine counts less
                    searcher.search(query)
                    elapsed = time.thread_time() - began
                    times[name][at] = min(times[name][at] or elapsed, elapsed)  # fastest of rounds
    tenth = max(commits // 10, 1)
    medians = {name: statistics.median(values) * 1000 for name, values in times.items()}
    return {
        "articles": size,
        "commits": commits,
        "commit_p50_ms": round(statistics.median(took) * 1000),
        "commit_processor_p50_ms": round(statistics.median(worked) * 1000),
        "commit_processor_mean_ms_by_tenths": [
            round(statistics.mean(worked[first : first + tenth]) * 1000) for first in range(0, commits, tenth)
        ],
        "written_p50_mb": round(statistics.median(written) / 1e6, 2),
        "written_mean_mb": round(statistics.mean(written) / 1e6, 2),
        "written_max_mb": round(max(written) / 1e6, 2),
        "files_of_a_commit_at_most": max(files),
        "disk_mb": round(size_grown / 1e6, 1),
        "disk_mb_made_at_once": round(size_whole / 1e6, 1),
        "disk_times": round(size_grown / size_whole, 3),
        "disk_times_at_most": round(max(most, size_grown) / size_whole, 3),
        "search_processor_p50_ms": round(medians["grown"], 2),
        "search_processor_p50_ms_made_at_once": round(medians["whole"], 2),
        "search_times": round(medians["grown"] / medians["whole"], 3),
    }


def _finds(client: Client, word: str) -> bool:
    return client.search(word, mode="lexical", as_typed=True).total > 0


def _until(there: Callable[[], Any], longest: float = _LONGEST) -> None:
    end = time.monotonic() + longest
    while not there():
        if time.monotonic() > end:
            raise SystemExit("What was written is not found in time.")
        time.sleep(_LOOK_EVERY)


def _waiting(server: Served) -> float:
    """Return how many articles wait for being indexed, as the server's metrics tell."""
    request = urllib.request.Request(f"{server.address}/metrics")
    request.add_header("Authorization", f"Bearer {server.token}")
    with urllib.request.urlopen(request) as answer:
        for line in answer.read().decode().splitlines():
            if line.startswith("arsearch_writes_waiting_articles"):
                return float(line.split()[-1])
    return 0.0


def _family(pid: int) -> list[int]:
    """Return the processes of the server."""
    found = [pid]
    for process in found:
        with suppress(OSError):
            found += children_of(process)
    return found


def _worked(server: Served) -> float:
    return sum(map(processor_seconds, _family(server.pid)))


def _size(folder: Path) -> int:
    """Return the bytes that the files of *folder* take, each counted once however many names it has."""
    sizes = {}
    for path in folder.rglob("*"):
        with suppress(FileNotFoundError):
            status = path.stat()
            if path.is_file():
                sizes[status.st_ino] = status.st_size
    return sum(sizes.values())


def _bytes_written() -> int:
    """Return how many bytes this process has caused to be written to disks; 0 where that is not known."""
    with suppress(OSError), Path("/proc/self/io").open(encoding="ascii") as lines:
        for line in lines:
            name, _, value = line.partition(":")
            if name == "write_bytes":
                return int(value)
    return 0


def main() -> None:
    """Measure, and print a line of JSON."""
    parser = argparse.ArgumentParser(prog="python -m benchmarks.writing", description=__doc__)
    parser.add_argument("command", choices=("found", "sustained", "soak", "commits"))
    parser.add_argument("--data", type=Path, required=True, help="the folder with corpus/ and eval/")
    parser.add_argument("--size", type=int, default=29_000, help="articles that are there before")
    parser.add_argument("--model", default="fast", help="the encoder")
    parser.add_argument("--rounds", type=int, default=200, help="articles that are put one after the other")
    parser.add_argument("--seconds", type=float, default=60, help="how long a load lasts")
    parser.add_argument("--rate", type=float, default=SEARCHES_PER_SECOND, help="searches a second meanwhile; 0: none")
    parser.add_argument("--writes", type=float, default=10, help="articles a second, in a soak")
    parser.add_argument("--commits", type=int, default=1000, help="commits of one article")
    arguments = parser.parse_args()
    load, began = load_average(), time.strftime("%Y-%m-%dT%H:%MZ", time.gmtime())
    records, queries = read_records(arguments.data), texts_of_queries(arguments.data)
    folder = Path(tempfile.mkdtemp(prefix="arsearch-writing-"))
    try:
        if arguments.command == "commits":
            told = measure_commits(folder, records, queries[:100], size=arguments.size, commits=arguments.commits)
        else:
            with served(folder, list(islice(records, arguments.size)), arguments.model) as server:
                options: dict[str, Any] = {"rate": arguments.rate}
                if arguments.command == "found":
                    told = measure_found(server, records, queries, rounds=arguments.rounds, **options)
                elif arguments.command == "sustained":
                    told = measure_sustained(server, records, queries, seconds=arguments.seconds, **options)
                else:
                    options |= {"writes": arguments.writes}
                    told = measure_soak(server, records, queries, seconds=arguments.seconds, **options)
    finally:
        shutil.rmtree(folder, ignore_errors=True)
    about = {"command": arguments.command, "size": arguments.size, "begun": began, "load_average_before": load}
    print(json.dumps(about | {"machine": describe_machine()} | told))


if __name__ == "__main__":
    main()
