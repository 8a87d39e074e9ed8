"""The server as it is run: processes, a socket, signals, and an index it cannot write to."""

from __future__ import annotations

import contextlib
import json
import os
import shutil
import signal
import socket
import subprocess
import sys
import time
import urllib.error
import urllib.request
from collections import Counter
from collections.abc import Iterator
from http.client import HTTPConnection
from pathlib import Path
from typing import Any

import pytest

from arsearch.settings import Settings
from arsearch.web import server

from .metrics_of import parsed

pytestmark = [
    pytest.mark.slow,
    pytest.mark.skipif(sys.platform == "win32", reason="gunicorn needs fork; Windows is served by waitress"),
]

SOURCE = Path(__file__).parents[2] / "src"
ENVIRONMENT = {**os.environ, "PYTHONPATH": str(SOURCE)}
SEARCH = "/api/v1/search?q=%D9%82%D9%85%D8%B1"

# An application of which one address answers when a file says so, after it has said itself that it was asked.
HELD = """
import sys
from pathlib import Path
from arsearch.settings import load_settings
from arsearch.web.app import create_app
from arsearch.web.server import serve

def make(settings):
    app = create_app(settings)

    @app.get("/held")
    def held():
        Path(sys.argv[1]).write_text("asked")  # a named pipe: waits until it is read
        return Path(sys.argv[2]).read_text()   # a named pipe: waits until it is written

    return app

serve(load_settings(), make)
"""


# An application that says which process answers.
WHO = """
import os
from arsearch.settings import load_settings
from arsearch.web.app import create_app
from arsearch.web.server import serve

def make(settings):
    app = create_app(settings)
    app.add_url_rule("/who", view_func=lambda: str(os.getpid()))
    return app

serve(load_settings(), make)
"""


class Server:
    """A server in a process group of its own."""

    def __init__(self, process: subprocess.Popen[str], port: int) -> None:
        self.process = process
        self.port = port

    def get(self, path: str, **headers: str) -> tuple[int, str]:
        address = f"http://127.0.0.1:{self.port}{path}"
        try:
            with urllib.request.urlopen(urllib.request.Request(address, headers=headers), timeout=60) as response:
                return response.status, response.read().decode()
        except urllib.error.HTTPError as error:
            with error:
                return error.code, error.read().decode()

    def workers(self) -> list[int]:
        children = Path(f"/proc/{self.process.pid}/task/{self.process.pid}/children").read_text(encoding="ascii")
        return [int(child) for child in children.split()]


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port: int = probe.getsockname()[1]
        return port


@contextlib.contextmanager
def running(index: Path, *, command: list[str] | None = None, **settings: Any) -> Iterator[Server]:
    port = free_port()
    values = {"index": index, "port": port, "workers": 1, "shutdown_seconds": 60, **settings}
    environment = ENVIRONMENT | {f"ARSEARCH_{name.upper()}": str(value) for name, value in values.items()}
    process = subprocess.Popen(
        command or [sys.executable, "-m", "arsearch", "serve"],
        env=environment,
        stdout=subprocess.DEVNULL,
        stderr=subprocess.PIPE,
        text=True,
        encoding="utf-8",
        cwd="/",
    )
    server = Server(process, port)
    try:
        end = time.monotonic() + 120
        while True:
            try:
                server.get("/healthz")
                break
            except (urllib.error.URLError, ConnectionError):
                if process.poll() is not None or time.monotonic() > end:
                    raise AssertionError(process.stderr.read() if process.stderr else "") from None
                time.sleep(0.02)
        yield server
    finally:
        process.send_signal(signal.SIGQUIT)  # at once; nothing happens if it has ended
        with contextlib.suppress(subprocess.TimeoutExpired):
            process.wait(30)
        if process.poll() is None:
            process.kill()
            process.wait()
        if process.stderr:
            process.stderr.close()


def test_templates_are_compiled_before_anybody_asks(corpus_index: Path) -> None:
    application: Any = server._arsearch(Settings(index=corpus_index))
    compiled = {name for _, name in application.jinja_env.cache}
    assert compiled >= {"home.html", "results.html", "article.html", "nothing.html", "error.html"}


def test_a_server_told_to_stop_finishes_the_request_it_is_working_on(corpus_index: Path, tmp_path: Path) -> None:
    asked, go_on = tmp_path / "asked", tmp_path / "go-on"
    os.mkfifo(asked)
    os.mkfifo(go_on)
    with running(corpus_index, command=[sys.executable, "-c", HELD, str(asked), str(go_on)]) as server:
        with socket.create_connection(("127.0.0.1", server.port), timeout=60) as client:
            client.sendall(b"GET /held HTTP/1.1\r\nHost: localhost\r\n\r\n")
            assert asked.read_text(encoding="ascii") == "asked"
            server.process.send_signal(signal.SIGTERM)
            while True:  # until the server takes no new requests
                try:
                    with socket.create_connection(("127.0.0.1", server.port), timeout=60) as other:
                        other.sendall(b"GET /healthz HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n")
                        other.settimeout(0.2)
                        if not other.recv(1):
                            break
                except (ConnectionError, TimeoutError):
                    break
            assert server.process.poll() is None
            go_on.write_text("finished", encoding="ascii")
            response = b""
            while chunk := client.recv(4096):
                response += chunk
        assert response.startswith(b"HTTP/1.1 200 OK\r\n")
        assert response.endswith(b"\r\n\r\nfinished")
        assert server.process.wait(60) == 0


def test_connections_that_stay_are_shared_out_to_all_processes(corpus_index: Path) -> None:
    with (
        running(corpus_index, command=[sys.executable, "-c", WHO], workers=2) as server,
        contextlib.ExitStack() as stack,
    ):
        ready: set[Any] = set()
        while len(ready) < 2:  # each connection ends with its answer
            ready.add(server.get("/who")[1])

        def who() -> str:
            connection = HTTPConnection("127.0.0.1", server.port, timeout=60)
            stack.callback(connection.close)
            connection.request("GET", "/who")
            return connection.getresponse().read().decode()

        counts = Counter(who() for _ in range(20))
        assert len(counts) == 2
        assert min(counts.values()) >= 5


def test_counts_are_those_of_all_processes_and_survive_the_end_of_one(corpus_index: Path) -> None:
    with running(corpus_index, workers=2) as server:
        for _ in range(10):
            assert server.get(SEARCH)[0] == 200
        name = 'arsearch_http_requests_total{endpoint="api.search",status="200"}'
        assert {parsed(server.get("/metrics")[1])[name] for _ in range(6)} == {10.0}
        first = server.workers()[0]
        os.kill(first, signal.SIGTERM)
        while first in server.workers() or len(server.workers()) < 2:
            time.sleep(0.02)
        samples = parsed(server.get("/metrics")[1])
        assert samples[name] == 10
        assert samples['arsearch_stage_seconds_count{stage="render"}'] == 10
        assert samples["arsearch_index_commit"] == 1


def test_the_log_of_a_server_is_json_to_the_last_line(corpus_index: Path) -> None:
    with running(corpus_index) as server:
        assert server.get(SEARCH)[0] == 200
        server.process.send_signal(signal.SIGTERM)
        _, log = server.process.communicate(timeout=60)
    said, *events = log.splitlines()
    assert said.startswith("Serving ")
    parsed_events = [json.loads(event) for event in events]
    assert {"arsearch.access", "gunicorn.error"} <= {event["logger"] for event in parsed_events}
    assert all({"time", "level", "message"} <= set(event) for event in parsed_events)


def test_an_address_that_gunicorn_would_not_take_is_still_ours_to_refuse(corpus_index: Path) -> None:
    with running(corpus_index, max_address_kb=16) as server:
        assert server.get("/api/v1/search?q=" + "%D9%82" * 1000)[0] == 200
        status, body = server.get("/api/v1/search?q=" + "x" * 20_000)
        assert (status, json.loads(body)["type"]) == (414, "/api/v1/problems/address-too-long")
        assert server.get("/api/v1/search?q=" + "x" * 40_000)[0] in (400, 414)  # gunicorn itself, before it grows
        assert server.get("/healthz")[0] == 200


def without_rights_of_root() -> list[str]:
    """Return what to put before a command so that read-only files are read-only to it, whoever runs the tests."""
    if os.geteuid() != 0:
        return []
    setpriv = shutil.which("setpriv")
    if setpriv is None:
        pytest.skip("root can write everywhere, and there is no setpriv to give that up")
    return [setpriv, "--bounding-set", "-dac_override,-dac_read_search"]


def test_the_server_needs_no_right_to_write_to_the_index(corpus_index: Path, tmp_path: Path) -> None:
    index = shutil.copytree(corpus_index, tmp_path / "index")
    for file in (index, *index.rglob("*")):
        file.chmod(0o555 if file.is_dir() else 0o444)
    before = sorted((file.relative_to(index), file.stat().st_mtime_ns) for file in index.rglob("*"))
    confined = without_rights_of_root()
    try:
        touch = [sys.executable, "-c", f"open({str(index / 'x')!r}, 'w')"]
        assert subprocess.run([*confined, *touch], stderr=subprocess.DEVNULL, check=False).returncode
        with running(index, command=[*confined, sys.executable, "-m", "arsearch", "serve"]) as server:
            page = "/search?q=%D9%82%D9%85%D8%B1&sort=date"
            addresses = [SEARCH, page, "/api/v1/suggest?q=%D9%82", "/readyz", "/metrics"]
            assert [server.get(address)[0] for address in addresses] == [200] * len(addresses)
            article = json.loads(server.get(SEARCH)[1])["hits"][0]["id"]
            assert server.get(f"/article/{article}?q=x")[0] == 200
            assert server.get(f"/api/v1/articles/{article}/similar")[0] == 200
        after = sorted((file.relative_to(index), file.stat().st_mtime_ns) for file in index.rglob("*"))
        assert after == before
    finally:
        for file in (index, *index.rglob("*")):
            file.chmod(0o755 if file.is_dir() else 0o644)
