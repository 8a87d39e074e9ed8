"""Queries and judgments in, measures out."""

from arsearch.evaluation.evaluate import Evaluation, QueryChange, compare, evaluate
from arsearch.evaluation.measures import MEASURES, evaluate_run, measure_queries
from arsearch.evaluation.significance import Comparison, Interval

__all__ = [
    "MEASURES",
    "Comparison",
    "Evaluation",
    "Interval",
    "QueryChange",
    "compare",
    "evaluate",
    "evaluate_run",
    "measure_queries",
]
