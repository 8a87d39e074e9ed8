"""Any sentence-transformers model, by name or path, with its query and passage prompts."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

import numpy as np

from arsearch.errors import EncoderError
from arsearch.semantic.encoder import Vectors

if TYPE_CHECKING:
    from sentence_transformers import SentenceTransformer

__all__ = ["SentenceTransformerEncoder"]

# Models of the e5 family need these (Wang et al. 2022, "Text Embeddings by Weakly-Supervised Contrastive
# Pre-training"), but many of them do not say so in their configuration.
_E5_PROMPTS = ("query: ", "passage: ")
_PASSAGE_PROMPT_NAMES = ("passage", "document", "corpus")


class SentenceTransformerEncoder:
    """An encoder that runs a model with sentence-transformers; importing this class does not import torch."""

    def __init__(self, name: str) -> None:
        """Load the model *name*, from disk or from the hub. Raises EncoderError if it cannot be had."""
        from sentence_transformers import SentenceTransformer

        self.name = name
        self.fingerprint = ""
        try:
            self._model: SentenceTransformer = SentenceTransformer(name)
        except (OSError, ValueError, RuntimeError, ImportError) as error:
            reason = str(error).strip().splitlines()
            raise EncoderError(
                f"The model {name!r} cannot be loaded: {reason[0] if reason else type(error).__name__}. "
                "Check the name, download the model to a folder and pass its path, or leave --model out "
                "to use the bundled encoder."
            ) from error
        self._query_prompt, self._passage_prompt = _prompts(name, self._model.prompts)

    @property
    def dimension(self) -> int:
        """Length of a vector."""
        return int(self._model.get_embedding_dimension() or 0)

    def encode_queries(self, texts: Sequence[str]) -> Vectors:
        """Return float32 of shape (len(texts), dimension)."""
        return self._encode(texts, self._query_prompt)

    def encode_passages(self, texts: Sequence[str]) -> Vectors:
        """Return float32 of shape (len(texts), dimension)."""
        return self._encode(texts, self._passage_prompt)

    def _encode(self, texts: Sequence[str], prompt: str) -> Vectors:
        vectors = self._model.encode(
            list(texts), prompt=prompt or None, normalize_embeddings=True, show_progress_bar=False
        )
        return np.asarray(vectors, dtype=np.float32).reshape(len(texts), self.dimension)


def _prompts(name: str, configured: dict[str, str | None]) -> tuple[str, str]:
    """Return the prompts for queries and for passages: the model's own, or what its family needs."""
    query = configured.get("query") or ""
    passage = next((text for key in _PASSAGE_PROMPT_NAMES if (text := configured.get(key))), "")
    if not query and not passage and "e5" in name.lower().replace("/", "-").split("-"):
        return _E5_PROMPTS
    return query, passage
