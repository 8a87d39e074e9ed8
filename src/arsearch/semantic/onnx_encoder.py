"""Transformer encoders without torch: a tokenizer, and a network that ONNX Runtime runs.

Reads the directory of a sentence-transformers model that has its network as ONNX too, in ``model.onnx`` or
``onnx/model.onnx``, and gives the vectors of ``SentenceTransformer(path).encode``: the same to 1e-4 where the
network is in float32, with a cosine above 0.99 where its weights are in int8 (a test holds both). The network takes
``input_ids`` and ``attention_mask`` and returns ``sentence_embedding``, or the vectors of the tokens, which are pooled
here as ``1_Pooling/config.json`` says.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
import numpy.typing as npt

from arsearch.common.array_types import Vectors
from arsearch.common.memory import give_memory_back
from arsearch.common.processors import processors
from arsearch.errors import EncoderError

if TYPE_CHECKING:
    import onnxruntime
    import tokenizers

__all__ = ["INT8_NETWORK", "INT8_PLAN", "OnnxEncoder", "quantized"]

INT8_NETWORK = "model.int8.onnx"
"""The network of ``model.onnx`` without what makes int8 of its weights: that is done here, a matrix at a time, in a
sixth of the time and a fifth of the memory that ONNX Runtime takes for it."""
INT8_PLAN = "model.int8.json"
"""Which matrices of ``model.safetensors`` each of its weights is made of, and the largest whole number they become."""

_FILES = ("model.onnx", "onnx/model.onnx", "onnx/model_quantized.onnx")
_LONGEST = 512
_HEADER_BYTES = 8
_POOLED = "sentence_embedding"
_INPUTS = ("input_ids", "attention_mask", "token_type_ids")
_PASSAGE_PROMPT_NAMES = ("passage", "document", "corpus")


class OnnxEncoder:
    """An encoder that runs a network with ONNX Runtime. Safe to use from several threads.

    Each text goes through the network alone, several side by side: what a passage of a hundred words needs fits in a
    core's cache, there is no padding, threads do not wait for each other, and in int8, whose scale is that of all
    numbers of a run, a text has the same vector whatever is embedded with it. That is a sixth less processor time than
    batches of 4,096 tokens.
    """

    def __init__(self, path: Path, *, name: str, threads: int = 0) -> None:
        """Open the model in *path*, to embed so many texts at once; 0 for one on each core.

        Raises EncoderError if files are missing or unreadable.
        """
        self.name = name
        try:
            network = _network_path(path)
            if network is None:
                raise EncoderError(f"The model in {path} has no ONNX file. Load it through sentence-transformers.")
            self._session = _session(network)
            self._tokenizer = _tokenizer(path)
            self._query_prompt, self._passage_prompt = _prompts(path)
            self._mean = _pools_by_mean(path)
            self.fingerprint = _fingerprint(path, network)
        except (OSError, ValueError, KeyError) as error:
            raise EncoderError(
                f"The encoder in {path} cannot be read: {error}. Install arsearch again, or name a model with --model."
            ) from error
        self._threads = threads or processors()
        self._inputs = {each.name for each in self._session.get_inputs()}
        outputs = {each.name: each.shape for each in self._session.get_outputs()}
        self._output = _POOLED if _POOLED in outputs else next(iter(outputs))
        self._width = outputs[self._output][-1]
        if self._inputs - set(_INPUTS) or not isinstance(self._width, int):
            raise EncoderError(
                f"The network {network} is not one of an encoder: it takes {', '.join(sorted(self._inputs))}. "
                "Export it with sentence-transformers' backend='onnx'."
            )

    @staticmethod
    def can_read(path: Path) -> bool:
        """Whether *path* holds a model with an ONNX file beside it."""
        return _network_path(path) is not None and (path / "tokenizer.json").is_file()

    @property
    def dimension(self) -> int:
        """Length of a vector."""
        return int(self._width)

    def count_tokens(self, text: str) -> int:
        """Return how many tokens the model's tokenizer makes of *text*, beyond those the network reads too."""
        encoding = self._tokenizer.encode(text, add_special_tokens=False)
        return len(encoding.ids) + sum(len(rest.ids) for rest in encoding.overflowing)

    def encode_queries(self, texts: Sequence[str]) -> Vectors:
        """Return float32 of shape (len(texts), dimension)."""
        return self._encode(texts, self._query_prompt)

    def encode_passages(self, texts: Sequence[str]) -> Vectors:
        """Return float32 of shape (len(texts), dimension)."""
        return self._encode(texts, self._passage_prompt)

    def _encode(self, texts: Sequence[str], prompt: str) -> Vectors:
        vectors = np.zeros((len(texts), self.dimension), dtype=np.float32)
        nothing, *encoded = (
            each.ids for each in self._tokenizer.encode_batch_fast([prompt, *map(prompt.__add__, texts)])
        )
        # A text of which no token is left has nothing to say: a prompt alone would be near to everything.
        places = [place for place, ids in enumerate(encoded) if len(ids) > len(nothing)]

        def embed(place: int) -> None:
            vectors[place] = self._run(encoded[place])

        if min(self._threads, len(places)) <= 1:
            for place in places:
                embed(place)
            return vectors
        with ThreadPoolExecutor(self._threads) as pool:
            list(pool.map(embed, places))
        return vectors

    def _run(self, tokens: list[int]) -> Vectors:
        """Return the vector of a text, float32 of shape (dimension,)."""
        ids = np.array([tokens], dtype=np.int64)
        given = {"input_ids": ids, "attention_mask": np.ones_like(ids), "token_type_ids": np.zeros_like(ids)}
        (found,) = self._session.run([self._output], {name: given[name] for name in self._inputs})
        vector = found[0]
        if self._output != _POOLED:
            vector = vector.mean(axis=0) if self._mean else vector[0]
        return np.asarray(vector / max(np.linalg.norm(vector), np.finfo(np.float32).tiny), dtype=np.float32)


def _network_path(path: Path) -> Path | None:
    return next((path / name for name in _FILES if (path / name).is_file()), None)


def _session(network: Path) -> onnxruntime.InferenceSession:
    import onnxruntime

    options = onnxruntime.SessionOptions()
    options.intra_op_num_threads = 1  # texts run side by side
    options.log_severity_level = 3
    # Else the memory of the longest text is kept for good.
    options.enable_cpu_mem_arena = False
    # The level above changes the layout of images, of which there are none, and makes opening half as slow again.
    options.graph_optimization_level = onnxruntime.GraphOptimizationLevel.ORT_ENABLE_EXTENDED
    weights = _int8_weights(network.parent)
    if weights:
        network = network.with_name(INT8_NETWORK)
        values = [onnxruntime.OrtValue.ortvalue_from_numpy(matrix) for matrix in weights.values()]
        options.add_external_initializers(list(weights), values)
    try:
        session = onnxruntime.InferenceSession(network, options, providers=["CPUExecutionProvider"])
    except Exception as error:  # the library has no common class for what a file can do wrong
        raise ValueError(f"{network.name}: {error}") from error
    # What was needed to fold constants is free now: of a network that is not folded beforehand ten times its size.
    give_memory_back()
    return session


def _int8_weights(folder: Path) -> dict[str, npt.NDArray[np.int8]]:
    """Return the weights of the network INT8_NETWORK by name; none where *folder* does not have it.

    Raises OSError, ValueError or KeyError if something is missing or unreadable.
    """
    if not (folder / INT8_NETWORK).is_file() or not (folder / INT8_PLAN).is_file():
        return {}
    plan = _configuration(folder, INT8_PLAN)
    stored = np.memmap(folder / "model.safetensors", np.uint8, "r")
    start = _HEADER_BYTES + int.from_bytes(stored[:_HEADER_BYTES].tobytes(), "little")
    header = json.loads(stored[_HEADER_BYTES:start].tobytes())
    weights = {}
    for name, parts in plan["matrices"].items():
        places = [(start + header[part]["data_offsets"][0], *header[part]["shape"]) for part in parts]
        weights[name] = quantized(stored, places, plan["largest"])[0]
    return weights


def quantized(
    stored: npt.NDArray[np.uint8], places: Sequence[tuple[int, int, int]], largest: int
) -> tuple[npt.NDArray[np.int8], npt.NDArray[np.float32]]:
    """Return float8 matrices (out, in), one below the other, as whole numbers int8 (in, out) and their scales (out,).

    *places* say where each begins in *stored*, and its rows and columns. The largest weight of each row becomes
    *largest*.
    """
    codes = [stored[start : start + rows * columns].reshape(rows, columns) for start, rows, columns in places]
    numbers = np.take(_float8(), np.concatenate(codes))
    scales = np.abs(numbers).max(axis=1, keepdims=True) / np.float32(largest)
    np.rint(np.divide(numbers, scales, out=numbers), out=numbers)
    return np.ascontiguousarray(numbers.astype(np.int8).T), scales[:, 0]


@cache
def _float8() -> npt.NDArray[np.float32]:
    """Return what each byte is as a float8 number of the kind e4m3: float32 (256,)."""
    codes = np.arange(256)
    exponents, fractions = (codes >> 3) & 15, (codes & 7) / 8
    numbers = np.where(exponents, (1 + fractions) * 2.0 ** (exponents - 7), fractions * 2.0**-6)
    numbers[(codes & 127) == 127] = np.nan
    return np.where(codes < 128, numbers, -numbers).astype(np.float32)


def _tokenizer(path: Path) -> tokenizers.Tokenizer:
    from tokenizers import Tokenizer

    try:
        tokenizer = Tokenizer.from_file(str(path / "tokenizer.json"))
    except Exception as error:  # the library raises bare Exception for a file it cannot parse
        raise ValueError(f"tokenizer.json: {error}") from error
    tokenizer.no_padding()
    tokenizer.enable_truncation(
        int(_configuration(path, "sentence_bert_config.json").get("max_seq_length") or _LONGEST)
    )
    return tokenizer


def _prompts(path: Path) -> tuple[str, str]:
    """Return the prompts for queries and for passages."""
    configured: dict[str, str | None] = _configuration(path, "config_sentence_transformers.json").get("prompts") or {}
    passage = next((text for key in _PASSAGE_PROMPT_NAMES if (text := configured.get(key))), "")
    return configured.get("query") or "", passage


def _pools_by_mean(path: Path) -> bool:
    pooling = _configuration(path, "1_Pooling/config.json")
    mode = pooling.get("pooling_mode", "cls" if pooling.get("pooling_mode_cls_token") else "mean")
    if mode not in ("mean", "cls"):
        raise ValueError(f"pooling by {mode} is not known here")
    return bool(mode == "mean")


def _configuration(path: Path, name: str) -> dict[str, Any]:
    file = path / name
    if not file.is_file():
        return {}
    configuration = json.loads(file.read_text(encoding="utf-8"))
    if not isinstance(configuration, dict):
        raise ValueError(f"{name} is not an object")
    return configuration


def _fingerprint(path: Path, network: Path) -> str:
    digest = hashlib.sha256()
    weights = path / "model.safetensors"  # the network may have its weights there
    for file in (path / "tokenizer.json", path / "config_sentence_transformers.json", network, weights):
        if file.is_file():
            digest.update(file.read_bytes())
    return digest.hexdigest()[:16]
