"""The seam between the index and the models: what an encoder is, and how one is chosen by name."""

from __future__ import annotations

from collections.abc import Sequence
from importlib import resources
from pathlib import Path
from typing import Protocol

import numpy as np
import numpy.typing as npt

from arsearch.errors import EncoderError
from arsearch.settings import BUNDLED_ENCODER

__all__ = ["Encoder", "Vectors", "bundled_encoder_path", "load_encoder"]


Vectors = npt.NDArray[np.float32]
"""float32 of shape (texts, dimension); every row has length 1, or is all zeros where the text had nothing to encode."""


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


def bundled_encoder_path() -> Path:
    """Return the directory of the encoder that ships in the package."""
    return Path(str(resources.files("arsearch.semantic") / "models" / "arsearch-static"))


def load_encoder(name: str) -> Encoder:
    """Return the encoder called *name*: ``bundled``, or the name or path of a sentence-transformers model.

    ``@`` and a number after it, as in ``bundled@128``, cut the vectors to so many dimensions. Static models on disk are
    read without torch. Raises EncoderError if there is no such model, or it is broken.
    """
    whole, _, dimension = name.rpartition("@")
    if whole and dimension.isascii() and dimension.isdigit() and not Path(name).is_dir():
        from arsearch.semantic.shortened import ShortenedEncoder

        return ShortenedEncoder(_load(whole), int(dimension))
    return _load(name)


def _load(name: str) -> Encoder:
    from arsearch.semantic.static import StaticEncoder

    if name == BUNDLED_ENCODER:
        return StaticEncoder(bundled_encoder_path(), name=BUNDLED_ENCODER)
    path = Path(name)
    if path.is_dir():
        name = str(path.resolve())  # an index may be searched from another folder
        if StaticEncoder.can_read(path):
            return StaticEncoder(path, name=name)
    if path.is_absolute() and not path.is_dir():
        raise EncoderError(f"There is no model in {name}. Check the path, or name another model with --model.")
    from arsearch.semantic.sentence_transformer import SentenceTransformerEncoder

    return SentenceTransformerEncoder(name)
