from __future__ import annotations

import json
from collections import defaultdict
from itertools import combinations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from arsearch.arabic import fold, stem
from arsearch.arabic.stem import stem_of

from ..data import DATA, needs_data

GOLDEN_STEMS = "language/golden-stems.json"

FOLDED_ARABIC = st.text(st.sampled_from("ابتثجحخدذرزسشصضطظعغفقكلمنهويء"), min_size=1, max_size=14)


def check(word: str, expected: str) -> None:
    assert stem(fold(word)) == expected


def same_stem(words: str) -> None:
    assert len({stem(fold(word)) for word in words.split()}) == 1, {word: stem(fold(word)) for word in words.split()}


@pytest.mark.parametrize(
    "words",
    [
        "ليبيا ليبي الليبيين الليبي الليبية",
        "وزير الوزير ووزير بالوزير",
        "أصدقاء أصدقائه الأصدقاء",
        "التزام الالتزام بالالتزام والالتزام",
        "رحيم رحيمًا رحيماً رحيما",
        "دولة الدولة والدولة للدولة",
        "الأمني أمنية الأمنية",
        "إيطاليا الإيطالي الإيطالية",
        "كتاب الكتاب كتابه كتابها للكتاب",
    ],
)
def test_a_reader_who_types_one_form_finds_the_others(words: str) -> None:
    same_stem(words)


# The cases that Lucene's TestArabicStemFilter publishes.


@pytest.mark.parametrize("word", ["الحسن", "والحسن", "بالحسن", "كالحسن", "فالحسن", "وحسن"])
def test_a_prefix_goes(word: str) -> None:
    check(word, "حسن")


def test_for_the_goes() -> None:
    check("للاخر", "اخر")


@pytest.mark.parametrize(
    "word", ["ساهدها", "ساهدان", "ساهدات", "ساهدون", "ساهدين", "ساهديه", "ساهدية", "ساهده", "ساهدة", "ساهدي"]
)
def test_a_suffix_goes(word: str) -> None:
    check(word, "ساهد")


def test_a_pronoun_goes() -> None:
    check("زوجها", "زوج")


def test_a_prefix_and_a_suffix_go() -> None:
    check("وساهدون", "ساهد")


def test_suffixes_go_one_after_the_other() -> None:
    check("ساهدهات", "ساهد")


def test_a_word_too_short_for_its_prefix_stays() -> None:
    check("الو", "الو")


def test_words_without_arabic_letters_are_their_own_stems() -> None:
    check("English", "english")
    check("2015", "2015")
    check("12.5", "12.5")


@pytest.mark.parametrize(("word", "expected"), [("الاب", "اب"), ("الب", "الب"), ("بالب", "بالب"), ("للاب", "اب")])
def test_two_letters_remain_after_an_article(word: str, expected: str) -> None:
    check(word, expected)


@pytest.mark.parametrize(("word", "expected"), [("وحسن", "حسن"), ("ورد", "ورد"), ("وصل", "وصل")])
def test_three_letters_remain_after_a_bare_waw(word: str, expected: str) -> None:
    check(word, expected)


@pytest.mark.parametrize(
    ("word", "expected"), [("بها", "بها"), ("دين", "دين"), ("حيه", "حي"), ("يده", "يد"), ("به", "به"), ("كون", "كون")]
)
def test_two_letters_remain_before_a_suffix(word: str, expected: str) -> None:
    check(word, expected)


# What this project adds.


@pytest.mark.parametrize(
    "chain",
    ["وبال", "وكال", "فبال", "فكال", "أبال", "أكال", "ولل", "فلل", "أوال", "أفال", "أوبال", "أوكال", "أفبال", "أفكال"],
)
def test_a_chain_of_particles_before_the_article_goes(chain: str) -> None:
    check(f"{chain}مدن", "مدن")


@pytest.mark.parametrize(
    ("word", "expected"), [("ولل", "ولل"), ("وللب", "للب"), ("وللاب", "للاب"), ("وبالاب", "بالاب"), ("وللادب", "ادب")]
)
def test_three_letters_remain_after_a_chain(word: str, expected: str) -> None:
    check(word, expected)


def test_a_verbal_noun_in_alef_lam_meets_its_definite_form() -> None:
    same_stem("الالتزام التزام للالتزام")


@pytest.mark.parametrize(("word", "expected"), [("رحيما", "رحيم"), ("كتابا", "كتاب"), ("دنا", "دنا"), ("عصا", "عصا")])
def test_a_final_alef_goes_if_three_letters_remain(word: str, expected: str) -> None:
    check(word, expected)


def test_the_alef_of_tanwin_goes_with_its_mark_before_or_after_it() -> None:
    same_stem("رحيمًا رحيماً رحيما رحيمٌ رحيم")


def test_countries_meet_their_adjectives() -> None:
    same_stem("ليبيا ليبي الليبيين اللیبیین")
    same_stem("سوريا سوري السوريون")


@pytest.mark.parametrize(
    ("noun", "possessed"), [("مدرسه", "مدرسته"), ("سلطه", "سلطتها"), ("وزاره", "وزارته"), ("قدره", "قدرتها")]
)
def test_a_teh_marbuta_meets_its_form_before_a_pronoun(noun: str, possessed: str) -> None:
    assert stem(possessed) == stem(noun)


def test_a_teh_of_the_root_stays_before_a_pronoun() -> None:
    check("بيته", "بيت")
    check("صوتها", "صوت")


def test_a_final_hamza_goes_if_two_letters_remain() -> None:
    same_stem("أصدقاء أصدقائه")
    check("ماء", "ما")
    check("بء", "بء")


@pytest.mark.parametrize(
    ("words", "letters"),
    [
        ("وزير الوزير ووزير والوزير", "وزير"),
        ("وزارة الوزارة ووزارة", "وزار"),
        ("وطن الوطن وطنه", "وطن"),
        ("وكالة الوكالة", "وكال"),
        ("وقت الوقت", "وقت"),
        ("والد والده والدها", "والد"),
    ],
)
def test_words_that_begin_with_a_waw_of_their_own_keep_it(words: str, letters: str) -> None:
    for word in words.split():
        check(word, letters)


@pytest.mark.parametrize(
    "words",
    [
        "ليبيا لليبيا الليبي لليبيين وليبيا فلليبيين",
        "لجنة اللجنة للجنة وللجنة للجنتها",
        "لقاء اللقاء للقاء وللقاء لقائه",
        "ألمانيا بألمانيا وألمانيا الألماني للألماني والألمانية",
        "إلكتروني الإلكتروني الالكترونية إلكترونيًا",
        "بالغ بالغة البالغين والبالغون بالغون",
    ],
)
def test_words_keep_first_letters_that_only_look_like_particles(words: str) -> None:
    same_stem(words)


@pytest.mark.parametrize(
    ("word", "expected"),
    [("للصين", "صين"), ("للجهات", "جه"), ("للبنين", "بن"), ("الجنة", "جن"), ("إلقاء", "القا"), ("للغاز", "غاز")],
)
def test_words_that_only_begin_like_those_lose_their_particles(word: str, expected: str) -> None:
    check(word, expected)


def test_other_words_lose_the_conjunction_and_its_article() -> None:
    check("والدول", "دول")
    check("ودول", "دول")
    check("ومدرسة", "مدرسه")


@pytest.mark.parametrize(
    "word", ["الله", "والله", "بالله", "تالله", "فالله", "لله", "ولله", "فلله", "اللهم", "اللّٰه", "\ufdf2"], ids=ascii
)
def test_the_name_of_god_is_one_stem(word: str) -> None:
    check(word, "الله")


@pytest.mark.parametrize(
    ("word", "stem"),
    [
        ("إلهام", "الهام"),
        ("وإلهام", "الهام"),
        ("بألفية", "الف"),
        ("إِلْهام", "الهام"),
        ("الهام", "هام"),
        ("الأمل", "امل"),
    ],
)
def test_no_article_has_a_hamza(word: str, stem: str) -> None:
    assert stem_of(word, fold(word)) == stem


@pytest.mark.parametrize(
    "words", ["بيان البيان بيانه بيانات والبيانات", "قانون القانون قانوني", "لبنان لبناني اللبنانيين"]
)
def test_an_ending_of_the_words_own_stays(words: str) -> None:
    same_stem(words)
    assert stem(fold(words.split()[0])) == fold(words.split()[0])


@pytest.mark.parametrize(
    ("word", "other"),
    [
        ("بيان", "بيئة"), ("لبنان", "لبن"), ("حسين", "حس"), ("منطقة", "منطق"), ("واصل", "أصل"), ("وهران", "هر"),
        ("سنة", "سن"), ("جامعة", "جامع"), ("رياضي", "رياض"), ("مدني", "مدن"), ("مدنين", "مدني"), ("ماي", "ماء"),
        ("مائة", "ماء"), ("مائية", "ماي"), ("علي", "عليا"), ("دوري", "دور"), ("دورية", "دوري"), ("رسمي", "رسم"),
        ("اجتماعي", "اجتماع"), ("محلي", "محل"), ("رابطة", "رابط"), ("قضايا", "قضاء"), ("قوة", "قوي"), ("جدة", "جد"),
        ("شرطي", "شرط"), ("عادي", "عادة"), ("بنات", "بن"), ("تعليمات", "تعليم"), ("وجهة", "وجه"), ("فتحي", "فتح"),
        ("تركيا", "ترك"), ("قفصة", "قفص"), ("واليونان", "والي"), ("وسنة", "وسن"), ("بالمائة", "بالما"),
    ],
)  # fmt: skip
def test_other_words_keep_apart(word: str, other: str) -> None:
    assert stem_of(word, fold(word)) != stem_of(other, fold(other))


@pytest.mark.parametrize(
    "words",
    [
        "سنة السنة وسنة سنتين سنته والسنتان",
        "جامعة الجامعات جامعتها للجامعة جامعي الجامعية جامعيين والجامعيون",
        "رياضة رياضي الرياضية رياضيا للرياضيين رياضيات",
        "مدني المدنية مدنيين والمدنيون مدنيا",
        "مائة المائة مائتين بالمائة",
        "ماء ماءه مائي مائية المائية",
        "قضية القضية قضيتين قضايا وقضاياها القضايا",
        "رسمي رسميا الرسمية رسميين ورسميون",
        "دورية الدوريات والدورية دوريات",
        "بنت البنت بنات وبناتها للبنات",
        "يونان واليونان اليونان",
        "علي وعلي",
    ],
)
def test_inflections_of_words_that_keep_apart_meet(words: str) -> None:
    assert len({stem_of(word, fold(word)) for word in words.split()}) == 1, [stem(fold(word)) for word in words.split()]


def test_a_teh_marbuta_tells_a_word_from_another_with_a_pronoun() -> None:
    assert stem_of("شهرة", fold("شهرة")) == stem_of("شهرتها", fold("شهرتها")) != stem("شهر")
    assert stem_of("شهره", fold("شهره")) == stem("شهر")


def test_the_empty_word() -> None:
    check("", "")


@given(st.text())
def test_no_string_raises(text: str) -> None:
    assert bool(stem(text)) == bool(text)


@given(FOLDED_ARABIC)
def test_a_stem_is_a_piece_of_its_word_with_at_least_two_letters(word: str) -> None:
    if "لله" not in word:
        assert stem(word) in word
    assert len(stem(word)) >= min(2, len(word))


@given(
    st.sampled_from(["مدن", "كتاب", "دول", "شارع", "حزب"]), st.sampled_from(["ال", "وال", "بال", "لل", "وبال", "ولل"])
)
def test_prefixes_never_part_a_noun_from_its_bare_form(noun: str, prefix: str) -> None:
    assert stem(fold(prefix + noun)) == stem(fold(noun))


@needs_data(GOLDEN_STEMS)
def test_words_judged_to_share_a_stem_meet_as_often_as_measured() -> None:
    """The judged words carry every clitic there is, so a light stemmer brings few pairs together: 7.06 % measured."""
    groups: defaultdict[tuple[str, str], list[str]] = defaultdict(list)
    for entry in json.loads((DATA / GOLDEN_STEMS).read_text(encoding="utf-8")):
        groups[entry["root"], entry["stem"]].append(entry["word"])
    pairs = [pair for group in groups.values() for pair in combinations(group, 2)]
    folded = sum(fold(one) == fold(other) for one, other in pairs) / len(pairs)
    met = sum(stem(fold(one)) == stem(fold(other)) for one, other in pairs) / len(pairs)
    assert met >= 0.07
    assert met > 10 * folded


@needs_data(GOLDEN_STEMS)
def test_words_judged_to_have_different_roots_hardly_ever_meet() -> None:
    roots: defaultdict[str, set[str]] = defaultdict(set)
    for entry in json.loads((DATA / GOLDEN_STEMS).read_text(encoding="utf-8")):
        roots[stem(fold(entry["word"]))].add(entry["root"])
    mixed = [word for word, of in roots.items() if len(of) > 1]
    assert len(mixed) <= 2
