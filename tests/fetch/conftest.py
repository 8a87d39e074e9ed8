"""A site on this machine, for what fetches."""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterator
from contextlib import suppress
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

import pytest

PAGE = (
    '<html><head><title>معرض الكتاب</title><meta property="og:title" content="معرض الكتاب {n}"></head><body><article>'
    + "<p>افتتحت وزيرة الثقافة معرض الكتاب في المدينة القديمة أمس وحضر الافتتاح جمع من الكتاب.</p>" * 4
    + "</article></body></html>"
)


class Site:
    """What the server answers, and what it was asked."""

    def __init__(self) -> None:
        self.asked: list[tuple[str, dict[str, str]]] = []
        self.answers: dict[str, tuple[int, dict[str, str], bytes]] = {}
        self.before: dict[str, Callable[[], object]] = {}
        """What happens before a path is answered."""
        self.address = ""

    def page(self, path: str, body: str = PAGE, status: int = 200, **headers: str) -> str:
        named = {name.replace("_", "-"): value for name, value in headers.items()}
        self.answers[path] = (status, {"Content-Type": "text/html; charset=utf-8"} | named, body.encode())
        return self.address + path

    def paths(self) -> list[str]:
        return [path for path, _ in self.asked if path != "/robots.txt"]


@pytest.fixture
def site() -> Iterator[Site]:
    site = Site()

    class Handler(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            site.asked.append((self.path, {name.lower(): value for name, value in self.headers.items()}))
            site.before.get(self.path, lambda: None)()
            status, headers, body = site.answers.get(self.path, (404, {}, b""))
            if "ETag" in headers and self.headers.get("If-None-Match") == headers["ETag"]:
                status, body = 304, b""
            self.send_response(status)
            for name, value in headers.items():
                self.send_header(name, value)
            self.end_headers()
            with suppress(OSError):  # who asked may be gone
                self.wfile.write(body)

        def log_message(self, format: str, *args: object) -> None:  # noqa: A002
            """Say nothing."""

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01})
    thread.start()
    site.address = f"http://127.0.0.1:{server.server_address[1]}"
    yield site
    server.shutdown()
    thread.join()
    server.server_close()
