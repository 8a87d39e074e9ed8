"""The page of maintainers in Chromium: nothing for axe to find, and no wider than the screen."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest
from playwright.sync_api import ViewportSize

from arsearch.insights import Asked, InsightStore, Opened
from arsearch.web.access_tokens import TokenFile

from ..conftest import DESK, PHONE, Site, Visit, needs_chromium, serving
from ..pages.test_accessibility import violations

pytestmark = needs_chromium


@pytest.fixture(scope="module")
def maintained(wild_index: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[tuple[Site, str]]:
    folder = tmp_path_factory.mktemp("maintained")
    token = TokenFile(folder / "tokens.json").create("editor", ["maintain"])
    store = InsightStore(folder / "insights.sqlite", readers=1, days=90)
    store.add([Asked("السفينة في الميناء", "1", 9, 900, is_slow=True), Asked("زخرفشقبطل", "1", 0, 5)])
    store.add([Opened("السفينة في الميناء", "1", "a-very-long-identifier/of-an-article/2015", 3)])
    files = {"tokens": str(folder / "tokens.json"), "insights_file": str(folder / "insights.sqlite")}
    with serving(wild_index, insights=True, insights_readers=1, **files) as site:
        yield site, token


@pytest.mark.parametrize(
    ("viewport", "scheme", "language"),
    [(PHONE, "light", "ar"), (PHONE, "dark", "en"), (DESK, "light", "en"), (DESK, "dark", "ar")],
)
def test_axe_finds_nothing_and_nothing_is_cut_off(
    visit: Visit, maintained: tuple[Site, str], viewport: ViewportSize, scheme: str, language: str
) -> None:
    site, token = maintained
    page = visit(
        base_url=site.address,
        viewport=viewport,
        color_scheme=scheme,
        locale=language,
        http_credentials={"username": "x", "password": token},
    )
    page.goto("/maintenance")
    for details in page.query_selector_all("main details"):
        details.evaluate("element => element.open = true")
    assert not violations(page)
    assert page.evaluate("document.documentElement.scrollWidth") <= viewport["width"]
