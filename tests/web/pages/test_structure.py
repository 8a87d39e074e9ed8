"""An article is read as it was written: headings, lists, quotations and tables, and never more than these."""

from __future__ import annotations

import json
import shutil
import sqlite3
from collections.abc import Iterator
from pathlib import Path
from typing import Literal

import pytest
from hypothesis import given
from hypothesis import strategies as st
from playwright.sync_api import Browser

import arsearch
from arsearch import Settings
from arsearch.corpus import Article, shown_fields
from arsearch.corpus.parsing.structure import Block, structure_of
from arsearch.index.store.article_store import ArticleStore
from arsearch.index.store.export import export_articles
from arsearch.web.reading.pieces import pieces_of

from ..conftest import EVIL, Site, needs_chromium, serving
from ..page import page_of
from .test_accessibility import violations

MARKDOWN = f"""---
title: زراعة الزيتون
---
مقدمة عن السفينة.

## موسم القطاف

- شملالي
  1. زيته خفيف
- كورونيكي

> من زرع زيتونة أكل منها أحفاده.

#### الإنتاج

| السنة | المنطقة |
|-------|---------|
| 2019 | غريان & نالوت |

خاتمة عن السفينة `{EVIL}`.
"""
HOSTILE = {
    "id": "hostile",
    "title": f"سفينة {EVIL}",
    "body": f'قسم {EVIL}\n\n| {EVIL} | سفينة |\n\nبند "onmouseover=alert(1) {EVIL}',
    "structure": [[0, 29, "heading", 2], [33, 58, "cell", 1], [61, 66, "head", 1], [70, 80, "item", 9]],
}


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory, tiny_encoder: str) -> Path:
    folder = tmp_path_factory.mktemp("structure")
    (folder / "corpus").mkdir()
    (folder / "corpus" / "olive.md").write_text(MARKDOWN, encoding="utf-8")
    (folder / "corpus" / "hostile.jsonl").write_text(json.dumps(HOSTILE), encoding="utf-8")
    arsearch.build_index([folder / "corpus"], folder / "index", model=tiny_encoder, settings=Settings())
    return folder


@pytest.fixture(scope="module")
def site(folder: Path) -> Iterator[Site]:
    with serving(folder / "index") as site:
        yield site


def test_a_reader_sees_what_the_author_wrote(site: Site) -> None:
    page = page_of(site.get("/article/olive?q=سفينة"))
    tags = [tag for tag, _ in page.elements]
    assert tags.count("blockquote") == tags.count("table") == 1
    assert [tag for tag in tags if tag in ("h1", "h2", "h3", "h4")][:3] == ["h1", "h2", "h3"]  # none is skipped
    assert (tags.count("th"), tags.count("td")) == (2, 2)
    starts = [int(found["data-start"]) for _, found in page.elements if "data-start" in found]
    answer = json.loads(site.get("/api/v1/articles/olive").body)
    body = answer["body"]
    assert starts == sorted(starts)
    assert body[starts[1] :].startswith("موسم القطاف")
    assert [body[start:end] for start, end, kind, _ in answer["structure"] if kind == "cell"] == [
        "2019",
        "غريان & نالوت",
    ]
    assert len(list(page.find("mark"))) == 2  # nothing is marked twice, or lost


def test_hostile_texts_stay_texts(site: Site) -> None:
    page = page_of(site.get("/article/hostile?q=سفينة"))
    assert all("alert" not in found.get("src", "") and "onmouseover" not in found for _, found in page.elements)
    assert page.text.count("<script>alert(1)</script>") >= 4
    assert "onmouseover=alert(1)" in page.text
    assert [tag for tag, _ in page.elements if tag in ("td", "th")] == ["td", "th"]


def test_search_sees_the_text_alone(folder: Path, tmp_path: Path, tiny_encoder: str) -> None:
    def found(index: Path) -> list[tuple[str, float, str]]:
        with arsearch.open_index(index, settings=Settings()) as opened:
            return [(hit.id, hit.score, hit.snippet) for hit in opened.search("سفينة", mode="lexical").hits]

    with arsearch.open_index(folder / "index", settings=Settings()) as index:
        articles = [index.article(name).as_dict() for name in ("olive", "hostile")]
    plain = [{name: value for name, value in article.items() if name != "structure"} for article in articles]
    assert plain != articles
    (tmp_path / "plain.jsonl").write_text("\n".join(map(json.dumps, plain)), encoding="utf-8")
    arsearch.build_index([tmp_path / "plain.jsonl"], tmp_path / "index", model=tiny_encoder, settings=Settings())
    assert found(folder / "index") == found(tmp_path / "index") != []


def test_an_export_is_indexed_to_the_same(folder: Path, tmp_path: Path, tiny_encoder: str) -> None:
    export_articles(folder / "index", tmp_path / "out.jsonl")
    arsearch.build_index([tmp_path / "out.jsonl"], tmp_path / "index", model=tiny_encoder, settings=Settings())
    with (
        arsearch.open_index(folder / "index", settings=Settings()) as before,
        arsearch.open_index(tmp_path / "index", settings=Settings()) as after,
    ):
        for name in ("olive", "hostile"):
            assert before.article(name) == after.article(name)
            assert after.article(name).structure


def test_a_store_of_an_earlier_version_is_read(folder: Path, tmp_path: Path) -> None:
    [articles] = (folder / "index").glob("commits/*/articles")
    old = shutil.copytree(articles, tmp_path / "articles")
    for file in old.glob("*.sqlite"):
        connection = sqlite3.connect(file)
        connection.execute("ALTER TABLE articles DROP COLUMN shown")
        connection.close()
    store = ArticleStore(old)
    try:
        article = store.fetch([store.ordinal_of("olive")])[0]
        assert article.title == "زراعة الزيتون"
        assert article.structure == ()
    finally:
        store.close()


def test_what_is_stored_comes_back() -> None:
    body = "قسم\n\nبند"
    article = Article(
        id="a", body=body, structure=structure_of(body, [Block("heading", "قسم", 3), Block("item", "بند")])
    )
    assert shown_fields(json.loads(json.dumps(article.as_dict())))["structure"] == article.structure


@given(st.text("اب1 -|\n", max_size=40), st.data())
def test_no_word_is_lost(body: str, data: st.DataObject) -> None:
    bounds = sorted(data.draw(st.lists(st.integers(0, len(body)), max_size=8)))
    value = [[start, end, "item", 1] for start, end in zip(bounds[0::2], bounds[1::2], strict=False)]
    [structure] = [article.structure for article in [Article(id="a", body=body, **shown_fields({"structure": value}))]]
    shown = "".join(body[piece.start : piece.end] for piece in pieces_of(body, structure))
    assert [letter for letter in shown if letter.isalnum()] == [letter for letter in body if letter.isalnum()]


@needs_chromium
@pytest.mark.parametrize(("width", "scheme", "language"), [(320, "dark", "en"), (1280, "light", "ar")])
def test_axe_finds_nothing_and_nothing_runs_over(
    browser: Browser, site: Site, width: int, scheme: Literal["dark", "light"], language: str
) -> None:
    context = browser.new_context(viewport={"width": width, "height": 800}, color_scheme=scheme, locale=language)
    page = context.new_page()
    for identifier in ("olive", "hostile"):
        page.goto(f"{site.address}/article/{identifier}?q=سفينة")
        assert not violations(page)
        assert page.evaluate("document.documentElement.scrollWidth") <= width
    context.close()
