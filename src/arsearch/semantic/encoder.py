"""What an encoder is: the seam between the index and the models."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Protocol, runtime_checkable

from arsearch.common.array_types import Vectors

__all__ = ["Encoder", "TokenCounter"]


class Encoder(Protocol):
    """Turns texts into vectors whose inner product is their cosine."""

    @property
    def name(self) -> str:
        """What the manifest of an index remembers, and ``load_encoder`` takes."""

    @property
    def fingerprint(self) -> str:
        """Changes when the model behind the name changes; empty if that cannot be told."""

    @property
    def dimension(self) -> int:
        """Length of a vector."""

    def encode_queries(self, texts: Sequence[str]) -> Vectors:
        """Return one row a query, the model's query prompt put before each."""

    def encode_passages(self, texts: Sequence[str]) -> Vectors:
        """Return one row a passage, the model's passage prompt put before each."""


@runtime_checkable
class TokenCounter(Protocol):
    """An encoder that knows the tokens of its model; all that arsearch loads do."""

    def count_tokens(self, text: str) -> int:
        """Return how many tokens the model's tokenizer makes of *text*, however long it is, without special ones."""
