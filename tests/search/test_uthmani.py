"""A verse pasted from a copy of the Quran finds articles that quote it in today's spelling."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path

import pytest

import arsearch
from arsearch import Searcher, Settings

BODIES = {
    "today": "افتتح الخطيب بقوله تعالى ذلك الكتاب لا ريب فيه هدى للمتقين",
    "copy": "كتب الخطاط ذَٰلِكَ ٱلۡكِتَٰبُ لَا رَيۡبَۛ فِيهِۛ هُدٗى لِّلۡمُتَّقِينَ على لوح",
    "prayer": "قال تعالى وأقيموا الصلاة وآتوا الزكاة",
    "believers": "يا أيها الذين آمنوا اصبروا",
    "abraham": "وإذ ابتلى إبراهيم ربه بكلمات",
    "praise": "الحمد لله رب العالمين الرحمن الرحيم",
    "hearts": "وجعل لكم السمع والأبصار والأفئدة",
    "books": "وصلت الكتب إلى المكتبة",
}
COPIES = BODIES | {
    "copy of prayer": "في اللوحة إِنَّ ٱلَّذِينَ ءَامَنُوا۟ وَأَقَامُوا۟ ٱلصَّلَوٰةَ",
    "copy of abraham": "خط قديم وَإِذِ ٱبۡتَلَىٰٓ إِبۡرَٰهِـۧمَ رَبُّهُۥ بِكَلِمَـٰتٖ",
    "copy of a call": "وفي السورة يَـٰٓأَيُّهَا ٱلَّذِينَ ءَامَنُوا۟ ٱصۡبِرُوا۟",
    "worker": "عمل في شركة البناء",
}


@pytest.fixture(scope="module")
def verses(tmp_path_factory: pytest.TempPathFactory, tiny_encoder: str) -> Iterator[Searcher]:
    yield from opened(tmp_path_factory.mktemp("verses"), BODIES, tiny_encoder)


@pytest.fixture(scope="module")
def copies(tmp_path_factory: pytest.TempPathFactory, tiny_encoder: str) -> Iterator[Searcher]:
    yield from opened(tmp_path_factory.mktemp("copies"), COPIES, tiny_encoder)


def opened(folder: Path, bodies: dict[str, str], encoder: str) -> Iterator[Searcher]:
    lines = [json.dumps({"id": name, "body": body}) for name, body in bodies.items()]
    (folder / "corpus.jsonl").write_text("\n".join(lines), encoding="utf-8")
    settings = Settings(duplicates="separate")
    arsearch.build_index([folder / "corpus.jsonl"], folder / "index", model=encoder, settings=settings)
    with arsearch.open_index(folder / "index", settings=settings) as searcher:
        yield searcher


@pytest.mark.parametrize(
    ("verse", "articles"),
    [
        ("ذَٰلِكَ ٱلۡكِتَـٰبُ لَا رَيۡبَۛ فِيهِ", {"today", "copy"}),
        ("ٱلۡكِتَـٰبُ", {"today"}),
        ("وَأَقِيمُوا۟ ٱلصَّلَوٰةَ", {"prayer"}),
        ("ٱلَّذِينَ ءَامَنُوا۟", {"believers"}),
        ("ٱبۡتَلَىٰٓ إِبۡرَٰهِـۧمَ رَبُّهُۥ بِكَلِمَـٰتٖ", {"abraham"}),
        ("ٱلۡحَمۡدُ لِلَّهِ رَبِّ ٱلۡعَـٰلَمِينَ ٱلرَّحۡمَـٰنِ", {"praise"}),
        ("ٱلسَّمۡعَ وَٱلۡأَبۡصَـٰرَ وَٱلۡأَفۡـِٔدَةَ", {"hearts"}),
    ],
)
def test_a_quoted_verse_meets_the_spelling_of_today(verses: Searcher, verse: str, articles: set[str]) -> None:
    results = verses.search(f'"{verse}"', mode="lexical", as_typed=True)
    assert {hit.id for hit in results} == articles
    assert results.notice is None


def test_without_quotes_the_word_is_that_of_today(verses: Searcher) -> None:
    assert next(iter(verses.search("ٱلۡكِتَٰبُ", mode="lexical", as_typed=True))).id == "today"
    assert "<mark>الكتاب</mark>" in verses.marked_article("today", "ٱلۡكِتَٰبُ")[2]


def test_words_that_are_written_so_today_too_stay_as_they_are(verses: Searcher) -> None:
    assert {hit.id for hit in verses.search("ٱلرَّحۡمَٰنِ", mode="lexical", as_typed=True)} == {"praise"}


@pytest.mark.parametrize(
    ("quoted", "articles"),
    [
        ("ذلك الكتاب لا ريب", {"today", "copy"}),
        ("آمنوا وأقاموا الصلاة", {"copy of prayer"}),
        ("وإذ ابتلى إبراهيم ربه بكلمات", {"abraham", "copy of abraham"}),
        ("يا أيها الذين آمنوا اصبروا", {"believers", "copy of a call"}),
    ],
)
def test_a_quotation_in_todays_spelling_finds_the_verse_as_copies_spell_it(
    copies: Searcher, quoted: str, articles: set[str]
) -> None:
    results = copies.search(f'"{quoted}"', mode="lexical", as_typed=True)
    assert {hit.id for hit in results} == articles
    assert results.notice is None


def test_the_words_of_the_verse_are_marked(copies: Searcher) -> None:
    [copy] = [
        hit
        for hit in copies.search('"ذلك الكتاب لا ريب"', mode="lexical", as_typed=True, snippets=True)
        if hit.id == "copy"
    ]
    assert "<mark>ٱلۡكِتَٰبُ</mark>" in copy.snippet


def test_a_quotation_is_no_other_words_that_a_copy_would_spell_alike(copies: Searcher) -> None:
    results = copies.search('"عامل في شركة البناء"', mode="lexical", as_typed=True)
    assert results.notice is not None
    assert results.notice.kind == "no-phrase"
