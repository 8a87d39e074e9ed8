"""Passages and their vectors."""

from __future__ import annotations

from itertools import pairwise
from pathlib import Path
from typing import Any

import faiss
import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from arsearch import CorruptIndexError
from arsearch.arabic import analyze
from arsearch.semantic import PassageVectors, VectorsWriter, cut_passages, stored_as

from ..arrays import change_array


@given(st.integers(0, 250), st.integers(1, 60))
def test_passages_cover_the_body_without_gaps(words: int, size: int) -> None:
    body = "  " + " ".join(f"كلمة{number}" for number in range(words)) + " .\n"
    tokens = analyze(body)
    passages = cut_passages(body, np.array([token.start for token in tokens]), size=size)
    assert passages[0].start == 0
    assert passages[-1].end == len(body)
    assert all(before.end == after.start for before, after in pairwise(passages))
    lengths = [sum(p.start <= token.start < p.end for token in tokens) for p in passages]
    assert all(length == size for length in lengths[:-1])
    assert lengths[-1] < size + size // 2 + 1


def unit(*values: float) -> np.ndarray[tuple[int], np.dtype[np.float32]]:
    vector = np.array(values, dtype=np.float32)
    return np.asarray(vector / np.linalg.norm(vector), dtype=np.float32)


@pytest.fixture(params=["int8", "float16"])
def vectors(tmp_path: Path, request: pytest.FixtureRequest) -> PassageVectors:
    """Article 5 has two passages, 2 and 9 one each; rows are not in the order of ordinals."""
    writer = VectorsWriter(4, storage=request.param, exact=1000)
    rows = np.stack([unit(1, 0, 0, 0), unit(0, 1, 0, 0), unit(1, 1, 0, 0), unit(0, 0, 1, 0)])
    spans = np.array([[0, 10], [10, 20], [0, 5], [0, 7]])
    writer.add(np.array([5, 5, 2, 9]), spans, rows)
    assert writer.write(tmp_path) == 4
    return PassageVectors(tmp_path)


def allowing(*articles: int) -> np.ndarray[tuple[int], np.dtype[np.bool_]]:
    return np.isin(np.arange(10), articles)


def test_an_article_is_as_near_as_its_nearest_passage(vectors: PassageVectors) -> None:
    ordinals, cosines = vectors.search(unit(0, 1, 0, 0), 10)
    assert ordinals.tolist() == [5, 2, 9]
    np.testing.assert_allclose(cosines, [1, 0.7071, 0], atol=1e-3)


def test_enough_articles_are_found_even_if_one_has_many_passages(vectors: PassageVectors) -> None:
    assert vectors.search(unit(1, 0.9, 0, 0), 2)[0].tolist() == [2, 5]


def test_only_allowed_articles_are_looked_at(vectors: PassageVectors) -> None:
    assert vectors.search(unit(0, 1, 0, 0), 10, allowing(2, 9))[0].tolist() == [2, 9]
    assert vectors.search(unit(0, 1, 0, 0), 10, allowing())[0].tolist() == []


def test_scores_of_given_articles(vectors: PassageVectors) -> None:
    scores, rows = vectors.score(unit(0, 1, 0, 0), np.array([9, 5, 77]))
    np.testing.assert_allclose(scores, [0, 1, -1], atol=1e-3)
    assert vectors.spans(rows[1:2]).tolist() == [[10, 20]]
    assert rows[2] == -1


def test_the_vector_of_an_article_is_the_mean_of_its_passages(vectors: PassageVectors) -> None:
    vectors._owners = None  # type: ignore[assignment]  # where its rows stand is known, so nobody looks for them
    for article, expected in ((5, unit(1, 1, 0, 0)), (2, unit(1, 1, 0, 0)), (9, unit(0, 0, 1, 0))):
        np.testing.assert_allclose(vectors.vector_of(article), expected, atol=1e-2)
        spans, passages = vectors.passages_of(article)
        assert len(spans) == len(passages) == (2 if article == 5 else 1)
    for article in (0, 3, 77):
        assert vectors.vector_of(article).tolist() == [0, 0, 0, 0]
        assert len(vectors.passages_of(article)[0]) == 0


def test_a_query_without_a_vector_finds_nothing(vectors: PassageVectors) -> None:
    zero = np.zeros(4, dtype=np.float32)
    assert len(vectors.search(zero, 5)[0]) == 0
    assert vectors.score(zero, np.array([5]))[0].tolist() == [-1]


@pytest.mark.parametrize("storage", ["int8", "float16"])
@pytest.mark.parametrize("exact", [1000, 100])
def test_rows_are_taken_over(tmp_path: Path, storage: str, exact: int) -> None:
    rows, kept = clustered(400, 16), np.arange(0, 400, 3)
    spans = np.column_stack([np.arange(400), np.arange(400) + 5])
    all_rows, some = (VectorsWriter(16, storage=storage, exact=exact) for _ in range(2))
    all_rows.add(np.arange(400), spans, rows)
    all_rows.write(tmp_path / "all")
    for taken in PassageVectors(tmp_path / "all").quantized_rows(kept):
        some.take_over(*taken)
    some.write(tmp_path / "some")
    anew = VectorsWriter(16, storage=storage, exact=exact)
    anew.add(kept, spans[kept], rows[kept])
    anew.write(tmp_path / "anew")
    assert stored_as(tmp_path / "some") == storage
    for path in (tmp_path / "anew").iterdir():
        assert (tmp_path / "some" / path.name).read_bytes() == path.read_bytes()


@pytest.mark.parametrize("storage", ["int8", "float16"])
@pytest.mark.parametrize("exact", [1000, 100])
def test_the_file_is_what_faiss_would_have_written(tmp_path: Path, storage: str, exact: int) -> None:
    writer = VectorsWriter(16, storage=storage, exact=exact)
    writer.add(np.arange(400), np.zeros((400, 2), np.int64), clustered(400, 16))
    writer.write(tmp_path)
    written = (tmp_path / "0001.faiss").read_bytes()
    index = faiss.deserialize_index(np.frombuffer(written, dtype=np.uint8))
    again = faiss.clone_index(index)
    again.reset()
    again.add(in_order(index))
    assert faiss.serialize_index(again).tobytes() == written


def in_order(index: Any) -> np.ndarray[tuple[int, int], np.dtype[np.float32]]:
    if hasattr(index, "nlist"):
        index.make_direct_map()
    vectors: np.ndarray[tuple[int, int], np.dtype[np.float32]] = index.reconstruct_n(0, 400)
    return vectors


@pytest.mark.parametrize("exact", [1000, 100])
def test_a_faiss_of_another_layout_writes_its_files_itself(
    tmp_path: Path, exact: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    def written(folder: Path) -> bytes:
        writer = VectorsWriter(16, storage="int8", exact=exact)
        writer.add(np.arange(400), np.zeros((400, 2), np.int64), clustered(400, 16))
        writer.write(folder)
        return (folder / "0001.faiss").read_bytes()

    expected = written(tmp_path / "one")
    # The number of rows stands somewhere else.
    monkeypatch.setattr("arsearch.semantic.faiss_file._COUNT_AT", 0)
    assert written(tmp_path / "other") == expected


def test_files_that_do_not_fit_together(vectors: PassageVectors, tmp_path: Path) -> None:
    change_array([tmp_path / "0001.arrays"], "passages", lambda _: np.zeros((3, 3), np.uint32))
    with pytest.raises(CorruptIndexError, match="arsearch index --full"):
        PassageVectors(tmp_path)
    (tmp_path / "0001.faiss").write_bytes(b"no")
    with pytest.raises(CorruptIndexError, match="arsearch verify"):
        PassageVectors(tmp_path)


def clustered(count: int, dimension: int) -> np.ndarray[tuple[int, int], np.dtype[np.float32]]:
    """Vectors as texts have them: around topics."""
    chance = np.random.default_rng(20150721)
    topics = chance.standard_normal((60, dimension))
    rows = topics[chance.integers(0, 60, count)] + 0.7 * chance.standard_normal((count, dimension))
    return np.asarray(rows / np.linalg.norm(rows, axis=1, keepdims=True), dtype=np.float32)


@pytest.mark.parametrize("storage", ["int8", "float16"])
@pytest.mark.parametrize(("exact", "least_recall"), [(10_000, 0.97), (1000, 0.95)])
def test_recall_against_exact_search(tmp_path: Path, storage: str, exact: int, least_recall: float) -> None:
    rows = clustered(6000, 64)
    writer = VectorsWriter(64, storage=storage, exact=exact)
    ordinals = np.arange(6000) // 2  # two passages an article
    writer.add(ordinals, np.zeros((6000, 2), np.int64), rows)
    writer.write(tmp_path)
    vectors = PassageVectors(tmp_path)
    recalled = 0
    for query in clustered(6100, 64)[-100:]:
        best = np.maximum.reduceat(rows @ query, np.arange(0, 6000, 2))
        expected = np.argsort(-best, kind="stable")[:10]
        found, cosines = vectors.search(query, 10)
        recalled += len(set(found.tolist()) & set(expected.tolist()))
        np.testing.assert_allclose(cosines, best[found], atol=6e-3)
    assert recalled >= least_recall * 1000


def test_clusters_and_filters_go_together(tmp_path: Path) -> None:
    rows = clustered(3000, 32)
    writer = VectorsWriter(32, storage="int8", exact=100)
    writer.add(np.arange(3000), np.zeros((3000, 2), np.int64), rows)
    writer.write(tmp_path)
    allowed = np.arange(3000) % 7 == 0
    found, _ = PassageVectors(tmp_path).search(rows[14], 5, allowed)
    assert found[0] == 14
    assert (found % 7 == 0).all()


def test_articles_are_called_by_the_numbers_given(vectors: PassageVectors, tmp_path: Path) -> None:
    numbers = np.full(10, -1)
    numbers[[2, 9]] = [1, 0]
    renamed = PassageVectors(tmp_path, numbers)
    assert renamed.search(unit(0, 1, 0, 0), 10, np.array([True, True]))[0].tolist() == [1, 0]
    assert renamed.score(unit(0, 0, 1, 0), np.array([0, 1]))[0].tolist() == pytest.approx([1, 0], abs=1e-2)
    with pytest.raises(CorruptIndexError, match="other articles"):
        PassageVectors(tmp_path, numbers[:5])


@pytest.mark.parametrize("storage", ["int8", "float16"])
def test_segments_are_searched_as_one(tmp_path: Path, storage: str) -> None:
    """What commits one after another find is what one commit of everything finds."""
    rows, spans = clustered(500, 16), np.column_stack([np.arange(500), np.arange(500) + 5])
    live = np.arange(500) % 5 > 0
    previous = None
    for number, (first, end) in enumerate([(0, 350), (350, 352), (352, 500)]):
        writer = VectorsWriter(16, storage=storage, exact=1000)
        there = np.ones(500, np.bool_) if number < 2 else live
        new = first + np.flatnonzero(there[first:end])
        writer.add(new, spans[new], rows[new])
        count = writer.commit(tmp_path / str(number), previous, there)
        previous = tmp_path / str(number)
    assert count == np.count_nonzero(live)
    assert len(list(previous.glob("*.faiss"))) == 2 if previous else False
    numbers = np.where(live, np.arange(500), -1)
    anew = VectorsWriter(16, storage=storage, exact=1000)
    anew.add(np.flatnonzero(live), spans[live], rows[live])
    anew.write(tmp_path / "anew")
    one, other = PassageVectors(tmp_path / "2", numbers), PassageVectors(tmp_path / "anew", numbers)
    assert len(one) == len(other) == count
    allowed = np.arange(500) % 3 > 0
    for query in clustered(520, 16)[-20:]:
        for mask in (None, allowed):
            for found, expected in zip(one.search(query, 10, mask), other.search(query, 10, mask), strict=True):
                assert np.asarray(found).tolist() == np.asarray(expected).tolist()
        scores, nearest = one.score(query, np.arange(500))
        assert scores.tolist() == other.score(query, np.arange(500))[0].tolist()
        assert one.spans(nearest[live])[:, 0].tolist() == np.flatnonzero(live).tolist()
