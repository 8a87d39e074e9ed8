from __future__ import annotations

import numpy as np
import numpy.typing as npt
import pytest
from hypothesis import given
from hypothesis import strategies as st

from arsearch.ranking import BM25_MINIMUM, COSINE_MINIMUM, convex_combination, normalise, reciprocal_rank_fusion

Scores = npt.NDArray[np.float32]


def scores(*values: float) -> Scores:
    return np.array(values, dtype=np.float32)


def check(found: Scores, *expected: float) -> None:
    assert found.dtype == np.float32
    np.testing.assert_allclose(found, expected, rtol=1e-6)


BM25 = st.floats(0.0, 100.0, width=32)
COSINE = st.floats(-1.0, 1.0, width=32)
BOTH = st.lists(st.tuples(BM25, COSINE), max_size=20)


def test_an_article_that_both_sides_put_first_is_first() -> None:
    lexical, semantic = scores(2.0, 9.0, 4.0), scores(0.1, 0.8, 0.7)
    assert int(convex_combination(lexical, semantic, weight=1.0).argmax()) == 1
    assert int(reciprocal_rank_fusion(lexical, semantic).argmax()) == 1


def test_an_article_without_a_common_word_can_still_be_found_by_meaning() -> None:
    assert convex_combination(scores(0.0, 4.0), scores(0.9, -1.0), weight=1.0)[0] > 0.0
    assert reciprocal_rank_fusion(scores(0.0, 4.0), scores(0.9, -1.0))[0] > 0.0


def test_the_minimum_becomes_zero_and_the_best_one() -> None:
    check(normalise(scores(8.0, 2.0, 0.0), BM25_MINIMUM), 1.0, 0.25, 0.0)


def test_cosines_are_measured_from_minus_one() -> None:
    check(normalise(scores(0.6, -0.2, -1.0), COSINE_MINIMUM), 1.0, 0.5, 0.0)


def test_the_least_score_observed_does_not_matter() -> None:
    check(normalise(scores(8.0, 4.0), BM25_MINIMUM), 1.0, 0.5)


def test_scores_at_the_minimum_are_all_zero() -> None:
    check(normalise(scores(0.0, 0.0), BM25_MINIMUM), 0.0, 0.0)
    check(normalise(scores(-1.0), COSINE_MINIMUM), 0.0)


def test_no_scores() -> None:
    nothing = scores()
    assert len(normalise(nothing, BM25_MINIMUM)) == 0
    assert len(convex_combination(nothing, nothing, weight=1.0)) == 0
    assert len(reciprocal_rank_fusion(nothing, nothing)) == 0


def test_a_convex_combination_is_the_weighted_mean() -> None:
    lexical, semantic = scores(4.0, 2.0, 0.0), scores(-1.0, 0.0, 1.0)
    check(convex_combination(lexical, semantic, weight=1.0), 0.5, 0.5, 0.5)
    check(convex_combination(lexical, semantic, weight=3.0), 0.25, 0.5, 0.75)


def test_a_weight_of_zero_leaves_the_words_alone() -> None:
    check(convex_combination(scores(4.0, 1.0), scores(-1.0, 1.0), weight=0.0), 1.0, 0.25)


def test_one_side_without_results_leaves_the_order_to_the_other() -> None:
    check(convex_combination(scores(0.0, 0.0), scores(1.0, 0.0), weight=1.0), 0.5, 0.25)


def test_rank_fusion_adds_the_inverse_ranks() -> None:
    fused = reciprocal_rank_fusion(scores(9.0, 5.0, 7.0), scores(0.1, 0.9, 0.5))
    check(fused, 1 / 61 + 1 / 63, 1 / 63 + 1 / 61, 1 / 62 + 1 / 62)


def test_rank_fusion_gives_nothing_for_a_side_that_did_not_find_an_article() -> None:
    check(reciprocal_rank_fusion(scores(0.0, 5.0, 0.0), scores(0.9, -1.0, -1.0)), 1 / 61, 1 / 61, 0.0)


def test_rank_fusion_counts_only_found_articles_in_its_ranks() -> None:
    check(reciprocal_rank_fusion(scores(0.0, 0.0, 5.0), scores(-1.0, -1.0, -1.0)), 0.0, 0.0, 1 / 61)


def test_equal_scores_keep_the_order_of_the_candidates() -> None:
    check(reciprocal_rank_fusion(scores(5.0, 5.0), scores(-1.0, -1.0)), 1 / 61, 1 / 62)


@pytest.mark.parametrize("minimum", [BM25_MINIMUM, COSINE_MINIMUM])
@given(data=st.data())
def test_normalising_keeps_the_order_and_gives_zero_to_one(minimum: float, data: st.DataObject) -> None:
    given_scores = scores(*data.draw(st.lists(st.floats(minimum, 100.0, width=32), max_size=20)))
    normal = normalise(given_scores, minimum)
    assert normal.shape == given_scores.shape
    assert np.all((normal >= 0.0) & (normal <= 1.0))
    if len(given_scores) and given_scores.max() > minimum:
        assert normal.max() == 1.0
    assert np.all(np.diff(normal[np.argsort(given_scores, kind="stable")]) >= 0.0)


@given(BOTH, st.floats(0.0, 10.0))
def test_a_convex_combination_lies_between_zero_and_one(pairs: list[tuple[float, float]], weight: float) -> None:
    fused = convex_combination(scores(*(a for a, _ in pairs)), scores(*(b for _, b in pairs)), weight=weight)
    assert np.all((fused >= 0.0) & (fused <= 1.0 + 1e-6))


@given(BOTH, st.floats(0.0, 10.0))
def test_what_is_better_on_both_sides_is_never_worse(pairs: list[tuple[float, float]], weight: float) -> None:
    lexical, semantic = scores(*(a for a, _ in pairs)), scores(*(b for _, b in pairs))
    for fused in (convex_combination(lexical, semantic, weight=weight), reciprocal_rank_fusion(lexical, semantic)):
        for one in range(len(pairs)):
            for other in range(len(pairs)):
                if lexical[one] > lexical[other] and semantic[one] > semantic[other]:
                    assert fused[one] >= fused[other]


@given(st.integers(0, 20), st.floats(0.0, 10.0))
def test_nothing_found_gives_zeros(count: int, weight: float) -> None:
    lexical, semantic = np.full(count, 0.0, dtype=np.float32), np.full(count, -1.0, dtype=np.float32)
    assert not convex_combination(lexical, semantic, weight=weight).any()
    assert not reciprocal_rank_fusion(lexical, semantic).any()
