"""Queries and judgments in, measures out."""

from arsearch.evaluation.evaluate import Evaluation, evaluate
from arsearch.evaluation.measures import MEASURES, evaluate_run

__all__ = ["MEASURES", "Evaluation", "evaluate", "evaluate_run"]
