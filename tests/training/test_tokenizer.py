"""The tokenizer folds raw text by itself, exactly as ``arsearch.arabic.fold`` does."""

import unicodedata
from collections.abc import Callable

import pytest
from hypothesis import given
from hypothesis import strategies as st

from arsearch.arabic import fold
from arsearch.arabic.fold import folding_table
from training.tokenizer import UNKNOWN, build_tokenizer, folding_normalizer, word_splitter

NORMALIZE: Callable[[str], str] = folding_normalizer().normalize_str
SPLITTER = word_splitter()

WORDS = {"كتاب": 40, "الكتاب": 30, "مدرسه": 20, "مدارس": 9, "paris": 8, "1990": 7, "والكتاب": 6, "نادر": 1}

# Assigned characters of the Arabic blocks, presentation forms included, and of the Latin ones.
ARABIC = st.characters(min_codepoint=0x0600, max_codepoint=0x06FF, exclude_categories=["Cn", "Cs"])
# The forms of lone vowel marks are left out: see folding_normalizer.
FORMS = st.sampled_from(
    [
        character
        for character in map(chr, [*range(0xFB50, 0xFE00), *range(0xFE70, 0xFEFF)])
        if unicodedata.category(character) != "Cn" and not unicodedata.normalize("NFKD", character).startswith(" ")
    ]
)
LATIN = st.characters(min_codepoint=0x0020, max_codepoint=0x024F, exclude_categories=["Cn", "Cs"])


@pytest.mark.parametrize(
    "text",
    [
        "أُقِيمَتِ البُطولةُ في الفَتْرةِ مِن ٦ إلى ٨ أكتوبر ١٩٩٠م",
        "وقال الرئیس إن الحکومة ستناقش الموضوع",  # Persian yeh and kaf in Arabic words
        "الجمهوريـــة العربيـــة",  # tatweel
        "ٱلۡحَمۡدُ لِلَّهِ رَبِّ ٱلۡعَٰلَمِينَ",  # Koranic signs
        "ﻣﺤﻤﺪ ﷺ ﻻ ﷲ",  # presentation forms and ligatures
        "مستشفى، رؤية، مسؤول، شيء، ماء، آمال؟",
        "\u200fمي\u200cرود\u202c\ufeff \u00adكتاب",  # controls inside and around words
        "Ｃafé CAFÉ Straße Ångström ﬁne",
        "",
    ],
)
def test_normalizer_agrees_with_fold(text: str) -> None:
    assert NORMALIZE(text) == fold(text)


def test_normalizer_agrees_with_fold_on_every_character_of_the_table() -> None:
    characters = folding_table().keys() - {"\u0345"}  # combining Greek iota, left out for speed
    assert [character for character in sorted(characters) if NORMALIZE(character) != fold(character)] == []


@given(st.text(ARABIC))
def test_normalizer_agrees_with_fold_on_arabic_text(text: str) -> None:
    assert NORMALIZE(text) == fold(text)


@given(st.text(st.one_of(ARABIC, FORMS, LATIN)))
def test_normalizer_agrees_with_fold_on_mixed_text(text: str) -> None:
    assert NORMALIZE(text) == fold(text)


def split(text: str) -> list[str]:
    return [piece for piece, _ in SPLITTER.pre_tokenize_str(fold(text))]


def test_splits_at_everything_but_letters_digits_and_marks() -> None:
    assert split("سوق، «عمل» paris-2024!") == ["سوق", "عمل", "paris", "2024"]


@pytest.mark.parametrize("word", ["الكتاب", "والكتاب", "بالكتاب", "فبالكتاب", "للكتاب", "وللكتاب", "كالكتاب"])
def test_drops_the_article_and_the_particles_before_it(word: str) -> None:
    assert split(word) == ["كتاب"]


@pytest.mark.parametrize("word", ["ال", "الا", "لل", "قال", "مال", "سالم"])
def test_keeps_an_article_with_fewer_than_two_letters_after_it(word: str) -> None:
    assert split(word) == [word]


def test_vocabulary_knows_words_without_their_article() -> None:
    tokenizer = build_tokenizer(WORDS, size=120)
    assert tokenizer.encode("والكِتاب").tokens == tokenizer.encode("كتاب").tokens == ["كتاب"]


def test_vocabulary_splits_unknown_words_into_pieces() -> None:
    tokens = build_tokenizer(WORDS, size=120).encode("كتابدار").tokens
    assert tokens[0] == "كتاب"
    assert all(token.startswith("##") for token in tokens[1:])
    assert UNKNOWN not in tokens


def test_the_same_words_give_the_same_tokenizer() -> None:
    backwards = dict(reversed(WORDS.items()))
    assert build_tokenizer(WORDS, size=120).to_str() == build_tokenizer(backwards, size=120).to_str()
