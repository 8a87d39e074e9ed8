"""Writing BERT as an ONNX graph, in float32 or with int8 weights, pooled and normalised.

The graph is written node by node rather than traced: it needs no torch, is the same bytes every time, and uses the
fused operators of ONNX Runtime (domain ``com.microsoft``) from the start. With int8 the weights of a matrix have one
scale an output, activations one scale a call ("dynamic" quantisation), rows of the vocabulary one scale each.
"""

from __future__ import annotations

from typing import Any

import numpy as np
import numpy.typing as npt
import onnx
from onnx import TensorProto, helper, numpy_helper

from training.transformer.source import BertWeights, Floats, Layer

__all__ = ["bert_graph", "quantize_rows"]

_MICROSOFT = "com.microsoft"
_OPSET = 17
_IR = 8
_WEIGHT_MAX = 64
"""Of 127: two products of an 8-bit activation and a 7-bit weight fit the 16-bit sums of processors with AVX2 only."""


def quantize_rows(rows: Floats, largest: int = 127) -> tuple[npt.NDArray[np.int8], Floats]:
    """Return int8 of the shape of *rows*, and the float32 scales (rows,) that give them back."""
    scales = np.abs(rows).max(axis=1) / largest
    scales = np.where(scales > 0, scales, 1).astype(np.float32)
    return np.rint(rows / scales[:, None]).astype(np.int8), scales


def bert_graph(
    weights: BertWeights, *, int8: bool, token_embeddings: bool = False, weight_max: int = _WEIGHT_MAX
) -> onnx.ModelProto:
    """Return a model from ``input_ids`` and ``attention_mask``, int64 (texts, tokens), to ``sentence_embedding``.

    The output is float32 (texts, hidden), the mean of the vectors of the tokens, scaled to length 1; with
    *token_embeddings* those vectors are a second output, (texts, tokens, hidden).
    """
    return _Graph(weights, int8=int8, weight_max=weight_max).build(token_embeddings=token_embeddings)


class _Graph:
    def __init__(self, weights: BertWeights, *, int8: bool, weight_max: int) -> None:
        self._weights = weights
        self._int8 = int8
        self._weight_max = weight_max
        self._nodes: list[onnx.NodeProto] = []
        self._constants: list[onnx.TensorProto] = []

    def build(self, *, token_embeddings: bool) -> onnx.ModelProto:
        hidden = self._embed()
        self._node("Cast", ["attention_mask"], "mask", to=TensorProto.INT32)
        for number, layer in enumerate(self._weights.layers):
            hidden = self._layer(hidden, layer, f"layer{number}")
        self._node("Identity", [hidden], "token_embeddings")
        self._pool("token_embeddings")
        width = self._weights.words.shape[1]
        outputs = [helper.make_tensor_value_info("sentence_embedding", TensorProto.FLOAT, ["texts", width])]
        if token_embeddings:
            outputs.append(
                helper.make_tensor_value_info("token_embeddings", TensorProto.FLOAT, ["texts", "tokens", width])
            )
        graph = helper.make_graph(
            self._nodes,
            "bert",
            [
                helper.make_tensor_value_info(name, TensorProto.INT64, ["texts", "tokens"])
                for name in ("input_ids", "attention_mask")
            ],
            outputs,
            self._constants,
        )
        opsets = [helper.make_opsetid("", _OPSET), helper.make_opsetid(_MICROSOFT, 1)]
        return helper.make_model(graph, opset_imports=opsets, ir_version=_IR, producer_name="arsearch")

    def _embed(self) -> str:
        weights = self._weights
        if self._int8:
            rows, scales = quantize_rows(weights.words)
            self._node("Gather", [self._constant("words", rows), "input_ids"], "rows8")
            self._node("Gather", [self._constant("word_scales", scales[:, None]), "input_ids"], "row_scales")
            self._node("Cast", ["rows8"], "rows", to=TensorProto.FLOAT)
            self._node("Mul", ["rows", "row_scales"], "word_vectors")
        else:
            self._node("Gather", [self._constant("words", weights.words), "input_ids"], "word_vectors")
        # Every token is of type 0.
        positions = self._constant("positions", weights.positions + weights.types[0])
        self._node("Shape", ["input_ids"], "count", start=1, end=2)
        zero = self._constant("zero", np.zeros(1, np.int64))
        self._node("Slice", [positions, zero, "count"], "position_vectors")
        self._node("Add", ["word_vectors", "position_vectors"], "embeddings")
        gamma, beta = (self._constant(f"embedding_norm{i}", part) for i, part in enumerate(weights.norm))
        self._node("LayerNormalization", ["embeddings", gamma, beta], "hidden", epsilon=weights.epsilon, axis=-1)
        return "hidden"

    def _layer(self, hidden: str, layer: Layer, name: str) -> str:
        packed = np.concatenate([layer.query[0], layer.key[0], layer.value[0]])
        bias = self._constant(f"{name}.qkv_bias", np.concatenate([layer.query[1], layer.key[1], layer.value[1]]))
        heads = self._weights.heads
        if self._int8:
            parts = [f"{name}.{part}" for part in ("in8", "in_scale", "in_zero")]
            self._node("DynamicQuantizeLinear", [hidden], *parts)
            matrix, scales, zero = self._matrix8(f"{name}.qkv", packed)
            inputs = [parts[0], matrix, bias, parts[1], scales, "mask", parts[2], zero]
            self._node("QAttention", inputs, f"{name}.context", domain=_MICROSOFT, num_heads=heads)
        else:
            inputs = [hidden, self._constant(f"{name}.qkv", packed.T.copy()), bias, "mask"]
            self._node("Attention", inputs, f"{name}.context", domain=_MICROSOFT, num_heads=heads)
        attended = self._linear(f"{name}.context", layer.attention_output[0], f"{name}.attention_output")
        middle = self._add_and_norm(attended, hidden, layer.attention_output[1], layer.attention_norm, f"{name}.middle")
        inner = self._linear(middle, layer.intermediate[0], f"{name}.intermediate")
        bias = self._constant(f"{name}.intermediate_bias", layer.intermediate[1])
        self._node("BiasGelu", [inner, bias], f"{name}.activated", domain=_MICROSOFT)
        out = self._linear(f"{name}.activated", layer.output[0], f"{name}.output")
        return self._add_and_norm(out, middle, layer.output[1], layer.output_norm, f"{name}.hidden")

    def _linear(self, value: str, matrix: Floats, name: str) -> str:
        if self._int8:
            inputs = [value, *self._matrix8(f"{name}.weight", matrix)]
            return self._node("DynamicQuantizeMatMul", inputs, f"{name}.product", domain=_MICROSOFT)
        return self._node("MatMul", [value, self._constant(f"{name}.weight", matrix.T.copy())], f"{name}.product")

    def _matrix8(self, name: str, matrix: Floats) -> tuple[str, str, str]:
        rows, scales = quantize_rows(matrix, self._weight_max)
        return (
            self._constant(name, rows.T.copy()),
            self._constant(f"{name}_scale", scales),
            self._constant(f"{name}_zero", np.zeros(len(scales), np.int8)),
        )

    def _add_and_norm(self, value: str, skip: str, bias: Floats, norm: tuple[Floats, Floats], name: str) -> str:
        gamma, beta, added = (self._constant(f"{name}{i}", part) for i, part in enumerate((*norm, bias)))
        inputs = [value, skip, gamma, beta, added]
        epsilon = self._weights.epsilon
        return self._node("SkipLayerNormalization", inputs, name, domain=_MICROSOFT, epsilon=epsilon)

    def _pool(self, hidden: str) -> None:
        self._node("Cast", ["attention_mask"], "weights", to=TensorProto.FLOAT)
        middle = self._constant("middle", np.array([1], np.int64))
        self._node("Unsqueeze", ["weights", middle], "row_of_weights")
        self._node("MatMul", ["row_of_weights", hidden], "sums")
        self._node("Squeeze", ["sums", middle], "sum")
        # The length of the sum cancels out: a mean needs no division before it is scaled to length 1.
        self._node("LpNormalization", ["sum"], "sentence_embedding", axis=-1, p=2)

    def _node(self, kind: str, inputs: list[str], *outputs: str, domain: str = "", **attributes: Any) -> str:
        name = outputs[0]
        self._nodes.append(helper.make_node(kind, inputs, list(outputs), name=name, domain=domain, **attributes))
        return name

    def _constant(self, name: str, values: npt.NDArray[Any]) -> str:
        self._constants.append(numpy_helper.from_array(np.ascontiguousarray(values), name))
        return name
