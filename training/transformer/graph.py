"""Writing BERT as an ONNX graph, pooled and normalised, over the weights in ``model.safetensors``.

The graph is written node by node rather than traced: it needs no torch, is the same bytes every time, and uses the
fused operators of ONNX Runtime (domain ``com.microsoft``) from the start.

Matrices are kept once, in float8 (e4m3), where transformers reads them too; the graph names their places in that
file and decodes them with a table of 256 numbers. With int8, ONNX Runtime makes the weights of each output whole
numbers with one scale while it loads the graph, and the activations of each call with one scale ("dynamic"
quantisation).
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, NamedTuple

import ml_dtypes
import numpy as np
import numpy.typing as npt
import onnx
from onnx import TensorProto, helper, numpy_helper

from training.transformer.source import BertWeights, Floats, Layer, Pair

__all__ = ["Place", "bert_graph"]

_MICROSOFT = "com.microsoft"
_OPSET = 17
_IR = 8
_WEIGHT_MAX = 64
"""Of 127: two products of an 8-bit activation and a 7-bit weight fit the 16-bit sums of processors with AVX2 only."""


class Place(NamedTuple):
    """Where the bytes of a matrix stand."""

    file: str
    offset: int
    rows: int
    columns: int


def bert_graph(weights: BertWeights, places: Mapping[str, Place], *, int8: bool = True) -> onnx.ModelProto:
    """Return a model from ``input_ids`` and ``attention_mask``, int64 (texts, tokens), to ``sentence_embedding``.

    That is float32 (texts, hidden), the mean of the vectors of the tokens, scaled to length 1; the second output,
    ``token_embeddings``, is those vectors, (texts, tokens, hidden). The matrices of *weights* are those at *places*,
    which has one for each of ``weights.matrices()``; everything else is copied into the model.
    """
    return _Graph(weights, places, int8=int8).build()


class _Graph:
    def __init__(self, weights: BertWeights, places: Mapping[str, Place], *, int8: bool) -> None:
        self._weights = weights
        self._places = places
        self._int8 = int8
        self._nodes: list[onnx.NodeProto] = []
        self._constants: list[onnx.TensorProto] = []

    def build(self) -> onnx.ModelProto:
        hidden = self._embed()
        self._node("Cast", ["attention_mask"], "mask", to=TensorProto.INT32)
        for number, layer in enumerate(self._weights.layers):
            hidden = self._layer(hidden, layer, f"layer{number}", f"encoder.layer.{number}")
        self._node("Identity", [hidden], "token_embeddings")
        self._pool("token_embeddings")
        width = self._weights.words.shape[1]
        outputs = [
            helper.make_tensor_value_info("sentence_embedding", TensorProto.FLOAT, ["texts", width]),
            helper.make_tensor_value_info("token_embeddings", TensorProto.FLOAT, ["texts", "tokens", width]),
        ]
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
        every = np.arange(256, dtype=np.uint8).view(ml_dtypes.float8_e4m3fn).astype(np.float32)
        self._constant("float8", every)
        rows = self._external("embeddings.word_embeddings.weight")
        self._node("Gather", [rows, "input_ids"], "word_codes")
        self._decode("word_codes", "word_vectors")
        # Every token is of type 0.
        positions = self._constant("positions", weights.positions + weights.types[0])
        self._node("Shape", ["input_ids"], "count", start=1, end=2)
        zero = self._constant("zero", np.zeros(1, np.int64))
        self._node("Slice", [positions, zero, "count"], "position_vectors")
        self._node("Add", ["word_vectors", "position_vectors"], "embeddings")
        gamma, beta = (self._constant(f"embedding_norm{i}", part) for i, part in enumerate(weights.norm))
        self._node("LayerNormalization", ["embeddings", gamma, beta], "hidden", epsilon=weights.epsilon, axis=-1)
        return "hidden"

    def _layer(self, hidden: str, layer: Layer, name: str, stored: str) -> str:
        bias = self._constant(f"{name}.qkv_bias", np.concatenate([layer.query[1], layer.key[1], layer.value[1]]))
        parts = [self._matrix(f"{stored}.attention.self.{part}.weight") for part in ("query", "key", "value")]
        packed = self._node("Concat", parts, f"{name}.qkv", axis=0)
        heads = self._weights.heads
        if self._int8:
            codes = [f"{name}.{part}" for part in ("in8", "in_scale", "in_zero")]
            self._node("DynamicQuantizeLinear", [hidden], *codes)
            matrix, scales, zeros = self._quantized(packed, 3 * self._weights.words.shape[1])
            inputs = [codes[0], matrix, bias, codes[1], scales, "mask", codes[2], zeros]
            self._node("QAttention", inputs, f"{name}.context", domain=_MICROSOFT, num_heads=heads)
        else:
            inputs = [hidden, self._node("Transpose", [packed], f"{packed}_transposed"), bias, "mask"]
            self._node("Attention", inputs, f"{name}.context", domain=_MICROSOFT, num_heads=heads)
        output = f"{stored}.attention.output.dense.weight"
        attended = self._linear(f"{name}.context", output, layer.attention_output[1])
        middle = self._add_and_norm(attended, hidden, layer.attention_norm, f"{name}.middle")
        inner = self._linear(middle, f"{stored}.intermediate.dense.weight")
        bias = self._constant(f"{name}.intermediate_bias", layer.intermediate[1])
        self._node("BiasGelu", [inner, bias], f"{name}.activated", domain=_MICROSOFT)
        out = self._linear(f"{name}.activated", f"{stored}.output.dense.weight", layer.output[1])
        return self._add_and_norm(out, middle, layer.output_norm, f"{name}.hidden")

    def _linear(self, value: str, stored: str, bias: Floats | None = None) -> str:
        matrix = self._matrix(stored)
        product = f"{stored}.product"
        added = [] if bias is None else [self._constant(f"{stored}.bias", bias)]
        if self._int8:
            inputs = [value, *self._quantized(matrix, self._places[stored].rows), *added]
            return self._node("DynamicQuantizeMatMul", inputs, product, domain=_MICROSOFT)
        self._node("MatMul", [value, self._node("Transpose", [matrix], f"{stored}.transposed")], product)
        return self._node("Add", [product, *added], f"{product}_and_bias") if added else product

    def _quantized(self, matrix: str, rows: int) -> tuple[str, str, str]:
        """Return *matrix* (out, in) as int8 (in, out), its scales and its zeros, one an output."""
        largest = self._node("ReduceMax", [self._node("Abs", [matrix], f"{matrix}.abs")], f"{matrix}.max", axes=[1])
        bound = self._constant(f"{matrix}.bound", np.array(_WEIGHT_MAX, np.float32))
        scale = self._node("Div", [largest, bound], f"{matrix}.column")
        whole = self._node("Round", [self._node("Div", [matrix, scale], f"{matrix}.scaled")], f"{matrix}.whole")
        codes = self._node("Cast", [whole], f"{matrix}.codes", to=TensorProto.INT8)
        flat = self._constant(f"{matrix}.flat", np.array([-1], np.int64))
        return (
            self._node("Transpose", [codes], f"{matrix}.codes_transposed"),
            self._node("Reshape", [scale, flat], f"{matrix}.scales"),
            self._constant(f"{matrix}.zeros", np.zeros(rows, np.int8)),
        )

    def _matrix(self, stored: str) -> str:
        return self._decode(self._external(stored), f"{stored}.decoded")

    def _decode(self, codes: str, name: str) -> str:
        numbers = self._node("Cast", [codes], f"{name}.numbers", to=TensorProto.INT32)
        return self._node("Gather", ["float8", numbers], name)

    def _external(self, stored: str) -> str:
        place = self._places[stored]
        tensor = TensorProto(name=stored, data_type=TensorProto.UINT8, dims=[place.rows, place.columns])
        tensor.data_location = TensorProto.EXTERNAL
        length = place.rows * place.columns
        for key, value in (("location", place.file), ("offset", place.offset), ("length", length)):
            tensor.external_data.add(key=key, value=str(value))
        self._constants.append(tensor)
        return stored

    def _add_and_norm(self, value: str, skip: str, norm: Pair, name: str) -> str:
        # ONNX Runtime's SkipLayerNormalization does it in one, at three times the time: it is no vector code.
        total = self._node("Add", [value, skip], f"{name}_sum")
        gamma, beta = (self._constant(f"{name}{i}", part) for i, part in enumerate(norm))
        epsilon = self._weights.epsilon
        return self._node("LayerNormalization", [total, gamma, beta], name, epsilon=epsilon, axis=-1)

    def _pool(self, hidden: str) -> None:
        self._node("Cast", ["attention_mask"], "weights", to=TensorProto.FLOAT)
        middle = self._constant("middle", np.array([1], np.int64))
        self._node("Unsqueeze", ["weights", middle], "row_of_weights")
        self._node("MatMul", ["row_of_weights", hidden], "sums")
        self._node("Squeeze", ["sums", middle], "sum")
        vector = "sum"
        if self._weights.readout is not None:
            matrix, bias = self._weights.readout
            self._node("ReduceSum", ["weights", middle], "count_of_tokens", keepdims=1)
            self._node("Div", ["sum", "count_of_tokens"], "mean")
            self._node(
                "Gemm", ["mean", self._constant("readout", matrix), self._constant("bias", bias)], "read", transB=1
            )
            vector = "read"
        # Without a readout the length of the sum cancels out, and a mean needs no division.
        self._node("LpNormalization", [vector], "sentence_embedding", axis=-1, p=2)

    def _node(self, kind: str, inputs: list[str], *outputs: str, domain: str = "", **attributes: Any) -> str:
        name = outputs[0]
        self._nodes.append(helper.make_node(kind, inputs, list(outputs), name=name, domain=domain, **attributes))
        return name

    def _constant(self, name: str, values: npt.NDArray[Any]) -> str:
        self._constants.append(numpy_helper.from_array(np.ascontiguousarray(values), name))
        return name
