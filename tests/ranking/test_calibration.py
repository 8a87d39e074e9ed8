"""What cosines are worth, found out on questions, their answers and texts of an index."""

from __future__ import annotations

from typing import Any

import numpy as np
import numpy.typing as npt
import pytest

from arsearch.common.array_types import Floats, Vectors
from arsearch.ranking import USUAL_STRENGTH, SemanticScale, Trial, fit_scale

COUNT = 120
NO_TEXTS: dict[str, Any] = {
    "queries": np.zeros((0, 64), np.float32),
    "texts": np.zeros((0, 64), np.float32),
    "words": np.zeros((0, 0), np.float32),
}


def unit(vectors: npt.NDArray[np.float64]) -> Vectors:
    return np.asarray(vectors / np.linalg.norm(vectors, axis=1, keepdims=True), dtype=np.float32)


def pairs(noise: float, *, seed: int = 7, common: float = 0.0, topics: int = 0) -> tuple[Vectors, Vectors]:
    """Queries and their texts, so much *noise* apart; all have *common* in one dimension; *topics* make texts alike."""
    rng = np.random.default_rng(seed)
    meanings = rng.normal(size=(COUNT, 64))
    if topics:
        meanings = 0.3 * meanings + 2 * rng.normal(size=(topics, 64))[np.arange(COUNT) % topics]
    sides = [meanings + noise * rng.normal(size=meanings.shape) for _ in range(2)]
    for vectors in sides:
        vectors[:, 0] = common
    return unit(sides[0]), unit(sides[1])


def words(found: float, *, topics: int = 1) -> Floats:
    """Log-odds of words that find the right texts so often, and texts of the same topic before others."""
    rng = np.random.default_rng(3)
    same_topic = (np.arange(COUNT)[:, None] - np.arange(COUNT)) % topics == 0
    return np.asarray(rng.normal(size=(COUNT, COUNT)) + 4 * same_topic + found * np.eye(COUNT), dtype=np.float32)


def strength(noise: float, *, index: float | None = None, found: float = 2.0, topics: int = 0, **given: Any) -> float:
    """Return the log-odds of a spread, of an encoder with so much noise on questions and on texts of an *index*."""
    questions, answers = pairs(noise, **given)
    of_index = NO_TEXTS
    if index is not None:
        queries, texts = pairs(index, seed=11, topics=topics)
        of_index = {"queries": queries, "texts": texts, "words": words(found, topics=topics or 1)}
    scale = fit_scale(Trial(questions=questions, answers=answers, **of_index))
    return scale.weight * scale.spread


@pytest.mark.parametrize("index", [None, 1.0])
def test_a_better_encoder_counts_for_more(index: float | None) -> None:
    weak, good, strong = (strength(noise, index=index) for noise in (2.5, 1.8, 1.2))
    assert 0 < weak < good < strong


@pytest.mark.parametrize("seed", range(4))
@pytest.mark.parametrize("index", [None, 1_000.0])
def test_an_encoder_of_noise_counts_for_nothing(seed: int, index: float | None) -> None:
    assert strength(1_000.0, seed=seed, index=index) == 0


def test_an_encoder_that_cannot_tell_the_texts_of_an_index_apart_counts_for_less_there() -> None:
    alone = strength(1.5)
    assert strength(1.5, index=1_000.0) < 0.6 * alone
    assert strength(1.5, index=1.5) == pytest.approx(alone, rel=0.3)


def test_rivals_are_the_texts_that_words_rank_high() -> None:
    """In an index of few topics words bring texts of one topic, among which an encoder that sees topics adds little."""
    assert strength(1.5, index=1.5, topics=6) < 0.7 * strength(1.5, index=1.5)


def test_a_small_index_says_nothing() -> None:
    questions, answers = pairs(1.5)
    queries, texts = pairs(1_000.0, seed=11)
    few = {"queries": queries[:9], "texts": texts[:9], "words": words(2.0)[:9, :9]}
    scale = fit_scale(Trial(questions=questions, answers=answers, **few))
    assert scale.weight * scale.spread == pytest.approx(strength(1.5), rel=0.05)


def test_neither_level_nor_spread_of_the_cosines_matters() -> None:
    def scale(common: float) -> SemanticScale:
        questions, answers = pairs(1.5, common=common)
        return fit_scale(Trial(questions=questions, answers=answers, **NO_TEXTS))

    wide, narrow = scale(0.0), scale(40.0)
    assert narrow.spread < wide.spread / 3
    assert wide.chance < 0.1 < 0.7 < narrow.chance
    assert narrow.weight > 3 * wide.weight
    assert narrow.weight * narrow.spread == pytest.approx(wide.weight * wide.spread, rel=0.2)


def test_the_weight_stays_nearly_the_same_from_draw_to_draw() -> None:
    strengths = [strength(1.5, seed=seed) for seed in range(6)]
    assert np.std(strengths) < 0.15 * np.mean(strengths)


def test_an_encoder_that_knows_few_of_the_questions_is_taken_for_a_weak_one() -> None:
    rng = np.random.default_rng(1)
    known = unit(rng.normal(size=(10, 64)))
    questions = np.concatenate([known, np.repeat(known[:1], 30, axis=0)]).astype(np.float32)
    found = fit_scale(Trial(questions=questions, answers=questions, **NO_TEXTS))
    assert found.weight * found.spread == pytest.approx(USUAL_STRENGTH, rel=0.01)


def test_an_encoder_that_sees_no_difference_has_no_spread() -> None:
    same = np.full((COUNT, 64), 0.125, np.float32)
    assert fit_scale(Trial(questions=same, answers=same, **NO_TEXTS)) == SemanticScale(
        weight=0.0, chance=1.0, spread=0.0
    )


def many_topics(count: int, *, sees_articles: bool) -> SemanticScale:
    """The scale of an encoder that knows the topics of *count* texts, and which text is which or not."""
    rng = np.random.default_rng(5)
    topics = rng.normal(size=(count // 8, 64))[np.arange(count) % (count // 8)]
    own = rng.normal(size=(count, 64))
    sides = [2 * topics + 2 * sees_articles * own + rng.normal(size=(count, 64)) for _ in range(2)]
    same_topic = (np.arange(count)[:, None] - np.arange(count)) % (count // 8) == 0
    by_words = rng.normal(size=(count, count)) + 3 * same_topic + 1.5 * np.eye(count)
    questions, answers = pairs(2.5)
    return fit_scale(
        Trial(
            questions=questions,
            answers=answers,
            queries=unit(sides[0]),
            texts=unit(sides[1]),
            words=np.asarray(by_words, dtype=np.float32),
        )
    )


def test_a_weak_encoder_counts_for_less_in_a_large_index() -> None:
    """It tells topics apart, and the more texts there are, the more of them are about one."""
    weak = many_topics(400, sees_articles=False)
    assert weak.texts == 400
    assert 0 < weak.weight_among(100_000) < weak.weight_among(10_000) < 0.7 * weak.weight
    assert weak.weight_among(50) == weak.weight


def test_a_strong_encoder_counts_for_the_same_in_a_large_index() -> None:
    strong = many_topics(400, sees_articles=True)
    assert strong.weight_among(100_000) == strong.weight > 0


def test_a_scale_of_an_older_index_is_the_same_for_any_number_of_articles() -> None:
    older = SemanticScale.from_record({"weight": 9.0, "chance": 0.1, "spread": 0.08})
    assert older.weight_among(1_000_000) == 9.0
