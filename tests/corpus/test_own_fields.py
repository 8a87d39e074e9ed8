"""Own fields are read from whatever format has them, and what is not kept is named."""

from __future__ import annotations

from pathlib import Path

import pytest

from arsearch.article_fields import parse_own_fields
from arsearch.corpus import ReadingOptions, ReadingReport, read_source

OWN = parse_own_fields(("country=keyword", "pages=number", "published_in=date", "summary=text"))
EXPECTED = {"country": "ليبيا", "pages": 120, "published_in": "2015-05-03", "summary": "خلاصة"}


@pytest.mark.parametrize(
    ("name", "text"),
    [
        (
            "a.jsonl",
            '{"body": "نص", "country": "ليبيا", "pages": 120, "published_in": "3 مايو 2015", "summary": "خلاصة"}',
        ),
        (
            "a.json",
            '[{"body": "نص", "Country": " ليبيا ", "pages": 120, "published-in": "2015-05-03", "summary": "خلاصة"}]',
        ),
        ("a.csv", "body,country,pages,published in,summary\nنص,ليبيا,١٢٠,2015-05-03,خلاصة\n"),
        ("a.md", "---\ncountry: ليبيا\npages: 120\npublished_in: 2015-05-03\nsummary: خلاصة\n---\n\nنص\n"),
    ],
)
def test_every_format_with_names_for_fields_has_them(tmp_path: Path, name: str, text: str) -> None:
    (tmp_path / name).write_text(text, encoding="utf-8")
    report = ReadingReport()
    [article] = read_source(tmp_path / name, report, ReadingOptions(own=OWN))
    assert (article.body, article.extra) == ("نص", EXPECTED)
    assert not report.unknown_fields
    assert not report.problems


def test_a_field_of_another_name_is_kept_under_the_declared_one(tmp_path: Path) -> None:
    (tmp_path / "a.jsonl").write_text('{"body": "نص", "البلد": ["ليبيا", "تونس", "ليبيا", ""]}', encoding="utf-8")
    options = ReadingOptions(own=OWN, fields={"البلد": "country"})
    [article] = read_source(tmp_path / "a.jsonl", ReadingReport(), options)
    assert article.extra == {"country": ("ليبيا", "تونس")}


@pytest.mark.parametrize(
    ("value", "said"),
    [
        ('"pages": "كثير"', "is no number"),
        ('"pages": true', "is bool, not a number"),
        ('"pages": [1]', "is list, not a number"),
        ('"pages": 1e300', "beyond 2^53"),
        ('"published_in": "أمس"', "is no date that can be read"),
        ('"country": {"name": "ليبيا"}', "is dict, not text"),
        ('"country": [["ليبيا"]]', "is not a text or a list of texts"),
    ],
)
def test_a_value_of_another_kind_is_left_out_and_told(tmp_path: Path, value: str, said: str) -> None:
    (tmp_path / "a.jsonl").write_text(f'{{"body": "نص", {value}}}', encoding="utf-8")
    report = ReadingReport()
    [article] = read_source(tmp_path / "a.jsonl", report, ReadingOptions(own=OWN))
    assert article.extra == {}
    assert said in report.problems[0].message
    assert not report.problems[0].skipped


def test_what_is_not_kept_is_counted_by_name(tmp_path: Path) -> None:
    lines = ['{"body": "نص", "mood": "حزين", "empty": "", "kicker": "أ"}', '{"body": "آخر", "mood": "سعيد"}']
    (tmp_path / "a.jsonl").write_text("\n".join(lines), encoding="utf-8")
    report = ReadingReport()
    list(read_source(tmp_path / "a.jsonl", report, ReadingOptions(fields={"kicker": "title"})))
    assert report.unknown_fields == {"mood": 2}
