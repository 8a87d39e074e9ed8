"""Pictures stand beside results and above articles: from this server, or from hosts that the maintainer names."""

from __future__ import annotations

import json
import shutil
from collections.abc import Iterator
from pathlib import Path

import pytest
from playwright.sync_api import Browser, expect

import arsearch
from arsearch import Settings
from arsearch.corpus.records.picture_files import file_of_picture
from arsearch.fetch.pictures import made_small

from ..conftest import EVIL, Site, needs_chromium, serving
from ..page import page_of
from .test_accessibility import violations

KEPT, FOREIGN = "https://img.example.org/kept.jpg", "https://img.example.org/foreign.jpg?a=1&b=<2>"
ARTICLES = [
    {
        "id": "kept",
        "title": "سفينة القمح",
        "body": "رست السفينة في الميناء.",
        "image": KEPT,
        "caption": f"سفينة {EVIL}",
    },
    {"id": "foreign", "title": "سفينة الزيت", "body": "رست السفينة أمس.", "image": FOREIGN, "caption": "سفينة"},
    {"id": "plain", "title": "سفينة الملح", "body": "رست السفينة غدا."},
]


@pytest.fixture(scope="module")
def index(tmp_path_factory: pytest.TempPathFactory, tiny_encoder: str) -> Path:
    pillow = pytest.importorskip("PIL.Image")
    folder = tmp_path_factory.mktemp("pictures")
    (folder / "corpus.jsonl").write_text("\n".join(map(json.dumps, ARTICLES)), encoding="utf-8")
    arsearch.build_index([folder / "corpus.jsonl"], folder / "index", model=tiny_encoder, settings=Settings())
    picture = folder / "picture.png"
    pillow.new("RGB", (640, 400), "teal").save(picture)
    (folder / "index" / "pictures").mkdir()
    for size, data in made_small(picture.read_bytes()).items():
        (folder / "index" / "pictures" / file_of_picture(KEPT, size)).write_bytes(data)
    return folder / "index"


@pytest.fixture(scope="module")
def site(index: Path) -> Iterator[Site]:
    with serving(index) as site:
        yield site


def test_only_what_is_kept_here_is_shown(site: Site) -> None:
    page = page_of(site.get("/search?q=سفينة"))
    [picture] = page.find("img")
    assert picture["src"] == f"/pictures/{file_of_picture(KEPT, 'small')}"
    assert (picture["alt"], picture["loading"], picture["width"]) == (f"سفينة {EVIL}", "lazy", "132")
    assert not list(page_of(site.get("/article/foreign")).find("img"))
    [picture] = page_of(site.get("/article/kept")).find("img")
    assert (picture["width"], picture["height"]) == ("640", "400")  # the space is there before the picture is
    assert EVIL in page_of(site.get("/article/kept")).text
    [shared] = page_of(site.get("/article/kept")).find("meta", property="og:image")
    assert shared["content"] == f"{site.address}{picture['src']}"


def test_pictures_are_kept_by_browsers_and_nothing_else_is_served(site: Site) -> None:
    answer = site.get(f"/pictures/{file_of_picture(KEPT, 'small')}")
    assert (answer.status, answer.headers["Content-Type"]) == (200, "image/webp")
    assert answer.headers["Cache-Control"] == "public, max-age=604800"
    assert answer.body.startswith(b"RIFF")
    for name in (file_of_picture(FOREIGN, "small"), "..%2fCURRENT", "..%2f..%2fcorpus.jsonl", "a.webp", "%00"):
        assert site.get(f"/pictures/{name}").status == 404


def test_hosts_that_are_named_serve_their_own(index: Path) -> None:
    with serving(index, image_hosts=("*.example.org",)) as site:
        answer = site.get("/search?q=سفينة")
        sources = [picture["src"] for picture in page_of(answer).find("img")]
        assert sorted(sources) == sorted([f"/pictures/{file_of_picture(KEPT, 'small')}", FOREIGN])
        assert "img-src 'self' *.example.org;" in answer.headers["Content-Security-Policy"]
        [foreign] = page_of(site.get("/article/foreign")).find("img")
        assert foreign["referrerpolicy"] == "no-referrer"
    with serving(index, image_hosts=("example.org",)) as site:
        assert len(list(page_of(site.get("/search?q=سفينة")).find("img"))) == 1


def test_programs_are_told_of_pictures(site: Site) -> None:
    hits = {hit["id"]: hit for hit in json.loads(site.get("/api/v1/search?q=سفينة").body)["hits"]}
    assert (hits["foreign"]["image"], hits["foreign"]["caption"]) == (FOREIGN, "سفينة")
    assert "image" not in hits["plain"]
    assert json.loads(site.get("/api/v1/articles/foreign").body)["image"] == FOREIGN


@needs_chromium
def test_nothing_moves_when_pictures_come(browser: Browser, site: Site) -> None:
    context = browser.new_context(viewport={"width": 390, "height": 800}, locale="ar")
    page = context.new_page()
    complaints: list[str] = []
    page.on("console", lambda message: complaints.append(message.text))
    page.route("**/pictures/*", lambda route: route.abort())
    page.goto(f"{site.address}/search?q=سفينة")
    before = page.locator(".hit").evaluate_all("hits => hits.map(hit => hit.offsetTop)")
    page.unroute("**/pictures/*")
    page.reload()
    expect(page.locator(".hit img")).to_have_js_property("complete", True)
    assert page.locator(".hit img").evaluate("image => image.naturalWidth") == 264
    assert page.locator(".hit").evaluate_all("hits => hits.map(hit => hit.offsetTop)") == before
    assert page.evaluate("document.documentElement.scrollWidth") == 390
    assert not violations(page)
    page.goto(f"{site.address}/article/kept")
    assert not violations(page)
    context.close()


def test_a_folder_of_pictures_disturbs_no_index(index: Path, tmp_path: Path) -> None:
    copy = shutil.copytree(index, tmp_path / "index")
    with arsearch.open_index(copy, settings=Settings()) as opened:
        assert opened.search("سفينة").total == 3
