"""Measure the pages: `python benchmarks/pages.py INDEX [QUERY]`, with Chromium for the first paint.

Prints the size of a page of results; the time its server-side rendering takes beyond the search (median of 200, in
processor time of the thread: FAISS keeps others spinning); and the first paint (medians of 9, on localhost) of the page
that a reader comes to first, in a browser with an empty cache, of results looked up from there, and of results that a
reader is sent to directly.
"""

from __future__ import annotations

import gzip
import logging
import shutil
import statistics
import sys
import threading
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any
from urllib.parse import quote

from flask import Flask
from playwright.sync_api import sync_playwright
from werkzeug.serving import make_server

from arsearch import Searcher, Settings
from arsearch.web.app import create_app

ROUNDS = 200
VISITS = 9
PAINTED = """() => new Promise((resolve) => new PerformanceObserver((list, observer) => {
    const [entry] = list.getEntriesByName("first-contentful-paint");
    if (entry) { observer.disconnect(); resolve(entry.startTime); }
}).observe({type: "paint", buffered: true}))"""


def main() -> None:
    """Measure and print."""
    logging.getLogger("werkzeug").setLevel(logging.ERROR)
    app = create_app(Settings(index=Path(sys.argv[1])))
    path = f"/search?q={quote(sys.argv[2] if len(sys.argv) > 2 else 'المدينة القديمة')}"
    page = app.test_client().get(path).data
    print(f"HTML: {len(page)} bytes, {len(gzip.compress(page, 4))} compressed")
    print(f"rendering beyond the search: {rendering(app, path) * 1000:.2f} ms")
    print("first contentful paint:")
    for name, paint in first_paints(app, path).items():
        print(f"  {name}: {paint:.0f} ms")


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


def first_paints(app: Flask, path: str) -> dict[str, float]:
    """Return the milliseconds to the first contentful paint of three visits."""
    server = make_server("127.0.0.1", 0, app, threaded=True)
    thread = threading.Thread(target=server.serve_forever)
    thread.start()
    root = f"http://127.0.0.1:{server.port}"
    visits = {"home": [root], "results from home": [root, root + path], "results, nothing cached": [root + path]}
    paints: dict[str, list[float]] = {name: [] for name in visits}
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=shutil.which("chromium"), args=["--no-sandbox"])
        for _ in range(VISITS):
            for name, addresses in visits.items():
                page = browser.new_context(locale="ar", viewport={"width": 1440, "height": 900}).new_page()
                for address in addresses:
                    page.goto(address)
                    paint = page.evaluate(PAINTED)
                paints[name].append(paint)
                page.context.close()
        browser.close()
    server.shutdown()
    thread.join()
    return {name: float(statistics.median(times)) for name, times in paints.items()}


if __name__ == "__main__":
    main()
