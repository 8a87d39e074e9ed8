"""The query language, in Arabic and in English: what a reader types, and which articles answer."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest

import arsearch
from arsearch import NoWordError, Searcher, Settings
from arsearch.lexical.query.date_ranges import date_range
from arsearch.lexical.query.parse import parse_query
from arsearch.lexical.query.syntax import described, parse_syntax

ARTICLES: list[dict[str, Any]] = [
    {"id": "sea", "title": "سفينة في البحر", "body": "دخلت السفينة الميناء ليلا.", "date": "2015-07-31",
     "author": "أحمد علي", "source": "المرفأ", "tags": ["بحر"]},
    {"id": "sky", "title": "القمر والنجم", "body": "رأيت القمر قرب النجم فوق البحر.", "date": "2015-08-31T23:30:00",
     "author": "منى", "source": "وكالة الأفق", "tags": ["فلك"]},
    {"id": "books", "title": "المكتبة", "body": "قارئ يستعير كتاب النجوم من المكتبة. كاتب: مجهول.", "date": "2021",
     "author": "علي سالم", "source": "الأفق", "tags": ["كتب"]},
    {"id": "houses", "title": "بيوت قديمة", "body": "في الحي بيت وبيتان ومكتبة."},
]  # fmt: skip


@pytest.fixture(scope="module")
def index(tmp_path_factory: pytest.TempPathFactory, tiny_encoder: str) -> Iterator[Searcher]:
    import json

    folder = tmp_path_factory.mktemp("language")
    (folder / "corpus.jsonl").write_text("\n".join(map(json.dumps, ARTICLES)), encoding="utf-8")
    arsearch.build_index([folder / "corpus.jsonl"], folder / "index", model=tiny_encoder, settings=Settings())
    with arsearch.open_index(folder / "index") as searcher:
        yield searcher


ANSWERS = [
    ("القمر المكتبة", {"sky", "books", "houses"}),
    ("القمر أو المكتبة", {"sky", "books", "houses"}),
    ("القمر OR المكتبة", {"sky", "books", "houses"}),
    ("القمر و البحر", {"sky"}),
    ("القمر AND البحر", {"sky"}),
    ("البحر و (القمر أو السفينة)", {"sky", "sea"}),
    ("البحر -القمر", {"sea"}),
    ("البحر NOT القمر", {"sea"}),
    ("البحر ليس القمر", {"sea"}),
    ("البحر -(القمر النجم)", {"sea"}),
    ('البحر -"قرب النجم"', {"sea"}),
    ("«دخلت السفينة»", {"sea"}),
    ("“دخلت السفينة”", {"sea"}),
    ('"دخلت السفينة" أو القمر', {"sea", "sky"}),
    ("عنوان:البحر", {"sea"}),
    ("title:البحر", {"sea"}),
    ('عنوان:"القمر والنجم"', {"sky"}),
    ('عنوان:"قرب النجم"', set()),
    ("البحر كاتب:علي", {"sea", "books"}),
    ("كاتب:علي", {"sea", "books"}),
    ("author:احمد", {"sea"}),
    ('كاتب:"أحمد على"', {"sea"}),
    ("كاتب:عل", set()),
    ("كاتب:عل*", {"sea", "books"}),
    ("البحر -كاتب:علي", {"sky"}),
    ("كاتب:علي و مصدر:المرفأ", {"sea"}),
    ("مصدر:الأفق", {"sky", "books"}),
    ("وسم:فلك", {"sky"}),
    ("tag:كتب source:الأفق", {"books"}),
    ("بيت*", {"houses"}),
    ("مكتب* -عنوان:المكتبة", {"houses"}),
    ("المكتبه", {"books", "houses"}),
    ("مكتبه", {"books", "houses"}),
    ("مينا*", {"sea"}),  # behind the article
    ("تاريخ:2015", {"sea", "sky"}),
    ("تاريخ:٢٠١٥-٠٧", {"sea"}),
    ("date:2015-08-31", {"sky"}),
    ("تاريخ:2015-07..2015-08", {"sea", "sky"}),
    ("تاريخ:2015-08..2015-07", {"sea", "sky"}),
    ("تاريخ:2015-08..", {"sky", "books"}),
    ("تاريخ:..2015-07-31 البحر", {"sea"}),
    ("البحر -تاريخ:2015-07", {"sky"}),
    ("تاريخ:يوليو 2015", {"sea"}),
    ("تاريخ: تموز 2015 البحر", {"sea"}),
    ("date:31 July 2015", {"sea"}),
    ("تاريخ:شوال 1436", {"sea"}),
    ("تاريخ:1436-10..1436-11", {"sea", "sky"}),
    ("البحر وليس القمر", {"sea"}),
    ("علي سالم", {"books"}),  # an author
    ("وكالة الأفق", {"sky"}),
    ("منى", {"sky"}),
    ("القمر لعلي سالم", {"sky"}),  # with a particle it is no name
]


@pytest.mark.parametrize(("query", "expected"), ANSWERS)
def test_what_a_query_finds_by_words(index: Searcher, query: str, expected: set[str]) -> None:
    assert {hit.id for hit in index.search(query, mode="lexical")} == expected


@pytest.mark.parametrize("query", [query for query, expected in ANSWERS if "و" not in query.split() and ":" in query])
def test_meaning_adds_nothing_that_a_query_rules_out(index: Searcher, query: str) -> None:
    [expected] = [expected for other, expected in ANSWERS if other == query]
    assert {hit.id for hit in index.search(query, mode="hybrid")} <= expected


def test_hijri_years_are_read_as_hijri_and_the_answer_says_so(index: Searcher) -> None:
    results = index.search("البحر", mode="lexical", date_from="1436-11-01", date_to="1436")
    assert [hit.id for hit in results] == ["sky"]
    assert results.notice == arsearch.Notice(
        "hijri-dates", "Read as Hijri: 1436-11-01 is 2015-08-16; 1436 is 2014-10-25 to 2015-10-13."
    )
    said = index.search("تاريخ:شوال 1436", mode="lexical").notice
    assert said is not None
    assert said.kind == "hijri-dates"
    assert index.search("البحر", mode="lexical", date_from="2015").notice is None
    with pytest.raises(arsearch.QueryError, match="no such day"):
        index.search("البحر", date_from="1436-13-01")


HARMLESS = [
    "القمر أو", "أو القمر", "و القمر", "القمر و", "القمر و أو", "القمر -", "- القمر", "القمر ليس", "القمر «", "القمر ”",
    '"القمر', "القمر :", "(القمر", "القمر))", "القمر ()", '"" القمر', "القمر *", "عنوان: القمر", "القمر عنوان:",
    "\u202bالقمر\u202c \u200fأو\u200f",
]  # fmt: skip


@pytest.mark.parametrize("query", HARMLESS)
def test_half_typed_operators_are_harmless(index: Searcher, query: str) -> None:
    assert {hit.id for hit in index.search(query, mode="lexical")} >= {"sky"}


def test_what_is_no_date_is_words(index: Searcher) -> None:
    for query in ("تاريخ:القمر", "تاريخ:2015-13 القمر", "date:2015-02-31 القمر"):
        assert "sky" in {hit.id for hit in index.search(query, mode="lexical")}


def test_waw_written_onto_a_word_is_no_operator() -> None:
    assert described(parse_syntax("القمر والنجم")) == "(القمر ~ والنجم)"


def test_a_name_that_is_no_field_is_a_word() -> None:
    assert described(parse_syntax("سيكاتب:علي http://example.org")) == "(سيكاتب:علي ~ http://example.org)"


def test_a_sentence_that_begins_with_not_is_words() -> None:
    assert [word.folded for word in parse_query("ليس قمرا").words] == ["ليس", "قمرا"]


def test_a_query_of_only_exclusions_has_no_word(index: Searcher) -> None:
    with pytest.raises(NoWordError):
        index.search("-القمر")


def test_without_operators_everything_is_words() -> None:
    query = parse_query('كاتب:علي أو "بيت"', operators=False)
    assert [word.folded for word in query.words] == ["كاتب", "علي", "او", "بيت"]
    assert query.phrases == ()


def test_the_beginning_of_a_word_is_marked_in_what_it_found(index: Searcher) -> None:
    [hit] = index.search("ومكت*", mode="lexical")
    assert "<mark>ومكتبة</mark>" in hit.snippet


def test_brackets_deeper_than_anyone_means_them_are_punctuation() -> None:
    assert parse_query("(" * 500 + "قمر" + ")" * 500).words[0].folded == "قمر"


@pytest.mark.parametrize(
    ("text", "first", "last"),
    [
        ("2015", "2015-01-01", "2015-12-31"),
        ("2016-02", "2016-02-01", "2016-02-29"),
        ("2015-12", "2015-12-01", "2015-12-31"),
        ("2015-7-5", "2015-07-05", "2015-07-05"),
        ("9999", "9999-01-01", "9999-12-31"),
    ],
)
def test_a_date_goes_from_its_first_to_its_last_instant(text: str, first: str, last: str) -> None:
    found = date_range(text)
    assert found is not None
    assert [moment.date().isoformat() for moment in found] == [first, last]
    assert found[1].microsecond == 999999


@pytest.mark.parametrize("text", ["0000", "2015-00", "2015-02-30", "..", "15", "2015..x", ""])
def test_what_is_no_date_has_no_range(text: str) -> None:
    assert date_range(text) is None
