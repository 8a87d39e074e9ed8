"""Writing a transformer as a directory of sentence-transformers, with the network as ONNX beside the weights."""

from __future__ import annotations

import hashlib
import json
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt
import onnx
from safetensors.numpy import save
from tokenizers import Tokenizer

from training.transformer.graph import bert_graph
from training.transformer.source import BertWeights
from training.transformer.texts import PROMPTS

__all__ = ["export", "write_checksums"]

_TYPE = "sentence_transformers.models."
_MODULES = [
    {"idx": 0, "name": "0", "path": "", "type": f"{_TYPE}Transformer"},
    {"idx": 1, "name": "1", "path": "1_Pooling", "type": f"{_TYPE}Pooling"},
    {"idx": 2, "name": "2", "path": "2_Normalize", "type": f"{_TYPE}Normalize"},
]
_CHECKSUMS = "SHA256SUMS"


def export(weights: BertWeights, tokenizer: Tokenizer, special: dict[str, str], folder: Path, *, longest: int) -> None:
    """Write the model to *folder*, which may exist; its README.md, the model card, is left as it is.

    *special* are the pieces called ``pad_token``, ``unk_token``, ``cls_token`` and ``sep_token``. Texts are cut to
    *longest* tokens. Weights are float16 in ``model.safetensors`` and int8 in ``onnx/model.onnx``.
    """
    for name in ("onnx", "1_Pooling", "2_Normalize"):
        (folder / name).mkdir(parents=True, exist_ok=True)
    _write_json(folder / "modules.json", _MODULES)
    _write_json(
        folder / "config_sentence_transformers.json",
        {"default_prompt_name": None, "prompts": PROMPTS, "similarity_fn_name": "cosine"},
    )
    _write_json(folder / "sentence_bert_config.json", {"do_lower_case": False, "max_seq_length": longest})
    width = weights.words.shape[1]
    _write_json(
        folder / "1_Pooling" / "config.json",
        {"embedding_dimension": width, "include_prompt": True, "pooling_mode": "mean"},
    )
    _write_json(folder / "2_Normalize" / "config.json", {})
    _write_json(folder / "config.json", _bert_configuration(weights, tokenizer.token_to_id(special["pad_token"])))
    _write_json(
        folder / "tokenizer_config.json",
        {"model_max_length": longest, "tokenizer_class": "PreTrainedTokenizerFast", **special},
    )
    (folder / "tokenizer.json").write_text(tokenizer.to_str(pretty=False), encoding="utf-8")
    tensors = {name: tensor.astype(np.float16) for name, tensor in _tensors(weights).items()}
    (folder / "model.safetensors").write_bytes(save(tensors, metadata={"format": "pt"}))
    onnx.save(bert_graph(weights, int8=True), folder / "onnx" / "model.onnx")
    write_checksums(folder)


def write_checksums(folder: Path) -> None:
    """Write the SHA-256 of every other file in *folder* to SHA256SUMS there, as ``sha256sum --check`` reads it."""
    files = sorted(path for path in folder.rglob("*") if path.is_file() and path.name != _CHECKSUMS)
    lines = [f"{hashlib.sha256(path.read_bytes()).hexdigest()}  {path.relative_to(folder).as_posix()}\n" for path in files]
    (folder / _CHECKSUMS).write_text("".join(lines), encoding="utf-8")


def _bert_configuration(weights: BertWeights, padding: int) -> dict[str, Any]:
    return {
        "architectures": ["BertModel"],
        "attention_probs_dropout_prob": 0.0,
        "dtype": "float32",
        "hidden_act": "gelu",
        "hidden_dropout_prob": 0.0,
        "hidden_size": weights.words.shape[1],
        "intermediate_size": weights.layers[0].intermediate[0].shape[0],
        "layer_norm_eps": weights.epsilon,
        "max_position_embeddings": weights.positions.shape[0],
        "model_type": "bert",
        "num_attention_heads": weights.heads,
        "num_hidden_layers": len(weights.layers),
        "pad_token_id": padding,
        "type_vocab_size": weights.types.shape[0],
        "vocab_size": weights.words.shape[0],
    }


def _tensors(weights: BertWeights) -> dict[str, npt.NDArray[np.float32]]:
    tensors = {
        "embeddings.word_embeddings.weight": weights.words,
        "embeddings.position_embeddings.weight": weights.positions,
        "embeddings.token_type_embeddings.weight": weights.types,
    }

    def add(name: str, pair: tuple[npt.NDArray[np.float32], npt.NDArray[np.float32]]) -> None:
        tensors[f"{name}.weight"], tensors[f"{name}.bias"] = pair

    add("embeddings.LayerNorm", weights.norm)
    for number, layer in enumerate(weights.layers):
        start = f"encoder.layer.{number}"
        add(f"{start}.attention.self.query", layer.query)
        add(f"{start}.attention.self.key", layer.key)
        add(f"{start}.attention.self.value", layer.value)
        add(f"{start}.attention.output.dense", layer.attention_output)
        add(f"{start}.attention.output.LayerNorm", layer.attention_norm)
        add(f"{start}.intermediate.dense", layer.intermediate)
        add(f"{start}.output.dense", layer.output)
        add(f"{start}.output.LayerNorm", layer.output_norm)
    return tensors


def _write_json(path: Path, value: object) -> None:
    path.write_text(json.dumps(value, indent=2) + "\n", encoding="utf-8")
