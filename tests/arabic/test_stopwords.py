from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from arsearch.arabic import analyze, fold, is_stop_word
from arsearch.arabic.stopwords import STOP_WORDS


def check(words: str, *, stop: bool) -> None:
    assert {word: is_stop_word(word, fold(word)) for word in words.split()} == dict.fromkeys(words.split(), stop)


def test_a_query_of_function_words_and_content_words_is_searched_by_the_content_words() -> None:
    assert [token.surface for token in analyze("ما هي أسباب الهجرة من ليبيا إلى إيطاليا؟") if token.stem] == [
        "أسباب",
        "الهجرة",
        "ليبيا",
        "إيطاليا",
    ]


@pytest.mark.parametrize(
    "words",
    [
        "من إلى على عن في مع حتى منذ",
        "أو أم ثم بل لكن أن إن لأن",
        "أنا نحن هو هي هم هذا هذه الذي التي",
        "ما ماذا متى أين كيف كم هل لماذا",
        "لا لن لم ليس قد سوف",
        "كان كانت يكون أصبح مازال",
    ],
)
def test_function_words_are_stop_words(words: str) -> None:
    check(words, stop=True)


def test_content_words_are_not() -> None:
    check("ليبيا الوزير طرابلس كتاب حكومة Google 21", stop=False)


def test_a_preposition_is_told_from_a_name_by_its_spelling() -> None:
    check("على", stop=True)
    check("علي", stop=False)


def test_teh_marbuta_is_told_from_a_pronoun() -> None:
    check("منه", stop=True)
    check("منة", stop=False)


def test_hamzas_are_ignored() -> None:
    check("الى ان انه لان او اذا", stop=True)


def test_vowel_marks_and_tatweel_are_ignored() -> None:
    check("مِنْ عَلَى هُوَ فـي جدًا جداً", stop=True)


def test_persian_letters_are_ignored() -> None:
    check("الذی کان", stop=True)


def test_presentation_forms_are_ignored() -> None:
    check("\ufecb\ufee0\ufef0 \ufed3\ufef2", stop=True)
    check("\ufecb\ufee0\ufef2", stop=False)


def test_egyptian_spelling_of_a_final_yeh_is_ignored() -> None:
    check("فى الذى التى هى وفى", stop=True)


def test_a_final_alef_maksura_makes_no_stop_word_of_another_word() -> None:
    check("ولى منى", stop=False)


def test_a_particle_written_onto_a_stop_word_makes_a_stop_word() -> None:
    check("ومن فمن وفي فإن ولكن وهذا فهو وكان", stop=True)


def test_words_that_only_look_like_a_particle_and_a_stop_word_are_not() -> None:
    check("فهم وهم فلم ولي وكل وعد فلك فلكي فاخر فتحت فحول فن", stop=False)


def test_lone_particles_are_stop_words() -> None:
    check("و ف ب ل ك ال الـ لل", stop=True)


def test_the_list_holds_no_empty_word() -> None:
    assert all(word.strip() for word in STOP_WORDS)


@given(st.text())
def test_no_word_raises(word: str) -> None:
    assert is_stop_word(word, fold(word)) in (True, False)
