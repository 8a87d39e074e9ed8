"""Features of candidates, one rule a test."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from arsearch.ranking import FEATURES, QueryWords, find_features

from .conftest import Collection

FILLER = "حجر شجر بحر قمر نجم سحاب مطر ثلج برق رعد "


def test_the_first_feature_is_the_first_pass_and_how_much_of_the_query_there_is() -> None:
    collection = Collection("بحر", "قمر")
    asked = Collection("بحر")
    scores = np.array([0.5, 0.25], dtype=np.float32)
    query = QueryWords(words="بحر\n", idf=np.ones(1, np.float32), stems=np.array([asked.stems["بحر"]]))
    found = find_features(query, collection.texts, scores, collection.grams)[:, 0]
    np.testing.assert_allclose(found, [0.5 * 2 / 3 + 1 / 3, 0.25], rtol=1e-6)


def test_a_text_with_every_word_once_comes_before_one_with_one_word_often() -> None:
    collection = Collection("بحر " * 9, "بحر قمر")
    query = QueryWords(
        words="بحر\nقمر\n",
        idf=np.ones(2, np.float32),
        stems=np.array([collection.stems[word] for word in ("بحر", "قمر")]),
    )
    often, every = find_features(query, collection.texts, np.full(2, 0.4, np.float32), collection.grams)[:, 0]
    assert every > often > 0.4


def test_a_broken_plural_is_met_by_its_letters() -> None:
    found = Collection("جامعات ومستشفيات كثيرة", "قمر ونجم وسحاب").features("مستشفى")
    assert found["grams"][0] > 0
    assert found["grams"][1] == 0


def test_more_common_grams_count_for_more() -> None:
    same, inflected, other = Collection("استقلال البلاد", "المستقلة", "البحر").features("استقلال")["grams"]
    assert same > inflected > other == 0


def test_grams_of_a_long_text_count_for_less() -> None:
    short, long = Collection("ميناء " + FILLER, "ميناء " + FILLER * 5).features("ميناء")["grams"]
    assert short > long


def test_a_gram_that_every_text_has_says_little() -> None:
    collection = Collection("مدرسة طرابلس", "مدرسة", "مدرسة بنغازي", "مدرسة سبها", "مدرسة درنة")
    common, rare = collection.features("مدرسة طرابلس")["grams"][1], collection.features("مدرسة طرابلس")["grams"][0]
    assert rare > 3 * common


def test_words_in_one_stretch_are_worth_more_than_words_far_apart() -> None:
    near, far = "ميناء قديم " + FILLER * 12, "ميناء " + FILLER * 12 + "قديم"
    windows = Collection(near, far).features("ميناء قديم")["window"]
    assert windows == pytest.approx([1.0, 0.5])


def test_a_stretch_is_not_cut_in_the_middle() -> None:
    text = FILLER * 2 + "سهل سهل سهل سهل سهل سهل سهل سهل ميناء سهل سهل سهل قديم " + FILLER * 5
    assert Collection(text).features("ميناء قديم")["window"] == pytest.approx([1.0])


def test_the_rare_word_counts_for_more() -> None:
    found = Collection("ميناء", "قديم").features("ميناء قديم", idf={"ميناء": 3.0, "قديم": 1.0})
    assert found["window"] == pytest.approx([0.75, 0.25])
    assert found["lead"] == pytest.approx([0.75, 0.25])


def test_the_opening_of_a_text_says_what_it_is_about() -> None:
    first, last = Collection("ميناء " + FILLER * 6, FILLER * 6 + "ميناء").features("ميناء")["lead"]
    assert (first, last) == pytest.approx((1.0, 0.0))


def test_the_same_stem_is_nearly_as_good_as_the_same_word() -> None:
    assert Collection("ميناء", "الميناء").features("ميناء")["window"] == pytest.approx([1.0, 0.7])


def test_a_stem_of_two_letters_is_met_without_a_common_gram() -> None:
    assert Collection("يدي").features("يد")["window"] == pytest.approx([0.7])


def test_neighbours_in_order_are_better_than_apart_or_the_other_way_round() -> None:
    found = Collection("وزير الداخلية", "وزير جديد الداخلية", "الداخلية وزير", "وزير " + FILLER + "الداخلية")
    adjacent, apart, reversed_, far = found.features("وزير الداخلية")["order"]
    assert adjacent == pytest.approx(1.0)
    assert apart == pytest.approx(0.5)
    assert reversed_ == far == 0


def test_words_of_two_texts_are_no_neighbours() -> None:
    assert Collection("وزير", "الداخلية").features("وزير الداخلية")["order"] == [0, 0]


def test_a_query_of_one_word_has_no_order() -> None:
    assert Collection("وزير").features("وزير")["order"] == [0]


def test_a_text_without_words_has_no_features() -> None:
    found = Collection("", "وزير", "").features("وزير")
    assert [found[name][0] for name in FEATURES] == [0, 0, 0, 0, 0]
    assert found["window"] == pytest.approx([0, 1, 0])
    assert Collection().features("وزير")["grams"] == []


WORDS = st.lists(st.sampled_from([*FILLER.split(), "ميناء", "الميناء", "و", "x", "2024", "كتاب", "مكتبة"]), max_size=60)
GRAMS = Collection(FILLER, "ميناء الميناء و x 2024 كتاب", "مكتبة").grams  # a table takes longer than the features


@given(st.lists(WORDS, max_size=6), WORDS)
def test_features_are_between_0_and_1(texts: list[list[str]], query: list[str]) -> None:
    found = Collection(*map(" ".join, texts), grams=GRAMS).features(" ".join(query))
    for values in found.values():
        assert len(values) == len(texts)
        assert all(0 <= value <= 1 + 1e-5 for value in values)


@given(st.lists(WORDS, min_size=2, max_size=5), WORDS, st.randoms(use_true_random=False))
def test_the_order_of_candidates_does_not_matter(texts: list[list[str]], query: list[str], random: object) -> None:
    collection = Collection(*map(" ".join, texts), grams=GRAMS)
    forward = collection.features(" ".join(query))
    backward = Collection(*map(" ".join, texts[::-1]), grams=GRAMS).features(" ".join(query))
    for name in FEATURES:
        assert forward[name] == pytest.approx(backward[name][::-1], abs=1e-3)
