"""What it costs to read a text as a word is found by the kernel as without it, to the last bit."""

from __future__ import annotations

from unittest import mock

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from arsearch import kernel
from arsearch.lexical.suggest.alignment import Costs, align
from arsearch.lexical.suggest.spelling import _costs as costs_of_arabic
from arsearch.lexical.suggest.transliteration import _costs as costs_of_latin
from arsearch.lexical.suggest.word_list import WordList

words = st.lists(st.text(alphabet="ابتثجحدرسعفقكلمنهويةىء", min_size=2, max_size=9), min_size=1, max_size=12)


def aligned(costs: Costs, words: list[str], tail: float | None) -> list[float]:
    listed = WordList.of_texts("".join(f"{word}\n" for word in words), np.ones(len(words), np.int64))
    longest = int(listed.lengths.max(initial=1))
    found: list[float] = align(costs, listed.codes[:, :longest], listed.lengths, tail=tail).tolist()
    return found


@given(
    st.text(alphabet="ابتثجحدرسعفقكلمنهويةىء", min_size=2, max_size=9).map(costs_of_arabic)
    | st.text(alphabet="abcdeghiklmnoqrstuwy3579'", min_size=2, max_size=9).map(costs_of_latin),
    words,
    st.sampled_from([None, 0.1]),
)
def test_costs_are_those_found_without_the_kernel(costs: Costs, words: list[str], tail: float | None) -> None:
    native = aligned(costs, words, tail)
    with mock.patch.object(kernel, "native", None):
        assert aligned(costs, words, tail) == native


@pytest.mark.parametrize(
    "step", [(3, 1, 1, 0), (0, 0, 1, 0), (0, 3, 1, 0), (0, 1, 2, 0), (0, 1, 0, 0), (0, 1, 1, 1), (2, 1, 1, 1)]
)
def test_steps_that_lead_nowhere(step: tuple[int, ...]) -> None:
    assert kernel.native is not None
    codes, costs, price = np.array([1, 2], np.uint8), np.zeros(3, np.float32), np.zeros(1, np.float32)
    kernel.native.align(codes, 2, costs, costs, np.array([0, 1, 1, 0], np.int32), price, 2, -1, 0.0)
    with pytest.raises(ValueError, match="fit together"):
        kernel.native.align(codes, 2, costs, costs, np.array(step, np.int32), price, 2, -1, 0.0)
    with pytest.raises(ValueError, match="fit together"):
        kernel.native.align(codes + 2, 2, costs, costs, np.array([0, 1, 1, 0], np.int32), price, 2, -1, 0.0)
