"""What cosines are worth, found out on questions, their answers and texts of an index."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt
import pytest

from arsearch.array_types import Floats, Vectors
from arsearch.ranking import USUAL_STRENGTH, SemanticScale, fit_scale, fit_strength

COUNT = 100


def cosines(strength: float, *, level: float = 0.0, spread: float = 0.1, seed: int = 3) -> Floats:
    """Of an encoder that sees the right answer *strength* standard deviations above others."""
    noise = np.random.default_rng(seed).normal(size=(COUNT, COUNT))
    return (level + spread * (noise + strength * np.eye(COUNT))).astype(np.float32)


def unit(vectors: npt.NDArray[np.float64]) -> Vectors:
    return (vectors / np.linalg.norm(vectors, axis=1, keepdims=True)).astype(np.float32)


def scale(noise: float, *, common: float = 0.0, dimension: int = 64) -> SemanticScale:
    """Of an encoder that puts question and answer so much *noise* apart; all vectors have *common* in one dimension."""
    rng = np.random.default_rng(7)
    meanings = rng.normal(size=(COUNT, dimension))
    sides = [meanings + noise * rng.normal(size=meanings.shape) for _ in range(2)]
    texts = rng.normal(size=(3 * COUNT, dimension)) * np.hypot(1, noise)
    for vectors in (*sides, texts):
        vectors[:, 0] = common
    return fit_scale(unit(sides[0]), unit(sides[1]), unit(texts))


def test_a_better_encoder_counts_for_more() -> None:
    weak, good, strong = (fit_strength(cosines(strength)) for strength in (0.5, 2.0, 4.0))
    assert 0 < weak < good < strong


def test_a_cosine_is_taken_for_log_odds() -> None:
    """Of normal values with the right ones *s* standard deviations higher, the log-odds rise by *s* a deviation."""
    assert fit_strength(cosines(1.5)) == pytest.approx(1.5, abs=0.35)


@pytest.mark.parametrize("seed", range(4))
def test_an_encoder_of_noise_counts_for_next_to_nothing(seed: int) -> None:
    assert fit_strength(cosines(0.0, seed=seed)) < 0.1


def test_what_few_questions_show_counts_for_less() -> None:
    few, many = cosines(1.0)[:25, :25], cosines(1.0)
    assert fit_strength(few) < fit_strength(many)


def test_neither_level_nor_spread_of_the_cosines_matters() -> None:
    assert fit_strength(cosines(2.0)) == pytest.approx(fit_strength(cosines(2.0, level=0.8, spread=0.01)), rel=0.01)


def test_the_weight_is_for_the_spread_among_texts_of_the_index() -> None:
    wide, narrow = scale(1.5), scale(1.5, common=40.0)
    assert narrow.spread < wide.spread / 3
    assert wide.chance < 0.1 < 0.7 < narrow.chance
    assert narrow.weight > 3 * wide.weight
    assert narrow.weight * narrow.spread == pytest.approx(wide.weight * wide.spread, rel=0.2)


def test_the_weight_stays_nearly_the_same_from_draw_to_draw() -> None:
    strengths = [fit_strength(cosines(1.5, seed=seed)) for seed in range(6)]
    assert np.std(strengths) < 0.15 * np.mean(strengths)


def test_an_encoder_that_knows_few_of_the_questions_is_taken_for_a_weak_one() -> None:
    rng = np.random.default_rng(1)
    known, texts = unit(rng.normal(size=(10, 16))), unit(rng.normal(size=(40, 16)))
    unknown = np.repeat(known[:1], 30, axis=0)
    found = fit_scale(np.concatenate([known, unknown]), np.concatenate([known, unknown]), texts)
    assert found.weight * found.spread == pytest.approx(USUAL_STRENGTH, rel=0.01)


def test_an_encoder_that_sees_no_difference_has_no_spread() -> None:
    same = np.ones((COUNT, 4), np.float32) / 2
    assert fit_scale(same, same, same) == SemanticScale(weight=0.0, chance=1.0, spread=0.0)
