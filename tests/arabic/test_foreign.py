from __future__ import annotations

import pytest

from arsearch.arabic import analyze


@pytest.mark.parametrize(
    ("word", "language", "stem"),
    [
        ("Elections", "en", "elect"),
        ("élections", "fr", "elect"),
        ("Wahlen", "de", "wahl"),
        ("Elections", "ar", "elections"),
        ("Elections", "xx", "elections"),
        ("المكاتب", "en", "مكاتب"),
    ],
)
def test_words_of_other_scripts_are_stemmed_by_the_language_of_their_text(word: str, language: str, stem: str) -> None:
    [token] = analyze(word, language)
    assert (token.surface, token.stem) == (word, stem)


def test_folded_forms_do_not_depend_on_the_language() -> None:
    text = "Les élections de 2020 في ليبيا"
    assert [token.folded for token in analyze(text, "fr")] == [token.folded for token in analyze(text)]
