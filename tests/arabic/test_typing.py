"""What keys write on another layout, what Latin letters stand for, and what slips cost."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from arsearch.arabic.arabizi import chunk_at, latin_words
from arsearch.arabic.edits import EXTRA, SUBSTITUTION, allowed_cost, substitution_cost
from arsearch.arabic.keyboard import as_typed_on_the_other_layout


@pytest.mark.parametrize(
    ("typed", "meant"),
    [
        ("hgsghl ugd;l", "السلام عليكم"),
        ("hgl]dkm", "المدينة"),  # on a PC
        ("hgldvk]", "الميدنة"),  # on a Mac, where other keys have dal and teh marbuta
        ("lvpfh", "مرحبا"),
        ("Hpl]", "أحمد"),
        ("لخخلمث", "google"),
        ("لاشى", "ban"),  # lam-alef is one key
        ("لاشى", "ghan"),  # or two
    ],
)
def test_keys_of_the_other_layout(typed: str, meant: str) -> None:
    assert meant in as_typed_on_the_other_layout(typed)


@pytest.mark.parametrize("text", ["", "2015", "؟", "قمر moon"])
def test_a_text_of_both_scripts_or_of_none_has_no_other_layout(text: str) -> None:
    assert as_typed_on_the_other_layout(text) == []


@given(st.text())
def test_no_text_raises(text: str) -> None:
    as_typed_on_the_other_layout(text)
    latin_words(text)


def test_an_article_apart_belongs_to_its_word() -> None:
    assert [word for word, *_ in latin_words("wazir al dakhiliya, El-Qahwa 3arabi")] == [
        "wazir", "aldakhiliya", "alqahwa", "3arabi",
    ]  # fmt: skip
    assert latin_words("al qahwa") == [("alqahwa", 0, 8)]
    assert latin_words("2015 قمر") == []


def test_what_latin_letters_stand_for_depends_on_where_they_stand() -> None:
    assert chunk_at("sharq", 0, 2) == {"ش": 0}
    assert chunk_at("amal", 0, 1)["ا"] < chunk_at("amal", 2, 3)["ا"]
    assert chunk_at("libya", 4, 5)["ه"] < chunk_at("karim", 1, 2)["ه"]
    assert chunk_at("x!", 1, 2) == {}


@pytest.mark.parametrize("pair", ["ضظ", "دذ", "ثس", "ست", "قك", "كغ", "جغ", "جك", "هت"])
def test_letters_that_sound_alike_are_near(pair: str) -> None:
    assert substitution_cost(*pair) == substitution_cost(*reversed(pair)) <= 0.4


def test_other_letters_are_a_whole_edit_apart() -> None:
    assert substitution_cost("م", "ر") == SUBSTITUTION == EXTRA
    assert substitution_cost("م", "م") == 0


def test_short_words_may_be_corrected_less() -> None:
    costs = [allowed_cost(length) for length in range(1, 12)]
    assert costs == sorted(costs)
    assert costs[1] == 0
