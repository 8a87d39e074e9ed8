"""Writing a transformer as a directory of sentence-transformers, with the network as ONNX beside the weights."""

from __future__ import annotations

import hashlib
import json
from pathlib import Path
from typing import Any

import ml_dtypes
import numpy as np
import numpy.typing as npt
from safetensors.numpy import save
from tokenizers import Tokenizer

from training.transformer.folded import write_folded
from training.transformer.graph import Place, bert_graph
from training.transformer.source import BertWeights
from training.transformer.texts import PROMPTS

__all__ = ["export", "write_checksums"]

_TYPE = "sentence_transformers.models."
_LINEAR = "torch.nn.modules.linear.Identity"
_CHECKSUMS = "SHA256SUMS"
_NOT_MADE = (_CHECKSUMS, "README.md", "LICENSE")


def export(
    weights: BertWeights,
    tokenizer: Tokenizer,
    special: dict[str, str],
    folder: Path,
    *,
    longest: int,
    int8: bool = True,
) -> None:
    """Write the model to *folder*, which may exist; its README.md, the model card, is left as it is.

    *special* are the pieces called ``pad_token``, ``unk_token``, ``cls_token`` and ``sep_token``. Texts are cut to
    *longest* tokens. The matrices are float8 in ``model.safetensors``, which transformers computes with in float32 and
    ``model.onnx`` in int8, unless *int8* is false.
    """
    kinds = ["Transformer", "Pooling", *(["Dense"] if weights.readout else []), "Normalize"]
    places = ["", *(f"{number}_{kind}" for number, kind in enumerate(kinds) if number)]
    for place in places:
        (folder / place).mkdir(parents=True, exist_ok=True)
    _write_json(
        folder / "modules.json",
        [
            {"idx": number, "name": str(number), "path": place, "type": f"{_TYPE}{kind}"}
            for number, (kind, place) in enumerate(zip(kinds, places, strict=True))
        ],
    )
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
    _write_json(folder / places[-1] / "config.json", {})
    if weights.readout:
        matrix, bias = weights.readout
        dense = {"in_features": width, "out_features": len(bias), "bias": True, "activation_function": _LINEAR}
        _write_json(folder / "2_Dense" / "config.json", dense)
        (folder / "2_Dense" / "model.safetensors").write_bytes(save({"linear.weight": matrix, "linear.bias": bias}))
    _write_json(folder / "config.json", _bert_configuration(weights, tokenizer.get_vocab()[special["pad_token"]]))
    _write_json(
        folder / "tokenizer_config.json",
        {"model_max_length": longest, "tokenizer_class": "PreTrainedTokenizerFast", **special},
    )
    (folder / "tokenizer.json").write_text(tokenizer.to_str(pretty=False), encoding="utf-8")
    matrices = _write_weights(weights, folder / "model.safetensors")
    # Beside the weights, because an ONNX file may only name files in its own folder or below.
    (folder / "model.onnx").write_bytes(bert_graph(weights, matrices, int8=int8).SerializeToString(deterministic=True))
    if int8:
        write_folded(folder)
    write_checksums(folder)


def write_checksums(folder: Path) -> None:
    """Write SHA256SUMS in *folder*, of every file that is made, as ``sha256sum --check`` reads it."""
    files = sorted(path for path in folder.rglob("*") if path.is_file() and path.name not in _NOT_MADE)
    lines = [
        f"{hashlib.sha256(path.read_bytes()).hexdigest()}  {path.relative_to(folder).as_posix()}\n" for path in files
    ]
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


def _write_weights(weights: BertWeights, path: Path) -> dict[str, Place]:
    """Write *weights* as a safetensors file, matrices first and in float8, and return the places of those."""
    tensors: list[tuple[str, str, npt.NDArray[Any]]] = [
        (name, "F8_E4M3", matrix.astype(ml_dtypes.float8_e4m3fn)) for name, matrix in weights.matrices().items()
    ]
    tensors += [(name, "F32", tensor.astype(np.float32)) for name, tensor in weights.others().items()]
    header: dict[str, Any] = {"__metadata__": {"format": "pt"}}
    at = 0
    for name, kind, tensor in tensors:
        header[name] = {"dtype": kind, "shape": list(tensor.shape), "data_offsets": [at, at + tensor.nbytes]}
        at += tensor.nbytes
    text = json.dumps(header).encode()
    text += b" " * (-len(text) % 8)
    with path.open("wb") as file:
        file.write(len(text).to_bytes(8, "little") + text)
        for _, _, tensor in tensors:
            file.write(np.ascontiguousarray(tensor).tobytes())
    start = 8 + len(text)
    return {
        name: Place(path.name, start + header[name]["data_offsets"][0], *tensor.shape)
        for name, _, tensor in tensors[: len(weights.matrices())]
    }


def _write_json(path: Path, value: object) -> None:
    path.write_text(json.dumps(value, indent=2) + "\n", encoding="utf-8")
