"""Queries and judgments in, measures out."""

from arsearch.evaluation.evaluate import Evaluation, QueryChange, compare, evaluate
from arsearch.evaluation.metrics import MEASURES, evaluate_run, measure_queries
from arsearch.evaluation.significance import Comparison, Interval
from arsearch.evaluation.tune import Examples, Tuning, examine, learn_weights, tune

__all__ = [
    "MEASURES",
    "Comparison",
    "Evaluation",
    "Examples",
    "Interval",
    "QueryChange",
    "Tuning",
    "compare",
    "evaluate",
    "evaluate_run",
    "examine",
    "learn_weights",
    "measure_queries",
    "tune",
]
