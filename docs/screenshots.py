"""Take the screenshots of README and documentation: `python docs/screenshots.py`, with Chromium and Playwright.

Indexes the articles that come with arsearch, serves them on a free port, and writes PNG files into ``docs/en/images``.
"""

from __future__ import annotations

import logging
import shutil
import tempfile
import threading
from pathlib import Path
from typing import Literal
from urllib.parse import quote

from playwright.sync_api import Browser, Page, ViewportSize, sync_playwright
from werkzeug.serving import make_server

import arsearch
from arsearch import Settings
from arsearch.web.app import create_app

DOCS = Path(__file__).parent
PICTURES = DOCS / "en" / "images"
RESULTS = f"/search?q={quote('المدينة القديمة')}"
ARTICLE = f"/article/house-of-wisdom?q={quote('بيت الحكمة')}"
DESK: ViewportSize = {"width": 1440, "height": 900}
PHONE: ViewportSize = {"width": 360, "height": 720}


def main() -> None:
    """Serve the demonstration corpus and photograph it."""
    logging.getLogger("werkzeug").setLevel(logging.ERROR)
    with tempfile.TemporaryDirectory() as folder:
        index = Path(folder) / "index"
        arsearch.build_index([DOCS.parent / "corpus"], index)
        server = make_server("127.0.0.1", 0, create_app(Settings(index=index)), threaded=True)
        thread = threading.Thread(target=server.serve_forever)
        thread.start()
        try:
            with sync_playwright() as playwright:
                chromium = playwright.chromium.launch(executable_path=shutil.which("chromium"), args=["--no-sandbox"])
                photograph(chromium, f"http://127.0.0.1:{server.port}")
                chromium.close()
        finally:
            server.shutdown()
            thread.join()


def photograph(browser: Browser, address: str) -> None:
    """Write one picture for each thing that the README shows."""

    def visit(path: str, viewport: ViewportSize, scheme: Literal["light", "dark"]) -> Page:
        context = browser.new_context(
            base_url=address, viewport=viewport, color_scheme=scheme, locale="ar", reduced_motion="reduce"
        )
        page = context.new_page()
        page.goto(path, wait_until="networkidle")
        return page

    visit(RESULTS, DESK, "light").screenshot(path=PICTURES / "results.png")
    page = visit(ARTICLE, DESK, "dark")
    page.get_by_role("link", name="التالي").click()
    page.screenshot(path=PICTURES / "article-dark.png")
    visit(RESULTS, PHONE, "dark").screenshot(path=PICTURES / "results-phone-dark.png")
    visit(ARTICLE, PHONE, "light").screenshot(path=PICTURES / "article-phone.png")
    page = visit("/", PHONE, "light")
    page.get_by_role("combobox").press_sequentially("ال")
    page.get_by_role("option").first.wait_for()
    page.screenshot(path=PICTURES / "type-ahead-phone.png")


if __name__ == "__main__":
    main()
