"""The words that share most letters are those that NumPy finds."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from arsearch import kernel
from arsearch.lexical.suggest.spelling import _promising
from arsearch.lexical.suggest.word_list import WordList

WORDS = st.text("ابتثجحخدذرزسشصضطظعغفقكلمنهويءآأؤإئة", min_size=2, max_size=18)


@given(st.lists(WORDS, max_size=500, unique=True), st.integers(0, 2**32 - 1), WORDS)
def test_the_words_that_share_most_letters(words: list[str], seed: int, typed: str) -> None:
    chance = np.random.default_rng(seed)
    longer = [*words, *("".join(chance.permutation(list(typed))) for _ in range(chance.integers(0, 300)))]
    vocabulary = WordList.of_texts("".join(f"{word}\n" for word in longer), chance.integers(1, 4, len(longer)))
    by_kernel = _promising(vocabulary.by_length, typed) if longer else np.empty(0)
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(kernel, "native", None)
        by_numpy = _promising(vocabulary.by_length, typed) if longer else np.empty(0)
    assert sorted(by_kernel.tolist()) == sorted(by_numpy.tolist())


@pytest.mark.parametrize("typed", ["كتب", "المدرسه", "استقلال", "مكتباليتسرجدهن"])
def test_the_words_that_share_most_letters_with_one_of_a_long_list(typed: str) -> None:
    chance = np.random.default_rng(24)
    letters = np.array(list("ابتجدرسلمنهويكق"))
    words = {"".join(chance.choice(letters, length)) for length in chance.integers(2, 19, 9000)}
    vocabulary = WordList.of_texts("".join(f"{word}\n" for word in sorted(words)), chance.integers(1, 900, len(words)))
    by_kernel = _promising(vocabulary.by_length, typed)
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(kernel, "native", None)
        by_numpy = _promising(vocabulary.by_length, typed)
    assert len(by_numpy)
    assert sorted(by_kernel.tolist()) == sorted(by_numpy.tolist())


ARGUMENTS: tuple[Any, ...] = (
    np.arange(5, dtype=np.uint64), np.ones(5, np.float32), np.full(5, 3), np.ones(5, np.uint8), 0, 5, 1, 4, 3, 1, 2,
)  # fmt: skip


@pytest.mark.parametrize(
    ("place", "wrong", "error"),
    [
        (0, np.arange(4, dtype=np.uint64), ValueError),
        (3, np.ones(6, np.uint8), ValueError),
        (1, np.ones(5), TypeError),
        (4, -1, ValueError),
        (5, 6, ValueError),
        (6, -1, OverflowError),
        (10, 0, ValueError),
        (10, 2**40, ValueError),
        (8, "3", TypeError),
    ],
)
def test_lists_that_are_none(place: int, wrong: Any, error: type[Exception]) -> None:
    assert kernel.native is not None
    kernel.native.nearest_words(*ARGUMENTS)
    with pytest.raises(error):
        kernel.native.nearest_words(*ARGUMENTS[:place], wrong, *ARGUMENTS[place + 1 :])


def test_lengths_at_the_ends_of_their_range_are_compared() -> None:
    assert kernel.native is not None
    masks, weights, _, *others = ARGUMENTS
    others[5] = -(2**63)  # the length that is asked for; the next number above the greatest is the least, if it wraps
    found = kernel.native.nearest_words(masks, weights, np.array([3, 2**63 - 1, 3, 3, 3], dtype=np.int64), *others)
    assert len(np.frombuffer(found, np.int64)) == 2
    assert 1 not in np.frombuffer(found, np.int64)
