"""What clients do to connections, and signals to processes: the server answers, and leaves nothing behind."""

from __future__ import annotations

import contextlib
import json
import os
import random
import select
import signal
import socket
import sys
import threading
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from .test_server import ENVIRONMENT, HELD, Server, running

pytestmark = [
    pytest.mark.slow,
    pytest.mark.skipif(sys.platform != "linux", reason="gunicorn needs fork, and processes are looked up in /proc"),
]

MSEARCH = "POST /api/v1/msearch HTTP/1.1\r\nHost: localhost\r\nContent-Type: application/json\r\n"
CHUNKED = f"{MSEARCH}Transfer-Encoding: chunked\r\n\r\n".encode()
BATCH = b'{"searches": [{"q": "x"}]}'


def exchange(port: int, *parts: bytes) -> tuple[int, dict[str, str], bytes]:
    """Send *parts* and return what comes back until the server closes: status, headers in lower case, body."""
    with socket.create_connection(("127.0.0.1", port), timeout=60) as client:
        for part in parts:
            client.sendall(part)
        return answer(client)


def answer(client: socket.socket) -> tuple[int, dict[str, str], bytes]:
    received = b""
    with contextlib.suppress(ConnectionResetError):
        while chunk := client.recv(1 << 16):
            received += chunk
            head, found, body = received.partition(b"\r\n\r\n")
            lines = head.decode("latin-1").split("\r\n")
            headers = {name.lower(): value for name, _, value in (line.partition(": ") for line in lines[1:])}
            if found and len(body) >= int(headers.get("content-length", 0)):
                return int(lines[0].split()[1]), headers, body
    return 0, {}, received


def chunk(data: bytes) -> bytes:
    return b"%x\r\n%s\r\n" % (len(data), data)


@pytest.fixture(scope="module")
def server(corpus_index: Path) -> Iterator[Server]:
    with running(corpus_index, request_seconds=3, max_running_requests=2, max_waiting_requests=2) as server:
        yield server


def test_a_chunked_body_is_read_whole(server: Server) -> None:
    status, _, body = exchange(server.port, CHUNKED, *(chunk(bytes([byte])) for byte in BATCH), b"0\r\n\r\n")
    assert (status, len(json.loads(body)["answers"])) == (200, 1)


def test_a_chunked_body_that_is_too_large_is_refused_not_cut(server: Server) -> None:
    padding = b" " * 4096
    parts = [chunk(BATCH), *(chunk(padding) for _ in range(80))]  # whatever is cut off would be whole
    status, headers, body = exchange(server.port, CHUNKED, *parts)
    assert (status, headers["content-type"]) == (413, "application/problem+json")
    assert json.loads(body)["type"] == "/api/v1/problems/request-too-large"


@pytest.mark.parametrize(
    "body",
    [
        b"zz\r\n\r\n",
        b"-5\r\nhello\r\n0\r\n\r\n",
        b"5\r\nhelloX\r\n0\r\n\r\n",
        b"5;" + b"x" * 20_000,
        b"f" * 20_000,
        chunk(BATCH) + b"0\r\n" + b"Trailer: x\r\n" * 40_000 + b"\r\n",
        chunk(BATCH) + b"0\r\nno header\r\n\r\n",
    ],
    ids=["no number", "negative", "too long", "endless extension", "endless size", "endless trailers", "no trailer"],
)
def test_a_body_that_is_no_http_is_a_bad_request(server: Server, body: bytes) -> None:
    status, headers, answered = exchange(server.port, CHUNKED, body)
    assert (status, headers["content-type"]) == (400, "application/problem+json")
    assert json.loads(answered)["type"] == "/api/v1/problems/bad-request"


def test_a_body_that_breaks_off_is_a_bad_request(server: Server) -> None:
    for head, rest in ((CHUNKED, b"50\r\nhalf"), (f"{MSEARCH}Content-Length: 500\r\n\r\n".encode(), b"half")):
        with socket.create_connection(("127.0.0.1", server.port), timeout=60) as client:
            client.sendall(head + rest)
            client.shutdown(socket.SHUT_WR)
            status, headers, _ = answer(client)
        assert (status, headers["content-type"]) == (400, "application/problem+json")


@pytest.mark.parametrize(
    ("head", "expected"),
    [
        (b"nonsense\r\n\r\n", 400),
        (b"GET / HTTP/9.9\r\nHost: x\r\n\r\n", 400),
        (b"GET / HTTP/1.1\r\nHost x\r\n\r\n", 400),
        (b"GET / HTTP/1.1\r\nHost: x\r\nContent-Length: -1\r\n\r\n", 400),
        (b"GET / HTTP/1.1\r\nHost: x\r\n" + b"A: b\r\n" * 200 + b"\r\n", 431),
        (b"GET / HTTP/1.1\r\nHost: x\r\nA: " + b"b" * 100_000 + b"\r\n\r\n", 431),
        (b"GET /" + b"a" * 300_000 + b" HTTP/1.1\r\nHost: x\r\n\r\n", 414),
        (b"POST / HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: morse\r\n\r\n", 501),
    ],
    ids=["line", "version", "header", "length", "headers", "long header", "address", "coding"],
)
def test_whatever_the_server_refuses_itself_is_a_problem(server: Server, head: bytes, expected: int) -> None:
    status, headers, body = exchange(server.port, head)
    assert (status, headers["content-type"]) == (expected, "application/problem+json")
    assert headers["x-content-type-options"] == "nosniff"
    assert json.loads(body)["status"] == expected


def test_slow_clients_hold_no_thread_and_are_told_when_their_time_is_up(server: Server) -> None:
    """Two hundred that send a part of their head, more than twenty times the threads."""
    with contextlib.ExitStack() as stack:
        slow = []
        for number in range(200):
            client = stack.enter_context(socket.create_connection(("127.0.0.1", server.port), timeout=60))
            client.sendall((b"", b"G", b"GET / HTTP/1.1\r\nHost: localhost\r\nX-A: ")[number % 3])
            slow.append(client)
        assert server.get("/healthz")[0] == 200
        assert server.get("/api/v1/search?q=x")[0] == 200
        assert {answer(client)[0] for client in slow[1::3] + slow[2::3]} == {408}


def send_slow_bodies(server: Server, stack: contextlib.ExitStack) -> list[socket.socket]:
    """Connect forty clients that each send the first letter of a body; more than there are threads."""
    slow = []
    for _ in range(40):
        client = stack.enter_context(socket.create_connection(("127.0.0.1", server.port), timeout=60))
        client.sendall(f"{MSEARCH}Content-Length: 20\r\n\r\n{{".encode())
        slow.append(client)
    return slow


def test_health_is_answered_when_every_thread_waits_for_a_body(corpus_index: Path) -> None:
    with contextlib.ExitStack() as stack:
        server = stack.enter_context(
            running(corpus_index, request_seconds=3600, max_running_requests=2, max_waiting_requests=2)
        )
        slow = send_slow_bodies(server, stack)  # nobody's time is up before this test has ended
        for _ in range(3):
            assert json.loads(server.get("/healthz")[1]) == {"status": "ok"}
        assert select.select(slow, [], [], 0)[0] == []


def test_bodies_that_do_not_come_are_given_up(server: Server) -> None:
    with contextlib.ExitStack() as stack:
        slow = send_slow_bodies(server, stack)
        assert {answer(client)[0] for client in slow} <= {400, 408}
        assert server.get("/api/v1/search?q=x")[0] == 200


def test_requests_one_behind_the_other_are_answered_in_order(server: Server) -> None:
    request = b"GET /healthz HTTP/1.1\r\nHost: localhost\r\n\r\n"
    last = b"GET /nothing HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n"
    with socket.create_connection(("127.0.0.1", server.port), timeout=60) as client:
        client.sendall(request * 3 + last[:20])
        client.sendall(last[20:])
        received = b""
        while data := client.recv(1 << 16):
            received += data
    assert [int(part[:3]) for part in received.split(b"HTTP/1.1 ")[1:]] == [200, 200, 200, 404]


def test_what_arrives_after_sigterm_is_answered_or_refused_at_once(corpus_index: Path, tmp_path: Path) -> None:
    asked, go_on = tmp_path / "asked", tmp_path / "go-on"
    os.mkfifo(asked)
    os.mkfifo(go_on)
    with running(corpus_index, command=[sys.executable, "-c", HELD, str(asked), str(go_on)]) as server:
        with socket.create_connection(("127.0.0.1", server.port), timeout=60) as held:
            held.sendall(b"GET /held HTTP/1.1\r\nHost: localhost\r\n\r\n")
            assert asked.read_text(encoding="ascii") == "asked"
            server.process.send_signal(signal.SIGTERM)
            outcomes: set[int | str] = set()
            for _ in until_too_late(
                "it went on accepting"
            ):  # the server is held open meanwhile: only refusing ends this
                if "refused" in outcomes:
                    break
                try:
                    outcomes.add(exchange(server.port, b"GET /healthz HTTP/1.1\r\nHost: localhost\r\n\r\n")[0])
                except ConnectionRefusedError:
                    outcomes.add("refused")
                except ConnectionResetError:
                    outcomes.add("reset")  # between the last look and closing
            assert outcomes <= {200, "refused", "reset", 0}
            assert server.process.poll() is None
            go_on.write_text("finished", encoding="ascii")
            assert answer(held)[2] == b"finished"
        assert server.process.wait(60) == 0


TINY = """
import os, sys
from arsearch.settings import load_settings
from arsearch.web.server import serve

def app(environ, start):
    start("200 OK", [("Content-Length", "2")])
    return [b"ok"]

serve(load_settings(), lambda settings: app)
"""


def processes_of(server: Server) -> set[int]:
    return {server.process.pid, *server.workers()}


def until_too_late(what: str) -> Iterator[None]:
    """Yield for a minute, which nothing here takes; then fail, so that what goes on for ever ends as a failure."""
    end = time.monotonic() + 60
    while time.monotonic() < end:
        yield
    pytest.fail(what)


def wait_for_the_end_of(processes: set[int]) -> None:
    for _ in until_too_late("processes outlived their parent"):  # the end of the run ends them then
        if not any(map(is_there, processes)):
            return
        os.sched_yield()


def is_there(pid: int) -> bool:
    try:
        state = Path(f"/proc/{pid}/stat").read_text(encoding="latin-1").rpartition(")")[2].split()[0]
    except OSError:
        return False
    return state != "Z"


def test_a_thousand_signals_under_load_and_the_death_of_the_parent(
    corpus_index: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setitem(ENVIRONMENT, "TMPDIR", str(tmp_path))  # other servers leave folders too
    chance = random.Random(20)
    seen: set[int] = set()
    done = threading.Event()
    answered = [0]
    with running(corpus_index, command=[sys.executable, "-c", TINY], workers=3) as server:
        request = b"GET /healthz HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n"

        def load() -> None:
            while not done.is_set():
                with contextlib.suppress(OSError):
                    answered[0] += exchange(server.port, request)[0] == 200

        threads = [threading.Thread(target=load) for _ in range(4)]
        for thread in threads:
            thread.start()
        try:
            sent = 0
            while sent < 1000:
                for worker in server.workers():
                    seen.add(worker)
                    kind = chance.choice(
                        [signal.SIGINT, signal.SIGQUIT, signal.SIGTERM, *[signal.SIGUSR1, signal.SIGWINCH] * 8]
                    )
                    with contextlib.suppress(ProcessLookupError):
                        os.kill(worker, kind)
                        sent += 1
            assert server.process.poll() is None
            before = answered[0]
            while answered[0] < before + 100:  # it still answers
                done.wait(0.001)
            seen |= processes_of(server)
            server.process.kill()
            server.process.wait()
            wait_for_the_end_of(seen)
        finally:
            done.set()
            for thread in threads:
                thread.join()
        with socket.socket() as again:
            again.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
            again.bind(("127.0.0.1", server.port))
            again.listen()
    left = set(tmp_path.glob("arsearch-metrics-*"))
    assert left  # nobody was there to delete it
    with running(corpus_index, command=[sys.executable, "-c", TINY]):
        assert not [folder for folder in left if folder.exists()]


def test_a_worker_ends_with_its_parent_even_if_it_is_in_a_loop_that_lets_nothing_else_run(
    corpus_index: Path, tmp_path: Path
) -> None:
    stuck = TINY.replace(
        '    start("200',
        f"""    if environ["PATH_INFO"] == "/stuck":
        open({str(tmp_path / "stuck")!r}, "w").write(str(os.getpid()))
        sys.setswitchinterval(1e6)
        sum(iter(int, 1))  # in C, for ever
    start("200""",
    )
    with contextlib.ExitStack() as stack:
        server = stack.enter_context(running(corpus_index, command=[sys.executable, "-c", stuck]))
        client = stack.enter_context(socket.create_connection(("127.0.0.1", server.port), timeout=60))
        client.sendall(b"GET /stuck HTTP/1.1\r\nHost: localhost\r\n\r\n")
        [worker] = server.workers()
        while not (tmp_path / "stuck").exists():
            os.sched_yield()
        server.process.kill()
        server.process.wait()
        wait_for_the_end_of({worker})


class _Held:
    """A thread pool in the middle of taking a request: whoever asks it for anything now waits for ever."""

    def __getattr__(self, name: str) -> Any:
        pytest.fail(f"a handler asked the pool for {name}")


@pytest.mark.parametrize("handler", ["handle_quit", "handle_exit", "handle_usr1", "handle_winch"])
def test_handlers_of_signals_do_nothing_but_note_them(handler: str) -> None:
    from arsearch.web.worker.balanced_worker import BalancedWorker

    worker: Any = BalancedWorker.__new__(BalancedWorker)
    for name in ("tpool", "poller", "method_queue", "log", "cfg"):
        setattr(worker, name, _Held())
    worker.alive = True
    before = dict(vars(worker))
    getattr(worker, handler)(signal.SIGQUIT, None)
    changed = {name for name, value in vars(worker).items() if before.get(name) is not value}
    assert changed <= {"alive", "_is_quitting"}
    assert (handler in ("handle_quit", "handle_exit")) == bool(changed)
