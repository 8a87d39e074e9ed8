"""Rescoring and fusion: pure NumPy, arrays in, arrays out."""

from arsearch.ranking.calibration import CALIBRATION_VERSION, USUAL_STRENGTH, Trial, fit_scale
from arsearch.ranking.cloze import ClozeText, word_scores
from arsearch.ranking.features import FEATURES, CandidateTexts, QueryWords, find_features
from arsearch.ranking.fusion import BM25_MINIMUM, COSINE_MINIMUM, reciprocal_rank_fusion
from arsearch.ranking.matmul import product
from arsearch.ranking.ngrams import WORD_END, GramTable, find_grams
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
    "combine",
    "find_features",
    "find_grams",
    "fit_nonsense",
    "fit_scale",
    "product",
    "reciprocal_rank_fusion",
    "shipped_weights",
    "word_scores",
]
