"""A reader who types one form of a word finds articles that have another."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

import arsearch
from arsearch import Searcher, Settings

BODIES = {
    "markets": "امتلأت أسواق المدينة بالزوار",
    "market": "أغلق سوق الخضار أبوابه",
    "arrival": "تأخر وصول القطار ساعتين",
    "arrives": "القطار يصل مساء كل خميس",
    "joined": "ألقى عبدالعزيز كلمة قصيرة",
    "apart": "كتب عبد العزيز قصيدة",
    "again": "عاد عبد العزيز إلى قريته",
    "channel": "بثت سي إن إن تقريرا",
    "phone": "هاتف من سامسونج في المعرض",
    "two numbers": "حجز 13 كيسا في 6 شاحنات",
    "thousands": "غرامة قدرها 10000 دينار",
    "thousands apart": "منحة قدرها 10,000 درهم",
    "thousands with a point": "مكافأة قدرها 10.000 ليرة",
    "comma": "ارتفع النمو 13,6 نقطة",
    "point": "ارتفع النمو ١٣٫٦ نقطة",
    "agency": "نقلت وكالة أ.ف.ب الخبر",
    "spaced": "قالت أ ف ب في برقية",
    "vitamin": "نقص فيتامين د شائع",
    "doctor": "حضر الدكتور سامر المؤتمر",
    "history": "سيرة ابن خلدون في تونس",
    "sons": "بن جديد وبن علي وبن صالح",
    "qatar": "مباراة قطر في الدوحة",
    "trains": "قطار سريع وقطار بطيء",
    "station": "افتتح الوزير محطة القطار",
}
CORPUS = [
    *({"id": name, "body": body} for name, body in BODIES.items()),
    # So many more articles, that there are no particles by chance: schools often, with a particle now and then.
    *({"id": f"school {number}", "body": f"مدرسة رقم {number} في الحي"} for number in range(12)),
    {"id": "at a school", "body": "التحق الطفل بمدرسة قريبة"},
    {"id": "their school", "body": "يحب الأطفال مدرستهم كثيرا"},
    {"id": "in two words", "body": "نزل عبدالعزيز من القطار"},
    {"id": "two schools", "body": "بنت البلدية مدرستين"},
    # A year, of which two letters are left behind a preposition.
    *({"id": f"year {number}", "body": f"حصاد السنة رقم {number}"} for number in range(6)),
    {"id": "of the year", "body": "جائزة لسنة كاملة"},
    {"id": "tooth", "body": "ألم في سن الرضيع"},
    # Two letters are left of a group without its ending, and they are also "in".
    *({"id": f"group {number}", "body": f"جوائز الفئة رقم {number} في المسابقة"} for number in range(4)),
    {"id": "two groups", "body": "قسم المدرب لاعبيه فئتين"},
    {"id": "both persons", "body": "جمع الفيلم شخصيتين من التاريخ"},
    {"id": "person", "body": "الشخصية الأولى في الرواية"},
    # An ending of a word's own, which goes where a preposition stands before it.
    {"id": "lebanon", "body": "الأرز شعار لبنان"},
    {"id": "in lebanon", "body": "إقامة قصيرة بلبنان"},
    # "For the train" begins as "for a lam and a train" would.
    *({"id": f"tickets {number}", "body": f"تذكرة للقطار برقم {number}"} for number in range(5)),
    {"id": "to a train", "body": "ركض المسافر لقطار المساء"},
    # A name that only looks like "with" and a word: it has the article, or a preposition before it.
    *({"id": f"rule {number}", "body": f"قاعدة لوح رقم {number}"} for number in range(12)),
    *({"id": f"bilal {number}", "body": f"كتاب سليم رقم {number}"} for number in range(4)),
]


@pytest.fixture(scope="module")
def index(tmp_path_factory: pytest.TempPathFactory, tiny_encoder: str) -> Iterator[Searcher]:
    folder: Path = tmp_path_factory.mktemp("forms")
    (folder / "corpus.jsonl").write_text("\n".join(map(json.dumps, CORPUS)), encoding="utf-8")
    settings = Settings(duplicates="separate")
    arsearch.build_index([folder / "corpus.jsonl"], folder / "index", model=tiny_encoder, settings=settings)
    with arsearch.open_index(folder / "index", settings=settings) as searcher:
        yield searcher


def found(index: Searcher, query: str, **request: Any) -> list[str]:
    return [hit.id for hit in index.search(query, mode="lexical", as_typed=True, size=40, **request)]


@pytest.mark.parametrize(
    ("query", "first", "also"),
    [
        ("سوق", "market", "markets"),
        ("أسواق", "markets", "market"),
        ("يصل", "arrives", "arrival"),
        ("وصول", "arrival", "arrives"),
        ("عبد العزيز", "apart", "again"),
        ("عبدالعزيز", "in two words", "apart"),
        ("CNN", "channel", "channel"),
        ("سامسونغ", "phone", "phone"),
    ],
)
def test_other_forms_are_found_behind_what_was_typed(index: Searcher, query: str, first: str, also: str) -> None:
    hits = found(index, query)
    assert hits[0] == first
    assert also in hits


NAMED = {"joined", "apart", "again", "in two words"}


@pytest.mark.parametrize(
    ("query", "articles"),
    [
        ('"عبد العزيز"', NAMED),
        ('"عبدالعزيز"', NAMED),
        ('"ألقى عبد العزيز كلمة"', {"joined"}),
        ('"كتب عبدالعزيز قصيدة"', {"apart"}),
        ('"عبدالعزيز" -"عاد عبدالعزيز"', NAMED - {"again"}),
    ],
)
def test_quoted_names_are_found_as_one_word_and_apart(index: Searcher, query: str, articles: set[str]) -> None:
    assert set(found(index, query)) == articles


@pytest.mark.parametrize("also", ["at a school", "their school", "two schools"])
def test_a_word_finds_itself_with_particles_and_pronouns(index: Searcher, also: str) -> None:
    assert also in found(index, "مدرسة")


@pytest.mark.parametrize(
    ("query", "article"),
    [
        ("فئة", "two groups"), ("الفئة", "two groups"), ("فئتان", "group 2"), ("شخصية", "both persons"),
        ("لبنان", "in lebanon"),
    ],
)  # fmt: skip
def test_the_dual_of_a_short_word_and_a_preposition_are_followed(index: Searcher, query: str, article: str) -> None:
    assert article in found(index, query)


def test_what_looks_like_a_dual_stays_another_word(index: Searcher) -> None:
    assert "two groups" not in found(index, "في الرواية")


def test_a_lam_is_taken_off_though_the_word_often_stands_after_for_the(index: Searcher) -> None:
    assert "to a train" in found(index, "القطار")


@pytest.mark.parametrize("query", ["لمدرسة", "بمدرسة", "مدرستهم", "مدرستان"])
def test_a_word_with_particles_or_pronouns_finds_itself_without(index: Searcher, query: str) -> None:
    assert "school 3" in found(index, query)


@pytest.mark.parametrize("query", ["سنة", "لسنة", "بسنة"])
def test_a_short_word_in_teh_marbuta_is_found_behind_a_preposition(index: Searcher, query: str) -> None:
    assert {"year 3", "of the year"} <= set(found(index, query))
    assert "tooth" not in found(index, query)


def test_a_decimal_is_found_with_either_mark(index: Searcher) -> None:
    for query in ("13,6", "13.6", "١٣٫٦"):
        assert set(found(index, query)[:2]) == {"comma", "point"}


def test_a_decimal_is_no_two_numbers(index: Searcher) -> None:
    assert "two numbers" not in found(index, "13,6")


def test_numbers_alone_are_not_compared_by_meaning(index: Searcher) -> None:
    assert {hit.id for hit in index.search("13,6")} == {"comma", "point"}


@pytest.mark.parametrize("query", ["10000", "10.000", "10,000"])
def test_thousands_are_found_with_any_mark(index: Searcher, query: str) -> None:
    assert set(found(index, query)) == {"thousands", "thousands apart", "thousands with a point"}


@pytest.mark.parametrize("query", ["أ ف ب", "أ.ف.ب"])
def test_the_letters_of_an_acronym_are_one_thing(index: Searcher, query: str) -> None:
    results = index.search(query)
    assert {hit.id for hit in results} == {"agency", "spaced"}
    assert results.notice is None


def test_letters_that_are_nowhere_in_a_row_find_nothing_by_themselves(index: Searcher) -> None:
    for letters in ("ف.د.أ", "ظ.د.أ"):
        assert not found(index, letters)
        assert set(found(index, f"قالت {letters}")) == {"spaced"}


def test_a_letter_stands_for_a_title_only_before_a_name(index: Searcher) -> None:
    assert "doctor" in found(index, "د. سامر")
    assert "doctor" not in found(index, "فيتامين د")
    assert "doctor" not in found(index, "أ.د.ب")


def test_what_is_demanded_may_be_another_form(index: Searcher) -> None:
    assert found(index, "سوق AND المدينة") == ["markets"]


def test_quoted_words_are_meant_as_they_are(index: Searcher) -> None:
    assert found(index, '"سوق"') == ["market"]


def test_another_form_is_marked_and_explained(index: Searcher) -> None:
    assert "<mark>أسواق</mark>" in index.marked_article("markets", "سوق")[2]
    results = index.search("سوق", mode="lexical", explain=True)
    names = {expansion["name"]: expansion for expansion in results.explanation["expansions"]}
    assert names["اسواق"]["origin"] == "form"
    assert 0 < names["اسواق"]["weight"] <= 1


def test_a_name_in_another_script_has_the_letters_that_were_typed(index: Searcher) -> None:
    [hit] = index.search("Samsung", mode="lexical", as_typed=True, explain=True)
    assert hit.id == "phone"
    assert hit.explanation["grams"] > 0.2


def test_a_son_is_found_with_his_alef(index: Searcher) -> None:
    assert found(index, "بن خلدون")[0] == "history"
    assert found(index, "ابن خلدون")[0] == "history"


def test_the_name_of_a_country_comes_before_words_that_sound_like_it(index: Searcher) -> None:
    assert index.search("qatar", mode="lexical").suggestion == "قطر"


def test_other_names_can_be_left_out(index: Searcher) -> None:
    assert "phone" in found(index, "Samsung")
    assert found(index, "Samsung", synonyms=False) == []
