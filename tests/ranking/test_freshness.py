"""What it counts that an article is new."""

from __future__ import annotations

import numpy as np
import pytest

from arsearch.ranking import add_freshness, freshness_of, score_of_log_odds, shipped_weights


def test_it_halves_with_each_half_life() -> None:
    dates = ["2015-07-31T12:00:00", "2015-07-21T12:00:00", "2015-07-11T12:00:00", "2015-08-31", "2015"]
    fresh = freshness_of(dates, "2015-07-31T12:00:00", 10)
    assert fresh[:4].tolist() == pytest.approx([1, 0.5, 0.25, 1])  # what is to come is of now
    assert fresh[4] == pytest.approx(2 ** (-21.15), rel=1e-2)


def test_an_article_without_a_date_is_as_fresh_as_the_usual_candidates_on_average() -> None:
    dates = ["2015-07-31", "", "2015-07-21", "2015-07-11", "2015-07-31", "2015-07-31", "2015-W30"]
    fresh = freshness_of(dates, "2015-07-31", 10, typical=4)
    assert fresh[[1, 6]].tolist() == pytest.approx([1.75 / 3, 1.75 / 3])
    assert freshness_of(["", ""], "2015-07-31", 10).tolist() == [0, 0]


def test_it_never_counts_more_than_its_weight() -> None:
    weights = shipped_weights()
    unit = score_of_log_odds("hybrid", "convex", weights, 8.0)
    assert unit == pytest.approx(1 / (sum(weights.features) + 16))
    scores = add_freshness(np.array([0.5, 0.5, 1.0], np.float32), np.array([1, 0, 1], np.float32), 2 * unit)
    assert scores[2] == pytest.approx(1)
    assert (scores[0] - scores[1]) * (1 + 2 * unit) == pytest.approx(2 * unit)
    assert score_of_log_odds("semantic", "convex", weights, 0.0) == 0
    assert score_of_log_odds("semantic", "convex", weights, 8.0) == pytest.approx(1 / 8)
    assert 0 < score_of_log_odds("hybrid", "rrf", weights, 8.0) < 1 / 61
