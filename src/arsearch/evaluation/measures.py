"""Measures of a ranking against judgments, as trec_eval and ir-measures define them."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from statistics import fmean

__all__ = ["MEASURES", "evaluate_run", "ndcg", "recall", "reciprocal_rank", "success"]

MEASURES = ("nDCG@10", "RR@10", "R@100", "Success@1")

Ranking = Sequence[str]
Grades = Mapping[str, int]
"""Grade of each judged document; 0 or less means not relevant."""


def ndcg(ranking: Ranking, grades: Grades, depth: int) -> float:
    """Return normalised discounted cumulative gain: gain = grade, discount = 1 / log2(rank + 1)."""
    ideal = sorted((grade for grade in grades.values() if grade > 0), reverse=True)[:depth]
    best = _discounted(ideal)
    return _discounted([max(0, grades.get(document, 0)) for document in ranking[:depth]]) / best if best else 0.0


def reciprocal_rank(ranking: Ranking, grades: Grades, depth: int) -> float:
    """Return 1 / rank of the first relevant document, 0 if there is none in the first *depth*."""
    for rank, document in enumerate(ranking[:depth], 1):
        if grades.get(document, 0) > 0:
            return 1 / rank
    return 0.0


def recall(ranking: Ranking, grades: Grades, depth: int) -> float:
    """Return the share of the relevant documents that are among the first *depth*."""
    relevant = {document for document, grade in grades.items() if grade > 0}
    return len(relevant.intersection(ranking[:depth])) / len(relevant) if relevant else 0.0


def success(ranking: Ranking, grades: Grades, depth: int) -> float:
    """Return 1 if any of the first *depth* documents is relevant, else 0."""
    return float(any(grades.get(document, 0) > 0 for document in ranking[:depth]))


def evaluate_run(run: Mapping[str, Ranking], qrels: Mapping[str, Grades]) -> dict[str, float]:
    """Return the mean of each of MEASURES over the queries that have a relevant document.

    A query that *run* does not answer counts as answered with nothing.
    """
    judged = [query for query, grades in qrels.items() if any(grade > 0 for grade in grades.values())]
    if not judged:
        return dict.fromkeys(MEASURES, 0.0)
    pairs = [(run.get(query, ()), qrels[query]) for query in judged]
    return {
        "nDCG@10": fmean(ndcg(ranking, grades, 10) for ranking, grades in pairs),
        "RR@10": fmean(reciprocal_rank(ranking, grades, 10) for ranking, grades in pairs),
        "R@100": fmean(recall(ranking, grades, 100) for ranking, grades in pairs),
        "Success@1": fmean(success(ranking, grades, 1) for ranking, grades in pairs),
    }


def _discounted(gains: Sequence[int]) -> float:
    return sum(gain / math.log2(rank + 1) for rank, gain in enumerate(gains, 1))
