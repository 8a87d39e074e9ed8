"""The documentation as a site: built strictly, without a broken link, from nobody else's servers, right to left."""

from __future__ import annotations

import functools
import http.server
import shutil
import threading
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from playwright.sync_api import Browser, ViewportSize

from ..conftest import ROOT, needs_chromium
from .pages import DOCS, script

pytest.importorskip("zensical")

PHONE: ViewportSize = {"width": 360, "height": 740}
DESK: ViewportSize = {"width": 1280, "height": 900}

BUILD = script("build")


def copied(folder: Path) -> Path:
    """The sources of the site, in a folder of their own."""
    shutil.copytree(DOCS, folder / "docs")
    for name in ("mkdocs.yml", "mkdocs.ar.yml"):
        shutil.copy(ROOT / name, folder)
    return folder


@pytest.fixture(scope="module")
def site(tmp_path_factory: pytest.TempPathFactory) -> Path:
    root = copied(tmp_path_factory.mktemp("documentation"))
    built: Path = BUILD.build(root)
    return built


def test_no_link_is_broken_and_nothing_is_loaded_from_elsewhere(site: Path) -> None:
    assert list(BUILD.broken_links(site)) == []


def test_every_page_is_built(site: Path) -> None:
    for language, folder in (("en", site), ("ar", site / "ar")):
        for page in (DOCS / language).rglob("*.md"):
            assert (folder / page.relative_to(DOCS / language).with_suffix(".html")).is_file(), page


@pytest.mark.parametrize("link", ["[no](missing.md)", "[no](index.md#nowhere)"])
def test_a_broken_link_between_pages_ends_the_build(link: str, tmp_path: Path) -> None:
    root = copied(tmp_path)
    with (root / "docs" / "en" / "how-to" / "index.md").open("a", encoding="utf-8") as page:
        page.write(f"\n{link}\n")
    with pytest.raises(BUILD.BuildError):
        BUILD.build(root)


@pytest.mark.parametrize("link", ["missing.html", "../index.html#nowhere", "../missing/", "#nowhere"])
def test_a_broken_link_between_languages_is_a_fault(link: str, tmp_path: Path) -> None:
    (tmp_path / "ar").mkdir()
    (tmp_path / "index.html").write_text('<h1 id="there">A</h1>', encoding="utf-8")
    (tmp_path / "ar" / "index.html").write_text('<a href="../index.html#there">A</a>', encoding="utf-8")
    assert list(BUILD.broken_links(tmp_path)) == []
    (tmp_path / "ar" / "index.html").write_text(f'<a href="{link}">A</a>', encoding="utf-8")
    assert len(list(BUILD.broken_links(tmp_path))) == 1


def test_a_script_from_elsewhere_is_a_fault(tmp_path: Path) -> None:
    (tmp_path / "index.html").write_text('<script src="https://cdn.example.org/a.js"></script>', encoding="utf-8")
    assert list(BUILD.broken_links(tmp_path)) == ["index.html loads https://cdn.example.org/a.js from elsewhere."]


class _Quiet(http.server.SimpleHTTPRequestHandler):
    def log_message(self, *arguments: Any) -> None:
        pass


@pytest.fixture(scope="module")
def address(site: Path) -> Iterator[str]:
    server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), functools.partial(_Quiet, directory=str(site)))
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01})
    thread.start()
    yield f"http://127.0.0.1:{server.server_port}/"
    server.shutdown()
    thread.join()
    server.server_close()


@needs_chromium
@pytest.mark.parametrize("viewport", [PHONE, DESK], ids=["phone", "desk"])
@pytest.mark.parametrize(
    ("page", "language", "direction"),
    [("tutorial.html", "en", "ltr"), ("reference/settings.html", "en", "ltr"), ("ar/tutorial.html", "ar", "rtl")],
)
def test_a_page_has_its_language_and_direction_and_fits(
    browser: Browser, address: str, page: str, language: str, direction: str, viewport: ViewportSize
) -> None:
    with browser.new_context(viewport=viewport) as context:
        shown = context.new_page()
        elsewhere: list[str] = []
        shown.on("request", lambda request: elsewhere.append(request.url) if address not in request.url else None)
        shown.goto(address + page, wait_until="networkidle")
        assert shown.evaluate("document.documentElement.lang") == language
        assert shown.evaluate("getComputedStyle(document.querySelector('h1')).direction") == direction
        assert shown.evaluate("document.documentElement.scrollWidth <= innerWidth")
        for block in shown.locator("pre").all():
            assert block.evaluate("block => getComputedStyle(block).direction") == "ltr"
        assert elsewhere == []


@needs_chromium
@pytest.mark.parametrize(("home", "query"), [("index.html", "rollback"), ("ar/index.html", "المرادفات")])
def test_the_site_is_searched_without_a_server(browser: Browser, address: str, home: str, query: str) -> None:
    with browser.new_context(viewport=DESK) as context:
        shown = context.new_page()
        shown.goto(address + home, wait_until="networkidle")
        shown.keyboard.press("/")
        shown.locator("input:focus").press_sequentially(query)
        shown.locator("mark, em, b", has_text=query).first.wait_for()
