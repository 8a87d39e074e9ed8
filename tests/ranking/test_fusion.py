from __future__ import annotations

import numpy as np
import numpy.typing as npt
from hypothesis import given
from hypothesis import strategies as st

from arsearch.ranking import reciprocal_rank_fusion

Scores = npt.NDArray[np.float32]


def scores(*values: float) -> Scores:
    return np.array(values, dtype=np.float32)


def check(found: Scores, *expected: float) -> None:
    assert found.dtype == np.float32
    np.testing.assert_allclose(found, expected, rtol=1e-6)


def test_an_article_that_both_sides_put_first_is_first() -> None:
    lexical, semantic = scores(2.0, 9.0, 4.0), scores(0.1, 0.8, 0.7)
    assert int(reciprocal_rank_fusion(lexical, semantic).argmax()) == 1


def test_an_article_without_a_common_word_can_still_be_found_by_meaning() -> None:
    assert reciprocal_rank_fusion(scores(0.0, 4.0), scores(0.9, -1.0))[0] > 0.0


def test_rank_fusion_adds_the_inverse_ranks() -> None:
    fused = reciprocal_rank_fusion(scores(9.0, 5.0, 7.0), scores(0.1, 0.9, 0.5))
    check(fused, 1 / 61 + 1 / 63, 1 / 63 + 1 / 61, 1 / 62 + 1 / 62)


def test_rank_fusion_gives_nothing_for_a_side_that_did_not_find_an_article() -> None:
    check(reciprocal_rank_fusion(scores(0.0, 5.0, 0.0), scores(0.9, -1.0, -1.0)), 1 / 61, 1 / 61, 0.0)


def test_rank_fusion_counts_only_found_articles_in_its_ranks() -> None:
    check(reciprocal_rank_fusion(scores(0.0, 0.0, 5.0), scores(-1.0, -1.0, -1.0)), 0.0, 0.0, 1 / 61)


@given(st.integers(0, 20))
def test_nothing_found_gives_zeros(count: int) -> None:
    lexical, semantic = np.full(count, 0.0, dtype=np.float32), np.full(count, -1.0, dtype=np.float32)
    assert not reciprocal_rank_fusion(lexical, semantic).any()
