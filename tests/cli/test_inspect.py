"""``arsearch inspect`` as maintainers use it: what would become of an export, without an index."""

from __future__ import annotations

import json
from pathlib import Path

from click.testing import CliRunner

from arsearch.cli import main
from arsearch.corpus import ReadingOptions
from arsearch.corpus.records.inspection import inspect_source

RECORDS = [
    {
        "guid": "7",
        "headline": "معرض",
        "content": "نص الخبر الأول\nاقرأ أيضا: خبر آخر",
        "pubDate": "٢١ تموز ٢٠١٥",
        "hits": 3,
    },
    {"guid": "8", "headline": "سر", "content": "نص سري", "status": "draft"},
    {"guid": "9", "headline": "بلا نص"},
]


def corpus(tmp_path: Path) -> Path:
    path = tmp_path / "export.jsonl"
    path.write_text("\n".join(map(json.dumps, RECORDS)), encoding="utf-8")
    return path


def test_a_record_is_shown_with_where_its_fields_are_from(tmp_path: Path) -> None:
    [seen], _ = inspect_source(corpus(tmp_path), ReadingOptions(), limit=1)
    assert seen.article is not None
    assert (seen.format, seen.encoding, seen.line) == ("JSON lines", "utf-8", 1)
    assert (seen.article.body, seen.article.date) == ("نص الخبر الأول", "2015-07-21")
    assert seen.origins["date"] == "the field 'pubDate'"
    assert seen.written == {"date": "٢١ تموز ٢٠١٥"}
    assert [line.why for line in seen.dropped] == ["known as boilerplate of pages"]
    assert seen.unknown == ["hits"]


def test_what_is_left_out_and_what_is_broken_are_shown_too(tmp_path: Path) -> None:
    records, report = inspect_source(corpus(tmp_path), ReadingOptions(), limit=9)
    assert [(record.name, record.left_out) for record in records[:2]] == [("معرض", ""), ("سر", "not public: a draft")]
    assert 'no "body"' in records[2].problem
    assert len(report.problems) == 1


def test_the_command_says_it_to_people_and_to_programs(tmp_path: Path) -> None:
    shown = CliRunner().invoke(main, ["inspect", str(corpus(tmp_path))])
    assert shown.exit_code == 0, shown.output
    assert "(from the field 'pubDate', written '٢١ تموز ٢٠١٥')" in shown.output
    assert "is not indexed: not public: a draft (سر)" in shown.output
    told = CliRunner().invoke(main, ["inspect", str(corpus(tmp_path)), "--json", "--limit", "2"])
    value = json.loads(told.stdout)
    assert [record["article"] and record["article"]["id"] for record in value["records"]] == ["7", None]
    assert value["left_out"][0]["name"] == "سر"


def test_a_page_says_what_its_date_was_found_in(tmp_path: Path) -> None:
    page = tmp_path / "a.html"
    page.write_text(
        "<html><head><title>معرض</title><meta name=pubdate content=2015-07-21></head><body><h1>معرض</h1><p>"
        + "نص الخبر " * 60,
        encoding="utf-8",
    )
    [seen], _ = inspect_source(page, ReadingOptions(), limit=1)
    assert seen.origins["date"] == "meta pubdate"
    assert seen.origins["id"] == "the path of the file"


def test_a_source_that_is_not_there_is_an_error(tmp_path: Path) -> None:
    gone = CliRunner().invoke(main, ["inspect", str(tmp_path / "gone")])
    assert gone.exit_code == 1
