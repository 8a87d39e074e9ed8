"""The forward view of columns; damaged ones are errors."""

from __future__ import annotations

from contextlib import suppress
from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from arsearch import kernel
from arsearch.lexical.segment.packing.bits import padded
from arsearch.lexical.segment.packing.words import pack_words

CODE = np.array([0, 1, 2, 3], np.uint8)


def columns() -> dict[str, Any]:
    """Three documents of words a, b and c; the stems d and e."""
    packed, ends = pack_words(np.array([0, 1, 2, 0, 2], np.int32), np.array([0, 2, 2, 5]), CODE)
    return {
        "token_offsets": np.array([0, 2, 2, 5]),
        "text_offsets": np.append(0, ends),
        "text_bytes": padded(packed),
        "text_widths": CODE.copy(),
        "word_exacts": np.array([0, 1, 2], np.int32),
        "word_stems": np.array([3, -1, 4], np.int32),
        "term_bytes": np.frombuffer(b"a\nb\nc\nd\ne\n", np.uint8).copy(),
        "term_offsets": np.arange(0, 11, 2),
    }


def opened(columns: dict[str, Any], bounds: tuple[int, ...] = (0, 3, 3, 5)) -> Any:
    assert kernel.native is not None
    return kernel.native.Forward(*columns.values(), *bounds)


def view(forward: Any, documents: list[int], wanted: list[int], stems: tuple[int, ...]) -> list[Any]:
    found = forward.view(np.array(documents, np.int64), np.array(wanted, np.int32), stems, 100)
    return [bytes(found[0]), *(np.frombuffer(column, np.int64).tolist() for column in found[1:])]


def test_what_is_in_columns() -> None:
    forward = opened(columns())
    expected = [b"a\nc\n", [-1, 1], [0, 1, 0, 1], [0, 1, 1, 1], [0, 0, 1, 2], [2, 3]]
    for _ in range(2):
        assert view(forward, [0, 2], [0], (-1, 4)) == expected
        assert view(forward, [0, 2], [0], (-(2**63), 4, 2**63 - 1)) == expected, "no segment has such stems"
    assert view(forward, [], [], ()) == [b"", [], [], [], [], []]


@pytest.mark.parametrize(
    ("documents", "wanted", "stems"), [([3], [0], ()), ([-1], [0], ()), ([0], [3], ()), ([0], [-1], ())]
)
def test_questions_that_are_none(documents: list[int], wanted: list[int], stems: tuple[int, ...]) -> None:
    forward = opened(columns())
    with pytest.raises(ValueError, match="is not in the"):
        forward.view(np.array(documents), np.array(wanted, np.int32), stems, 100)
    assert view(forward, [0], [0], ())[0] == b"a\n"


@pytest.mark.parametrize(
    "bounds",
    [
        (-1, 3, 3, 5),
        (0, 9, 3, 5),
        (2, 1, 3, 5),
        (0, 3, 3, 9),
        (0, 3, 4, 3),
        (0, 2, 3, 5),
        (0, 3, 3, 4),
        (-(2**63), 2**63 - 1, 3, 5),
        (0, 3, 2**63 - 1, -(2**63)),
    ],
)
def test_bounds_that_are_none(bounds: tuple[int, ...]) -> None:
    with pytest.raises(ValueError, match="damaged"):
        opened(columns(), bounds)


@given(data=st.data())
def test_damaged_columns_are_errors_or_other_views_but_never_the_end(data: st.DataObject) -> None:
    damaged = columns()
    for _ in range(data.draw(st.integers(1, 3))):
        name = data.draw(st.sampled_from(sorted(damaged)))
        place = data.draw(st.integers(0, len(damaged[name]) - 1))
        least, most = np.iinfo(damaged[name].dtype).min, np.iinfo(damaged[name].dtype).max
        damaged[name][place] = data.draw(st.one_of(st.integers(max(least, -3), 20), st.integers(int(least), int(most))))
    try:
        forward = opened(damaged)
    except ValueError:
        return
    for documents in ([0, 1, 2], [2]):
        with suppress(ValueError):
            forward.view(np.array(documents), np.array([0, 1, 2], np.int32), (3, 4), 100)


@pytest.mark.parametrize("name", sorted(columns()))
def test_columns_of_another_type(name: str) -> None:
    with pytest.raises(TypeError, match=name):
        opened(columns() | {name: columns()[name].astype(np.float32)})


@pytest.mark.parametrize("name", sorted(columns()))
def test_columns_that_are_empty(name: str) -> None:
    with pytest.raises(ValueError, match=r"damaged|is not in"):
        view(opened(columns() | {name: columns()[name][:0]}), [0, 1, 2], [0, 1, 2], (3,))
