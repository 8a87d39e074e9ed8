"""Means of rows: the same to the bit as NumPy's way, and arrays that do not fit together are errors."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

from arsearch import kernel
from arsearch.semantic.static_encoder import _means


@pytest.mark.parametrize("kind", [np.int8, np.float32])
def test_the_kernel_and_numpy_give_the_same_bits(kind: type[Any], monkeypatch: pytest.MonkeyPatch) -> None:
    random = np.random.default_rng(5)
    table = (random.normal(size=(500, 256)) * 50).astype(kind)
    scales = random.normal(size=500).astype(np.float32)
    offsets = np.cumsum([0, 0, 1, 2, 130, 999, 0]).astype(np.int64)
    ids = random.integers(0, 500, offsets[-1]).astype(np.int32)
    compiled = _means(table, scales, ids, offsets)
    monkeypatch.setattr(kernel, "native", None)
    assert (compiled == _means(table, scales, ids, offsets)).all()
    assert not compiled[[0, -1]].any()
    np.testing.assert_allclose(compiled[1], scales[ids[0]] * table[ids[0]].astype(np.float32))


@pytest.mark.parametrize(
    "changes",
    [
        {"table": np.zeros(5, np.int8)},
        {"table": np.zeros(0, np.int8)},
        {"scales": np.zeros(0, np.float32)},
        {"ids": np.array([0, 2], np.int32)},
        {"ids": np.array([0, -1], np.int32)},
        {"offsets": np.array([0, 3], np.int64)},
        {"offsets": np.array([2, 0], np.int64)},
        {"offsets": np.array([-1, 0], np.int64)},
        {"offsets": np.zeros(0, np.int64)},
        {"means": np.zeros(2, np.float32)},
    ],
    ids=str,
)
def test_arrays_that_do_not_fit_are_errors(changes: dict[str, Any]) -> None:
    assert kernel.native is not None
    fitting = {
        "table": np.zeros(6, np.int8),
        "scales": np.ones(2, np.float32),
        "ids": np.array([0, 1], np.int32),
        "offsets": np.array([0, 2], np.int64),
        "means": np.zeros(3, np.float32),
    }
    kernel.native.mean_rows(*fitting.values())
    with pytest.raises(ValueError, match="do not fit together"):
        kernel.native.mean_rows(*(fitting | changes).values())
    with pytest.raises(TypeError, match="table must have"):
        kernel.native.mean_rows(*(fitting | {"table": np.zeros(6, np.float16)}).values())
