"""Weights fitted to judged queries."""

from __future__ import annotations

import numpy as np
import pytest

from arsearch.ranking.fit import JudgedCandidates, fit_weights


def queries(weights: list[float], count: int = 300, seed: int = 1) -> list[JudgedCandidates]:
    """Queries whose relevant candidate is drawn by the softmax of *weights*."""
    generator = np.random.default_rng(seed)
    made = []
    for _ in range(count):
        features = generator.random((20, len(weights))).astype(np.float32)
        odds = np.exp(features @ np.array(weights))
        relevant = np.arange(20) == generator.choice(20, p=odds / odds.sum())
        made.append(JudgedCandidates(features, relevant))
    return made


def test_the_weights_that_made_the_judgments_are_found() -> None:
    fitted = fit_weights([queries([6.0, 3.0, 0.0], 3000)], prior=[1.0, 1.0, 1.0])
    assert fitted.tolist() == pytest.approx([6.0, 3.0, 0.0], abs=0.5)


def test_no_weight_is_negative() -> None:
    assert fit_weights([queries([4.0, -4.0])], prior=[1.0, 1.0])[1] == 0


def test_few_judgments_change_little() -> None:
    few = fit_weights([queries([8.0, 0.5], 2)], prior=[3.0, 3.0])
    many = fit_weights([queries([8.0, 0.5], 1000)], prior=[3.0, 3.0])
    assert abs(many[1] - 0.5) < 0.5
    assert many[0] > 7
    assert np.isfinite(few).all()


def test_a_fixed_weight_stays() -> None:
    assert fit_weights([queries([6.0, 3.0])], prior=[1.0, 2.0], fixed=[1])[1] == 2.0


def test_each_set_counts_the_same() -> None:
    small, large = queries([6.0, 0.0], 200), queries([0.0, 6.0], 2000, seed=2)
    first, second = fit_weights([small, large], prior=[1.0, 1.0]).tolist()
    assert first == pytest.approx(second, abs=0.8)


def test_queries_that_say_nothing() -> None:
    nothing = JudgedCandidates(np.ones((3, 2), np.float32), np.zeros(3, np.bool_))
    everything = JudgedCandidates(np.ones((3, 2), np.float32), np.ones(3, np.bool_))
    with pytest.raises(ValueError, match="no query"):
        fit_weights([[nothing, everything]], prior=[1.0, 1.0])
