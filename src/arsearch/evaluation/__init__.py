"""Queries and judgments in, measures out."""

from arsearch.evaluation.evaluate import Evaluation, QueryChange, compare, evaluate
from arsearch.evaluation.metrics import MEASURES, evaluate_run, measure_queries
from arsearch.evaluation.passages import PassageEvaluation, evaluate_passages
from arsearch.evaluation.significance import Comparison, Interval
from arsearch.evaluation.tune import Examples, Tuning, learn_weights, read_examples, tune

__all__ = [
    "MEASURES",
    "Comparison",
    "Evaluation",
    "Examples",
    "Interval",
    "PassageEvaluation",
    "QueryChange",
    "Tuning",
    "compare",
    "evaluate",
    "evaluate_passages",
    "evaluate_run",
    "learn_weights",
    "measure_queries",
    "read_examples",
    "tune",
]
