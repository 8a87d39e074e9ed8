"""Measures of a ranking against judgments, as trec_eval and ir-measures define them."""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping, Sequence
from statistics import fmean

__all__ = ["MEASURES", "evaluate_run", "measure_queries", "ndcg", "recall", "reciprocal_rank", "success"]

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


def measure_queries(run: Mapping[str, Ranking], qrels: Mapping[str, Grades]) -> dict[str, dict[str, float]]:
    """Return each of MEASURES for each query that has a relevant document: ``{measure: {query: value}}``.

    A query that *run* does not answer counts as answered with nothing.
    """
    judged = [query for query, grades in qrels.items() if any(grade > 0 for grade in grades.values())]
    return {
        name: {query: measure(run.get(query, ()), qrels[query], depth) for query in judged}
        for name, (measure, depth) in _MEASURES.items()
    }


def evaluate_run(run: Mapping[str, Ranking], qrels: Mapping[str, Grades]) -> dict[str, float]:
    """Return the mean of each of MEASURES over the queries that have a relevant document, 0 if there is none."""
    return {name: fmean(values.values()) if values else 0.0 for name, values in measure_queries(run, qrels).items()}


def _discounted(gains: Sequence[int]) -> float:
    return sum(gain / math.log2(rank + 1) for rank, gain in enumerate(gains, 1))


_MEASURES: dict[str, tuple[Callable[[Ranking, Grades, int], float], int]] = {
    "nDCG@10": (ndcg, 10),
    "RR@10": (reciprocal_rank, 10),
    "R@100": (recall, 100),
    "Success@1": (success, 1),
}
MEASURES = tuple(_MEASURES)
