"""The models of a searcher: the encoder its index was made with, and the reranker that the settings ask for."""

from __future__ import annotations

import sys
from functools import cached_property

from arsearch.backends import SearchableIndex
from arsearch.common.array_types import Vectors
from arsearch.common.bounded_cache import BoundedCache
from arsearch.common.deadline import count_lookup, time_not_counted
from arsearch.errors import ArsearchError, EncoderError, IncompatibleIndexError
from arsearch.semantic import Encoder, Reranker, TokenCounter, load_encoder
from arsearch.settings import Settings

__all__ = ["SearchModels"]


class SearchModels:
    """Loads models when they are first needed, and keeps the vectors of queries. Safe to use from several threads."""

    def __init__(self, index: SearchableIndex, settings: Settings) -> None:
        self._manifest = index.manifest
        self._settings = settings
        self._encoder: Encoder | ArsearchError | None = None
        self._embeddings: BoundedCache[str, Vectors] = BoundedCache(
            settings.cached_embeddings, sys.maxsize, lambda vector: int(vector.nbytes)
        )

    @property
    def encoder(self) -> Encoder:
        """The encoder the index was made with, loaded when first needed.

        Raises EncoderError, or IncompatibleIndexError if the model has changed; each time, without trying again.
        """
        if self._encoder is None:
            try:
                with time_not_counted():
                    self._encoder = self._load_encoder()
            except (EncoderError, IncompatibleIndexError) as error:
                self._encoder = error
        if isinstance(self._encoder, ArsearchError):
            raise self._encoder
        return self._encoder

    def take_over_encoder(self, other: SearchModels) -> None:
        """Use the encoder of *other*, if that is the one this index was made with: large models take long to load."""
        encoder = other._encoder
        if encoder is None or isinstance(encoder, ArsearchError):
            return
        made_with = self._manifest.encoder, self._manifest.encoder_fingerprint
        if (other._manifest.encoder, encoder.fingerprint) == made_with:
            self._encoder = encoder

    def vector_of(self, text: str) -> Vectors:
        """Return the vector of the query *text* (dimension,). Raises as :attr:`encoder` does."""
        vector = self._embeddings.get(text)
        count_lookup("embeddings", found=vector is not None)
        if vector is None:
            vector = self.encoder.encode_queries([text])[0]
            self._embeddings.put(text, vector)
        return vector

    def count_tokens(self, text: str) -> int:
        """Return how many tokens the encoder makes of *text*. Raises as :attr:`encoder` does."""
        encoder = self.encoder
        if not isinstance(encoder, TokenCounter):
            raise EncoderError(f"The model {encoder.name!r} counts no tokens. Set a limit in characters.")
        return encoder.count_tokens(text)

    @cached_property
    def reranker(self) -> Reranker | EncoderError:
        """The reranker, or why it cannot be used."""
        try:
            with time_not_counted():
                return Reranker(self._settings.reranker)
        except EncoderError as error:
            return error

    def _load_encoder(self) -> Encoder:
        manifest = self._manifest
        encoder = load_encoder(manifest.encoder)
        if (encoder.fingerprint, encoder.dimension) != (manifest.encoder_fingerprint, manifest.dimension):
            raise IncompatibleIndexError(
                f"The index was made with another version of the encoder {manifest.encoder!r}. "
                "Run `arsearch index` to bring it up to date."
            )
        return encoder
