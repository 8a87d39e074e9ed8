"""The same thing by another name: what a reader types, and the articles that call it otherwise."""

from __future__ import annotations

import json
import os
from collections.abc import Iterator
from pathlib import Path

import pytest

import arsearch
from arsearch import Searcher, Settings, SettingsError
from arsearch.arabic.synonyms import well_known_names
from arsearch.lexical import SynonymTable, parse_query
from arsearch.web.live import LiveIndex

BODIES = {
    "egypt": "عقد المؤتمر في 3 أكتوبر 2015",
    "levant": "عقد المؤتمر في 3 تشرين الأول 2015",
    "maghreb": "سوق الصيف في جويلية وأوت",
    "gulf": "سوق الصيف في يوليو وأغسطس",
    "hijri": "هلال جمادى الآخرة",
    "percent": "ارتفعت النسبة إلى 41٪ هذا العام",
    "spelled": "ارتفعت النسبة إلى ٤١ في المئة هذا العام",
    "doctor": "قال د. سالم إن الدواء نافع",
    "united": "قرار الأمم المتحدة",
    "guterres": "وصل غوتيريش",
    "premier": "خطاب نتنياهو أمام النواب",
    "aircraft": "طلبية من بوينغ",
    "messages": "تحديث في واتساب",
    "software": "برنامج من مايكروسوفت",
    "island": "مباراة في إنكلترا",
    "soccer": "قرعة الفيفا",
    "general": "بيان حفتر",
    "father": "أب وابنه",
    "car": "سيارة حمراء",
    "vehicle": "مركبة حمراء",
}


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory, tiny_encoder: str) -> Path:
    folder = tmp_path_factory.mktemp("names")
    lines = [json.dumps({"id": name, "body": body}) for name, body in BODIES.items()]
    (folder / "corpus.jsonl").write_text("\n".join(lines), encoding="utf-8")
    arsearch.build_index([folder / "corpus.jsonl"], folder / "index", model=tiny_encoder, settings=Settings())
    return folder


@pytest.fixture(scope="module")
def index(folder: Path) -> Iterator[Searcher]:
    with arsearch.open_index(folder / "index", settings=Settings()) as searcher:
        yield searcher


def found(index: Searcher, query: str) -> list[str]:
    return [hit.id for hit in index.search(query, mode="lexical", as_typed=True)]


@pytest.mark.parametrize(
    ("query", "expected"),
    [
        ("أكتوبر", ["egypt", "levant"]),
        ("تشرين الأول", ["levant", "egypt"]),
        ("تموز", ["gulf", "maghreb"]),
        ("يوليو", ["gulf", "maghreb"]),
        ("جويلية", ["maghreb", "gulf"]),
        ("جمادى الثانية", ["hijri"]),
        ("الدكتور", ["doctor"]),
        ("UN", ["united"]),
        ("جوتيريش", ["guterres"]),
    ],
)
def test_other_names_are_found_below_what_was_typed(index: Searcher, query: str, expected: list[str]) -> None:
    results = found(index, query)
    assert results[:1] == expected[:1] or set(results) == set(expected)
    assert set(results) == set(expected)


@pytest.mark.parametrize(
    ("typed", "expected"),
    [
        (["Netanyahu", "netanyahou", "نتانياهو"], "premier"),
        (["Boeing", "بوينج"], "aircraft"),
        (["WhatsApp", "واتس اب", "واتس آب"], "messages"),
        (["Microsoft", "ميكروسوفت"], "software"),
        (["England", "انجلترا", "انقلترا"], "island"),
        (["FIFA", "الاتحاد الدولي لكرة القدم"], "soccer"),
        (["haftar"], "general"),
    ],
)
def test_names_from_abroad_meet_in_latin_letters_and_in_every_arabic_spelling(
    index: Searcher, typed: list[str], expected: str
) -> None:
    for query in typed:
        assert found(index, query)[:1] == [expected], query


def test_every_line_of_well_known_names_has_names_that_meet() -> None:
    for line in well_known_names():
        table = SynonymTable.parse([line], "language")
        assert table.others, line
        assert len(line.replace("=>", ",").split(",")) <= 17, "more than the others of one name"


@pytest.mark.parametrize("query", ["41٪", "٪41", "41%", "%٤١", "41 بالمئة", "٤١ بالمائة", "۴۱ في المئة"])
def test_percentages_meet_however_they_are_written(index: Searcher, query: str) -> None:
    assert set(found(index, query)) == {"percent", "spelled"}


def test_august_is_not_the_word_for_father(index: Searcher) -> None:
    assert set(found(index, "أغسطس")) == {"gulf", "maghreb"}


def test_another_name_satisfies_what_is_demanded(index: Searcher) -> None:
    assert set(found(index, "المؤتمر و أكتوبر")) == {"egypt", "levant"}


def test_quotes_mean_the_very_words(index: Searcher) -> None:
    assert found(index, '"أكتوبر"') == ["egypt"]


def test_judged_queries_get_no_other_names(index: Searcher) -> None:
    assert [hit.id for hit in index.search("أكتوبر", mode="lexical", operators=False)] == ["egypt"]


def test_the_other_name_is_marked(index: Searcher) -> None:
    [levant] = [hit for hit in index.search("أكتوبر", mode="lexical") if hit.id == "levant"]
    assert "<mark>تشرين</mark> <mark>الأول</mark>" in levant.snippet


def test_a_rarer_name_never_outscores_what_was_typed(index: Searcher) -> None:
    scores = {hit.id: hit.score for hit in index.search("أكتوبر", mode="lexical")}
    assert scores["levant"] < scores["egypt"]


def test_a_file_of_synonyms_in_solr_format(folder: Path) -> None:
    file = folder / "mine.txt"
    file.write_text("# vehicles\nسيارة, مركبة\nأحمر => حمراء\n", encoding="utf-8")
    with arsearch.open_index(folder / "index", settings=Settings(synonyms=str(file))) as index:
        assert found(index, "سيارة") == ["car", "vehicle"]
        assert set(found(index, "أحمر")) == {"car", "vehicle"}


def test_a_running_server_sees_the_file_change(folder: Path) -> None:
    file = folder / "changing.txt"
    file.write_text("", encoding="utf-8")
    live = LiveIndex(folder / "index", Settings(index=folder / "index", synonyms=str(file)))
    assert found(live.searcher(), "سيارة") == ["car"]
    file.write_text("سيارة, مركبة", encoding="utf-8")
    os.utime(file, ns=(1, 1))
    assert found(live.searcher(), "سيارة") == ["car", "vehicle"]
    assert live.searcher() is live.searcher()


def test_a_file_that_was_asked_for_must_be_there(folder: Path) -> None:
    with pytest.raises(SettingsError, match=r"nowhere\.txt"):
        arsearch.open_index(folder / "index", settings=Settings(synonyms=str(folder / "nowhere.txt")))


def test_the_rules_of_the_format() -> None:
    table = SynonymTable.parse(["a, b c # comment", "", "d => e, f", r"x\, y, z", "# only"], "file")
    assert table.others == {
        ("a",): (("b", "c"),),
        ("b", "c"): (("a",),),
        ("d",): (("e",), ("f",)),
        ("x", "y"): (("z",),),
        ("z",): (("x", "y"),),
    }


def test_the_longest_name_at_a_place_counts() -> None:
    table = SynonymTable.parse(["a, one", "a b, two"], "file")
    assert [synonym.folded_words for synonym in table.expand(parse_query("a b").words)] == [("two",)]
