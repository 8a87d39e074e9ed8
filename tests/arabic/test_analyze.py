from __future__ import annotations

import json
import random
import re
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

import arsearch.arabic
from arsearch.arabic import ANALYSIS_VERSION, Token, analyze, fold, is_stop_word
from arsearch.arabic import letters as ar

NEWS = Path(__file__).parents[2] / "corpus" / "news.jsonl"
VOWEL_MARKS = [chr(point) for point in range(0x064B, 0x0660)] + ["\u0670"]
INVISIBLE = [ar.TATWEEL, ar.ZERO_WIDTH_NON_JOINER]
LIGATURE_SALAT = "\ufdfa"


def check(text: str, expected: str) -> None:
    assert " ".join(token.stem or "-" for token in analyze(text)) == expected


def exact_forms(text: str) -> list[str]:
    return [token.folded for token in analyze(text)]


def news_sentences() -> list[str]:
    bodies = [json.loads(line)["body"] for line in NEWS.read_text(encoding="utf-8").splitlines() if line.strip()]
    return [sentence for body in bodies for sentence in re.split(r"(?<=[.؟!])\s+", body) if sentence.strip()]


def test_a_reader_types_a_word_and_finds_the_page_with_persian_letters() -> None:
    assert exact_forms("الليبيين") == exact_forms("اللیبیین")


def test_a_token_carries_its_surface_its_forms_and_where_it_stands() -> None:
    assert analyze("في الـ21 من الوزارةِ") == [
        Token("في", "في", "", 0, 2),
        Token("الـ21", "21", "21", 3, 8),
        Token("من", "من", "", 9, 11),
        Token("الوزارةِ", "الوزاره", "وزار", 12, 20),
    ]


def test_stop_words_have_no_stem_but_keep_their_exact_form() -> None:
    for token in analyze("على من هذا جدًا جداً"):
        assert token.stem == ""
        assert token.folded == fold(token.surface)


def test_a_name_spelled_like_a_stop_word_keeps_its_stem() -> None:
    check("علي على", "علي -")


def test_words_that_look_like_stop_words_keep_their_stems() -> None:
    check("فهم وهم فلم", "فهم وهم فلم")


def test_numbers_and_latin_words_are_their_own_stems() -> None:
    check("5G ١٬٠٠٠ Café 12٫5", "5g 1000 cafe 12.5")


def test_the_words_of_a_ligature_share_its_surface_and_offsets() -> None:
    tokens = analyze(LIGATURE_SALAT)
    assert [token.folded for token in tokens] == ["صلي", "الله", "عليه", "وسلم"]
    assert {(token.surface, token.start, token.end) for token in tokens} == {(LIGATURE_SALAT, 0, 1)}


def test_empty_text_has_no_tokens() -> None:
    assert analyze("") == []


def test_the_version_of_the_analysis_is_a_positive_number() -> None:
    assert ANALYSIS_VERSION >= 1


def test_the_package_offers_what_other_packages_use() -> None:
    assert arsearch.arabic.__all__ == ["ANALYSIS_VERSION", "Token", "analyze", "fold", "is_stop_word", "stem"]


@given(st.text())
def test_no_text_raises_and_offsets_cut_out_the_surface(text: str) -> None:
    for token in analyze(text):
        assert text[token.start : token.end] == token.surface
        assert token.surface
        assert bool(token.stem) == (not is_stop_word(token.surface, token.folded))


@given(st.text(st.characters(min_codepoint=0x0600, max_codepoint=0x06FF)))
def test_no_arabic_text_raises_and_stems_are_empty_for_stop_words_only(text: str) -> None:
    for token in analyze(text):
        assert fold(token.folded) == token.folded
        assert bool(token.stem) == (not is_stop_word(token.surface, token.folded))


@pytest.mark.parametrize("inserted", [VOWEL_MARKS, INVISIBLE, VOWEL_MARKS + INVISIBLE], ids=["vowels", "others", "all"])
def test_marks_inside_the_words_of_the_news_change_no_exact_form(inserted: list[str]) -> None:
    choose = random.Random(21)
    sentences = news_sentences()
    assert len(sentences) > 100
    for sentence in sentences:
        marked = "".join(
            character + choose.choice(inserted)
            if arsearch.arabic.fold(character).isalpha() and not character.isascii() and choose.random() < 0.5
            else character
            for character in sentence
        )
        assert marked != sentence
        assert exact_forms(marked) == exact_forms(sentence)


def test_marked_words_of_the_news_keep_their_offsets_in_the_text_as_written() -> None:
    for sentence in news_sentences()[:50]:
        marked = re.sub(r"([\u0621-\u064a])", "\\1\u064e", sentence)
        for token in analyze(marked):
            assert marked[token.start : token.end] == token.surface
            assert not marked[token.end : token.end + 1].startswith("\u064e")
