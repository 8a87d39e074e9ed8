"""A server under steady load while its index is built anew beneath it: does its memory stay, and does nobody notice?"""

from __future__ import annotations

import datetime
import json
import shutil
import statistics
import subprocess
import sys
import threading
import time
from collections.abc import Sequence
from dataclasses import dataclass, field
from http.client import HTTPConnection, HTTPException
from pathlib import Path
from typing import Any
from urllib.parse import urlencode

import arsearch
from benchmarks.documents import prepare_documents
from benchmarks.machine import describe_machine, load_average
from benchmarks.process import children_of, memory_mb
from benchmarks.queries import prepare_queries
from benchmarks.service import arsearch_command, running_server

__all__ = ["show", "soak_service"]

_CONNECTIONS = 16
_SHARE = 0.8
_REINDEXES = 3
_SETTLING_SECONDS = 60
"""Until caches are full and every page of the index has been touched."""
_CAPACITY_SECONDS = 20
_SETTINGS = {"cached_answers_mb": 8, "max_query_ms": 60_000}
"""A cache that is soon full, so that memory settles; and so much time that a machine that is busy with other things too
does not make requests fail that are only late."""
_PAGES = range(1, 11)
_CHANGING = 20
"""Of so many articles one is another in each commit."""


@dataclass
class Tally:
    """What became of the requests of all connections."""

    milliseconds: list[tuple[float, float]] = field(default_factory=list)
    """When each was due, and how long after that it was answered."""
    failures: list[str] = field(default_factory=list)
    commits: set[str] = field(default_factory=set)


def soak_service(size: int, data: Path, work: Path, *, minutes: float) -> dict[str, Any]:
    """Load a server with *size* documents of *data* for *minutes*, with three reindexes, and return what happened."""
    load = load_average()
    documents = prepare_documents(data / "corpus", size, work / f"documents-{size}")
    prepared = prepare_queries(data / "eval/saudi-titles/queries.tsv", 1000, work / "queries.tsv")
    queries = [query.text for query in prepared]
    shutil.rmtree(work / "soak", ignore_errors=True)
    corpus, index = work / "soak" / "articles.jsonl", work / "soak" / "index"
    corpus.parent.mkdir(parents=True)
    lines = documents.articles.read_text(encoding="utf-8").splitlines()
    _write(lines, corpus, 0)
    arsearch.build_index([corpus], index, settings=arsearch.Settings(model="fast"))
    addresses = [
        f"/api/v1/search?{urlencode({'q': query, 'page': page})}" for page in _PAGES for query in queries
    ]  # more than the cache holds, so that every part of a server has to work
    with running_server(index, **_SETTINGS) as (port, process):
        capacity = len(_ask(port, addresses, _CAPACITY_SECONDS, rate=None).milliseconds) / _CAPACITY_SECONDS
        rate = _SHARE * capacity
        memory: list[tuple[float, float, float]] = []
        done = threading.Event()
        began = time.monotonic()
        watcher = threading.Thread(target=_watch, args=(process.pid, began, memory, done))
        writer = threading.Thread(target=_reindex, args=(lines, corpus, index, minutes * 60, done))
        watcher.start()
        writer.start()
        tally = _ask(port, addresses, minutes * 60, rate=rate)
        done.set()
        watcher.join()
        writer.join()
    latencies = sorted(took for _, took in tally.milliseconds)
    return {
        "size": documents.description["documents"],
        "begun": datetime.datetime.now(datetime.UTC).isoformat(timespec="minutes"),
        "load_average_before": load,
        "machine": describe_machine(),
        "minutes": minutes,
        "connections": _CONNECTIONS,
        "capacity_per_second": round(capacity, 1),
        "asked_per_second": round(rate, 1),
        "answered": len(latencies),
        "answered_per_second": round(len(latencies) / (minutes * 60), 1),
        "failed": len(tally.failures),
        "first_failures": tally.failures[:5],
        "commits_seen": sorted(tally.commits),
        "p50": round(latencies[len(latencies) // 2], 1),
        "p99": round(latencies[int(len(latencies) * 0.99)], 1),
        "memory_mb": [
            {"seconds": round(at), "anonymous": round(anonymous), "resident": round(resident)}
            for at, anonymous, resident in memory
        ],
        "memory_change": _change(memory),
    }


def _write(lines: Sequence[str], corpus: Path, commit: int) -> None:
    """Write the corpus of a commit: the same articles but for some, which say which one they are of."""
    changed = []
    for number, line in enumerate(lines):
        article = json.loads(line)
        if (number + commit) % _CHANGING == 0:
            article["body"] = f"{article['body']}\n\nتحديث {commit}"
        changed.append(json.dumps(article, ensure_ascii=False))
    temporary = corpus.with_suffix(".new")
    temporary.write_text("\n".join(changed), encoding="utf-8")
    temporary.replace(corpus)


def _reindex(lines: Sequence[str], corpus: Path, index: Path, seconds: float, done: threading.Event) -> None:
    for commit in range(1, _REINDEXES + 1):
        if done.wait(seconds / (_REINDEXES + 1)):
            return
        _write(lines, corpus, commit)
        command = [*arsearch_command(), "index", str(corpus), "--index", str(index)]
        subprocess.run(command, check=True, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)


def _watch(pid: int, began: float, memory: list[tuple[float, float, float]], done: threading.Event) -> None:
    """Note every few seconds what the workers have in memory together: of their own, and with what they map."""
    while not done.wait(5):
        workers = [memory_mb(worker) for worker in children_of(pid)]
        memory.append(
            (
                time.monotonic() - began,
                sum(worker["anonymous"] for worker in workers),
                sum(worker["resident"] for worker in workers),
            )
        )


def _change(memory: Sequence[tuple[float, float, float]]) -> dict[str, float]:
    """Return by which share of itself each kind of memory grew from the time it had settled until the end."""
    settled = [row for row in memory if row[0] >= _SETTLING_SECONDS] or list(memory)
    quarter = max(len(settled) // 4, 1)
    change = {}
    for name, column in (("anonymous", 1), ("resident", 2)):
        first = statistics.median(row[column] for row in settled[:quarter])
        last = statistics.median(row[column] for row in settled[-quarter:])
        change[name] = round(last / first - 1, 4)
    return change


def _ask(port: int, addresses: Sequence[str], seconds: float, *, rate: float | None) -> Tally:
    """Ask for *addresses* in turn over all connections: *rate* times a second in all, or without it as fast as it goes.

    What is late counts from when it was due, so that a server that stands still is not asked less.
    """
    tally, lock = Tally(), threading.Lock()
    began = time.monotonic()

    def connection(number: int) -> None:
        client = HTTPConnection("127.0.0.1", port, timeout=60)
        own = Tally()
        turn = 0
        while True:
            due = began + (number + turn * _CONNECTIONS) / rate if rate else time.monotonic()
            if due >= began + seconds:
                break
            if (wait := due - time.monotonic()) > 0:
                time.sleep(wait)
            address = addresses[(number + turn * _CONNECTIONS) % len(addresses)]
            turn += 1
            try:
                client = _answered(client, port, address, own)
            except (OSError, HTTPException) as error:
                own.failures.append(f"{address}: {error!r}")
                client.close()
                continue
            own.milliseconds.append((due - began, (time.monotonic() - due) * 1000))
        client.close()
        with lock:
            tally.milliseconds += own.milliseconds
            tally.failures += own.failures
            tally.commits |= own.commits

    threads = [threading.Thread(target=connection, args=(number,)) for number in range(_CONNECTIONS)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    return tally


def _answered(client: HTTPConnection, port: int, address: str, tally: Tally) -> HTTPConnection:
    """Ask, over a new connection if the server has closed the old one meanwhile; return the one that is open."""
    try:
        client.request("GET", address)
        response = client.getresponse()
    except (ConnectionError, HTTPException):
        client.close()
        client = HTTPConnection("127.0.0.1", port, timeout=60)
        client.request("GET", address)
        response = client.getresponse()
    body = response.read()
    if response.status != 200:
        tally.failures.append(f"{address}: {response.status} {body[:200]!r}")
    elif (changed := response.headers.get("Last-Modified")) is not None:
        tally.commits.add(changed)
    return client


def show(result: dict[str, Any]) -> None:
    """Print what happened, in a few lines."""
    print(
        f"{result['minutes']} minutes at {result['asked_per_second']} requests/s, 80 % of "
        f"{result['capacity_per_second']}: {result['answered']} answered, {result['failed']} failed, "
        f"p50 {result['p50']} ms, p99 {result['p99']} ms; {len(result['commits_seen'])} commits; "
        f"memory {result['memory_change']}",
        file=sys.stderr,
    )
