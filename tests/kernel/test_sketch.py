"""Minima of hash functions: the same as NumPy's way, and arrays that do not fit together are errors."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

from arsearch import kernel
from arsearch.common.minima import minima
from arsearch.corpus.cleaning.near_duplicates import _FACTORS, _SUMMANDS


def test_the_kernel_and_numpy_find_the_same_minima(monkeypatch: pytest.MonkeyPatch) -> None:
    random = np.random.default_rng(3)
    offsets = np.cumsum([0, 0, 1, 2, 700, 0, 30, 0])
    hashes = random.integers(0, 1 << 64, offsets[-1], dtype=np.uint64)
    compiled = minima(hashes, offsets, _FACTORS, _SUMMANDS)
    assert compiled.shape == (7, 60)
    one = hashes[0] * _FACTORS + _SUMMANDS
    assert compiled[1].tolist() == one.tolist()
    assert set(compiled[[0, 4, 6]].ravel().tolist()) == {(1 << 64) - 1}
    monkeypatch.setattr(kernel, "native", None)
    assert minima(hashes, offsets, _FACTORS, _SUMMANDS).tolist() == compiled.tolist()
    nothing = np.empty(0, np.uint64)
    assert len(minima(nothing, np.zeros(1, np.int64), _FACTORS, _SUMMANDS)) == 0


@pytest.mark.parametrize(
    "changes",
    [
        {"offsets": np.array([0, 3], np.int64)},
        {"offsets": np.array([1, 0], np.int64)},
        {"offsets": np.array([-1, 0], np.int64)},
        {"offsets": np.zeros(0, np.int64)},
        {"factors": np.zeros(2, np.uint64)},
        {"summands": np.zeros(0, np.uint64)},
        {"minima": np.zeros(2, np.uint64)},
        {name: np.zeros(257, np.uint64) for name in ("factors", "summands", "minima")},
    ],
    ids=str,
)
def test_arrays_that_do_not_fit_are_errors(changes: dict[str, Any]) -> None:
    assert kernel.native is not None
    fitting = {
        "hashes": np.array([5, 6], np.uint64),
        "offsets": np.array([0, 2], np.int64),
        "factors": np.ones(1, np.uint64),
        "summands": np.ones(1, np.uint64),
        "minima": np.zeros(1, np.uint64),
    }
    kernel.native.minima(*fitting.values())
    assert fitting["minima"].tolist() == [6]
    with pytest.raises(ValueError, match="do not fit together"):
        kernel.native.minima(*(fitting | changes).values())
    with pytest.raises(TypeError, match="hashes must have"):
        kernel.native.minima(*(fitting | {"hashes": np.zeros(2, np.float64)}).values())
