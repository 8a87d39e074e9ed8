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
from itertools import chain, pairwise
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from arsearch import kernel
from arsearch.common.array_types import Int32s, Int64s, Vectors
from arsearch.errors import EncoderError
from arsearch.semantic.tokenizer import BulkTokenizer, CachingTokenizer

if TYPE_CHECKING:
    import tokenizers

__all__ = ["StaticEncoder"]

_MODULES = "modules.json"
_BATCH = 4096
"""Passages whose tokens are in memory together, about 20 MB."""


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
            self._bulk_tokenizer = BulkTokenizer(self._tokenizer)
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
        rows = self._tokenizer.encode(texts)
        offsets = np.concatenate([np.zeros(1, np.int64), np.cumsum([len(row) for row in rows], dtype=np.int64)])
        return self._vectors(np.fromiter(chain.from_iterable(rows), dtype=np.int32), offsets)

    def encode_passages(self, texts: Sequence[str]) -> Vectors:
        """Return float32 of shape (len(texts), dimension)."""
        batches = (texts[start : start + _BATCH] for start in range(0, len(texts), _BATCH))
        parts = [self._vectors(*self._bulk_tokenizer.encode(batch)) for batch in batches]
        return np.concatenate([np.empty((0, self.dimension), np.float32), *parts])

    def _vectors(self, ids: Int32s, offsets: Int64s) -> Vectors:
        """Return the vectors of texts, which have the tokens *ids* between two *offsets* each."""
        vectors = _means(self._table, self._scales, ids, offsets)
        norms = np.linalg.norm(vectors, axis=1, keepdims=True)
        return np.asarray(vectors / np.maximum(norms, np.finfo(np.float32).tiny), dtype=np.float32)


def _means(table: np.ndarray[Any, np.dtype[Any]], scales: Vectors, ids: Int32s, offsets: Int64s) -> Vectors:
    """Return the mean of the rows of *table* that each text has, times their *scales* (texts, dimension).

    They are summed up one after the other, in the kernel or here.
    """
    means = np.zeros((len(offsets) - 1, table.shape[1]), dtype=np.float32)
    if kernel.native is not None and table.dtype in (np.int8, np.float32):
        kernel.native.mean_rows(table.reshape(-1), scales, ids, offsets, means.reshape(-1))
        return means
    for text, (first, last) in enumerate(pairwise(offsets.tolist())):
        if first < last:
            some = ids[first:last]
            rows = scales[some, np.newaxis] * table[some].astype(np.float32)
            means[text] = np.add.reduce(rows, axis=0) / np.float32(last - first)
    return means


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


def _table(path: Path) -> tuple[np.ndarray[Any, np.dtype[Any]], Vectors]:
    """Return the vectors of tokens (tokens, dimension), and what each is multiplied by (tokens,)."""
    from safetensors import SafetensorError
    from safetensors.numpy import load_file

    try:
        tensors = load_file(path)
    except SafetensorError as error:
        raise ValueError(f"{path.name}: {error}") from error
    if "embedding.weight" not in tensors and "mapping" in tensors:
        raise ValueError(f"{path.name} has a token mapping, which only sentence-transformers reads")
    table = np.ascontiguousarray(tensors["embedding.weight" if "embedding.weight" in tensors else "embeddings"])
    scales = None if "embedding.weight" in tensors else tensors.get("weights")
    ones = np.ones(len(table), dtype=np.float32)
    return table, ones if scales is None else np.ascontiguousarray(scales.reshape(-1), dtype=np.float32)
