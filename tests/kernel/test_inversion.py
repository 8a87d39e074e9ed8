"""Grouping the tokens of documents by their terms: arrays that do not fit together are errors, not crashes."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

from arsearch import kernel


def arrays(**changes: Any) -> tuple[Any, ...]:
    fitting = {
        "terms": np.array([1, 0, 1], dtype=np.int32),
        "offsets": np.array([0, 2, 3], dtype=np.int64),
        "positions": np.array([0, 1, 0], dtype=np.uint8),
        "ends": np.zeros(3, dtype=np.int64),
        "owners": np.zeros(3, dtype=np.int32),
        "grouped": np.zeros(3, dtype=np.uint8),
    }
    return tuple((fitting | changes).values())


@pytest.mark.parametrize("kind", [np.uint8, np.uint16, np.uint32, np.uint64])
def test_positions_of_any_size_are_grouped(kind: type[Any]) -> None:
    assert kernel.native is not None
    given = arrays(positions=np.array([0, 1, 0], dtype=kind), grouped=np.zeros(3, dtype=kind))
    kernel.native.group_by_term(*given)
    assert [array.tolist() for array in given[3:]] == [[0, 1, 3], [0, 0, 1], [1, 0, 0]]


@pytest.mark.parametrize(
    "changes",
    [
        {"terms": np.array([1, 2, 1], dtype=np.int32)},
        {"terms": np.array([1, -1, 1], dtype=np.int32)},
        {"terms": np.array([1, 0], dtype=np.int32)},
        {"offsets": np.array([0, 2, 4], dtype=np.int64)},
        {"offsets": np.array([1, 2, 3], dtype=np.int64)},
        {"offsets": np.array([0, 9, 3], dtype=np.int64)},
        {"offsets": np.array([0, -9, 3], dtype=np.int64)},
        {"offsets": np.zeros(0, dtype=np.int64)},
        {"positions": np.zeros(2, dtype=np.uint8)},
        {"owners": np.zeros(2, dtype=np.int32)},
        {"grouped": np.zeros(2, dtype=np.uint8)},
        {"ends": np.zeros(0, dtype=np.int64)},
    ],
    ids=str,
)
def test_arrays_that_do_not_fit_are_errors(changes: dict[str, Any]) -> None:
    assert kernel.native is not None
    with pytest.raises(ValueError, match=r"fit together|before it begins|that there is not"):
        kernel.native.group_by_term(*arrays(**changes))


def test_positions_and_their_room_are_of_one_type() -> None:
    assert kernel.native is not None
    with pytest.raises(TypeError):
        kernel.native.group_by_term(*arrays(grouped=np.zeros(3, dtype=np.uint16)))
    with pytest.raises(TypeError):
        kernel.native.group_by_term(*arrays(positions=np.zeros(3), grouped=np.zeros(3)))
