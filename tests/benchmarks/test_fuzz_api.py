"""The fuzz of the API runs, and sees what it looks for."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

import pytest

from benchmarks import fuzz_api
from benchmarks.fuzz_requests import Requests

pytestmark = [pytest.mark.slow, pytest.mark.fuzz]


def test_requests_come_from_their_seed() -> None:
    one, same, other = Requests(1), Requests(1), Requests(2)
    made = [one.make() for _ in range(50)]
    assert made == [same.make() for _ in range(50)]
    assert made != [other.make() for _ in range(50)]


def test_a_real_server_stands_it(
    corpus_index: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr("sys.argv", ["fuzz_api", "--requests", "300", "--index", str(corpus_index)])
    assert fuzz_api.main() == 0
    assert "300 requests" in capsys.readouterr().out


@pytest.fixture
def broken_server() -> Iterator[int]:
    class Broken(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            self.send_response(500)
            self.send_header("Content-Length", "0")
            self.end_headers()

        do_POST = do_HEAD = do_GET  # noqa: N815

        def log_message(self, *_: object) -> None:
            pass

    server = ThreadingHTTPServer(("127.0.0.1", 0), Broken)
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01})
    thread.start()
    yield server.server_port
    server.shutdown()
    thread.join()
    server.server_close()


def test_a_broken_server_does_not(broken_server: int, capsys: pytest.CaptureFixture[str]) -> None:
    tally = fuzz_api._ask(broken_server, 40, 1)
    assert tally.statuses[500] > 20
    assert fuzz_api._report(tally, 1.0, "") == 1
    assert "server error" in capsys.readouterr().out


def test_a_traceback_in_the_log_is_seen(capsys: pytest.CaptureFixture[str]) -> None:
    tally = fuzz_api.Tally(1)
    tally.count(Requests(1).make(), 200, 0.1, "")
    assert fuzz_api._report(tally, 1.0, "all is well\n") == 0
    assert fuzz_api._report(tally, 1.0, "Traceback (most recent call last):\n") == 1
    assert fuzz_api._report(tally, 1.0, '{"level": "error", "message": "x"}\n') == 1
