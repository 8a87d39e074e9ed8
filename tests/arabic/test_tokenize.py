from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from arsearch.arabic import fold
from arsearch.arabic import letters as ar
from arsearch.arabic.tokenize import words

LEFT_TO_RIGHT_MARK = "\u200e"
LIGATURE_SALAT = "\ufdfa"
LIGATURE_JALLA = "\ufdfb"
ZERO_WIDTH_SPACE = "\u200b"

ARABIC_TEXT = st.text(
    st.one_of(
        st.sampled_from("ابتدوفكلميهىةأإؤئء ال ٪،.,0123٠١٢٬٫aZé#_-\n"),
        st.characters(min_codepoint=0x0600, max_codepoint=0x06FF),
        st.characters(min_codepoint=0x200B, max_codepoint=0x200F),
        st.characters(min_codepoint=0xFB50, max_codepoint=0xFEFF, exclude_categories=["Cn", "Cs"]),
    )
)


def check(text: str, expected: str) -> None:
    assert [word.folded for word in words(text)] == expected.split()


def surfaces(text: str) -> list[str]:
    return [text[word.start : word.end] for word in words(text)]


def test_a_reader_sees_whole_words_marked_with_their_vowels() -> None:
    text = "قال: «مُحَمَّدٌ» في الـ21 من أكتوبر، 41٪!"
    assert surfaces(text) == ["قال", "مُحَمَّدٌ", "في", "الـ21", "من", "أكتوبر", "41"]


def test_the_sample_article_mixes_two_kinds_of_yeh() -> None:
    check("نسبة 41٪ من اللیبیین", "نسبه 41 من الليبيين")


@pytest.mark.parametrize(
    "text", ["", " ", "\n\t", "،؛؟!...", "٪ % ٬", "\u200f\u200e", ar.TATWEEL * 3, "🙂", "\u064e", "\ufdfd"], ids=ascii
)
def test_text_without_a_word_has_no_words(text: str) -> None:
    check(text, "")


def test_punctuation_separates_words() -> None:
    check("نعم،لا؛ربما؟قال:«هو»(هي)-هم/نحن", "نعم لا ربما قال هو هي هم نحن")


def test_vowel_marks_never_split_a_word() -> None:
    check("وُقِّعَ", "وقع")


def test_presentation_forms_of_vowel_marks_never_split_a_word() -> None:
    check("وُق\ufe7cع", "وقع")


def test_tatweel_never_splits_a_word() -> None:
    check("العـــربية", "العربيه")


@pytest.mark.parametrize(
    "control",
    [ar.ZERO_WIDTH_JOINER, ar.ZERO_WIDTH_NON_JOINER, ar.RIGHT_TO_LEFT_MARK, ar.BYTE_ORDER_MARK, ar.SOFT_HYPHEN],
    ids=ascii,
)
def test_invisible_controls_never_split_a_word(control: str) -> None:
    check(f"كت{control}اب li{control}bya", "كتاب libya")


@pytest.mark.parametrize("control", [ar.RIGHT_TO_LEFT_MARK, ar.BYTE_ORDER_MARK, "\u202b", "\u202c"], ids=ascii)
def test_invisible_controls_around_a_word_stay_outside_it(control: str) -> None:
    assert surfaces(f"{control}كتاب{control} جديد{control}") == ["كتاب", "جديد"]


def test_the_zero_width_space_separates_words() -> None:
    check(f"كتاب{ZERO_WIDTH_SPACE}جديد new{ZERO_WIDTH_SPACE}book", "كتاب جديد new book")


def test_arabic_and_latin_letters_that_touch_are_different_words() -> None:
    check("شركةGoogle", "شركه google")
    check("Googleشركة", "google شركه")


def test_arabic_letters_and_digits_that_touch_are_different_words() -> None:
    check("عام2015م", "عام 2015 م")


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("الـ21", "21"),
        ("ال21", "21"),
        ("و21", "21"),
        ("بـ5", "5"),
        ("لل30", "30"),
        ("وال20", "20"),
        ("كالـ7", "7"),
        ("بالـDNA", "dna"),
        ("والـGPS", "gps"),
        ("الـ١٬٠٠٠", "1000"),
        ("الـ2.5", "2.5"),
    ],
)
def test_an_article_or_particle_belongs_to_the_number_or_foreign_word_it_is_written_onto(
    text: str, expected: str
) -> None:
    check(text, expected)
    assert surfaces(text) == [text]


@pytest.mark.parametrize("control", [ar.RIGHT_TO_LEFT_MARK, LEFT_TO_RIGHT_MARK, ar.ZERO_WIDTH_NON_JOINER], ids=ascii)
def test_an_invisible_control_does_not_part_the_article_from_its_number(control: str) -> None:
    text = f"في الـ{control}21 من"
    check(text, "في 21 من")
    assert surfaces(text)[1] == f"الـ{control}21"


def test_an_article_before_a_space_stands_alone() -> None:
    check("الـ 4 من", "ال 4 من")


def test_an_article_before_punctuation_or_at_the_end_stands_alone() -> None:
    check("الـ-4 و", "ال 4 و")


def test_only_articles_and_particles_attach() -> None:
    check("عام2015 نحو21", "عام 2015 نحو 21")


def test_the_several_words_of_an_attached_run_share_its_offsets() -> None:
    text = "و½"
    assert [tuple(word) for word in words(text)] == [("1", 0, 2), ("2", 0, 2)]


@pytest.mark.parametrize("text", ["1,000", "١٬٠٠٠", "1٬000", "۱٬۰۰۰", "1000", "١٠٠٠"])
def test_thousands_separators_are_dropped(text: str) -> None:
    check(text, "1000")
    assert surfaces(text) == [text]


@pytest.mark.parametrize("text", ["1,234,567", "١٬٢٣٤٬٥٦٧"])
def test_several_thousands_separators_are_dropped(text: str) -> None:
    check(text, "1234567")


@pytest.mark.parametrize("text", ["12.5", "١٢٫٥", "۱۲٫۵", "12٫5"])
def test_decimal_separators_are_written_as_a_point(text: str) -> None:
    check(text, "12.5")
    assert surfaces(text) == [text]


@pytest.mark.parametrize("text", ["1,000.5", "١٬٠٠٠٫٥"])
def test_thousands_and_decimal_separators_together(text: str) -> None:
    check(text, "1000.5")


@pytest.mark.parametrize(
    ("text", "expected"), [("1,2,3", "1 2 3"), ("1,0000", "1 0000"), ("٣،٤", "3 4"), ("1, 000", "1 000")]
)
def test_a_comma_not_before_three_digits_separates_numbers(text: str, expected: str) -> None:
    check(text, expected)


@pytest.mark.parametrize("text", ["21.07.2015", "٢١.٠٧.٢٠١٥", "21/07/2015", "21-07-2015"])
def test_the_parts_of_a_date_are_words(text: str) -> None:
    check(text, "21 07 2015")


def test_a_point_after_a_number_ends_the_sentence() -> None:
    check("عام 2015. ثم 2016.", "عام 2015 ثم 2016")


@pytest.mark.parametrize("text", ["٪41", "41٪", "%41", "41%", "٤١٪", "٪ 41"])
def test_a_percent_sign_is_punctuation_on_whichever_side_it_stands(text: str) -> None:
    check(text, "41")


def test_digits_and_latin_letters_that_touch_are_one_word() -> None:
    check("5G COVID19 H2O", "5g covid19 h2o")


def test_a_hashtag_gives_its_words() -> None:
    check("#ليبيا_الحرة #Libya", "ليبيا الحره libya")


def test_latin_words_are_folded() -> None:
    check("Café Straße", "cafe strasse")
    assert surfaces("Café Straße") == ["Café", "Straße"]


def test_a_latin_word_keeps_a_combining_accent_in_its_surface() -> None:
    assert surfaces("Cafe\u0301!") == ["Cafe\u0301"]


def test_an_address_gives_its_parts() -> None:
    check("https://example.org/خبر", "https example org خبر")


def test_lam_alef_ligatures_are_letters_of_their_word() -> None:
    check("\ufef9سلام ال\ufef7مة", "لاسلام اللامه")


def test_the_words_of_a_ligature_share_its_offsets() -> None:
    text = f"محمد {LIGATURE_SALAT} قال"
    assert [tuple(word) for word in words(text)] == [
        ("محمد", 0, 4),
        ("صلي", 5, 6),
        ("الله", 5, 6),
        ("عليه", 5, 6),
        ("وسلم", 5, 6),
        ("قال", 7, 10),
    ]


def test_a_ligature_of_two_words_gives_both() -> None:
    check(LIGATURE_JALLA, "جل جلاله")


def test_the_word_of_god_in_one_character_is_one_word() -> None:
    check("\ufdf2", "الله")


def test_offsets_count_code_points_beyond_the_basic_plane() -> None:
    assert [tuple(word) for word in words("🙂🙂 خبر")] == [("خبر", 3, 6)]


def test_a_run_that_folds_to_nothing_is_no_word() -> None:
    check(f"{ar.SMALL_WAW} خبر", "خبر")


@given(st.one_of(st.text(), ARABIC_TEXT))
def test_words_stand_in_order_inside_the_text(text: str) -> None:
    before, before_end = -1, 0
    for word in words(text):
        assert 0 <= word.start < word.end <= len(text)
        assert (word.start, word.end) == (before, before_end) or word.start >= before_end
        before, before_end = word.start, word.end


@given(st.one_of(st.text(), ARABIC_TEXT))
def test_folded_forms_are_fixed_points_of_folding(text: str) -> None:
    for word in words(text):
        assert word.folded
        assert fold(word.folded) == word.folded
        assert not any(character.isspace() for character in word.folded)


@given(ARABIC_TEXT)
def test_words_of_a_text_do_not_depend_on_the_text_before_a_line_break(text: str) -> None:
    alone = [word.folded for word in words(text)]
    assert [word.folded for word in words(f"مقدمة\n{text}")] == ["مقدمه", *alone]
