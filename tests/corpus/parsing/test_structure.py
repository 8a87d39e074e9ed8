"""Headings, lists, quotations and tables: the text stays as it was, and what is what stands beside it."""

from __future__ import annotations

import io
import zipfile
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from arsearch.corpus import Article, ReadingReport, article_from_mapping, read_source
from arsearch.corpus.cleaning.clean import Cleaner
from arsearch.corpus.parsing.structure import Block, checked_structure, moved_to, structure_of

LONG = "فقرة طويلة بما يكفي لتكون نصًّا من نصوص المقال الذي يقرؤه الناس في الصباح مع القهوة."


def read(path: Path, data: bytes | str) -> Article:
    path.write_bytes(data.encode() if isinstance(data, str) else data)
    report = ReadingReport()
    [article] = read_source(path, report)
    assert report.problems == []
    return article


def said(article: Article) -> list[tuple[str, int, str]]:
    return [(span.kind, span.level, article.body[span.start : span.end]) for span in article.structure]


def test_markdown(tmp_path: Path) -> None:
    article = read(
        tmp_path / "a.md",
        "# عنوان\n\n## قسم\n\nفقرة\n\n- أ\n- ب\n\n  تتمة\n  1. واحد\n\n"
        "> قول\n> طويل\n\n| س | ص |\n|---|---|\n| 1 |  |\n",
    )
    assert article.body == "قسم\n\nفقرة\n\nأ\n\nب\n\nتتمة\n\nواحد\n\nقول\nطويل\n\nس\tص\n\n1\t"
    assert said(article) == [
        ("heading", 2, "قسم"), ("item", 1, "أ"), ("item", 1, "ب"), ("continued", 1, "تتمة"), ("numbered", 2, "واحد"),
        ("quote", 1, "قول\nطويل"), ("head", 1, "س"), ("head", 1, "ص"), ("cell", 1, "1"), ("cell", 1, ""),
    ]  # fmt: skip


def test_html(tmp_path: Path) -> None:
    article = read(
        tmp_path / "a.html",
        f"<html><body><article><h1>معرض الكتاب في المدينة</h1><p>{LONG}</p><h2>قسم أول</h2><p>{LONG} ثانية.</p>"
        "<ul><li>بند <b>أول</b><ol><li>بند داخلي</li></ol></li><li>بند ثان</li></ul>"
        "<blockquote><p>قول مأثور</p></blockquote>"
        "<table><tr><th>البلد</th><th>السكان</th></tr><tr><td>ليبيا</td><td>سبعة ملايين</td></tr></table>"
        f"<p>{LONG} ثالثة.</p></article></body></html>",
    )
    assert "- بند أول" in article.body
    assert "البلد\tالسكان\n\nليبيا\tسبعة ملايين" in article.body
    assert said(article) == [
        ("heading", 2, "قسم أول"), ("item", 1, "بند أول"), ("numbered", 2, "بند داخلي"), ("item", 1, "بند ثان"),
        ("quote", 1, "قول مأثور"), ("head", 1, "البلد"), ("head", 1, "السكان"), ("cell", 1, "ليبيا"),
        ("cell", 1, "سبعة ملايين"),
    ]  # fmt: skip


def test_html_in_records(tmp_path: Path) -> None:
    [article] = read_source(
        _written(
            tmp_path / "a.json",
            '[{"title": "عنوان", "content": "<p>أول</p><h3>قسم</h3><ul><li>بند</li></ul>'
            '<blockquote>قول</blockquote>"}]',
        ),
        ReadingReport(),
    )
    assert article.body == "أول\n\nقسم\n\nبند\n\nقول"
    assert said(article) == [("heading", 3, "قسم"), ("item", 1, "بند"), ("quote", 1, "قول")]


def _written(path: Path, text: str) -> Path:
    path.write_text(text, encoding="utf-8")
    return path


W = 'xmlns:w="http://schemas.openxmlformats.org/wordprocessingml/2006/main"'


def paragraph(text: str, properties: str = "") -> str:
    return f"<w:p><w:pPr>{properties}</w:pPr><w:r><w:t>{text}</w:t></w:r></w:p>"


def test_word(tmp_path: Path) -> None:
    def item(depth: int) -> str:
        return f'<w:numPr><w:ilvl w:val="{depth}"/><w:numId w:val="5"/></w:numPr>'

    body = (
        paragraph("عنوان", '<w:pStyle w:val="Title"/>')
        + paragraph("قسم", '<w:pStyle w:val="Heading2"/>')
        + paragraph("بند", item(0))
        + paragraph("أول", item(1))
        + paragraph("قول", '<w:pStyle w:val="Quote"/>')
        + "<w:tbl><w:tr><w:trPr><w:tblHeader/></w:trPr><w:tc>" + paragraph("س") + "</w:tc></w:tr>"
        + "<w:tr><w:tc>" + paragraph("1") + "</w:tc></w:tr></w:tbl>"
    )  # fmt: skip
    numbering = (
        '<w:abstractNum w:abstractNumId="3"><w:lvl w:ilvl="0"><w:numFmt w:val="bullet"/></w:lvl>'
        '<w:lvl w:ilvl="1"><w:numFmt w:val="decimal"/></w:lvl></w:abstractNum>'
        '<w:num w:numId="5"><w:abstractNumId w:val="3"/></w:num>'
    )
    data = io.BytesIO()
    with zipfile.ZipFile(data, "w") as file:
        file.writestr("[Content_Types].xml", "<Types/>")
        file.writestr("word/document.xml", f"<w:document {W}><w:body>{body}</w:body></w:document>")
        file.writestr("word/numbering.xml", f"<w:numbering {W}>{numbering}</w:numbering>")
    article = read(tmp_path / "a.docx", data.getvalue())
    assert article.title == "عنوان"
    assert said(article) == [
        ("heading", 2, "قسم"), ("item", 1, "بند"), ("numbered", 2, "أول"), ("quote", 1, "قول"), ("head", 1, "س"),
        ("cell", 1, "1"),
    ]  # fmt: skip


def test_what_is_cleaned_away_takes_its_spans_with_it() -> None:
    body = "قائمة الموقع\n\nقسم\n\nشارك المقال\n\n- بند\n\nنصّ المقال."
    structure = structure_of(
        body, [Block("heading", "قائمة الموقع", 2), Block("heading", "قسم", 2), Block("item", "بند")]
    )
    article = Article(id="a", body=body, structure=structure)
    cleaned = Cleaner({"": ["قائمة الموقع"]}).clean(article, "")
    assert cleaned.body == "قسم\n\n- بند\n\nنصّ المقال."
    assert said(cleaned) == [("heading", 2, "قسم"), ("item", 1, "بند")]


@pytest.mark.parametrize(
    "value",
    [
        7, {"a": 1}, [[0, 3]], [[0, 3, "script", 1]], [[0, 99, "heading", 2]], [[-1, 3, "heading", 2]],
        [[2, 5, "quote", 1], [0, 3, "quote", 1]], [[0, 3, "heading", 99]], [[0, True, "heading", 1]], "[" * 9_999,
    ],
)  # fmt: skip
def test_a_structure_that_fits_no_body_is_left_out_and_told(value: Any) -> None:
    article, mended = article_from_mapping({"body": "كلام قليل", "structure": value})
    assert article.structure == ()
    assert len(mended) == 1
    assert '"structure"' in mended[0]


def test_a_structure_changes_the_hash() -> None:
    plain = Article(id="a", body="قسم")
    assert (
        plain.content_hash()
        != Article(id="a", body="قسم", structure=structure_of("قسم", [Block("heading", "قسم")])).content_hash()
    )


@given(
    st.lists(st.tuples(st.sampled_from(["", "heading", "item", "quote", "row"]), st.text("اب -|\t\n", max_size=9))),
    st.text("اب -|\t\n", max_size=60),
)
def test_whatever_is_found_fits_the_body(blocks: list[tuple[Any, str]], body: str) -> None:
    structure = structure_of(body, [Block(kind, text) for kind, text in blocks])
    assert checked_structure([list(span) for span in structure], body) == structure


def test_a_cleaned_text_alone_is_enough_to_move_spans() -> None:
    body = "مشاركة\n\nقسم\n\nمشاركة\n\n- بند\n\nنصّ المقال."
    structure = structure_of(body, [Block("heading", "قسم", 2), Block("item", "بند")])
    article = Article(id="a", body=body, structure=structure)
    cleaned = Cleaner({}).clean(article, "")
    assert cleaned.body == "قسم\n\n- بند\n\nنصّ المقال."
    assert moved_to(structure, body, cleaned.body) == cleaned.structure
    assert said(cleaned) == [("heading", 2, "قسم"), ("item", 1, "بند")]
