from __future__ import annotations

from pathlib import Path

import pytest

from arsearch.corpus import Article, ReadingReport, read_source


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return tmp_path / "bakery.txt"


def read(path: Path, text: str, encoding: str = "utf-8") -> Article:
    path.write_bytes(text.encode(encoding))
    report = ReadingReport()
    (article,) = read_source(path, report)
    assert report.problems == []
    return article


def problems(path: Path, data: bytes) -> list[str]:
    path.write_bytes(data)
    report = ReadingReport()
    assert list(read_source(path, report)) == []
    assert report.skipped == len(report.problems)
    return [str(problem) for problem in report.problems]


def test_a_page_saved_by_a_reader_gives_an_article(path: Path) -> None:
    article = read(
        path,
        "القائمة\nبحث\n\nمخبز قديم في الإسكندرية\n"
        "الكاتب: سلمى الشريف\nالتاريخ: 2021-03-04\nالمصدر: مجلة المدينة\n"
        "الرابط: https://example.org/bakery\nالوسوم: مدن، طعام, تاريخ\n\nيفتح المخبز ليلا.\n\nويغلق فجرا.\n",
    )
    assert article == Article(
        id="bakery",
        title="مخبز قديم في الإسكندرية",
        body="يفتح المخبز ليلا.\n\nويغلق فجرا.",
        author="سلمى الشريف",
        date="2021-03-04",
        source="مجلة المدينة",
        url="https://example.org/bakery",
        tags=("مدن", "طعام", "تاريخ"),
    )


def test_the_name_of_the_file_is_the_id(path: Path) -> None:
    assert read(path, "خبر").id == "bakery"


def test_the_first_line_of_three_words_is_the_title(path: Path) -> None:
    article = read(path, "Menu\nin English\nخبر عاجل جدا\nنص الخبر هنا")
    assert article.title == "خبر عاجل جدا"
    assert article.body == "نص الخبر هنا"


def test_a_text_of_short_lines_has_no_title(path: Path) -> None:
    article = read(path, "بيت شعر\nبيت آخر")
    assert article.title == ""
    assert article.body == "بيت شعر\nبيت آخر"


def test_a_title_alone_is_its_own_body(path: Path) -> None:
    article = read(path, "خبر عاجل جدا\n\n")
    assert article.title == article.body == "خبر عاجل جدا"


@pytest.mark.parametrize(
    ("line", "field", "value"),
    [
        ("الكاتب: محمد علي", "author", "محمد علي"),
        ("الكاتِب : محمد علي", "author", "محمد علي"),
        ("author: Mohamed Ali", "author", "Mohamed Ali"),
        ("AUTHOR: Mohamed Ali", "author", "Mohamed Ali"),
        ("التاريخ: 2020-01-02 ", "date", "2020-01-02"),
        ("Date: 2020-01-02", "date", "2020-01-02"),
        ("المصدر: وكالة", "source", "وكالة"),
        ("Source: LANA", "source", "LANA"),
        ("الرابط: https://example.org/a:b", "url", "https://example.org/a:b"),
        ("URL: https://example.org", "url", "https://example.org"),
        ("الوسوم: أ، ب,ج", "tags", ("أ", "ب", "ج")),
        ("Tags: a, b", "tags", ("a", "b")),
    ],
)
def test_a_line_of_metadata_below_the_title(path: Path, line: str, field: str, value: object) -> None:
    article = read(path, f"خبر عاجل جدا\n{line}\nنص الخبر")
    assert getattr(article, field) == value
    assert article.body == "نص الخبر"


def test_a_line_with_a_colon_that_is_no_metadata_ends_the_metadata(path: Path) -> None:
    article = read(path, "خبر عاجل جدا\nقال: نعم\nالكاتب: محمد")
    assert article.body == "قال: نعم\nالكاتب: محمد"
    assert article.author == ""


def test_metadata_after_an_empty_line_is_text(path: Path) -> None:
    assert read(path, "خبر عاجل جدا\n\nالمصدر: وكالة").source == ""


def test_a_bad_date_is_dropped_and_reported(path: Path) -> None:
    path.write_text("خبر عاجل جدا\nالتاريخ: أمس\nنص", encoding="utf-8")
    report = ReadingReport()
    (article,) = read_source(path, report)
    assert article.date == ""
    assert [problem.skipped for problem in report.problems] == [False]
    assert str(report.problems[0]).startswith(f"{path}: ")


@pytest.mark.parametrize(
    "byline", ["كُتب بواسطة محمد الغرياني", "كتب بواسطة  محمد الغرياني ", "\u200fكُتِبَ بواسطة محمد الغرياني"]
)
def test_a_byline_gives_the_author(path: Path, byline: str) -> None:
    article = read(path, f"خبر عاجل جدا\n\nنص الخبر\n\n{byline}\n")
    assert article.author == "محمد الغرياني"


def test_metadata_goes_before_a_byline(path: Path) -> None:
    assert read(path, "خبر عاجل جدا\nالكاتب: سلمى\n\nنص\nكتب بواسطة محمد").author == "سلمى"


def test_the_first_byline_counts(path: Path) -> None:
    assert read(path, "خبر عاجل جدا\nنص\nكتب بواسطة محمد\nكتب بواسطة سلمى").author == "محمد"


def test_the_words_of_a_byline_inside_a_sentence_give_no_author(path: Path) -> None:
    assert read(path, "خبر عاجل جدا\nهذا الكتاب كتب بواسطة محمد").author == ""


def test_a_byte_order_mark_is_no_part_of_the_title(path: Path) -> None:
    assert read(path, "خبر عاجل جدا\nنص", encoding="utf-8-sig").title == "خبر عاجل جدا"


@pytest.mark.parametrize("end", ["\r\n", "\r", "\n"], ids=ascii)
def test_any_line_ends(path: Path, end: str) -> None:
    assert read(path, end.join(["خبر عاجل جدا", "نص", "نص"])).body == "نص\nنص"


def test_an_empty_file_is_reported(path: Path) -> None:
    assert problems(path, b" \n\n") == [f'{path}: there is no "body", or it is empty; an article needs one (skipped)']


def test_a_file_that_is_not_utf_8_is_reported_with_the_line(path: Path) -> None:
    data = "abc\nété".encode("latin-1")
    assert problems(path, data) == [f"{path}: not UTF-8 (line 2); convert the file to UTF-8 (skipped)"]
