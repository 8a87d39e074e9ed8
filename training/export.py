"""Writing the model: the directory of sentence-transformers, with the token vectors in eight bits."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt
from safetensors.numpy import save
from tokenizers import Tokenizer

__all__ = ["export", "quantize"]

_MODULES: list[dict[str, Any]] = [
    {
        "idx": 0,
        "name": "0",
        "path": "",
        "type": "sentence_transformers.sentence_transformer.modules.static_embedding.StaticEmbedding",
    },
    {"idx": 1, "name": "1", "path": "1_Normalize", "type": "sentence_transformers.base.modules.normalize.Normalize"},
]
_MODEL: dict[str, Any] = {
    # The first version that reads a scale for each token; those of torch and transformers make no difference.
    "__version__": {"sentence_transformers": "6.2.0"},
    "default_prompt_name": None,
    "model_type": "SentenceTransformer",
    "prompts": {"document": "", "query": ""},
    "similarity_fn_name": "cosine",
}
_NORMALIZE = {"module_input_name": "sentence_embedding", "module_output_name": "sentence_embedding"}


def quantize(table: npt.NDArray[np.float32]) -> tuple[npt.NDArray[np.int8], npt.NDArray[np.float32]]:
    """Return int8 of the shape of *table*, and float32 of shape (rows,): the scales that give *table* back.

    No number is off by more than 1/254 of the largest of its row.
    """
    largest = np.abs(table).max(axis=1)
    scales = np.where(largest > 0, largest / 127, 1).astype(np.float32)
    return np.rint(table / scales[:, None]).astype(np.int8), scales


def export(tokenizer: Tokenizer, table: npt.NDArray[np.float32], folder: Path) -> None:
    """Write the model to *folder*, which may exist; its README.md, the model card, is left as it is.

    *table* is float32 of shape (tokens, dimension). The tensors are named as in model2vec, which
    ``StaticEmbedding.load`` reads: ``embeddings`` int8 (tokens, dimension) and ``weights`` float32 (tokens,).
    """
    (folder / "1_Normalize").mkdir(parents=True, exist_ok=True)
    _write_json(folder / "modules.json", _MODULES)
    _write_json(folder / "config_sentence_transformers.json", _MODEL)
    _write_json(folder / "1_Normalize" / "config.json", _NORMALIZE)
    (folder / "tokenizer.json").write_text(tokenizer.to_str(pretty=False), encoding="utf-8")
    rows, scales = quantize(table)
    (folder / "model.safetensors").write_bytes(save({"embeddings": rows, "weights": scales}))


def _write_json(path: Path, value: object) -> None:
    path.write_text(json.dumps(value, indent=2) + "\n", encoding="utf-8")
