from __future__ import annotations

import gzip
import json
from pathlib import Path
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from arsearch.corpus import Article, ReadingReport, read_source

GOOD = b'{"id": "good", "body": "\xd8\xae\xd8\xa8\xd8\xb1"}'


def read(path: Path, data: bytes) -> tuple[list[Article], ReadingReport]:
    path.write_bytes(data)
    report = ReadingReport()
    return list(read_source(path, report)), report


def read_record(path: Path, **record: Any) -> tuple[Article, list[str]]:
    (article,), report = read(path, json.dumps({"body": "خبر"} | record).encode())
    assert report.skipped == 0
    return article, [problem.message for problem in report.problems]


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return tmp_path / "news.jsonl"


def test_one_broken_line_among_good_ones_is_named_and_the_others_are_kept(path: Path) -> None:
    articles, report = read(path, GOOD + b"\n{broken\n\n" + GOOD.replace(b"good", b"last"))
    assert [article.id for article in articles] == ["good", "last"]
    assert [str(problem) for problem in report.problems] == [
        f"{path}:2: not JSON: Expecting property name enclosed in double quotes at column 2 (skipped)"
    ]


def test_every_field_is_read(path: Path) -> None:
    record = {
        "id": "lana-1",
        "title": "عنوان الخبر",
        "body": "نص الخبر\n\nفقرة ثانية",
        "author": "محمد الغرياني",
        "date": "2015-07-21",
        "source": "وال",
        "url": "https://example.org/1",
        "tags": ["أخبار", "ليبيا"],
        "language": "ar",
    }
    article, problems = read_record(path, **record, unknown="field")
    assert article.as_dict() == record
    assert problems == []


def test_only_the_body_is_required(path: Path) -> None:
    article, problems = read_record(path)
    assert article == Article(id=article.id, body="خبر")
    assert problems == []


@pytest.mark.parametrize(
    ("broken", "message"),
    [
        (b"{", "not JSON"),
        (b"plain text", "not JSON"),
        (b'{"body": "a"} {"body": "b"}', "not JSON"),
        (b'{"body": "\xff\xfe"}', "not UTF-8"),
        ('{"body": "خبر"}'.encode("cp1256"), "not UTF-8"),
        (b'["body"]', "list"),
        (b'"body"', "str"),
        (b"null", "object"),
        (b"7", "int"),
        (b'{"title": "a"}', "body"),
        (b'{"body": ""}', "empty"),
        (b'{"body": " \\n\\t "}', "empty"),
        (b'{"body": null}', "body"),
        (b'{"body": ["a"]}', "list, not text"),
        (b'{"body": {"a": 1}}', "dict, not text"),
        (b'{"body": true}', "bool, not text"),
        (b'{"body": 1.5}', "float, not text"),
        (b'{"body": ' + b"[" * 100_000, "nested too deeply"),
        (b'{"body": "a", "id": ' + b"9" * 10_000 + b"}", "limit"),
    ],
    ids=range(19),
)
def test_a_line_that_gives_no_article_is_reported_and_skipped(path: Path, broken: bytes, message: str) -> None:
    articles, report = read(path, GOOD + b"\n" + broken + b"\n" + GOOD)
    assert len(articles) == 2
    (problem,) = report.problems
    assert (problem.path, problem.line, problem.skipped) == (path, 2, True)
    assert message in problem.message


def test_empty_lines_are_no_problem_and_count(path: Path) -> None:
    articles, report = read(path, b"\n  \n" + GOOD + b"\n\n{\n")
    assert len(articles) == 1
    assert [problem.line for problem in report.problems] == [5]


def test_an_empty_file_has_no_articles(path: Path) -> None:
    articles, report = read(path, b"")
    assert (articles, report.problems) == ([], [])


def test_a_byte_order_mark_is_no_problem(path: Path) -> None:
    articles, report = read(path, b"\xef\xbb\xbf" + GOOD)
    assert [article.id for article in articles] == ["good"]
    assert report.problems == []


def test_windows_line_ends_are_no_problem(path: Path) -> None:
    articles, report = read(path, GOOD + b"\r\n" + GOOD + b"\r\n")
    assert len(articles) == 2
    assert report.problems == []


@pytest.mark.parametrize("date", ["31/02/2015", "2015-13-45", "2015-13", "أمس", "٢١ يوليو"])
def test_a_bad_date_is_dropped_and_reported_but_the_article_kept(path: Path, date: str) -> None:
    article, problems = read_record(path, date=date)
    assert article.date == ""
    assert len(problems) == 1
    assert '"date"' in problems[0]
    assert repr(date) in problems[0]


def test_a_mended_line_is_reported_with_its_number(path: Path) -> None:
    articles, report = read(path, GOOD + b'\n{"body": "a", "date": "x"}')
    assert len(articles) == 2
    (problem,) = report.problems
    assert (problem.line, problem.skipped) == (2, False)


@pytest.mark.parametrize(
    "date", ["2015", "2015-07", "2015-07-21", "2015-07-21T10:30:00", "2015-07-21 10:30", "2015-07-21T10:30:00+02:00"]
)
def test_iso_dates_are_kept(path: Path, date: str) -> None:
    assert read_record(path, date=date) == read_record(path, date=f" {date}\n")
    assert read_record(path, date=date)[0].date == date


@pytest.mark.parametrize(
    ("written", "kept"),
    [
        ("20150721", "2015-07-21"),
        ("2015-W30-2", "2015-07-21"),
        ("20150721T103000", "2015-07-21T10:30:00"),
        ("20150721T103000+0200", "2015-07-21T10:30:00+02:00"),
        (20150721, "2015-07-21"),
        (2015, "2015"),
    ],
)
def test_other_spellings_of_iso_dates_are_written_with_hyphens(path: Path, written: object, kept: str) -> None:
    article, problems = read_record(path, date=written)
    assert article.date == kept
    assert problems == []


@pytest.mark.parametrize("name", ["title", "author", "source", "url", "date", "id"])
def test_a_field_of_a_wrong_type_is_left_out_and_reported(path: Path, name: str) -> None:
    article, problems = read_record(path, **{name: [1]})
    assert getattr(article, name) != [1]
    assert problems == [f'"{name}" is list, not text; it was left out']


@pytest.mark.parametrize("author", [["سلمى", "محمد"], [{"name": "سلمى"}, {"name": "محمد"}]])
def test_several_authors_are_named_together(path: Path, author: object) -> None:
    assert read_record(path, author=author)[0].author == "سلمى، محمد"


@pytest.mark.parametrize("name", ["title", "author", "source", "url", "date", "tags"])
def test_a_null_field_is_empty(path: Path, name: str) -> None:
    article, problems = read_record(path, **{name: None})
    assert not getattr(article, name)
    assert problems == []


def test_a_text_of_tags_is_one_tag(path: Path) -> None:
    article, problems = read_record(path, tags="أخبار")
    assert article.tags == ("أخبار",)
    assert problems == []


def test_empty_tags_are_left_out(path: Path) -> None:
    assert read_record(path, tags=[" أخبار ", "", " "])[0].tags == ("أخبار",)


@pytest.mark.parametrize("tags", [{"a": 1}, [1, 2], ["a", None], 5])
def test_tags_of_a_wrong_type_are_left_out_and_reported(path: Path, tags: Any) -> None:
    article, problems = read_record(path, tags=tags)
    assert article.tags == ()
    assert problems == ['"tags" is not a list of texts; it was left out']


def test_a_number_as_id_becomes_text(path: Path) -> None:
    article, problems = read_record(path, id=42)
    assert article.id == "42"
    assert problems == []


def test_line_breaks_in_a_title_become_spaces_and_those_in_a_body_stay(path: Path) -> None:
    article, _ = read_record(path, title=" عنوان\nطويل\t", body="فقرة\nفقرة")
    assert article.title == "عنوان طويل"
    assert article.body == "فقرة\nفقرة"


def test_lone_surrogates_and_nul_become_the_replacement_character(path: Path) -> None:
    articles, report = read(
        path, rb'{"id": "\ud800x", "body": "a\u0000b\udfffc", "title": "\ud83d\ude42", "tags": ["\u0000"]}'
    )
    (article,) = articles
    assert (article.id, article.body) == ("\ufffdx", "a\ufffdb\ufffdc")
    assert (article.title, article.tags) == ("🙂", ("\ufffd",))
    assert json.dumps(article.as_dict(), ensure_ascii=False).encode()
    assert report.problems == []


def test_an_article_without_id_gets_one_from_its_text(path: Path) -> None:
    one, _ = read_record(path, body="خبر")
    same, _ = read_record(path, body="خبر", author="محمد")
    other, _ = read_record(path, body="خبر آخر")
    assert one.id == same.id != other.id
    assert len(one.id) == 16


def test_the_content_hash_changes_with_any_field(path: Path) -> None:
    values = {"title": "a", "body": "b", "author": "c", "date": "2015-07-21", "source": "d", "url": "e", "tags": ["f"]}
    hashes = {read_record(path, id="1", **{name: value})[0].content_hash() for name, value in values.items()}
    hashes.add(read_record(path, id="1")[0].content_hash())
    assert len(hashes) == len(values) + 1
    assert read_record(path, id="1")[0].content_hash() in hashes


def test_a_compressed_file_is_read(tmp_path: Path) -> None:
    articles, report = read(tmp_path / "news.jsonl.gz", gzip.compress(GOOD + b"\n" + GOOD))
    assert len(articles) == 2
    assert report.problems == []


def test_a_truncated_compressed_file_is_reported_and_what_came_before_is_kept(tmp_path: Path) -> None:
    lines = b"".join(b'{"body": "%d"}\n' % number for number in range(50_000))
    whole = gzip.compress(lines)
    articles, report = read(tmp_path / "news.jsonl.gz", whole[: len(whole) // 2])
    assert 0 < len(articles) < 50_000
    (problem,) = report.problems
    assert problem.skipped
    assert problem.line == len(articles) + 1
    assert "breaks off or is damaged" in problem.message


def test_a_file_that_is_only_called_compressed_is_read(tmp_path: Path) -> None:
    articles, report = read(tmp_path / "news.jsonl.gz", GOOD)
    assert ([article.id for article in articles], report.problems) == (["good"], [])


@pytest.mark.parametrize("data", [b"\x1f\x8b\x08garbage" * 9, gzip.compress(GOOD)[:-4]], ids=["bad", "cut"])
def test_a_damaged_compressed_file_is_reported(tmp_path: Path, data: bytes) -> None:
    _, report = read(tmp_path / "news.jsonl.gz", data)
    assert [problem.skipped for problem in report.problems] == [True]
    assert "breaks off or is damaged" in report.problems[0].message


@settings(suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(st.binary())
def test_no_bytes_raise(path: Path, data: bytes) -> None:
    articles, report = read(path, data)
    assert len(articles) + report.skipped <= data.count(b"\n") + 1


JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=3), inner, max_size=3),
    max_leaves=5,
)
FIELDS = st.sampled_from(["id", "title", "body", "author", "date", "source", "url", "tags"])


@settings(suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(st.dictionaries(FIELDS, JSON))
def test_any_object_gives_a_storable_article_or_a_problem(path: Path, record: dict[str, Any]) -> None:
    articles, report = read(path, json.dumps(record).encode())
    assert len(articles) + report.skipped == 1
    for article in articles:
        assert article.body.strip()
        assert json.dumps(article.as_dict(), ensure_ascii=False).encode()
        assert len(article.content_hash()) == 32
