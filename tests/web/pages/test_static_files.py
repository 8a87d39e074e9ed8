"""Static files are kept by browsers for ever, so a changed file has another name."""

from __future__ import annotations

import gzip
import re
from pathlib import Path

import pytest
from fontTools.ttLib import TTFont

from arsearch.web.pages.static_files import StaticFiles

from ...conftest import ROOT
from ..conftest import Site
from ..page import page_of

STATIC = ROOT / "web" / "static"
WEIGHED = (
    "page.js",
    "suggest.js",
    "recent.js",
    "swap.js",
    "more.js",
    "drawer.js",
    "timeline.js",
    "copy.js",
    "keys.js",
    "matches.js",
    "settings.js",
    "cited.js",
    "style.css",
)


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    (tmp_path / "fonts").mkdir()
    (tmp_path / "fonts" / "a.woff2").write_bytes(b"font")
    (tmp_path / "style.css").write_text('a { src: url("fonts/a.woff2"); content: "fonts/b.woff2"; }', encoding="utf-8")
    (tmp_path / "page.js").write_text('import "./other.js";\nimport "./gone.js";', encoding="utf-8")
    (tmp_path / "other.js").write_text("1;", encoding="utf-8")
    return tmp_path


def content(files: StaticFiles, name: str) -> str:
    file = files.get(files.hashed(name))
    assert file
    return file.content.decode()


def test_references_lead_to_the_hashed_names(folder: Path) -> None:
    files = StaticFiles(folder)
    assert re.fullmatch(r"fonts/a\.\w{10}\.woff2", files.hashed("fonts/a.woff2"))
    assert f'url("{files.hashed("fonts/a.woff2")}")' in content(files, "style.css")
    assert '"fonts/b.woff2"' in content(files, "style.css")
    assert f'import "./{files.hashed("other.js")}"' in content(files, "page.js")
    assert 'import "./gone.js"' in content(files, "page.js")


def test_a_change_renames_a_file_and_those_that_refer_to_it(folder: Path) -> None:
    before = StaticFiles(folder)
    (folder / "other.js").write_text("2;", encoding="utf-8")
    after = StaticFiles(folder)
    changed = {
        name
        for name in ("style.css", "page.js", "other.js", "fonts/a.woff2")
        if before.hashed(name) != after.hashed(name)
    }
    assert changed == {"page.js", "other.js"}


def test_files_are_served_for_ever_and_compressed(site: Site) -> None:
    page = page_of(site.get("/"))
    style = next(page.find("link", rel="stylesheet"))["href"]
    plain = site.get(style)
    assert plain.headers["Cache-Control"] == "public, max-age=31536000, immutable"
    assert "Content-Encoding" not in plain.headers
    small = site.asked_with(Accept_Encoding="gzip, br").get(style)
    assert gzip.decompress(small.body) == plain.body
    assert small.headers["Vary"] == plain.headers["Vary"] == "Accept-Encoding"
    script = site.get(next(page.find("script"))["src"])
    assert script.headers["Content-Type"] == "text/javascript; charset=utf-8"
    assert site.get("/static/style.css").status == 404
    assert site.get("/static/..%2f..%2fpyproject.toml").status == 404


def test_style_and_scripts_weigh_less_than_40_kilobytes() -> None:
    files = StaticFiles(STATIC)
    served = [files.get(files.hashed(name)) for name in WEIGHED]
    assert sum(len(file.compressed or b"") for file in served if file) <= 40_000
    others = {"api-docs.js", "embed.js", "maintenance.css"}  # not on the pages of readers
    assert {path.name for path in STATIC.iterdir() if path.suffix in (".js", ".css")} == set(WEIGHED) | others


@pytest.mark.parametrize("name", ["vazirmatn", "noto-naskh-arabic"])
def test_the_fonts_have_what_arabic_pages_need(name: str) -> None:
    letters = "ءآأؤإئابةتثجحخدذرزسشصضطظعغفقكلمنهوىيپچژگڤکی" + "ًٌٍَُِّْٰـ" + "٠١٢٣٤٥٦٧٨٩۰۱۲۳۴۵۶۷۸۹" + "،؛؟٪٫٬"
    arabic = TTFont(STATIC / "fonts" / f"{name}-arabic.woff2")
    assert set(map(ord, letters)) <= set(arabic.getBestCmap())
    latin = TTFont(STATIC / "fonts" / f"{name}-latin.woff2")
    assert set(map(ord, "AZaz09«»“”…–()")) <= set(latin.getBestCmap())
    assert (arabic["fvar"].axes[0].minValue, arabic["fvar"].axes[0].maxValue) == (400, 700)
    assert "SIL Open Font License" in (STATIC / "fonts" / f"{name}-OFL.txt").read_text(encoding="utf-8")
