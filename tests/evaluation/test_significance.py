"""How sure a figure is."""

from __future__ import annotations

import numpy as np
import pytest

from arsearch.evaluation.significance import compare_values, confidence_interval


def test_the_interval_is_that_of_the_mean() -> None:
    values = np.random.default_rng(1).normal(0.5, 0.2, 400).tolist()
    interval = confidence_interval(values)
    error = 1.96 * np.std(values) / np.sqrt(len(values))
    assert interval.mean == pytest.approx(np.mean(values))
    assert interval.low == pytest.approx(interval.mean - error, abs=0.003)
    assert interval.high == pytest.approx(interval.mean + error, abs=0.003)


def test_the_same_values_give_the_same_interval() -> None:
    assert confidence_interval([0.0, 0.3, 1.0, 0.5]) == confidence_interval([0.0, 0.3, 1.0, 0.5])


def test_no_value_is_no_error() -> None:
    assert confidence_interval([]).mean == 0


def test_equal_runs_do_not_differ() -> None:
    comparison = compare_values([0.2, 1.0, 0.0], [0.2, 1.0, 0.0])
    assert (comparison.p_value, comparison.better, comparison.worse) == (1.0, 0, 0)


def test_a_difference_everywhere_is_significant_and_chance_is_not() -> None:
    before = np.random.default_rng(2).random(100)
    assert compare_values((before + 0.1).tolist(), before.tolist()).p_value < 0.001
    swapped = before.copy()
    swapped[:50], swapped[50:] = before[50:], before[:50]
    assert compare_values(swapped.tolist(), before.tolist()).p_value > 0.5


def test_the_p_value_is_that_of_all_swaps() -> None:
    # Of three queries, all better: 2 of the 8 ways to toss the coins give a sum as large in either direction.
    assert compare_values([0.3, 0.5, 0.7], [0.0, 0.0, 0.0]).p_value == pytest.approx(0.25, abs=0.02)
    assert compare_values([0.3, 0.5, 0.0], [0.0, 0.0, 0.7]).better == 2
