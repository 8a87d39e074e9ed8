"""Fields of a maintainer's own, from a declaration to what readers find by them."""

from __future__ import annotations

import dataclasses
import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

import arsearch
from arsearch import QueryError, Searcher, Settings
from arsearch.article_fields import KEYWORD_FIELDS, KEYWORDS
from arsearch.index import Changes, export_articles, inspect_index, stored_articles, update_index
from arsearch.search.request import SearchRequest
from arsearch.web.api.requests import SearchQuestion
from arsearch.web.api.responses import Facets

DECLARED = ("country=keyword", "pages=number", "published_in=date", "summary=text", "البلد=keyword")
LONG = "رست سفن كثيرة في ميناء الإسكندرية قبل يومين وانتظرت حتى هدأت الريح ثم مضت إلى عرض البحر محملة بالقطن والأرز "
ARTICLES: list[dict[str, Any]] = [
    {"id": "tripoli", "title": "ميناء طرابلس", "body": "وصلت السفن إلى الميناء صباحا محملة بالقمح.", "tags": ["موانئ"],
     "country": "ليبيا", "pages": "١٢٠", "published_in": "3 مايو 2015", "summary": "خلاصة عن البرتقال"},
    {"id": "tunis", "title": "ميناء تونس", "body": "سفن كثيرة تحمل الزيت والتمر.", "tags": ["تجارة", "موانئ"],
     "country": ["تونس", "ليبيا"], "pages": 40, "published_in": "2016-02", "البلد": "تونس الخضراء"},
    {"id": "cairo", "title": "ميناء مصر", "body": LONG * 2, "country": "مصر", "pages": 7.5},
    {"id": "copy", "title": "ميناء مصر", "body": LONG * 2, "country": "السودان"},
    {"id": "nowhere", "title": "ميناء بلا اسم", "body": "سفن لا يعرف لها بلد.", "pages": "كثير", "mood": "حزين"},
]  # fmt: skip


def build(folder: Path, encoder: str, articles: list[dict[str, Any]], **settings: Any) -> Settings:
    (folder / "corpus.jsonl").write_text("\n".join(map(json.dumps, articles)), encoding="utf-8")
    made = Settings(index=folder / "index", model=encoder, **settings)
    arsearch.build_index(folder / "corpus.jsonl", made.index, settings=made)
    return made


@pytest.fixture(scope="module")
def settings(tmp_path_factory: pytest.TempPathFactory, tiny_encoder: str) -> Settings:
    return build(tmp_path_factory.mktemp("own"), tiny_encoder, ARTICLES, extra_fields=DECLARED)


@pytest.fixture(scope="module")
def index(settings: Settings) -> Iterator[Searcher]:
    with arsearch.open_index(settings.index, settings=settings) as searcher:
        yield searcher


def found(index: Searcher, query: str, **request: Any) -> list[str]:
    return [hit.id for hit in index.search(query, mode="lexical", **request)]


@pytest.mark.parametrize(
    ("query", "expected"),
    [
        ("country:ليبيا", {"tripoli", "tunis"}),
        ("ميناء country:مصر", {"cairo"}),
        ("ميناء -country:ليبيا", {"cairo", "nowhere"}),
        ("country:لي*", {"tripoli", "tunis"}),
        ("country:السودان", {"cairo"}),  # its copy says so
        ("البلد:تونس", {"tunis"}),
        ('البلد:"تونس الخضراء"', {"tunis"}),
        ("pages:120", {"tripoli"}),
        ("pages:١٠..٢٠٠", {"tripoli", "tunis"}),
        ("pages:200..10", {"tripoli", "tunis"}),
        ("pages:..40", {"tunis", "cairo"}),
        ("pages:7,5..", set()),
        ("pages:7.5..8", {"cairo"}),
        ("pages:٧٫٥", {"cairo"}),
        ("pages:41.. أو country:مصر", {"tripoli", "cairo"}),
        ("published_in:2015", {"tripoli"}),
        ("published_in:2015-06..", {"tunis"}),
        ("published_in:2016-02", {"tunis"}),
        ("البرتقال", {"tripoli"}),
        ('"خلاصة عن البرتقال"', {"tripoli"}),
        ("section:موانئ", {"tripoli"}),
        ("القسم:تجارة", {"tunis"}),
        ("قسم:موانئ", {"tripoli"}),
    ],
)
def test_what_is_typed_finds_by_own_fields(index: Searcher, query: str, expected: set[str]) -> None:
    assert set(found(index, query, as_typed=True)) == expected


def test_a_name_without_a_value_of_its_kind_is_words(index: Searcher) -> None:
    assert (
        index.search("pages:كثير ميناء", mode="lexical", explain=True).explanation["parsed"] == "(pages:كثير ~ ميناء)"
    )
    assert set(found(index, "pages:كثير ميناء")) == {"tripoli", "tunis", "cairo", "nowhere"}


def test_no_phrase_begins_in_the_body_and_ends_in_a_text_of_ones_own(index: Searcher) -> None:
    notice = index.search('"بالقمح خلاصة"', mode="lexical").notice
    assert notice is not None
    assert notice.kind == "no-phrase"


def test_filters_take_values_and_ranges(index: Searcher) -> None:
    assert set(found(index, "ميناء", filters={"country": "ليبيا"})) == {"tripoli", "tunis"}
    assert set(found(index, "ميناء", filters={"country": ["مصر", "تونس"]})) == {"cairo", "tunis"}
    assert set(found(index, "ميناء", filters={"pages": ["7..8", "100.."]})) == {"cairo", "tripoli"}
    assert found(index, "ميناء", filters={"pages": "10..", "country": "تونس"}) == ["tunis"]
    assert found(index, "ميناء", filters={"published_in": "..2015"}) == ["tripoli"]
    semantic = index.search("ميناء", mode="semantic", filters={"country": "ليبيا"})
    assert {hit.id for hit in semantic} == {"tripoli", "tunis"}


def test_numbers_and_dates_sort_both_ways_with_nothing_last(index: Searcher) -> None:
    assert found(index, "ميناء", sort="pages") == ["cairo", "tunis", "tripoli", "nowhere"]
    assert found(index, "ميناء", sort="-pages") == ["tripoli", "tunis", "cairo", "nowhere"]
    assert found(index, "ميناء", sort="-published_in")[:2] == ["tunis", "tripoli"]


def test_pages_sorted_by_a_number_go_on_with_a_cursor(index: Searcher) -> None:
    assert [hit.id for hit in index.hits("ميناء", size=1, mode="lexical", sort="pages")] == [
        "cairo", "tunis", "tripoli", "nowhere",
    ]  # fmt: skip


def test_keywords_are_counted_and_spelled_as_articles_do(index: Searcher) -> None:
    facets = index.search("ميناء", mode="lexical", facets=True).facets
    assert dict(facets["country"]) == {"ليبيا": 2, "تونس": 1, "مصر": 1, "السودان": 1}
    assert facets["البلد"] == [("تونس الخضراء", 1)]
    assert not {"pages", "published_in", "summary"} & facets.keys()


def test_hits_and_articles_have_their_values(index: Searcher) -> None:
    [hit] = index.search("البرتقال", mode="lexical").hits
    expected = {"country": "ليبيا", "pages": 120, "published_in": "2015-05-03", "summary": "خلاصة عن البرتقال"}
    assert hit.article.extra == expected
    assert hit.as_dict()["extra"] == expected
    assert "<mark>البرتقال</mark>" in hit.snippet
    assert index.article("tunis").extra["country"] == ("تونس", "ليبيا")
    assert index.article("tunis").as_dict()["extra"]["country"] == ["تونس", "ليبيا"]


def test_the_article_that_is_shown_has_only_its_body(index: Searcher) -> None:
    _, _, body = index.marked_article("tripoli", "البرتقال السفن")
    assert body == "وصلت <mark>السفن</mark> إلى الميناء صباحا محملة بالقمح."


@pytest.mark.parametrize(
    ("request_", "field", "said"),
    [
        ({"filters": {"colour": "أحمر"}}, "filter.colour", "country, pages"),
        ({"filters": {"summary": "خلاصة"}}, "filter.summary", "country, pages"),
        ({"filters": {"pages": "كثير"}}, "filter.pages", "10..200"),
        ({"filters": {"published_in": "أمس"}}, "filter.published_in", "2015-07"),
        ({"sort": "country"}, "sort", "pages, -pages, published_in"),
        ({"sort": "-date"}, "sort", "pages, -pages, published_in"),
    ],
)
def test_a_field_that_is_meant_and_not_there_is_told(
    index: Searcher, request_: dict[str, Any], field: str, said: str
) -> None:
    with pytest.raises(QueryError, match=said.replace(".", r"\.")) as error:
        index.search("ميناء", **request_)
    assert error.value.field == field


def test_what_is_exported_is_read_again(settings: Settings, tmp_path: Path) -> None:
    export_articles(settings.index, tmp_path / "out.jsonl")
    again = dataclasses.replace(settings, index=tmp_path / "again")
    arsearch.build_index(tmp_path / "out.jsonl", again.index, settings=again)
    assert list(stored_articles(again.index)) == list(stored_articles(settings.index))


def test_words_of_own_fields_are_verified(settings: Settings) -> None:
    verification = inspect_index(settings.index, sample=10)
    assert not verification.faults
    assert verification.sampled == 4


def test_segments_that_are_merged_keep_own_values(tmp_path: Path, tiny_encoder: str) -> None:
    settings = build(tmp_path, tiny_encoder, ARTICLES, extra_fields=DECLARED)
    added = tmp_path / "more.jsonl"
    for number in (300, 1):
        record = {"id": f"n{number}", "body": f"ميناء رقم {number}", "pages": number, "country": "الجزائر"}
        added.write_text(json.dumps(record), encoding="utf-8")
        update_index([], settings, changes=Changes(add=(added,), delete=("tunis",) if number == 1 else ()))
    update_index([], settings, changes=Changes(compact=True))
    with arsearch.open_index(settings.index, settings=settings) as index:
        assert found(index, "ميناء", sort="pages") == ["n1", "cairo", "tripoli", "n300", "nowhere"]
        assert set(found(index, "country:الجزائر pages:2..")) == {"n300"}
    assert not inspect_index(settings.index, sample=10).faults


def test_unknown_fields_are_named_once_with_how_to_keep_them(tmp_path: Path, tiny_encoder: str) -> None:
    (tmp_path / "corpus.jsonl").write_text("\n".join(map(json.dumps, ARTICLES)), encoding="utf-8")
    settings = Settings(index=tmp_path / "index", model=tiny_encoder, extra_fields=("pages=number", "summary=text"))
    summary = arsearch.build_index(tmp_path / "corpus.jsonl", settings.index, settings=settings)
    assert summary.unknown_fields == {"country": 4, "published_in": 2, "البلد": 1, "mood": 1}
    assert [problem.message for problem in summary.problems if not problem.skipped] == [
        "\"pages\" 'كثير' is no number; it was left out"
    ]


def test_a_page_is_found_by_what_its_meta_tags_say(tmp_path: Path, tiny_encoder: str) -> None:
    for country, pages in (("ليبيا", "120"), ("تونس", "40")):
        (tmp_path / f"{pages}.html").write_text(
            f'<html><head><title>ميناء</title><meta name="country" content="{country}">'
            f'<meta property="article:pages" content="{pages}"><meta name="mood" content="حزين"></head>'
            f"<body><p>وصلت السفن إلى ميناء {country} محملة بالقمح والزيت والتمر.</p></body></html>",
            encoding="utf-8",
        )
    settings = Settings(index=tmp_path / "index", model=tiny_encoder, extra_fields=("country=keyword", "pages=number"))
    summary = arsearch.build_index([str(tmp_path / "*.html")], settings.index, settings=settings)
    assert summary.unknown_fields == {"mood": 2}
    with arsearch.open_index(settings.index, settings=settings) as index:
        assert found(index, "ميناء country:ليبيا") == ["120"]
        assert found(index, "ميناء", filters={"pages": "..50"}) == ["40"]


def test_another_declaration_works_on_every_article_again_and_says_why(tmp_path: Path, tiny_encoder: str) -> None:
    settings = build(tmp_path, tiny_encoder, ARTICLES, extra_fields=("country=keyword", "pages=number"))
    other = dataclasses.replace(settings, extra_fields=("pages=keyword", "summary=text"))
    summary = arsearch.build_index(tmp_path / "corpus.jsonl", settings.index, settings=other)
    assert summary.rebuilt_because == (
        "The declared fields have changed: pages was number and is keyword, summary is new, country is gone."
    )
    with arsearch.open_index(settings.index, settings=other) as index:
        assert index.article("tripoli").extra == {"pages": "١٢٠", "summary": "خلاصة عن البرتقال"}
        assert found(index, "pages:120") == ["tripoli"]
    assert not arsearch.build_index(tmp_path / "corpus.jsonl", settings.index, settings=other).rebuilt_because


def test_what_was_added_by_hand_keeps_what_is_still_declared(tmp_path: Path, tiny_encoder: str) -> None:
    settings = build(tmp_path, tiny_encoder, ARTICLES[:1], extra_fields=DECLARED)
    (tmp_path / "more.jsonl").write_text(json.dumps(ARTICLES[1]), encoding="utf-8")
    update_index([], settings, changes=Changes(add=(tmp_path / "more.jsonl",)))
    other = dataclasses.replace(settings, extra_fields=("country=keyword",))
    update_index([], other)
    with arsearch.open_index(settings.index, settings=other) as index:
        assert index.article("tunis").extra == {"country": ("تونس", "ليبيا")}
        assert set(found(index, "country:ليبيا")) == {"tripoli", "tunis"}


def test_an_index_without_own_fields_says_nothing_of_them(tmp_path: Path, tiny_encoder: str) -> None:
    plain = build(tmp_path, tiny_encoder, [{"id": "a", "body": "ميناء"}])
    [manifest] = plain.index.glob("commits/*/manifest.json")
    assert "extra" not in manifest.read_text(encoding="utf-8")
    assert not list(plain.index.rglob("value*"))
    own = dataclasses.replace(plain, extra_fields=("pages=number",))
    arsearch.build_index(tmp_path / "corpus.jsonl", own.index, settings=own)
    written = max(plain.index.glob("commits/*/manifest.json")).read_text(encoding="utf-8")
    assert '"extra_fields": {' in written


def test_every_keyword_field_is_in_requests_and_answers() -> None:
    for model in (SearchRequest.__slots__, SearchQuestion.model_fields, Facets.model_fields):
        assert set(KEYWORDS) <= set(model)
    assert [name for name in SearchQuestion.model_fields if name in KEYWORDS] == list(KEYWORDS)
    for field in KEYWORD_FIELDS:
        assert field.name in field.typed
