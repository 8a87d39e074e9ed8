"""What the cosines of an encoder are worth beside words, found out without any judgment.

Every model has its own scale: unrelated texts have cosines of about 0.1 in one and about 0.75 in another; and a weak
model must not overrule words. So an encoder is tried twice. Its strength is the weight under which its cosines, added
to what words say, make the right texts likeliest, in spreads: how much a cosine says that is one standard deviation
above those of unrelated texts.

- On queries taken out of texts of the index, where the right text competes with those that words rank high. This shows
  what the encoder can tell apart in this archive: in one that is all about one topic, a weak one can do little.
- On questions and texts that answer them in other words, which come with arsearch. This shows what the encoder knows,
  where an archive is small, or where many of its texts say the same and any of them would do.

The questions are the prior: they count as much as ``_PRIOR`` queries of the index.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from arsearch.common.array_types import Floats, Vectors
from arsearch.ranking.matmul import product
from arsearch.ranking.scale import SemanticScale

__all__ = ["CALIBRATION_VERSION", "MIN_TEXTS", "USUAL_STRENGTH", "Trial", "fit_scale"]


CALIBRATION_VERSION = 3
"""Raised when the same texts and vectors come to give another scale."""
MIN_TEXTS = 30
"""With fewer texts than this an index says nothing about an encoder."""
USUAL_STRENGTH = 1.0
"""For an encoder that could be tried on nothing: that of a weak one."""
_LEAST_KNOWN = 0.5
"""Share of the questions that must have a vector of their own; a small vocabulary gives most of them the same."""
_PRIOR = 30
"""Queries of the index that the questions count for."""
_RIVALS = 10
"""Texts that words rank highest, beside the right one: as many as a page of results has."""
_FIRST_GRID = np.concatenate([[0.0], np.geomspace(0.05, 8.0, 24)])
_REFINEMENTS, _GRID_POINTS = 5, 7
_SURE = 3.0
"""By how much the log-likelihood must rise for a strength to count at all; chance alone seldom does that."""
_QUESTION_NOISE, _CLOZE_NOISE = 0.02, 0.05
"""How often a text is the right one for reasons that neither side can see: keeps the fit from being sure."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Trial:
    """What an encoder was tried on, as vectors, one a row."""

    questions: Vectors
    answers: Vectors
    """``answers[i]`` answers ``questions[i]`` and no other question."""
    queries: Vectors
    texts: Vectors
    """``queries[i]`` was taken out of ``texts[i]``, which is of the index."""
    words: Floats
    """The log-odds that words give (queries, texts)."""

    @property
    def unrelated(self) -> Vectors:
        """Texts that show what cosines have which mean nothing: those of the index, where they are enough."""
        return self.texts if len(self.texts) >= MIN_TEXTS else np.concatenate([self.answers, self.texts])


def fit_scale(trial: Trial) -> SemanticScale:
    """Return the scale of the encoder that gave the vectors of *trial*."""
    beside = product(trial.questions, trial.unrelated.T)
    chance, spread = float(beside.mean()), _spread(beside)
    if not spread:
        return SemanticScale(weight=0.0, chance=chance, spread=0.0)
    tasks = []
    if len(np.unique(trial.questions, axis=0)) >= _LEAST_KNOWN * len(trial.questions):
        tasks.append(_question_task(trial))
    if len(trial.texts) >= MIN_TEXTS:
        tasks.append(_cloze_task(trial, spread))
    strength = _fit_strength(tasks) if tasks else USUAL_STRENGTH
    return SemanticScale(weight=round(strength / spread, 3), chance=round(chance, 4), spread=round(spread, 4))


@dataclass(frozen=True, slots=True, kw_only=True)
class _Task:
    """Queries and the texts that compete for each, the right one in the first column: (queries, texts)."""

    words: Floats
    """What words say, in log-odds."""
    spreads: Floats
    """Cosines, in spreads of those of unrelated texts."""
    noise: float
    weight: float
    """What each query counts for."""

    def log_likelihoods(self, strength: float) -> Floats:
        """Return for each query the logarithm of the probability that its text is the right one."""
        scores = self.words + np.float32(strength) * self.spreads
        odds = np.exp(scores - scores.max(axis=1, keepdims=True))
        share = odds[:, 0] / odds.sum(axis=1)
        return np.asarray(np.log((1 - self.noise) * share + self.noise / scores.shape[1]), dtype=np.float32)


def _question_task(trial: Trial) -> _Task:
    """Return the questions with all answers; words say nothing about them."""
    cosines = product(trial.questions, trial.answers.T)
    others = cosines[~np.eye(len(cosines), dtype=np.bool_)].reshape(len(cosines), -1)
    columns = np.concatenate([np.diag(cosines)[:, None], others], axis=1)
    spreads = np.asarray(columns / (_spread(others) or np.inf), dtype=np.float32)
    return _Task(
        words=np.zeros_like(spreads), spreads=spreads, noise=_QUESTION_NOISE, weight=_PRIOR / len(trial.questions)
    )


def _cloze_task(trial: Trial, spread: float) -> _Task:
    """Return the queries with the text that each was taken out of, and the best others by words."""
    others = trial.words.copy()
    np.fill_diagonal(others, -np.inf)
    best = np.argsort(-others, axis=1, kind="stable")[:, :_RIVALS]
    columns = np.concatenate([np.arange(len(others))[:, None], best], axis=1)
    words, cosines = (
        np.take_along_axis(scores, columns, axis=1) for scores in (trial.words, product(trial.queries, trial.texts.T))
    )
    return _Task(words=words, spreads=cosines / np.float32(spread), noise=_CLOZE_NOISE, weight=1.0)


def _spread(cosines: Floats) -> float:
    """Return the standard deviation of *cosines* from the level of each query, in rows, with everything."""
    return float((cosines - cosines.mean(axis=1, keepdims=True)).std())


def _fit_strength(tasks: list[_Task]) -> float:
    """Return the likeliest strength, found on finer and finer grids; zero where that is as likely."""

    def total(strength: float) -> float:
        return sum(task.weight * float(task.log_likelihoods(strength).sum()) for task in tasks)

    grid = _FIRST_GRID
    for _ in range(_REFINEMENTS):
        best = int(np.argmax([total(strength) for strength in grid.tolist()]))
        grid = np.linspace(grid[max(best - 1, 0)], grid[min(best + 1, len(grid) - 1)], _GRID_POINTS)
    strength = float(grid[_GRID_POINTS // 2])
    return strength if total(strength) > total(0.0) + _SURE else 0.0
