"""The search box on a page of another origin, under a policy that allows no inline style, no form and no cookie."""

from __future__ import annotations

import re
import threading
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from urllib.parse import parse_qs, urlsplit

import pytest
from playwright.sync_api import Browser, Page, Route, expect

from ...conftest import ROOT
from ..conftest import SECONDS_BETWEEN_LOOKS, Site, needs_chromium, serving
from .test_accessibility import violations

pytestmark = needs_chromium

GUIDE = ROOT / "docs" / "en" / "how-to" / "embed-the-search-box.md"


@pytest.fixture(scope="module")
def search(corpus_index: Path) -> Iterator[Site]:
    with serving(corpus_index, cors_origins=("*",), accent="#a01020") as site:
        yield site


@pytest.fixture(scope="module")
def newspaper(search: Site) -> Iterator[str]:
    """A page of another origin: that of the guide, with the server of this test in it."""
    [example] = re.findall(r"```html\n(<!doctype html>.*?)```", GUIDE.read_text(encoding="utf-8"), flags=re.DOTALL)
    body = example.replace("https://search.example.org", search.address).encode()
    policy = f"default-src 'none'; script-src {search.address}; connect-src {search.address}; form-action 'none'"

    class Newspaper(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            self.send_response(200)
            self.send_header("Content-Type", "text/html; charset=utf-8")
            self.send_header("Content-Security-Policy", policy)
            self.end_headers()
            self.wfile.write(body if self.path == "/" else body.replace(b"<arsearch-box></arsearch-box>", b""))

        def log_message(self, *_: object) -> None:
            return

    server = ThreadingHTTPServer(("127.0.0.1", 0), Newspaper)
    thread = threading.Thread(target=server.serve_forever, args=(SECONDS_BETWEEN_LOOKS,))
    thread.start()
    yield f"http://localhost:{server.server_port}"
    server.shutdown()
    thread.join()
    server.server_close()


@pytest.fixture
def page(browser: Browser, newspaper: str) -> Iterator[Page]:
    context = browser.new_context(locale="ar", viewport={"width": 360, "height": 700}, bypass_csp=False)
    page = context.new_page()
    complaints: list[str] = []
    page.on("console", lambda message: complaints.append(message.text))
    page.on("pageerror", lambda error: complaints.append(str(error)))
    page.goto(newspaper)
    yield page
    assert context.cookies() == []
    context.close()
    assert not [each for each in complaints if "favicon" not in each]


def test_a_reader_types_chooses_by_keyboard_and_is_led_to_the_results(page: Page, search: Site) -> None:
    box = page.get_by_role("combobox", name="ابحث في أرشيف الجريدة")
    assert box.evaluate("(input) => getComputedStyle(input).direction") == "rtl"
    box.press_sequentially("بيت الحك")
    option = page.get_by_role("option", name="بيت الحكمة: حين ترجمت بغداد علوم العالم")
    expect(option).to_be_visible()
    assert page.evaluate("document.documentElement.scrollWidth") <= 360
    while option.get_attribute("aria-selected") == "false":
        box.press("ArrowDown")
    expect(box).to_have_value("بيت الحكمة: حين ترجمت بغداد علوم العالم")
    box.press("Escape")
    expect(option).to_have_count(0)
    expect(box).to_have_value("بيت الحك")
    box.press("ArrowDown")
    expect(option).to_be_visible()
    option.click()
    page.wait_for_url(f"{search.address}/search?**")
    asked = parse_qs(urlsplit(page.url).query)
    assert asked == {"q": ["بيت الحكمة: حين ترجمت بغداد علوم العالم"], "operators": ["false"]}
    expect(page.get_by_role("link", name="بيت الحكمة: حين ترجمت بغداد علوم العالم")).to_be_visible()


def test_its_styles_are_its_own_and_its_colour_that_of_the_server(page: Page) -> None:
    button = page.get_by_role("button", name="بحث")
    assert button.evaluate("(button) => getComputedStyle(button).backgroundColor") == "rgb(160, 16, 32)"
    box = button.bounding_box()
    assert box
    assert box["height"] >= 44


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_axe_finds_nothing_in_the_box(browser: Browser, newspaper: str, scheme: str) -> None:
    context = browser.new_context(locale="ar", color_scheme=scheme, bypass_csp=True)  # type: ignore[arg-type]
    page = context.new_page()
    page.goto(newspaper)
    box = page.get_by_role("combobox")
    box.press_sequentially("بيت")
    expect(page.get_by_role("option").first).to_be_visible()
    box.press("ArrowDown")
    assert not violations(page)
    context.close()


def test_a_script_alone_is_enough_and_a_server_that_allows_nothing_still_searches(
    page: Page, newspaper: str, search: Site
) -> None:
    page.goto(f"{newspaper}/plain")
    page.route("**/suggest?*", lambda route: _refuse(route))
    box = page.get_by_role("combobox")
    box.fill("قهوة")
    box.press("Enter")
    page.wait_for_url(f"{search.address}/search?**")
    assert parse_qs(urlsplit(page.url).query)["q"] == ["قهوة"]


def _refuse(route: Route) -> None:
    route.fulfill(status=200, body="no json")


def test_the_script_may_be_used_by_any_page_and_changes_when_it_changes(search: Site) -> None:
    answer = search.get("/embed.js")
    assert answer.headers["Cross-Origin-Resource-Policy"] == "cross-origin"
    assert "Set-Cookie" not in answer.headers
    assert search.ask("GET", "/embed.js", If_None_Match=answer.headers["ETag"]).status == 304
    assert search.ask("GET", "/suggest?q=x", Origin="https://a.example").headers["Access-Control-Allow-Origin"] == "*"
