"""Meaning: encoders, passages and their vectors."""

from arsearch.semantic.cache import KnownPassages, PassageCache, VectorCache, open_cache, passage_digest
from arsearch.semantic.encoder import Encoder, TokenCounter
from arsearch.semantic.load import load_encoder
from arsearch.semantic.passages import Passage, cut_passages
from arsearch.semantic.quantization import int8_codes, unit_length
from arsearch.semantic.reranker import Reranker
from arsearch.semantic.vectors import PassageVectors, stored_as
from arsearch.semantic.vectors_writer import VectorsWriter

__all__ = [
    "Encoder",
    "KnownPassages",
    "Passage",
    "PassageCache",
    "PassageVectors",
    "Reranker",
    "TokenCounter",
    "VectorCache",
    "VectorsWriter",
    "cut_passages",
    "int8_codes",
    "load_encoder",
    "open_cache",
    "passage_digest",
    "stored_as",
    "unit_length",
]
