"""Ask a server 100,000 things that nobody would: `python -m benchmarks.fuzz_api [--requests N] [--index DIR]`.

Starts `arsearch serve` on localhost, sends seeded requests over kept connections, and ends with status 1 if any answer
is a 5xx, if a problem is not in the one shape, if the server closes a connection without an answer, or if its log has a
traceback or an error. Without an index the articles that come with arsearch are indexed for it.
"""

from __future__ import annotations

import argparse
import gzip
import http.client
import json
import socket
import subprocess
import sys
import tempfile
import threading
import time
import urllib.request
from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import arsearch
from benchmarks.fuzz_requests import FuzzRequest, Requests

_HOST = "127.0.0.1"
_SEED = 20150721
_THREADS = 4
_LONGEST_RUN_SECONDS = 3_600
_TIMEOUT = 30
_START_SECONDS = 60
_SHOWN_FAILURES = 20
_TOLD_EVERY = 10_000
_PROBLEM = {"type", "title", "status", "detail"}


class Tally:
    """What was answered, by all threads."""

    def __init__(self, requests: int) -> None:
        self._lock = threading.Lock()
        self._left = requests
        self._end = time.monotonic() + _LONGEST_RUN_SECONDS
        self.statuses: Counter[int] = Counter()
        self.seconds: list[float] = []
        self.failures: list[str] = []

    def take(self) -> bool:
        """Return whether another request is to be sent, and count it."""
        with self._lock:
            self._left -= 1
            return self._left >= 0 and time.monotonic() < self._end

    def count(self, request: FuzzRequest, status: int, seconds: float, fault: str) -> None:
        """Count an answer; *fault* says what is wrong with it, empty if nothing is."""
        with self._lock:
            self.statuses[status] += 1
            self.seconds.append(seconds)
            if len(self.seconds) % _TOLD_EVERY == 0:
                print(f"{len(self.seconds)} requests, {len(self.failures)} failures", file=sys.stderr, flush=True)
            if fault:
                self.failures.append(f"{fault}: {request.method} {request.target[:300]!r} {request.body!r:.300}")


def main() -> int:
    """Run, print a figure, and return the exit status."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--requests", type=int, default=100_000)
    parser.add_argument("--index", type=Path)
    parser.add_argument("--seed", type=int, default=_SEED)
    arguments = parser.parse_args()
    with tempfile.TemporaryDirectory() as folder:
        index = arguments.index or _demonstration(Path(folder))
        log = Path(folder) / "log"
        with _server(index, log) as port:
            began = time.monotonic()
            tally = _ask(port, arguments.requests, arguments.seed)
            took = time.monotonic() - began
        return _report(tally, took, log.read_text(encoding="utf-8", errors="replace"))


def _demonstration(folder: Path) -> Path:
    corpus = Path(__file__).parents[1] / "corpus"
    arsearch.build_index([corpus], folder / "index", settings=arsearch.Settings(model="fast"))
    return folder / "index"


@contextmanager
def _server(index: Path, log: Path) -> Iterator[int]:
    """Run a server and yield its port; what it writes goes to *log*."""
    with socket.socket() as free:
        free.bind((_HOST, 0))
        port = free.getsockname()[1]
    command = [sys.executable, "-m", "arsearch", "serve", "--index", str(index), "--host", _HOST, "--port", str(port)]
    with log.open("wb") as file:
        process = subprocess.Popen(command, stdout=file, stderr=subprocess.STDOUT)
        try:
            end = time.monotonic() + _START_SECONDS
            while not _is_ready(port):
                if time.monotonic() > end or process.poll() is not None:
                    raise SystemExit(f"The server did not start: {log.read_text(encoding='utf-8')[-1000:]}")
                time.sleep(0.2)
            yield port
        finally:
            process.terminate()
            process.wait()


def _is_ready(port: int) -> bool:
    try:
        with urllib.request.urlopen(f"http://{_HOST}:{port}/readyz"):
            return True
    except OSError:
        return False


def _ask(port: int, requests: int, seed: int) -> Tally:
    tally = Tally(requests)
    threads = [threading.Thread(target=_ask_on, args=(port, Requests(seed + n), tally)) for n in range(_THREADS)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    return tally


def _ask_on(port: int, requests: Requests, tally: Tally) -> None:
    """Send requests on one connection, and on a new one when the server has closed it after an answer."""
    connection: http.client.HTTPConnection | None = None
    while tally.take():
        request = requests.make()
        began = time.perf_counter()
        for fresh in (False, True):
            if connection is None or fresh:
                connection = http.client.HTTPConnection(_HOST, port, timeout=_TIMEOUT)
            try:
                status, fault, cursor, closes = _answer(connection, request)
                break
            except (OSError, http.client.HTTPException) as error:
                connection.close()
                status, fault, cursor, closes = 0, f"no answer ({type(error).__name__}: {error})", "", True
        tally.count(request, status, time.perf_counter() - began, fault)
        if closes and connection is not None:
            connection.close()
            connection = None
        if cursor and len(requests.cursors) < 1000:
            requests.cursors.append(cursor)
    if connection is not None:
        connection.close()


def _answer(connection: http.client.HTTPConnection, request: FuzzRequest) -> tuple[int, str, str, bool]:
    """Return the status, what is wrong with the answer, a cursor it has, and whether the connection is at its end."""
    connection.putrequest(request.method, request.target, skip_accept_encoding=True)
    for name, value in request.headers.items():
        connection.putheader(name, value)
    if request.body is not None:
        connection.putheader("Content-Length", str(len(request.body)))
    connection.endheaders(request.body)
    with connection.getresponse() as response:
        body = response.read()
    fault = "a server error" if response.status >= 500 else ""
    cursor = ""
    is_api = request.target.startswith("/api/v1/") and request.method != "HEAD"
    if is_api and response.status >= 400 and response.getheader("X-Request-ID"):  # else it never was HTTP
        fault = fault or _wrong_with_problem(response, body)
    elif response.status == 200 and body.startswith(b'{"query"'):
        cursor = json.loads(body).get("after") or ""
    return response.status, fault, cursor, response.will_close


def _wrong_with_problem(response: http.client.HTTPResponse, body: bytes) -> str:
    if response.getheader("Content-Encoding") == "gzip":
        body = gzip.decompress(body)
    if response.getheader("Content-Type") != "application/problem+json":
        return f"a problem as {response.getheader('Content-Type')}"
    problem = json.loads(body)
    return "" if set(problem) >= _PROBLEM and problem["status"] == response.status else "a problem of another shape"


def _report(tally: Tally, took: float, log: str) -> int:
    seconds = sorted(tally.seconds)
    sent = len(seconds)
    in_log = [line for line in log.splitlines() if "Traceback" in line or '"level": "error"' in line.lower()]
    statuses = ", ".join(f"{status}: {count}" for status, count in sorted(tally.statuses.items()))
    print(f"{sent} requests in {took:.0f} s ({sent / took:.0f}/s), by status {statuses}")
    print(f"slowest {seconds[-1] * 1000:.0f} ms, 99 % within {seconds[int(sent * 0.99)] * 1000:.0f} ms")
    print(f"{len(tally.failures)} failures, {len(in_log)} tracebacks or errors in the log")
    for line in [*tally.failures[:_SHOWN_FAILURES], *in_log[:_SHOWN_FAILURES]]:
        print("  ", line[:1000])
    return 1 if tally.failures or in_log else 0


if __name__ == "__main__":
    sys.exit(main())
