"""What the cosines of an encoder are worth beside words, found out without any judgment.

Every model has its own scale: unrelated texts have cosines of about 0.1 in one and about 0.75 in another; and a weak
model must not overrule words. So an encoder is tried on questions and texts that answer them in other words. Its
strength is the weight under which the cosines, taken for log-odds, make the right answers likeliest, in spreads: how
much a cosine says that is one standard deviation above those of unrelated texts. It belongs to the encoder; what a
spread is, and what its level, belongs to the index, and is measured on texts of it.

Queries made of the texts of an index themselves (the inverse cloze task) were tried before. They say less: what an
encoder does with them hardly goes with the weight that is best for what readers type, and in an archive of many texts
that say nearly the same, any of which would do, the best encoder looks like one that knows nothing.
"""

from __future__ import annotations

import numpy as np

from arsearch.common.array_types import Floats, Vectors
from arsearch.ranking.matmul import product
from arsearch.ranking.scale import SemanticScale

__all__ = ["CALIBRATION_VERSION", "USUAL_STRENGTH", "fit_scale", "fit_strength"]


CALIBRATION_VERSION = 2
"""Raised when the same texts and vectors come to give another scale."""
USUAL_STRENGTH = 1.0
"""For an encoder that knows too little of the questions to be tried on them: that of a weak one."""
_LEAST_KNOWN = 0.5
"""Share of the questions that must have a vector of their own; a small vocabulary gives most of them the same."""
_STRENGTHS = np.geomspace(0.1, 20.0, 24)
_REFINED, _FINER = 5, 7
_STEP = 0.1
"""By how much the strength is changed to see how sharp the maximum is; a share of it where it is more than one."""
_CHANCE = 0.02
"""How often a text is the right one for reasons that cosines cannot show: keeps the fit from being sure."""


def fit_scale(questions: Vectors, answers: Vectors, texts: Vectors) -> SemanticScale:
    """Return the scale of the encoder that gave the vectors, one a row.

    ``answers[i]`` answers ``questions[i]`` and no other question; *texts* are of the index.
    """
    beside = product(questions, texts.T)
    spread = float(_centred(beside).std())
    if not spread:
        return SemanticScale(weight=0.0, chance=float(beside.mean()), spread=0.0)
    known = len(np.unique(questions, axis=0)) >= _LEAST_KNOWN * len(questions)
    strength = fit_strength(product(questions, answers.T)) if known else USUAL_STRENGTH
    return SemanticScale(
        weight=round(strength / spread, 3), chance=round(float(beside.mean()), 4), spread=round(spread, 4)
    )


def fit_strength(cosines: Floats) -> float:
    """Return the log-odds that a cosine one spread higher is worth, less their standard error, and never below zero.

    *cosines* (questions, answers) have those of the right answers on the diagonal.
    """
    unrelated = cosines[~np.eye(len(cosines), dtype=np.bool_)].reshape(len(cosines), -1)
    spread = float(_centred(unrelated).std())
    if not spread:
        return 0.0
    scaled = cosines / np.float32(spread)
    strength = _likeliest(scaled)
    return max(strength - _standard_error(scaled, strength), 0.0)


def _centred(cosines: Floats) -> Floats:
    """Return *cosines* from the level of each query, in rows, with everything."""
    return np.asarray(cosines - cosines.mean(axis=1, keepdims=True), dtype=np.float32)


def _likeliest(cosines: Floats) -> float:
    """Return the strength under which the right answers are likeliest, found on finer and finer grids."""
    grid = np.concatenate([[0.0], _STRENGTHS])
    for _ in range(_REFINED):
        best = int(np.argmax([_log_likelihoods(cosines, strength).mean() for strength in grid.tolist()]))
        grid = np.linspace(grid[max(best - 1, 0)], grid[min(best + 1, len(grid) - 1)], _FINER)
    return float(grid[_FINER // 2])


def _standard_error(cosines: Floats, strength: float) -> float:
    """Return the standard error of *strength*, the likeliest one, over draws of questions.

    It is the one that does not take the likelihood to be that which made the answers (White, "Maximum Likelihood
    Estimation of Misspecified Models", 1982).
    """
    step = max(_STEP * strength, _STEP)
    less, at, more = (_log_likelihoods(cosines, strength + shift) for shift in (-step, 0.0, step))
    slopes = (more - less) / (2 * step)
    sharpness = -float((more - 2 * at + less).mean()) / step**2
    return float(slopes.std() / np.sqrt(len(slopes)) / max(sharpness, 1e-9))


def _log_likelihoods(cosines: Floats, strength: float) -> Floats:
    """Return for each question the logarithm of the probability that its answer is the one on the diagonal."""
    scores = np.float32(strength) * cosines
    odds = np.exp(scores - scores.max(axis=1, keepdims=True))
    share = np.diag(odds) / odds.sum(axis=1)
    return np.asarray(np.log((1 - _CHANCE) * share + _CHANCE / len(scores)), dtype=np.float32)
