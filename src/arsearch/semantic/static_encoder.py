"""Static encoders without torch: a tokenizer, a table of token vectors, a mean.

Reads the directory that sentence-transformers writes for a ``StaticEmbedding`` module followed by ``Normalize``, and
gives the same vectors as ``SentenceTransformer(path).encode`` (to 1e-5; a test holds it). The table is either
``embedding.weight`` (float, tokens x dimension) or model2vec's ``embeddings`` (any number type) with an optional
float scale ``weights`` for each token.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from arsearch.common.array_types import Vectors
from arsearch.errors import EncoderError
from arsearch.semantic.tokenizer import CachingTokenizer

if TYPE_CHECKING:
    import tokenizers

__all__ = ["StaticEncoder"]

_MODULES = "modules.json"
_BATCH = 1024


class StaticEncoder:
    """An encoder whose vector of a text is the normalised mean of the vectors of its tokens."""

    def __init__(self, path: Path, *, name: str) -> None:
        """Open the model in *path*. Raises EncoderError if files are missing or unreadable."""
        self.name = name
        try:
            modules = _modules(path)
            if not _is_static(modules):
                raise EncoderError(f"The model in {path} is not a static one. Load it through sentence-transformers.")
            folder = path / modules[0]["path"]
            self._tokenizer = CachingTokenizer(_tokenizer(folder / "tokenizer.json"))
            self._table, self._scales = _table(folder / "model.safetensors")
            self.fingerprint = _fingerprint(folder)
        except (OSError, ValueError, KeyError) as error:
            raise EncoderError(
                f"The encoder in {path} cannot be read: {error}. Install arsearch again, or name a model with --model."
            ) from error

    @staticmethod
    def can_read(path: Path) -> bool:
        """Whether *path* holds a static model in a layout that needs no torch."""
        try:
            modules = _modules(path)
        except (OSError, ValueError):
            return False
        return _is_static(modules) and (path / modules[0]["path"] / "model.safetensors").is_file()

    @property
    def dimension(self) -> int:
        """Length of a vector."""
        return int(self._table.shape[1])

    def count_tokens(self, text: str) -> int:
        """Return how many tokens the model's tokenizer makes of *text*."""
        return len(self._tokenizer.encode([text])[0])

    def encode_queries(self, texts: Sequence[str]) -> Vectors:
        """Return float32 of shape (len(texts), dimension)."""
        return self._encode(texts)

    def encode_passages(self, texts: Sequence[str]) -> Vectors:
        """Return float32 of shape (len(texts), dimension)."""
        return self._encode(texts)

    def _encode(self, texts: Sequence[str]) -> Vectors:
        vectors = np.zeros((len(texts), self.dimension), dtype=np.float32)
        for start in range(0, len(texts), _BATCH):
            for row, ids in enumerate(self._tokenizer.encode(texts[start : start + _BATCH]), start):
                if ids:
                    vectors[row] = self._mean(np.asarray(ids))
        norms = np.linalg.norm(vectors, axis=1, keepdims=True)
        return np.asarray(vectors / np.maximum(norms, np.finfo(np.float32).tiny), dtype=np.float32)

    def _mean(self, ids: np.ndarray[Any, np.dtype[np.int64]]) -> Vectors:
        rows = self._table[ids].astype(np.float32)
        if self._scales is not None:
            return np.asarray(self._scales[ids] @ rows / len(ids), dtype=np.float32)
        return np.asarray(rows.mean(axis=0), dtype=np.float32)


def _modules(path: Path) -> list[dict[str, Any]]:
    modules = json.loads((path / _MODULES).read_text(encoding="utf-8"))
    if not isinstance(modules, list) or not modules:
        raise ValueError(f"{_MODULES} names no module")
    return modules


def _fingerprint(folder: Path) -> str:
    digest = hashlib.sha256()
    for name in ("tokenizer.json", "model.safetensors"):
        digest.update((folder / name).read_bytes())
    return digest.hexdigest()[:16]


def _is_static(modules: list[dict[str, Any]]) -> bool:
    return [str(module.get("type", "")).rpartition(".")[2] for module in modules] == ["StaticEmbedding", "Normalize"]


def _tokenizer(path: Path) -> tokenizers.Tokenizer:
    from tokenizers import Tokenizer

    try:
        tokenizer = Tokenizer.from_file(str(path))
    except Exception as error:  # the library raises bare Exception for a file it cannot parse
        raise ValueError(f"{path.name}: {error}") from error
    tokenizer.no_padding()
    return tokenizer


def _table(path: Path) -> tuple[np.ndarray[Any, np.dtype[Any]], Vectors | None]:
    from safetensors import SafetensorError
    from safetensors.numpy import load_file

    try:
        tensors = load_file(path)
    except SafetensorError as error:
        raise ValueError(f"{path.name}: {error}") from error
    if "embedding.weight" in tensors:
        return tensors["embedding.weight"], None
    if "mapping" in tensors:
        raise ValueError(f"{path.name} has a token mapping, which only sentence-transformers reads")
    scales = tensors.get("weights")
    return tensors["embeddings"], None if scales is None else scales.astype(np.float32)
