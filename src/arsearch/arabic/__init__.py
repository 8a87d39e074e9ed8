"""The Arabic language: pure functions on ``str``, with no I/O and no knowledge of indexes."""

from arsearch.arabic.analyze import ANALYSIS_VERSION, Token, analyze
from arsearch.arabic.fold import fold
from arsearch.arabic.stem import stem
from arsearch.arabic.stopwords import is_stop_word

__all__ = ["ANALYSIS_VERSION", "Token", "analyze", "fold", "is_stop_word", "stem"]
