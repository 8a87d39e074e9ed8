"""What only arsearch has: its command from a fresh shell, and its server under load on this machine."""

from __future__ import annotations

import datetime
import json
import os
import shutil
import socket
import subprocess
import sys
import time
import urllib.error
import urllib.request
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any
from urllib.parse import urlencode

import arsearch
from benchmarks.documents import prepare_documents
from benchmarks.machine import describe_machine, load_average
from benchmarks.process import children_of, memory_mb
from benchmarks.queries import BenchmarkQuery, prepare_queries

__all__ = ["WITHOUT_CACHES", "arsearch_command", "measure_service", "running_server"]

_HOST = "127.0.0.1"
_WORKERS = 2
_CONNECTIONS = (1, 8, 16, 64)
_MODES = ("hybrid", "lexical")
WITHOUT_CACHES = {"cached_answers": 0, "cached_embeddings": 0}
_COLD_RUNS = 5
_COLD_QUERY = "وزير الداخلية"
_WARM_UP_SECONDS = 3
_START_SECONDS = 60
_SCRIPT = """\
local paths = {}
for line in io.lines(%s) do paths[#paths + 1] = line end
local number = 0
request = function()
  number = number %% #paths + 1
  return wrk.format("GET", paths[number])
end
done = function(summary, latency)
  local errors = summary.errors
  io.write(string.format(
    '\\n{"requests": %%d, "seconds": %%f, "p50": %%f, "p99": %%f, "refused": %%d, "broken": %%d}\\n',
    summary.requests, summary.duration / 1e6, latency:percentile(50) / 1e3, latency:percentile(99) / 1e3,
    errors.status, errors.connect + errors.read + errors.write + errors.timeout))
end
"""


def measure_service(size: int, data: Path, work: Path, *, seconds: int, cold_runs: int = _COLD_RUNS) -> dict[str, Any]:
    """Measure with *size* documents of *data*, each load for *seconds*, and return what was found as plain values.

    *cold_runs* is how often each command is run.
    """
    load = load_average()
    documents = prepare_documents(data / "corpus", size, work / f"documents-{size}")
    queries = prepare_queries(data / "eval/saudi-titles/queries.tsv", 1000, work / "queries.tsv")
    index = work / f"indexes-{size}/arsearch-hybrid/index"
    arsearch.build_index(
        [documents.articles], index, settings=arsearch.Settings(model="fast")
    )  # at once, if a comparison left it
    with running_server(index, **WITHOUT_CACHES) as (port, process):
        loads = _loads(port, queries, work, seconds)
        memory = [memory_mb(worker) for worker in children_of(process.pid)]
    with running_server(index) as (port, process):
        loads_with_caches = _loads(port, queries, work, seconds)
    return {
        "size": documents.description["documents"],
        "begun": datetime.datetime.now(datetime.UTC).isoformat(timespec="minutes"),
        "load_average_before": load,
        "machine": describe_machine(),
        "command_seconds": {mode: _command_seconds(index, mode, cold_runs) for mode in _MODES},
        "server": {
            "workers": _WORKERS,
            "memory_mb": memory,
            "seconds_each": seconds,
            "loads": loads,
            "loads_with_caches": loads_with_caches,
        },
    }


def _command_seconds(index: Path, mode: str, runs: int) -> list[float]:
    """Return the wall time of several searches from the shell, each in a new process; files are in the page cache."""
    command = [*arsearch_command(), "search", _COLD_QUERY, "--mode", mode, "--index", str(index)]
    times = []
    for _ in range(runs + 1):
        began = time.perf_counter()
        subprocess.run(command, check=True, stdout=subprocess.DEVNULL)
        times.append(time.perf_counter() - began)
    return times[1:]


def arsearch_command() -> list[str]:
    script = Path(sys.executable).with_name("arsearch")
    return [str(script)] if script.exists() else [sys.executable, "-m", "arsearch"]


@contextmanager
def running_server(
    index: Path, tree: Path | None = None, /, *, workers: int = _WORKERS, **settings: object
) -> Iterator[tuple[int, subprocess.Popen[bytes]]]:
    """Run a server for *index* with *settings*, of the checkout *tree* if that is given; yield its port and process."""
    with socket.socket() as free:
        free.bind((_HOST, 0))
        port = free.getsockname()[1]
    command = [
        *arsearch_command(), "serve", "--index", str(index), "--host", _HOST, "--port", str(port),
        "--workers", str(workers),
    ]  # fmt: skip
    environment = os.environ | {f"ARSEARCH_{name.upper()}": str(value) for name, value in settings.items()}
    if tree is not None:
        environment["PYTHONPATH"] = str(tree / "src")
    process = subprocess.Popen(command, env=environment, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
    try:
        _wait_until_ready(port)
        yield port, process
    finally:
        process.terminate()
        process.wait()


def _wait_until_ready(port: int) -> None:
    end = time.monotonic() + _START_SECONDS
    while True:
        try:
            with urllib.request.urlopen(f"http://{_HOST}:{port}/readyz"):
                return
        except urllib.error.URLError:
            if time.monotonic() > end:
                raise
            time.sleep(0.1)


def _loads(port: int, queries: list[BenchmarkQuery], work: Path, seconds: int) -> list[dict[str, Any]]:
    """Return requests a second and latencies for each mode and number of connections, by wrk on this machine."""
    if shutil.which("wrk") is None:
        print("The load on the server is left out: there is no wrk (apt-get install wrk).", file=sys.stderr)
        return []
    found = []
    for mode in _MODES:
        paths, script = work / "paths.txt", work / "load.lua"
        addresses = [f"/api/v1/search?{urlencode({'q': query.text, 'mode': mode})}" for query in queries]
        paths.write_text("\n".join(addresses) + "\n", encoding="ascii")
        script.write_text(_SCRIPT % json.dumps(str(paths)), encoding="utf-8")
        _load(port, script, _CONNECTIONS[1], _WARM_UP_SECONDS)
        for connections in _CONNECTIONS:
            result = _load(port, script, connections, seconds)
            result["per_second"] = result["requests"] / result["seconds"]
            found.append({"mode": mode, "connections": connections, **result})
    return found


def _load(port: int, script: Path, connections: int, seconds: int) -> dict[str, Any]:
    command = ["wrk", "-t1", f"-c{connections}", f"-d{seconds}s", "-s", str(script), f"http://{_HOST}:{port}"]
    output = subprocess.run(command, check=True, capture_output=True, text=True).stdout
    result: dict[str, Any] = json.loads(output.rstrip().rpartition("\n")[2])
    return result
