"""Take the screenshots of README and documentation: `python docs/screenshots.py`, with Chromium and Playwright.

Indexes the articles that come with arsearch, serves them on a free port, and writes PNG files into ``docs/en/images``.
"""

from __future__ import annotations

import io
import logging
import shutil
import tempfile
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path
from typing import Literal
from urllib.parse import quote

from PIL import Image, ImageDraw
from playwright.sync_api import Browser, Page, ViewportSize, sync_playwright
from werkzeug.serving import make_server

import arsearch
from arsearch import Settings
from arsearch.corpus.records.picture_files import PICTURES_FOLDER, file_of_picture
from arsearch.fetch.pictures import made_small
from arsearch.index.store.export import json_line, stored_articles
from arsearch.web.app import create_app

DOCS = Path(__file__).parent
PICTURES = DOCS / "en" / "images"
RESULTS = f"/search?q={quote('المدينة القديمة')}"
ARTICLE = f"/article/house-of-wisdom?q={quote('بيت الحكمة')}"
DESK: ViewportSize = {"width": 1440, "height": 900}
PHONE: ViewportSize = {"width": 360, "height": 720}
LOGO = """<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 48 48" width="48" height="48">
<path fill="#a01020" d="M24 4a5 5 0 0 1 3 9v5h8v4h-8v17c6-1 10-5 11-10l-4 1 6-9 5 10-3-1c-2 9-9 14-18 14
S8 39 6 30l-3 1 5-10 6 9-4-1c1 5 5 9 11 10V22h-8v-4h8v-5a5 5 0 0 1 3-9z"/></svg>"""
BRANDED = Settings(
    site_name="أرشيف المرفأ",
    start_text="كل ما كتبته الصحيفة منذ عام ١٩٧٠",
    accent="#a01020",
    footer="© صحيفة المرفأ · [اتصل بنا](https://example.org/contact)",
    months="levant",
    display_names=("section:مجتمع=حياة الناس",),
)
"""What the guide Make the page yours sets."""

Visit = Callable[[str, ViewportSize, Literal["light", "dark"]], Page]


def main() -> None:
    """Serve the demonstration corpus and photograph it."""
    logging.getLogger("werkzeug").setLevel(logging.ERROR)
    with tempfile.TemporaryDirectory() as folder:
        index = Path(folder) / "index"
        arsearch.build_index([DOCS.parent / "corpus"], index)
        (Path(folder) / "logo.svg").write_text(LOGO, encoding="utf-8")
        branded = replace(BRANDED, index=index, logo=str(Path(folder) / "logo.svg"))
        with sync_playwright() as playwright:
            chromium = playwright.chromium.launch(executable_path=shutil.which("chromium"), args=["--no-sandbox"])
            with serving(Settings(index=index)) as address:
                photograph(visitor(chromium, address))
            with serving(Settings(index=with_pictures(Path(folder), index))) as address:
                visitor(chromium, address)(RESULTS, DESK, "light").screenshot(path=PICTURES / "pictures.png")
            with serving(branded) as address:
                photograph_branded(visitor(chromium, address))
            chromium.close()


def with_pictures(folder: Path, index: Path) -> Path:
    """Return an index of the same articles in *folder* with pictures: drawn ones, of hills under a sun."""
    lines = []
    pictures = folder / "pictured" / PICTURES_FOLDER
    pictures.mkdir(parents=True)
    for number, article in enumerate(stored_articles(index)):
        pictured = replace(article, image=f"https://example.org/{number}.jpg", caption="تلال عند الغروب")
        lines.append(json_line(pictured))
        for size, data in made_small(drawn(number)).items():
            (pictures / file_of_picture(pictured.image, size)).write_bytes(data)
    (folder / "pictured.jsonl").write_text("".join(lines), encoding="utf-8")
    arsearch.build_index([folder / "pictured.jsonl"], folder / "pictured", model="fast")
    return folder / "pictured"


def drawn(number: int) -> bytes:
    """Return a picture of its own for each *number*, as PNG."""
    hue = number * 47 % 360
    image = Image.new("RGB", (900, 600), f"hsl({hue}, 45%, 78%)")
    draw = ImageDraw.Draw(image)
    sun = 120 + number * 89 % 600
    draw.ellipse((sun, 90, sun + 150, 240), fill=f"hsl({(hue + 40) % 360}, 90%, 88%)")
    for hill in range(3):
        top, middle = 330 + 70 * hill, (number * 131 + 300 * hill) % 900
        shade = f"hsl({(hue + 15 * hill) % 360}, 35%, {50 - 13 * hill}%)"
        draw.ellipse((middle - 700, top, middle + 700, top + 900), fill=shade)
    data = io.BytesIO()
    image.save(data, "PNG")
    return data.getvalue()


@contextmanager
def serving(settings: Settings) -> Iterator[str]:
    """Serve with these *settings*, and give the address."""
    server = make_server("127.0.0.1", 0, create_app(settings), threaded=True)
    thread = threading.Thread(target=server.serve_forever)
    thread.start()
    try:
        yield f"http://127.0.0.1:{server.port}"
    finally:
        server.shutdown()
        thread.join()


def visitor(browser: Browser, address: str) -> Visit:
    """Return what opens a page of the server at *address*."""

    def visit(path: str, viewport: ViewportSize, scheme: Literal["light", "dark"]) -> Page:
        context = browser.new_context(
            base_url=address, viewport=viewport, color_scheme=scheme, locale="ar", reduced_motion="reduce"
        )
        page = context.new_page()
        page.goto(path, wait_until="networkidle")
        return page

    return visit


def photograph(visit: Visit) -> None:
    """Write one picture for each thing that README and guides show."""
    visit(RESULTS, DESK, "light").screenshot(path=PICTURES / "results.png")
    page = visit(ARTICLE, DESK, "dark")
    page.get_by_role("link", name="الموضع التالي").click()
    page.screenshot(path=PICTURES / "article-dark.png")
    visit(RESULTS, PHONE, "dark").screenshot(path=PICTURES / "results-phone-dark.png")
    visit(ARTICLE, PHONE, "light").screenshot(path=PICTURES / "article-phone.png")
    page = visit("/", PHONE, "light")
    page.get_by_role("combobox").press_sequentially("ال")
    page.get_by_role("option").first.wait_for()
    page.screenshot(path=PICTURES / "type-ahead-phone.png")
    page = visit(RESULTS, PHONE, "light")
    page.get_by_role("link", name="تصفية النتائج").click()
    page.screenshot(path=PICTURES / "filters-phone.png")
    page = visit(f"/search?q={quote('المدينة')}", DESK, "light")
    page.get_by_text("عبر الزمن").click()
    page.locator(".timeline").wait_for()
    page.screenshot(path=PICTURES / "timeline.png")


def photograph_branded(visit: Visit) -> None:
    """Write the pictures of a newsroom's own pages."""
    visit("/", DESK, "light").screenshot(path=PICTURES / "branded-home.png")
    visit(RESULTS, DESK, "dark").screenshot(path=PICTURES / "branded-results-dark.png")


if __name__ == "__main__":
    main()
