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

What the words say is scored with the weights of the ranking that ship, so the strength is one beside these weights, and
an index finds it out anew where they change. It is tried among all texts of the sample and among parts of it, halved
again and again: a weak encoder is worth the less the more texts compete, and a sample is smaller than an index. How the
strength falls with the number of texts goes into the scale, which so holds for an index of any size. That of a strong
encoder falls in trials too, because the rivals are those that words like best and many say the same as the right text;
but words lose as much, and what ranking needs is one beside the other. So it is taken as it is among the sample.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from arsearch.common.array_types import Floats, Vectors
from arsearch.ranking.matmul import product
from arsearch.ranking.scale import SemanticScale, is_strong

__all__ = ["CALIBRATION_VERSION", "MIN_TEXTS", "USUAL_STRENGTH", "Trial", "fit_scale"]


CALIBRATION_VERSION = 4
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
_HALVINGS = 3
_STRENGTHS = np.geomspace(0.03, 8.0, 60)
_FADINGS = np.linspace(0.0, 0.6, 13)
"""By which power of the number of texts the strength may fall."""
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
        tasks += _cloze_tasks(trial, spread)
    texts = len(trial.texts) if len(trial.texts) >= MIN_TEXTS else len(trial.answers)
    strength, fading = _fit_strength(tasks, texts) if tasks else (USUAL_STRENGTH, 0.0)
    return SemanticScale(
        weight=round(strength / spread, 3),
        chance=round(chance, 4),
        spread=round(spread, 4),
        texts=texts if tasks else 0,
        fading=round(fading * (1 - is_strong(strength)), 3),
    )


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
    texts: int
    """How many texts the columns are the best of."""

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
        words=np.zeros_like(spreads),
        spreads=spreads,
        noise=_QUESTION_NOISE,
        weight=_PRIOR / len(trial.questions),
        texts=len(trial.answers),
    )


def _cloze_tasks(trial: Trial, spread: float) -> list[_Task]:
    """Return the queries with the text that each was taken out of, and the best others by words.

    One task has the best of all texts, one those of half of them, of a quarter, and so on.
    """
    spreads = product(trial.queries, trial.texts.T) / np.float32(spread)
    numbers = np.arange(len(trial.texts))
    apart = numbers[:, None] - numbers
    steps = [step for step in 2 ** np.arange(_HALVINGS + 1) if step == 1 or len(numbers) >= MIN_TEXTS * step]
    tasks = []
    for step in steps:
        others = np.where((apart % step == 0) & (apart != 0), trial.words, -np.inf)
        texts = -(-len(numbers) // int(step))
        best = np.argsort(-others, axis=1, kind="stable")[:, : min(_RIVALS, len(numbers) // int(step) - 1)]
        columns = np.concatenate([numbers[:, None], best], axis=1)
        words, cosines = (np.take_along_axis(scores, columns, axis=1) for scores in (trial.words, spreads))
        tasks.append(_Task(words=words, spreads=cosines, noise=_CLOZE_NOISE, weight=1.0 / len(steps), texts=texts))
    return tasks


def _spread(cosines: Floats) -> float:
    """Return the standard deviation of *cosines* from the level of each query, in rows, with everything."""
    return float((cosines - cosines.mean(axis=1, keepdims=True)).std())


def _fit_strength(tasks: list[_Task], texts: int) -> tuple[float, float]:
    """Return the likeliest strength among so many *texts*, and the power of their number by which it falls.

    Both are zero where no strength at all is as likely.
    """
    none = sum(task.weight * float(task.log_likelihoods(0.0).sum()) for task in tasks)
    total = np.zeros((len(_STRENGTHS), len(_FADINGS)))
    for task in tasks:
        likely = [task.weight * float(task.log_likelihoods(strength).sum()) for strength in _STRENGTHS.tolist()]
        # A strength among all texts is another one among those of the task.
        here = np.log(_STRENGTHS)[:, None] - _FADINGS * np.log(task.texts / texts)
        total += np.interp(here, np.log(_STRENGTHS), likely)
    strength, fading = np.unravel_index(int(total.argmax()), total.shape)
    if total[strength, fading] <= none + _SURE:
        return 0.0, 0.0
    return float(_STRENGTHS[strength]), float(_FADINGS[fading])
