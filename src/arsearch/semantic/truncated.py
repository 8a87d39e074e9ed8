"""Encoders whose vectors are cut to their first dimensions, for models that allow it.

Matryoshka models (Kusupati et al., "Matryoshka Representation Learning", 2022) put what matters most first, so that a
prefix of a vector does nearly as well as the whole at a fraction of the room. Static encoders, whose dimensions are all
alike, do not lose much either.
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from arsearch.common.array_types import Vectors
from arsearch.errors import EncoderError
from arsearch.semantic.encoder import Encoder, TokenCounter

__all__ = ["TruncatedEncoder"]


class TruncatedEncoder:
    """Another encoder, its vectors cut to *dimension* numbers and made as long as 1 again."""

    def __init__(self, encoder: Encoder, dimension: int) -> None:
        """Cut the vectors of *encoder*. Raises EncoderError if they are not longer than *dimension*."""
        if not 0 < dimension < encoder.dimension:
            raise EncoderError(
                f"The model {encoder.name!r} has vectors of {encoder.dimension} dimensions, which cannot be shortened "
                f"to {dimension}. Put a smaller number after the @, or leave it out."
            )
        self.name = f"{encoder.name}@{dimension}"
        self.fingerprint = encoder.fingerprint and f"{encoder.fingerprint}@{dimension}"
        self.dimension = dimension
        self._encoder = encoder

    def count_tokens(self, text: str) -> int:
        """Return how many tokens the model's tokenizer makes of *text*."""
        if not isinstance(self._encoder, TokenCounter):
            raise EncoderError(f"The model {self._encoder.name!r} counts no tokens. Set a limit in characters.")
        return self._encoder.count_tokens(text)

    def encode_queries(self, texts: Sequence[str]) -> Vectors:
        """Return float32 of shape (len(texts), dimension)."""
        return self._cut(self._encoder.encode_queries(texts))

    def encode_passages(self, texts: Sequence[str]) -> Vectors:
        """Return float32 of shape (len(texts), dimension)."""
        return self._cut(self._encoder.encode_passages(texts))

    def _cut(self, vectors: Vectors) -> Vectors:
        short = vectors[:, : self.dimension]
        norms = np.linalg.norm(short, axis=1, keepdims=True)
        return np.asarray(short / np.maximum(norms, np.finfo(np.float32).tiny), dtype=np.float32)
