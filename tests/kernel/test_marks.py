"""Words of a query are found in a document by the kernel as by NumPy; what does not fit together is an error."""

from __future__ import annotations

from typing import Any
from unittest import mock

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from arsearch import kernel
from arsearch.lexical.search.highlight import find_words

numbers = st.integers(-1, 5)
# Every word has an folded form; a stop word has no stem.
words = st.lists(st.tuples(st.integers(0, 5), numbers), min_size=1, max_size=8)
asked = st.lists(st.tuples(numbers, numbers), max_size=5)


def int32s(values: Any) -> Any:
    return np.array(list(values), dtype=np.int32)


@given(words, asked, st.data())
def test_words_are_found_as_numpy_finds_them(
    words: list[tuple[int, int]], asked: list[tuple[int, int]], data: st.DataObject
) -> None:
    tokens = data.draw(st.lists(st.integers(0, len(words) - 1), max_size=30))
    folded_words, stems = [folded for folded, _ in asked], [stem for _, stem in asked]
    arguments = (
        int32s(tokens),
        int32s(word[0] for word in words),
        int32s(word[1] for word in words),
        folded_words,
        stems,
    )
    expected = []
    for place, token in enumerate(tokens):
        folded, stem = words[token]
        firsts = [at for at, one in enumerate(asked) if folded == one[0] or stem == one[1] >= 0]
        if firsts:
            expected.append((place, firsts[0], int(folded in folded_words)))
    assert find_words(*arguments) == expected
    with mock.patch.object(kernel, "native", None):
        assert find_words(*arguments) == expected


@pytest.mark.parametrize("token", [-1, 2, 2**31 - 1])
@pytest.mark.parametrize("native", [True, False])
def test_a_token_that_is_no_word(token: int, native: bool) -> None:
    with (
        mock.patch.object(kernel, "native", kernel.native if native else None),
        pytest.raises(ValueError, match="damaged"),
    ):
        find_words(int32s([token]), int32s([1, 2]), int32s([1, 2]), [1], [1])


@pytest.mark.parametrize(
    ("change", "error"),
    [
        ({"tokens": np.zeros(1, np.int64)}, TypeError),
        ({"word_stems": int32s([1])}, ValueError),
        ({"asked_stems": int32s([])}, ValueError),
    ],
)
def test_arrays_that_do_not_fit_together(change: dict[str, Any], error: type[Exception]) -> None:
    assert kernel.native is not None
    arrays = {"tokens": int32s([0]), "word_exacts": int32s([1, 2]), "word_stems": int32s([1, 2])}
    arrays |= {"asked_exacts": int32s([1]), "asked_stems": int32s([1])}
    with pytest.raises(error):
        kernel.native.find_words(*(arrays | change).values())
    with pytest.raises(TypeError):
        kernel.native.find_words(*list(arrays.values())[:4])
