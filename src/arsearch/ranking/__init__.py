"""Rescoring and fusion: pure NumPy, arrays in, arrays out."""

from arsearch.ranking.calibration import CALIBRATION_VERSION, USUAL_STRENGTH, Trial, fit_scale
from arsearch.ranking.cloze import ClozeText, word_scores
from arsearch.ranking.features import FEATURES, CandidateTexts, QueryWords, find_features
from arsearch.ranking.freshness import add_freshness, freshness_of, score_of_log_odds
from arsearch.ranking.fusion import BM25_MINIMUM, COSINE_MINIMUM, reciprocal_rank_fusion
from arsearch.ranking.matmul import product
from arsearch.ranking.ngrams import WORD_END, GramTable, find_grams, grams_of
from arsearch.ranking.rescore import RankingWeights, combine, shipped_weights
from arsearch.ranking.scale import UNCALIBRATED, NonsenseLevel, SemanticScale, fit_nonsense

__all__ = [
    "BM25_MINIMUM",
    "CALIBRATION_VERSION",
    "COSINE_MINIMUM",
    "FEATURES",
    "UNCALIBRATED",
    "USUAL_STRENGTH",
    "WORD_END",
    "CandidateTexts",
    "ClozeText",
    "GramTable",
    "NonsenseLevel",
    "QueryWords",
    "RankingWeights",
    "SemanticScale",
    "Trial",
    "add_freshness",
    "combine",
    "find_features",
    "find_grams",
    "fit_nonsense",
    "fit_scale",
    "freshness_of",
    "grams_of",
    "product",
    "reciprocal_rank_fusion",
    "score_of_log_odds",
    "shipped_weights",
    "word_scores",
]
