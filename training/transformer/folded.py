"""The network with its weights already in whole numbers: what ONNX Runtime would work out each time it loads.

``model.onnx`` decodes its float8 matrices and makes int8 of them in the graph. ONNX Runtime folds that while it loads,
and holds five float32 copies of all matrices meanwhile. ``model.int8.onnx`` is the same network behind that point. Its
matrices are not in the file: ``model.int8.json`` says what they are made of, and :mod:`arsearch.semantic.onnx_encoder`
makes them one by one, the same to the last bit.
"""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path

import numpy as np
import onnx
from onnx import TensorProto, numpy_helper

from arsearch.semantic.onnx_encoder import INT8_NETWORK, INT8_PLAN, quantized

__all__ = ["write_folded"]

_CODES, _SCALES = ".codes_transposed", ".scales"
_BOUND = ".bound"


def write_folded(folder: Path) -> None:
    """Write ``model.int8.onnx`` and ``model.int8.json`` in *folder*, beside a ``model.onnx`` with weights in int8."""
    model = onnx.load(folder / "model.onnx", load_external_data=False)
    graph = model.graph
    constants = {tensor.name: tensor for tensor in graph.initializer}
    makers = {output: node for node in graph.node for output in node.output}
    stored = np.memmap(folder / "model.safetensors", np.uint8, "r")
    bound = max(map(_bound, graph.initializer))
    folded: dict[str, onnx.TensorProto] = {}
    matrices: dict[str, list[str]] = {}
    for name in (output.removesuffix(_CODES) for output in makers if output.endswith(_CODES)):
        parts = list(dict.fromkeys(_matrices_behind(name + _CODES, makers, constants)))
        places = [_place(constants[part]) for part in parts]
        codes, scales = quantized(stored, places, bound)
        matrices[name + _CODES] = parts
        folded[name + _CODES] = _promised(name + _CODES, codes.shape, constants[parts[0]])
        folded[name + _SCALES] = numpy_helper.from_array(scales, name + _SCALES)
    nodes = _nodes_behind([output.name for output in graph.output], makers, set(folded))
    kept = [node for node in graph.node if node.output[0] in nodes]
    used = {name for node in kept for name in node.input}
    initializers = [constants[name] for name in constants if name in used] + [folded[name] for name in folded]
    del graph.node[:], graph.initializer[:]
    graph.node.extend(kept)
    graph.initializer.extend(initializers)
    (folder / INT8_NETWORK).write_bytes(model.SerializeToString(deterministic=True))
    plan = {"largest": bound, "matrices": matrices}
    (folder / INT8_PLAN).write_text(json.dumps(plan, indent=1) + "\n", encoding="utf-8")


def _bound(tensor: onnx.TensorProto) -> int:
    """Return the largest whole number that weights become, if that is what *tensor* says, else 0."""
    return int(numpy_helper.to_array(tensor).item()) if tensor.name.endswith(_BOUND) else 0


def _matrices_behind(
    name: str, makers: dict[str, onnx.NodeProto], constants: dict[str, onnx.TensorProto]
) -> Iterator[str]:
    """Yield the stored matrices that *name* is computed from, in order."""
    if name in makers:
        for each in makers[name].input:
            yield from _matrices_behind(each, makers, constants)
    elif constants[name].data_location == TensorProto.EXTERNAL:
        yield name


def _nodes_behind(outputs: list[str], makers: dict[str, onnx.NodeProto], known: set[str]) -> set[str]:
    """Return the first outputs of the nodes that *outputs* need, where what is *known* need not be computed."""
    waiting = list(outputs)
    found: set[str] = set()
    while waiting:
        name = waiting.pop()
        if name not in known and name in makers and makers[name].output[0] not in found:
            found.add(makers[name].output[0])
            waiting += makers[name].input
    return found


def _place(tensor: onnx.TensorProto) -> tuple[int, int, int]:
    """Return where an external *tensor* begins, and its rows and columns."""
    offset = next(int(each.value) for each in tensor.external_data if each.key == "offset")
    rows, columns = tensor.dims
    return offset, rows, columns


def _promised(name: str, shape: tuple[int, ...], behind: onnx.TensorProto) -> onnx.TensorProto:
    """Return a tensor that is handed to ONNX Runtime when it loads; its place is that of as many other bytes."""
    tensor = TensorProto(name=name, data_type=TensorProto.INT8, dims=shape)
    tensor.data_location = TensorProto.EXTERNAL
    file = next(each.value for each in behind.external_data if each.key == "location")
    for key, value in (("location", file), ("offset", _place(behind)[0]), ("length", int(np.prod(shape)))):
        tensor.external_data.add(key=key, value=str(value))
    return tensor
