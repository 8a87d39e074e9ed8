"""Features by the kernel are those of NumPy; arrays that do not fit together are errors."""

from __future__ import annotations

from contextlib import suppress
from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from arsearch import kernel
from arsearch.ranking import CandidateTexts, GramTable, QueryWords, find_features

LETTERS = st.text("ابتكم", min_size=1, max_size=9)
WORDS = st.one_of(LETTERS, st.sampled_from(["كتاب", "كتب", "مكتبات", "ككككككك", "\U0001f600ا", "٣"]))

GRAMS = GramTable(
    np.random.default_rng(1).uniform(0, 12, 1 << 20).astype(np.float16), np.zeros(1, np.int64), np.zeros(0, np.int32)
)


def numbered(words: list[str]) -> dict[str, int]:
    return {word: number for number, word in enumerate(dict.fromkeys(words))}


def collection(texts: list[list[str]], drop: int) -> CandidateTexts:
    """Texts of which every *drop*-th token is left out; words with the same first letter share a stem."""
    words = numbered([word for text in texts for word in text])
    stems = numbered([word[0] for word in words])
    tokens = [
        (words[word], owner, place)
        for owner, text in enumerate(texts)
        for place, word in enumerate(text)
        if (place + owner) % drop
    ]
    numbers, owners, positions = np.array(tokens, dtype=np.int64).reshape(-1, 3).T
    joined = "".join(f"{word}\n" for word in words)
    lengths = np.array(list(map(len, texts)), dtype=np.int64)
    return CandidateTexts(
        words=joined,
        stems=np.array([stems[word[0]] for word in words], dtype=np.int64),
        tokens=numbers,
        owners=owners,
        positions=positions,
        lengths=lengths,
        average_length=float(lengths.mean()) if len(lengths) else 0.0,
    )


@given(
    texts=st.lists(st.lists(WORDS, max_size=90), max_size=5),
    drop=st.sampled_from([2, 5, 10**6]),
    words=st.lists(WORDS, max_size=6),
    idf=st.lists(st.sampled_from([0.5, 1.0, 1.0, 3.25]), min_size=6, max_size=6),
    known=st.lists(st.booleans(), min_size=6, max_size=6),
)
def test_features_are_those_of_numpy(
    texts: list[list[str]], drop: int, words: list[str], idf: list[float], known: list[bool]
) -> None:
    candidates = collection(texts, drop)
    stems = numbered([word[0] for text in texts for word in text])
    query = QueryWords(
        words="".join(f"{word}\n" for word in words),
        idf=np.array(idf[: len(words)], dtype=np.float32),
        stems=np.array(
            [stems.get(word[0], -1) if known else -1 for word, known in zip(words, known, strict=False)], dtype=np.int64
        ),
    )
    scores = np.linspace(0, 1, len(texts), dtype=np.float32)
    by_kernel = find_features(query, candidates, scores, GRAMS)
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(kernel, "native", None)
        by_numpy = find_features(query, candidates, scores, GRAMS)
    np.testing.assert_allclose(by_kernel, by_numpy, atol=1e-6)


def test_a_query_longer_than_any_is_left_to_numpy() -> None:
    candidates = collection([["كتاب"] * 5], 10**6)
    query = QueryWords(words="كتاب\n" * 1000, idf=np.ones(1000, np.float32), stems=np.zeros(1000, np.int64))
    assert find_features(query, candidates, np.zeros(1, np.float32), GRAMS)[0, 1] > 0


ARGUMENTS: dict[str, Any] = {
    "query": np.array([0x643, 0x62A, 10], np.uint16),
    "idf": np.ones(1, np.float32),
    "stems": np.zeros(1, np.int64),
    "words": np.array([0x643, 0x62A, 10, 0x643, 10], np.uint16),
    "text_stems": np.zeros(2, np.int64),
    "tokens": np.array([0, 1, 0]),
    "owners": np.array([0, 0, 1]),
    "positions": np.array([0, 3, 2]),
    "lengths": np.array([5, 5]),
    "gram_idf": np.ones(1 << 20, np.float16),
    "features": np.zeros(10, np.float32),
    "has_word": np.zeros(2, np.float32),
    "average": 3.0,
}


def call(**changes: Any) -> Any:
    assert kernel.native is not None
    arguments = ARGUMENTS | {"features": np.zeros(10, np.float32)} | changes
    kernel.native.find_features(*arguments.values())
    return arguments["features"]


def test_what_fits_together() -> None:
    assert (call()[[1, 2, 3, 6, 7, 8]] > 0).all()


@pytest.mark.parametrize(
    ("changes", "error"),
    [
        ({"tokens": np.array([0, 2, 0])}, ValueError),
        ({"tokens": np.array([0, -1, 0])}, ValueError),
        ({"tokens": np.array([0, 1])}, ValueError),
        ({"owners": np.array([0, 1, 0])}, ValueError),
        ({"owners": np.array([0, 0, 2])}, ValueError),
        ({"owners": np.array([-1, 0, 1])}, ValueError),
        ({"positions": np.array([0, 0, 2])}, ValueError),
        ({"positions": np.array([0, 5, 2])}, ValueError),
        ({"positions": np.array([-1, 3, 2])}, ValueError),
        ({"has_word": np.zeros(1, np.float32)}, ValueError),
        ({"lengths": np.array([5])}, ValueError),
        ({"words": np.array([0x643, 10], np.uint16)}, ValueError),
        ({"words": np.array([0x643, 0x62A], np.uint16)}, ValueError),
        ({"text_stems": np.zeros(3, np.int64)}, ValueError),
        ({"stems": np.zeros(2, np.int64)}, ValueError),
        ({"gram_idf": np.ones(1 << 19, np.float16)}, ValueError),
        ({"query": np.arange(11, 9000, dtype=np.uint16)}, ValueError),
        ({"idf": np.ones(1)}, TypeError),
        ({"tokens": np.array([0, 1, 0], np.int32)}, TypeError),
        ({"tokens": np.array([[0], [1], [0]])}, TypeError),
        ({"features": np.zeros(10)}, TypeError),
        ({"features": b"0" * 40}, (BufferError, TypeError)),
        ({"average": "3"}, TypeError),
    ],
)
def test_arrays_that_do_not_fit_together(changes: dict[str, Any], error: Any) -> None:
    with pytest.raises(error):
        call(**changes)


@given(st.binary(max_size=60), st.binary(max_size=200), st.integers(0, 40))
def test_any_text_is_survived(query: bytes, words: bytes, count: int) -> None:
    with suppress(ValueError):
        call(
            query=np.frombuffer(query[: len(query) // 2 * 2], np.uint16),
            words=np.frombuffer(words[: len(words) // 2 * 2], np.uint16),
            text_stems=np.zeros(count, np.int64),
            tokens=np.arange(count),
            owners=np.zeros(count, np.int64),
            positions=np.arange(count),
            lengths=np.array([count, 0]),
        )
