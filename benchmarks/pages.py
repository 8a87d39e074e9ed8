"""Measure the pages: `python -m benchmarks.pages INDEX [QUERY] [--against CHECKOUT]`, with Chromium for first paints.

Prints the size of a page of results; the time its server-side rendering takes beyond the search (median of 200, in
processor time of the thread: FAISS keeps others spinning); and the first paint (medians of 9, on localhost) of the page
that a reader comes to first, in a browser with an empty cache, of results looked up from there, and of results that a
reader is sent to directly. Beside them, to tell what is Chromium's own, that of a page of one word.

With another CHECKOUT of arsearch, a server of that stands beside it, and each visit to one is followed by the same to
the other: what else the machine does falls on both.

The server is the one that readers get, without its cache of answers. Every visit has a new window. A window of Chromium
is itself made of web pages, which take longer to load than ours: a visit begins when they are there.
"""

from __future__ import annotations

import argparse
import gzip
import logging
import shutil
import statistics
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any
from urllib.parse import quote

from flask import Flask
from playwright.sync_api import Browser, sync_playwright

from arsearch import Searcher, Settings
from arsearch.web.app import create_app
from benchmarks.service import WITHOUT_CACHES, running_server

ROUNDS = 200
VISITS = 9
WARM_UP = 2
WINDOW_READY_MS = 1500
ONE_WORD = "<!doctype html><html lang=ar dir=rtl><meta charset=utf-8><title>مكتبة</title><p>مكتبة".encode()
PAINTED = """() => new Promise((resolve) => new PerformanceObserver((list, observer) => {
    const [entry] = list.getEntriesByName("first-contentful-paint");
    if (entry) { observer.disconnect(); resolve(entry.startTime); }
}).observe({type: "paint", buffered: true}))"""


def main() -> None:
    """Measure and print."""
    logging.getLogger("arsearch").setLevel(logging.ERROR)
    arguments = argparse.ArgumentParser()
    arguments.add_argument("index", type=Path)
    arguments.add_argument("query", nargs="?", default="المدينة القديمة")
    arguments.add_argument("--against", type=Path, help="another checkout of arsearch")
    given = arguments.parse_args()
    index: Path = given.index
    app = create_app(Settings(index=index, model="fast"))
    path = f"/search?q={quote(given.query)}"
    page = app.test_client().get(path).data
    print(f"HTML: {len(page)} bytes, {len(gzip.compress(page, 4))} compressed")
    print(f"rendering beyond the search: {rendering(app, path) * 1000:.2f} ms")
    print("first contentful paint:")
    for name, paints in first_paints(index, path, given.against).items():
        print(f"  {name}: {statistics.median(paints):.0f} ms ({min(paints):.0f} to {max(paints):.0f})")


def rendering(app: Flask, path: str) -> float:
    """Return the seconds that a request takes on the server less those of its searches."""
    spent = [0.0]
    search = Searcher.search

    def measured(self: Searcher, *arguments: Any, **keywords: Any) -> Any:
        began = time.thread_time()
        try:
            return search(self, *arguments, **keywords)
        finally:
            spent[0] += time.thread_time() - began

    def request() -> float:
        spent[0] = 0.0
        context = app.test_request_context(path)
        began = time.thread_time()
        with context:
            app.full_dispatch_request()
        return time.thread_time() - began - spent[0]

    return patched(measured, lambda: statistics.median([request() for _ in range(ROUNDS)]))


def patched(method: Any, measure: Callable[[], float]) -> float:
    """Return what *measure* returns while *method* stands for the search."""
    original, Searcher.search = Searcher.search, method  # type: ignore[method-assign]
    try:
        return measure()
    finally:
        Searcher.search = original  # type: ignore[method-assign]


def first_paints(index: Path, path: str, other: Path | None = None) -> dict[str, list[float]]:
    """Return the milliseconds to the first contentful paint of each kind of visit, of the *other* checkout too."""
    paints: dict[str, list[float]] = {}
    with ExitStack() as stack:
        empty, playwright = stack.enter_context(one_word()), stack.enter_context(sync_playwright())
        visits = {"one word, without arsearch": [empty]}
        trees = {"": None} | ({", the other checkout": other} if other else {})
        homes = {}
        for name, tree in trees.items():
            port, _ = stack.enter_context(running_server(index, tree, **WITHOUT_CACHES))
            homes[name] = f"http://127.0.0.1:{port}"
        for kind, steps in {"home": [""], "results from home": ["", path], "results, nothing cached": [path]}.items():
            visits |= {f"{kind}{name}": [home + step for step in steps] for name, home in homes.items()}
        browser = playwright.chromium.launch(executable_path=shutil.which("chromium"), args=["--no-sandbox"])
        for number in range(WARM_UP + VISITS):
            for name, addresses in visits.items():
                paint = first_paint(browser, addresses)
                if number >= WARM_UP:
                    paints.setdefault(name, []).append(paint)
        browser.close()
    return paints


def first_paint(browser: Browser, addresses: list[str]) -> float:
    """Go to *addresses* in a new window and return the milliseconds to the first paint of the last one."""
    page = browser.new_context(locale="ar", viewport={"width": 1440, "height": 900}).new_page()
    page.wait_for_timeout(WINDOW_READY_MS)
    for address in addresses:
        page.goto(address)
        paint: float = page.evaluate(PAINTED)
    page.context.close()
    return paint


@contextmanager
def one_word() -> Iterator[str]:
    """Serve a page without anything that takes time, and yield its address."""

    class OneWord(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            self.send_response(200)
            self.send_header("Content-Type", "text/html")
            self.end_headers()
            self.wfile.write(ONE_WORD)

        def log_message(self, *_: object) -> None:
            pass

    server = ThreadingHTTPServer(("127.0.0.1", 0), OneWord)
    thread = threading.Thread(target=server.serve_forever)
    thread.start()
    yield f"http://127.0.0.1:{server.server_port}"
    server.shutdown()
    thread.join()


if __name__ == "__main__":
    main()
