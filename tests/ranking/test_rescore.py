"""From features and cosines to one score."""

from __future__ import annotations

import json

import numpy as np
import pytest

from arsearch.ranking import FEATURES, RankingWeights, combine, shipped_weights

WEIGHTS = RankingWeights((4.0, 2.0, 1.0, 1.0, 0.0))


def rows(*values: tuple[float, ...]) -> np.ndarray[tuple[int, int], np.dtype[np.float32]]:
    return np.array(values, dtype=np.float32)


def test_scores_are_shares_of_the_most() -> None:
    scores = combine(rows((1, 1, 1, 1, 1), (1, 0, 0, 0, 0), (0, 0, 0, 0, 0)), None, WEIGHTS)
    assert scores.tolist() == pytest.approx([1.0, 0.5, 0.0])


def test_meaning_counts_as_much_as_its_weight() -> None:
    features = rows((0.5, 0, 0, 0, 0), (0.25, 0, 0, 0, 0))
    cosines = np.array([0.2, 0.6], dtype=np.float32)
    little, much = (combine(features, cosines, WEIGHTS, weight) for weight in (2.0, 3.0))
    assert little[0] > little[1]
    assert much[0] < much[1]


def test_beside_a_strong_encoder_words_count_less_where_no_candidate_has_all_of_the_query() -> None:
    cosines = np.array([0.2, 0.5], dtype=np.float32)
    partly, whole = rows((0.4, 0, 0, 0, 0), (0.2, 0, 0, 0, 0)), rows((1, 1, 0, 0, 0), (0.8, 1, 0, 0, 0))
    for features, strength, first in ((partly, 0.5, 0), (partly, 0.9, 1), (whole, 0.5, 0), (whole, 0.9, 0)):
        assert combine(features, cosines, WEIGHTS, 2.4, strength).argmax() == first
    in_full = [combine(each, cosines, WEIGHTS, 2.4).tolist() for each in (partly, whole)]
    assert combine(whole, cosines, WEIGHTS, 2.4, 0.9).tolist() == in_full[1]
    assert combine(partly, cosines, WEIGHTS, 2.4, 1.5).tolist() == in_full[0]  # it counts as much as it may already


def test_an_unknown_cosine_is_no_better_than_the_known_ones() -> None:
    features = rows((0.5, 0, 0, 0, 0), (0.5, 0, 0, 0, 0), (0.4, 0, 0, 0, 0))
    scores = combine(features, np.array([0.3, 0.1, -1.0], dtype=np.float32), WEIGHTS, 4.0)
    assert scores[0] > scores[1] > scores[2]
    scores = combine(features[:1], np.array([-1.0], dtype=np.float32), WEIGHTS, 4.0)
    assert np.isfinite(scores).all()


def test_nothing_to_score() -> None:
    nothing = np.empty((0, len(FEATURES)), dtype=np.float32)
    assert len(combine(nothing, np.empty(0, np.float32), WEIGHTS, 1.0)) == 0


def test_weights_survive_writing_and_reading() -> None:
    assert RankingWeights.from_record(json.loads(json.dumps(WEIGHTS.as_record()))) == WEIGHTS


@pytest.mark.parametrize(
    "record",
    [
        [],
        {},
        {"features": {"words": 1}, "semantic": 1},
        {"features": dict.fromkeys(FEATURES, -1.0), "semantic": 1},
        {"features": dict.fromkeys(FEATURES, "a"), "semantic": 1},
        {"features": dict.fromkeys(FEATURES, 1.0), "semantic": float("nan")},
    ],
)
def test_other_records_are_no_weights(record: object) -> None:
    with pytest.raises(ValueError, match=r"weight|float"):
        RankingWeights.from_record(record)  # type: ignore[arg-type]


def test_the_shipped_weights_use_every_feature() -> None:
    assert all(weight > 0 for weight in shipped_weights().features)
