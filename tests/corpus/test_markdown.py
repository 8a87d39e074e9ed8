from __future__ import annotations

from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from arsearch.corpus import Article, ReadingReport, read_source
from arsearch.corpus.parsing.structure import Span


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return tmp_path / "camel.md"


def read(path: Path, text: str) -> Article:
    path.write_text(text, encoding="utf-8")
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


def check(path: Path, markdown: str, body: str) -> None:
    assert read(path, markdown).body == body


def test_a_file_with_front_matter_gives_an_article(path: Path) -> None:
    article = read(
        path,
        "---\nid: camel-1\ntitle: الجمل العربي\nauthor: سلمى\ndate: 2021-03-04\nsource: موسوعة\n"
        "url: https://example.org\ntags: [حيوان, صحراء]\n---\n\n# مقدمة\n\nالجمل **سفينة** الصحراء.\n",
    )
    assert article == Article(
        id="camel-1",
        title="الجمل العربي",
        body="مقدمة\n\nالجمل سفينة الصحراء.",
        author="سلمى",
        date="2021-03-04",
        source="موسوعة",
        url="https://example.org",
        tags=("حيوان", "صحراء"),
        structure=(Span(0, 5, "heading", 1),),
    )


def test_the_name_of_the_file_is_the_id(path: Path) -> None:
    assert read(path, "نص").id == "camel"


def test_the_first_heading_is_the_title_and_leaves_the_body(path: Path) -> None:
    article = read(path, "مقدمة\n\n## الجمل *العربي*\n\nنص\n\n# عنوان آخر\n")
    assert article.title == "الجمل العربي"
    assert article.body == "مقدمة\n\nنص\n\nعنوان آخر"


def test_front_matter_without_title_leaves_it_to_the_heading(path: Path) -> None:
    article = read(path, "---\nauthor: سلمى\n---\n# الجمل\n\nنص\n")
    assert (article.title, article.author) == ("الجمل", "سلمى")


def test_no_heading_is_no_title(path: Path) -> None:
    assert read(path, "نص").title == ""


def test_a_body_in_the_front_matter_does_not_replace_the_text(path: Path) -> None:
    check(path, "---\nbody: آخر\n---\nنص", "نص")


@pytest.mark.parametrize("front_matter", ["---\n---\n", "---\n# comment\n---\n"], ids=ascii)
def test_empty_front_matter(path: Path, front_matter: str) -> None:
    check(path, f"{front_matter}نص", "نص")


@pytest.mark.parametrize(
    ("markdown", "body"),
    [
        ("**قوي** *مائل* `رمز`", "قوي مائل رمز"),
        ("[رابط](https://example.org)", "رابط"),
        ("![صورة](a.png)", "صورة"),
        ("&amp; &lt; &quot;", '& < "'),
        ("سطر\nسطر  \nسطر", "سطر\nسطر\nسطر"),
        ("- بند\n- بند آخر", "بند\n\nبند آخر"),
        ("> اقتباس", "اقتباس"),
        ("```\nرمز\n```", "رمز\n"),
        ("نص <b>قوي</b><br>", "نص قوي"),
        ("نص\n\n<!-- ملاحظة -->", "نص"),
        ('<p dir="rtl">نص &amp; <b>نص</b></p>', "نص & نص"),
        ('<div dir="rtl">\n\nنص\n\n</div>', "نص"),
        ("<script>alert(1)</script>\n\nنص", "نص"),
        ("<style>\np { color: red }\n</style>\n\nنص", "نص"),
    ],
)
def test_the_body_is_the_text_a_reader_sees(path: Path, markdown: str, body: str) -> None:
    check(path, markdown, body)


def test_values_of_the_front_matter_are_texts_as_written(path: Path) -> None:
    article = read(path, "---\nid: 007\ntitle: 2015\nauthor: yes\ntags: [2015, 1.0]\n---\nنص")
    assert (article.id, article.title, article.author, article.tags) == ("007", "2015", "yes", ("2015", "1.0"))


@pytest.mark.parametrize("date", ["2015-13-45", "أمس", "31/02/2015"])
def test_a_bad_date_is_dropped_and_reported_but_the_article_kept(path: Path, date: str) -> None:
    path.write_text(f"---\ndate: {date}\n---\nنص", encoding="utf-8")
    report = ReadingReport()
    (article,) = read_source(path, report)
    assert article.date == ""
    (problem,) = report.problems
    assert (problem.path, problem.line, problem.skipped) == (path, 0, False)
    assert date in problem.message


@pytest.mark.parametrize(
    ("front_matter", "message"),
    [
        ("title: 'open\n", "not YAML"),
        ("a: b: c\n", "not YAML"),
        ("title: [\n", "not YAML"),
        ("- a\n- b\n", "not a list of fields"),
        ("just text\n", "not a list of fields"),
        ("a: " + "[" * 5_000 + "\n", "nested too deeply"),
    ],
    ids=range(6),
)
def test_broken_front_matter_is_reported_in_one_line(path: Path, front_matter: str, message: str) -> None:
    (problem,) = problems(path, f"---\n{front_matter}---\nنص".encode())
    assert problem.startswith(f"{path}: the front matter")
    assert message in problem
    assert "\n" not in problem


def test_front_matter_alone_is_reported(path: Path) -> None:
    assert problems(path, "---\ntitle: الجمل\n---\n".encode()) == [
        f'{path}: there is no "body", or it is empty; an article needs one (skipped)'
    ]


def test_a_file_that_is_not_utf_8_is_reported_with_the_line(path: Path) -> None:
    assert problems(path, b"a\nb\n\xff\xe9") == [f"{path}: not UTF-8 (line 3); convert the file to UTF-8 (skipped)"]


def test_a_byte_order_mark_does_not_hide_the_front_matter(path: Path) -> None:
    assert read(path, "\ufeff---\ntitle: الجمل\n---\nنص").title == "الجمل"


@settings(suppress_health_check=[HealthCheck.function_scoped_fixture], deadline=None)
@given(st.text(st.sampled_from("---\n:[]{}#*<>&!'\"`|ab \t%@?")), st.text(max_size=40))
def test_no_text_raises(path: Path, front_matter: str, text: str) -> None:
    path.write_bytes(f"---\n{front_matter}\n---\n{text}".encode(errors="replace"))
    report = ReadingReport()
    assert len(list(read_source(path, report))) + report.skipped == 1
