"""Passages and their vectors."""

from __future__ import annotations

from itertools import pairwise
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from arsearch import CorruptIndexError
from arsearch.arabic import analyze
from arsearch.semantic import PassageVectors, VectorsWriter, cut_passages


@given(st.integers(0, 250), st.integers(1, 60))
def test_passages_cover_the_body_without_gaps(words: int, size: int) -> None:
    body = "  " + " ".join(f"كلمة{number}" for number in range(words)) + " .\n"
    tokens = analyze(body)
    passages = cut_passages(body, tokens, size=size)
    assert passages[0].start == 0
    assert passages[-1].end == len(body)
    assert all(before.end == after.start for before, after in pairwise(passages))
    lengths = [sum(p.start <= token.start < p.end for token in tokens) for p in passages]
    assert all(length == size for length in lengths[:-1])
    assert lengths[-1] < size + size // 2 + 1


def unit(*values: float) -> np.ndarray[tuple[int], np.dtype[np.float32]]:
    vector = np.array(values, dtype=np.float32)
    return np.asarray(vector / np.linalg.norm(vector), dtype=np.float32)


@pytest.fixture
def vectors(tmp_path: Path) -> PassageVectors:
    """Article 5 has two passages, 2 and 9 one each; rows are not in the order of ordinals."""
    writer = VectorsWriter(4)
    rows = np.stack([unit(1, 0, 0, 0), unit(0, 1, 0, 0), unit(1, 1, 0, 0), unit(0, 0, 1, 0)])
    spans = np.array([[0, 10], [10, 20], [0, 5], [0, 7]])
    writer.add(np.array([5, 5, 2, 9]), spans, rows)
    assert writer.write(tmp_path) == 4
    return PassageVectors(tmp_path)


def test_an_article_is_as_near_as_its_nearest_passage(vectors: PassageVectors) -> None:
    ordinals, cosines = vectors.search(unit(0, 1, 0, 0), 10)
    assert ordinals.tolist() == [5, 2, 9]
    np.testing.assert_allclose(cosines, [1, 0.7071, 0], atol=1e-3)


def test_enough_articles_are_found_even_if_one_has_many_passages(vectors: PassageVectors) -> None:
    assert vectors.search(unit(1, 0.9, 0, 0), 2)[0].tolist() == [2, 5]


def test_only_allowed_articles_are_looked_at(vectors: PassageVectors) -> None:
    assert vectors.search(unit(0, 1, 0, 0), 10, np.array([2, 9]))[0].tolist() == [2, 9]
    assert vectors.search(unit(0, 1, 0, 0), 10, np.array([], dtype=np.int64))[0].tolist() == []


def test_scores_of_given_articles(vectors: PassageVectors) -> None:
    scores, rows = vectors.score(unit(0, 1, 0, 0), np.array([9, 5, 77]))
    np.testing.assert_allclose(scores, [0, 1, -1], atol=1e-3)
    assert vectors.span(int(rows[1])) == (10, 20)
    assert rows[2] == -1


def test_a_query_without_a_vector_finds_nothing(vectors: PassageVectors) -> None:
    zero = np.zeros(4, dtype=np.float32)
    assert len(vectors.search(zero, 5)[0]) == 0
    assert vectors.score(zero, np.array([5]))[0].tolist() == [-1]


def test_rows_are_taken_over(vectors: PassageVectors, tmp_path: Path) -> None:
    writer = VectorsWriter(4)
    writer.add(*vectors.take(np.array([5])))
    writer.write(tmp_path / "new")
    taken = PassageVectors(tmp_path / "new")
    assert (len(taken), taken.count_articles()) == (2, 1)
    assert taken.search(unit(0, 1, 0, 0), 10)[0].tolist() == [5]


def test_files_that_do_not_fit_together(vectors: PassageVectors, tmp_path: Path) -> None:
    np.save(tmp_path / "passages.npy", np.zeros((3, 3), np.uint32))
    with pytest.raises(CorruptIndexError, match="arsearch index --full"):
        PassageVectors(tmp_path)
    (tmp_path / "passages.faiss").write_bytes(b"no")
    with pytest.raises(CorruptIndexError, match="arsearch verify"):
        PassageVectors(tmp_path)
