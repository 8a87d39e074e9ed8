from __future__ import annotations

import unicodedata

import pytest
from hypothesis import given
from hypothesis import strategies as st

from arsearch.arabic import fold
from arsearch.arabic import letters as ar
from arsearch.arabic.fold import ARABIC_BLOCKS, fold_character, folding_table, is_arabic, is_ignorable

DAGGER_ALEF = "\u0670"
FATHA = "\u064e"
LIGATURE_ALLAH = "\ufdf2"
LIGATURE_SALAT = "\ufdfa"
ZERO_WIDTH_SPACE = "\u200b"


def check(given_text: str, expected: str) -> None:
    assert fold(given_text) == expected


def code_points(*ranges: tuple[int, int]) -> list[str]:
    return [f"{point:04x}" for first, last in ranges for point in range(first, last + 1)]


@pytest.mark.parametrize(
    ("typed", "on_the_page"),
    [
        ("الليبيين", f"اللیبی{ar.FARSI_YEH}ن"),
        ("المكتبة", "المکتبة"),
        ("احمد", "أحمد"),
        ("الاسلام", "الإسلام"),
        ("القران", "القرآن"),
        ("مدرسه", "مدرسة"),
        ("مستشفي", "مستشفى"),
        ("محمد", "مُحَمَّدٌ"),
        ("العربية", "العـــربية"),
        ("مسوول", "مسؤول"),
        ("الرييس", "الرئيس"),
        ("2020", "٢٠٢٠"),
        ("2020", "۲۰۲۰"),
        ("cafe", "Café"),
        ("strasse", "Straße"),
    ],
)
def test_a_reader_finds_a_word_however_the_page_spells_it(typed: str, on_the_page: str) -> None:
    assert fold(typed) == fold(on_the_page)


@pytest.mark.parametrize(
    ("one", "other"),
    [("سماء", "سما"), ("قلب", "كلب"), ("ضل", "ظل"), ("سار", "صار"), ("1", "2")],
)
def test_different_words_stay_different(one: str, other: str) -> None:
    assert fold(one) != fold(other)


def test_alef_with_madda_becomes_alef() -> None:
    check(f"{ar.ALEF_MADDA}خر", "اخر")


def test_alef_with_hamza_above_or_below_becomes_alef() -> None:
    check("أحمد إلى", "احمد الي")


def test_alef_with_a_combining_hamza_or_madda_becomes_alef() -> None:
    check("ا\u0653ن ا\u0654ن ا\u0655ن", "ان ان ان")


def test_alef_wasla_becomes_alef() -> None:
    check(f"{ar.ALEF_WASLA}لكتاب", "الكتاب")


def test_alef_with_wavy_hamza_becomes_alef() -> None:
    check(ar.WAVY_HAMZA_ALEF_ABOVE + ar.WAVY_HAMZA_ALEF_BELOW, ar.ALEF * 2)


def test_waw_with_hamza_becomes_waw() -> None:
    check("مؤتمر", "موتمر")


def test_yeh_with_hamza_becomes_yeh() -> None:
    check("رئيس", "رييس")


def test_the_free_standing_hamza_is_kept() -> None:
    check("ماء", "ماء")


def test_alef_maksura_becomes_yeh() -> None:
    check("على", "علي")


def test_teh_marbuta_becomes_heh() -> None:
    check("حكومة", "حكومه")


def test_tatweel_is_removed() -> None:
    check(f"عـ{ar.TATWEEL}ربي", "عربي")


@pytest.mark.parametrize("point", code_points((0x064B, 0x0652)))
def test_vowel_marks_are_removed(point: str) -> None:
    check(f"كت{chr(int(point, 16))}اب", "كتاب")


def test_dagger_alef_is_removed() -> None:
    check(f"ه{DAGGER_ALEF}ذا الرحم{DAGGER_ALEF}ن", "هذا الرحمن")


@pytest.mark.parametrize("point", code_points((0x0610, 0x061A)))
def test_honorific_signs_are_removed(point: str) -> None:
    check(f"محمد{chr(int(point, 16))}", "محمد")


@pytest.mark.parametrize("point", code_points((0x0653, 0x065F)))
def test_further_combining_marks_are_removed(point: str) -> None:
    check(f"كت{chr(int(point, 16))}اب", "كتاب")


@pytest.mark.parametrize("point", code_points((0x06D6, 0x06DC), (0x06DD, 0x06DD), (0x06DF, 0x06E8), (0x06EA, 0x06ED)))
def test_koranic_annotation_signs_are_removed(point: str) -> None:
    check(f"كت{chr(int(point, 16))}اب", "كتاب")


@pytest.mark.parametrize("small", [ar.SMALL_WAW, ar.SMALL_YEH, ar.HIGH_HAMZA], ids=ascii)
def test_small_letters_written_like_marks_are_removed(small: str) -> None:
    check(f"كت{small}اب", "كتاب")


def test_every_mark_of_the_arabic_blocks_is_removed() -> None:
    marks = [
        chr(point) for block in ARABIC_BLOCKS for point in block if unicodedata.category(chr(point)) in ("Mn", "Me")
    ]
    assert len(marks) > 80
    assert {mark for mark in marks if fold(mark)} == set()


@pytest.mark.parametrize(
    "control",
    [
        *"\u202a\u202b\u202c\u202d\u202e\u2066\u2067\u2068\u2069\u200e",
        ar.RIGHT_TO_LEFT_MARK,
        ar.ARABIC_LETTER_MARK,
        ar.ZERO_WIDTH_JOINER,
        ar.ZERO_WIDTH_NON_JOINER,
        ar.BYTE_ORDER_MARK,
        ar.SOFT_HYPHEN,
        "\u2060",
    ],
    ids=ascii,
)
def test_invisible_controls_are_removed(control: str) -> None:
    check(f"{control}كت{control}اب{control}", "كتاب")


def test_the_zero_width_space_separates_words_and_stays() -> None:
    check(f"كتاب{ZERO_WIDTH_SPACE}جديد", f"كتاب{ZERO_WIDTH_SPACE}جديد")


@pytest.mark.parametrize(
    ("ligature", "letter"),
    [("\ufefb", "isolated"), ("\ufef7", "hamza above"), ("\ufef9", "hamza below"), ("\ufef5", "madda")],
)
def test_lam_alef_ligatures_become_lam_and_alef(ligature: str, letter: str) -> None:
    check(ligature, ar.LAM + ar.ALEF)


def test_presentation_forms_become_letters() -> None:
    check("\ufee3\ufea4\ufee4\ufeaa", "محمد")


def test_presentation_forms_are_folded_further() -> None:
    check("\ufecb\ufee0\ufef0 \ufee3\ufeaa\ufead\ufeb3\ufe94", "علي مدرسه")


@pytest.mark.parametrize("point", ["fe70", "fe71", "fe72", "fe74", *code_points((0xFE76, 0xFE7F), (0xFC5E, 0xFC62))])
def test_presentation_forms_of_marks_are_removed(point: str) -> None:
    check(f"كت{chr(int(point, 16))}اب", "كتاب")


def test_the_ligature_word_of_god_becomes_its_letters() -> None:
    check(LIGATURE_ALLAH, "الله")


def test_a_ligature_phrase_becomes_its_words() -> None:
    check(LIGATURE_SALAT, "صلي الله عليه وسلم")


@pytest.mark.parametrize(
    ("letter", "expected"),
    [
        (ar.KEHEH, ar.KAF),
        (ar.SWASH_KAF, ar.KAF),
        (ar.GAF, ar.KAF),
        (ar.FARSI_YEH, ar.YEH),
        (ar.YEH_WITH_TAIL, ar.YEH),
        (ar.YEH_BARREE, ar.YEH),
        (ar.HEH_GOAL, ar.HEH),
        (ar.HEH_DOACHASHMEE, ar.HEH),
        (ar.TEH_MARBUTA_GOAL, ar.HEH),
        (ar.AE, ar.HEH),
        (ar.VEH, ar.FEH),
        (ar.PEH, ar.BEH),
        (ar.TCHEH, ar.JEEM),
        (ar.JEH, ar.ZAIN),
    ],
    ids=ascii,
)
def test_letters_of_other_languages_become_their_arabic_equals(letter: str, expected: str) -> None:
    check(letter, expected)


@pytest.mark.parametrize("letter", [ar.KAF, ar.YEH, ar.HEH, ar.BEH, ar.FEH, ar.JEEM, ar.ZAIN], ids=ascii)
def test_arabic_letters_are_never_folded_to_other_languages(letter: str) -> None:
    check(letter, letter)


@pytest.mark.parametrize("zero", [0x0030, 0x0660, 0x06F0, 0x0966, 0xFF10], ids=hex)
def test_decimal_digits_of_any_script_become_latin(zero: int) -> None:
    check("".join(chr(zero + digit) for digit in range(10)), "0123456789")


def test_case_is_folded_in_full() -> None:
    check("LIBYA Straße ﬁn", "libya strasse fin")


def test_accents_are_removed_composed_or_not() -> None:
    check("Café Cafe\u0301 Ünïcödé", "cafe cafe unicode")


def test_full_width_forms_become_ascii() -> None:
    check("ＤＮＡ", "dna")


def test_marks_of_other_scripts_are_kept() -> None:
    check("हिन्दी", "हिन्दी")


def test_punctuation_is_left_alone() -> None:
    check("نعم، لا؛ لماذا؟", "نعم، لا؛ لماذا؟")


def test_empty_text() -> None:
    check("", "")


def test_is_ignorable_says_what_vanishes() -> None:
    assert all(map(is_ignorable, [FATHA, ar.TATWEEL, ar.ZERO_WIDTH_NON_JOINER, "\u0301", ar.SMALL_WAW]))
    assert not any(map(is_ignorable, [ar.ALEF, ar.ALEF_MAKSURA, " ", ZERO_WIDTH_SPACE, "a", "\u0939"]))


def test_is_arabic_says_which_letters_are() -> None:
    assert all(map(is_arabic, [ar.ALEF, ar.KEHEH, "\ufefb"]))
    assert not any(map(is_arabic, ["a", "٣", FATHA, "،"]))


def test_the_folding_table_holds_what_folding_changes_and_nothing_else() -> None:
    table = folding_table()
    assert {character: fold(character) for character in table} == table
    assert all(character != folded for character, folded in table.items())
    assert table[ar.ALEF_MADDA] == ar.ALEF
    assert table[ar.FARSI_YEH] == ar.YEH
    assert table[ar.BYTE_ORDER_MARK] == ""
    assert table["É"] == "e"
    assert ar.BEH not in table


@given(st.text())
def test_folding_never_raises_and_is_idempotent(text: str) -> None:
    assert fold(fold(text)) == fold(text)


@given(st.text(), st.text())
def test_folding_commutes_with_concatenation(one: str, other: str) -> None:
    assert fold(one + other) == fold(one) + fold(other)


@given(st.characters())
def test_folding_works_character_by_character(character: str) -> None:
    assert fold(character) == fold_character(character)


def test_folding_is_idempotent_on_every_arabic_character() -> None:
    for block in ARABIC_BLOCKS:
        for point in block:
            once = fold(chr(point))
            assert fold(once) == once, hex(point)
