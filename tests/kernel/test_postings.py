"""The best documents by the kernel are those that adding up every posting gives; damaged columns are errors."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from arsearch import kernel

from .columns import MadeUp, pack, reference


def opened(columns: MadeUp) -> Any:
    assert kernel.native is not None
    return kernel.native.Postings(columns.packed(), columns.norms, columns.live)


@st.composite
def indexes(draw: st.DrawFn) -> MadeUp:
    seed = draw(st.integers(0, 2**32 - 1))
    sizes = draw(st.lists(st.sampled_from([0, 1, 7, 130, 2500, 70_000]), min_size=1, max_size=3))
    width = draw(st.sampled_from([np.uint8, np.uint16, np.uint32, np.uint64]))
    return MadeUp.at_random(np.random.default_rng(seed), sizes, width, deletions=draw(st.booleans()))


ASKED = st.lists(
    st.lists(st.tuples(st.integers(0, 9), st.sampled_from([1.0, 0.4, 0.3, 2.5])), max_size=4), min_size=0, max_size=8
)


@given(
    columns=indexes(),
    asked=ASKED,
    limit=st.sampled_from([0, 1, 3, 10, 200, 100_000]),
    filtered=st.booleans(),
    exhaustive=st.booleans(),
)
def test_the_best_are_those_of_adding_up_all(
    columns: MadeUp, asked: list[list[tuple[int, float]]], limit: int, filtered: bool, exhaustive: bool
) -> None:
    words = [[columns.term(number, boost) for number, boost in word] for word in asked]
    allowed = np.arange(columns.size) % 3 != 1 if filtered else None
    bits = np.zeros((columns.size + 7) // 8, np.uint8)
    postings = opened(columns)
    lists = [postings.scored_list(word) for word in words]
    found = postings.best(lists, limit, allowed, exhaustive, bits if exhaustive else None)
    documents, scores = reference(columns, words, allowed)
    order = np.lexsort((documents, -scores))[:limit]
    assert np.frombuffer(found[0], np.int64).tolist() == documents[order].tolist()
    assert np.frombuffer(found[1], np.float32).tolist() == scores[order].tolist()
    if exhaustive:
        assert found[2] == len(documents) == postings.best(lists, limit, allowed, exhaustive, None)[2]
        assert np.flatnonzero(np.unpackbits(bits, bitorder="little")).tolist() == documents.tolist()


@given(columns=indexes(), forms=st.lists(st.integers(0, 9), min_size=1, max_size=5))
def test_the_best_form_of_a_word_counts(columns: MadeUp, forms: list[int]) -> None:
    postings = opened(columns)
    terms = [(*columns.term(number, 1.0), form) for form, number in enumerate(forms)]
    best: dict[int, float] = {}
    for number in forms:
        documents, scores = reference(columns, [[columns.term(number, 1.0)]], None)
        for document, score in zip(documents.tolist(), scores.tolist(), strict=True):
            best[document] = max(best.get(document, 0.0), score)
    found = postings.best([postings.scored_list(terms)], columns.size, None, True, None)
    pairs = zip(np.frombuffer(found[0], np.int64).tolist(), np.frombuffer(found[1], np.float32).tolist(), strict=True)
    assert dict(pairs) == best


@pytest.mark.parametrize("limit", [0, 1, 3])
def test_infinite_scores_are_kept_within_the_limit(limit: int) -> None:
    columns = MadeUp.at_random(np.random.default_rng(1), [2500], np.uint8, deletions=False)
    postings = opened(columns)
    numbers = np.flatnonzero(np.diff(columns.segments[0][0]) > 100)[:2].tolist()
    lists = [postings.scored_list([columns.term(number, float("inf"))]) for number in numbers]
    documents, scores, _ = postings.best(lists, limit, None, True, None)
    assert np.frombuffer(scores, np.float32).tolist() == [np.inf] * limit
    matching = reference(columns, [[columns.term(number, 1.0)] for number in numbers], None)[0]
    assert np.frombuffer(documents, np.int64).tolist() == matching[:limit].tolist()


@given(columns=indexes(), word=st.lists(st.integers(0, 9), max_size=4))
def test_a_list_has_the_live_documents_of_its_terms(columns: MadeUp, word: list[int]) -> None:
    scored = opened(columns).scored_list([columns.term(number, 1.0) for number in word])
    documents, _ = reference(columns, [[columns.term(number, 1.0) for number in word]], None)
    assert len(scored) == len(documents)
    assert scored.nbytes >= 6 * len(documents)


@given(columns=indexes(), data=st.data())
def test_asking_again_finds_the_same(columns: MadeUp, data: st.DataObject) -> None:
    postings = opened(columns)
    asked = data.draw(st.lists(st.lists(st.integers(0, 9), max_size=4), max_size=5))
    lists = {number: postings.scored_list([columns.term(number, 1.0)]) for number in range(10)}
    for numbers in [*asked, *asked]:
        scores = reference(columns, [[columns.term(number, 1.0)] for number in numbers], None)[1]
        for limit in (5, 60):
            found = postings.best([lists[number] for number in numbers], limit, None, False, None)[1]
            assert np.frombuffer(found, np.float32).tolist() == np.sort(scores)[::-1][:limit].tolist()


@given(
    columns=indexes(),
    where=st.sampled_from(["offsets", "counts", "packed"]),
    value=st.integers(-(2**31), 2**31 - 1),
    place=st.integers(0, 2**20),
    asked=st.lists(st.integers(0, 9), min_size=1, max_size=4),
    limit=st.sampled_from([1, 10, 200]),
)
def test_damaged_columns_are_errors_or_other_results_but_never_the_end(
    columns: MadeUp, where: str, value: int, place: int, asked: list[int], limit: int
) -> None:
    segments = columns.packed()
    array = dict(zip(("offsets", "counts", "packed"), segments[-1], strict=False))[where]
    if len(array):
        array[place % len(array)] = np.array(value).astype(array.dtype)
    assert kernel.native is not None
    postings = kernel.native.Postings(segments, columns.norms, columns.live)
    terms = [columns.term(number, 1.0) for number in asked]
    for words in ([terms], [[term] for term in terms]):  # what an error leaves behind must not spoil what comes after
        try:
            lists = [postings.scored_list(word) for word in words]
        except ValueError:
            continue
        documents = np.frombuffer(postings.best(lists, limit, None, True, None)[0], np.int64)
        assert ((documents >= 0) & (documents < columns.size)).all()


def test_an_error_leaves_nothing_behind() -> None:
    columns = MadeUp.at_random(np.random.default_rng(1), [70_000], np.uint8, deletions=False)
    offsets = columns.segments[0][0]
    rare, common = np.argsort(np.diff(offsets))[[-3, -1]].tolist()
    assert offsets[rare + 1] - offsets[rare] > 1000
    assert kernel.native is not None
    segments = columns.packed()
    postings = kernel.native.Postings(segments, columns.norms, columns.live)

    def found() -> Any:
        return postings.best([postings.scored_list([columns.term(rare, 1.0)])], 10, None, True, None)

    expected = found()
    begins, _, packed, _ = segments[0]
    begin, end = begins[common : common + 2].tolist()
    packed[(begin + end) // 2 : end] = 255
    with pytest.raises(ValueError, match="damaged"):
        postings.scored_list([columns.term(rare, 1.0), columns.term(common, 1.0)])
    assert found() == expected


@pytest.mark.parametrize("number", [130, 2**31 - 1])
def test_a_document_that_is_not_there(number: int) -> None:
    columns = MadeUp.at_random(np.random.default_rng(1), [130], np.uint8, deletions=False)
    columns.segments[0][1][columns.segments[0][0][3] - 1] = number
    with pytest.raises(ValueError, match="document"):
        opened(columns).scored_list([columns.term(2, 1.0)])


@pytest.mark.parametrize("number", [10, 10**6, 2**62])
def test_a_term_that_is_not_there(number: int) -> None:
    columns = MadeUp.at_random(np.random.default_rng(1), [130], np.uint8, deletions=False)
    with pytest.raises(ValueError, match="no such term"):
        opened(columns).scored_list([(0, (number,), 1.0, 1.0, 1)])


def test_lists_of_other_postings_are_none() -> None:
    columns = MadeUp.at_random(np.random.default_rng(1), [130], np.uint8, deletions=False)
    other = opened(columns).scored_list([columns.term(2, 1.0)])  # which keeps its postings alive
    with pytest.raises(TypeError, match="these postings"):
        opened(columns).best([other], 10, None, True, None)
    assert kernel.native is not None
    with pytest.raises(TypeError, match="cannot create"):
        kernel.native.ScoredList()


@pytest.mark.parametrize(
    ("change", "error"),
    [
        (lambda parts: parts | {"packed": parts["packed"].astype(np.int64)}, TypeError),
        (lambda parts: parts | {"packed": parts["packed"].reshape(-1, 1)}, TypeError),
        (lambda parts: parts | {"packed": parts["packed"][::2]}, ValueError),
        (lambda parts: parts | {"offsets": parts["offsets"].astype(np.int16)}, TypeError),
        (lambda parts: parts | {"offsets": parts["offsets"].astype(np.float64)}, TypeError),
        (lambda parts: parts | {"counts": parts["counts"].astype(np.float32)}, TypeError),
        (lambda parts: parts | {"counts": parts["counts"].astype(np.int8)}, TypeError),
        (lambda parts: parts | {"counts": parts["counts"].reshape(-1, 1)}, TypeError),
        (lambda parts: parts | {"counts": np.zeros((), np.uint8)}, TypeError),
        (lambda parts: parts | {"counts": np.zeros(len(parts["counts"]), "S0")}, TypeError),
        (lambda parts: parts | {"counts": parts["counts"][1:]}, ValueError),
        (lambda parts: parts | {"offsets": parts["offsets"].reshape(-1, 1)}, TypeError),
        (lambda parts: parts | {"offsets": parts["offsets"][:0]}, ValueError),
        (lambda parts: parts | {"size": -1}, ValueError),
        (lambda parts: parts | {"size": 2**31}, ValueError),
        (lambda parts: parts | {"size": parts["size"] + 1}, ValueError),
        (lambda parts: parts | {"size": None}, TypeError),
    ],
)
def test_columns_that_are_none(change: Any, error: type[Exception]) -> None:
    assert kernel.native is not None
    columns = MadeUp.at_random(np.random.default_rng(1), [130], np.uint8, deletions=True)
    names = ("offsets", "counts", "packed", "size")
    segment = tuple(change(dict(zip(names, columns.packed()[0], strict=True))).values())
    with pytest.raises((error, BufferError)):
        kernel.native.Postings((segment,), columns.norms, columns.live)


@pytest.mark.parametrize(
    ("term", "error"),
    [
        (1, TypeError),
        ((0, (1,), 1.0), TypeError),
        ((0, [1], 1.0, 1.0), TypeError),
        ((9, (1,), 1.0, 1.0), ValueError),
        ((-1, (1,), 1.0, 1.0), ValueError),
        ((0, (1, 1), 1.0, 1.0), ValueError),
        ((0, (1,), float("nan"), 1.0), ValueError),
        ((0, (1,), 1.0, -1.0), ValueError),
        ((0, (1,), "1", 1.0), TypeError),
        ((0, (1.5,), 1.0, 1.0), TypeError),
    ],
)
def test_terms_that_are_none(term: Any, error: Any) -> None:
    columns = MadeUp.at_random(np.random.default_rng(1), [130], np.uint8, deletions=True)
    with pytest.raises(error):
        opened(columns).scored_list([term])
    with pytest.raises(TypeError):
        opened(columns).scored_list(term)


@pytest.mark.parametrize(
    ("arguments", "error"),
    [
        (([], 10, None, True), TypeError),
        (((), 10, None, True, None), TypeError),
        (([1], 10, None, True, None), TypeError),
        (([], -1, None, True, None), ValueError),
        (([], "10", None, True, None), TypeError),
        (([], 10, np.ones(129, np.bool_), True, None), ValueError),
        (([], 10, np.ones(130, np.int8), True, None), TypeError),
        (([], 10, None, True, np.zeros(16, np.uint8)), ValueError),
        (([], 10, None, True, b"0" * 17), BufferError),
    ],
)
def test_questions_that_are_none(arguments: Any, error: Any) -> None:
    columns = MadeUp.at_random(np.random.default_rng(1), [130], np.uint8, deletions=True)
    with pytest.raises(error):
        opened(columns).best(*arguments)


@given(st.lists(st.integers(0, 90_000), unique=True, max_size=30), st.booleans())
def test_a_list_gives_back_what_it_was_made_of(documents: list[int], near: bool) -> None:
    assert kernel.native is not None
    size = 100 if near else 100_000
    segment = pack(np.array([0, 0]), np.empty(0, np.int32), np.empty(0, np.uint8), size)
    postings = kernel.native.Postings((segment,), (), None)
    chosen = np.unique(np.array(documents, np.int64) % size)
    scores = (chosen % 7 + 1).astype(np.float32)
    made = postings.list_of(chosen, scores)
    numbers, values = made.postings()
    assert np.frombuffer(numbers, np.int64).tolist() == chosen.tolist()
    assert np.frombuffer(values, np.float32).tolist() == scores.tolist()
    best, _, total = postings.best([made], size, None, True, None)
    assert (sorted(np.frombuffer(best, np.int64).tolist()), total) == (chosen.tolist(), len(chosen))


@pytest.mark.parametrize(
    ("documents", "scores"),
    [([3, 3], [1, 1]), ([3, 2], [1, 1]), ([-1], [1]), ([9], [1]), ([3], [0]), ([3], [np.nan]), ([3], [])],
)
def test_lists_that_are_none(documents: list[int], scores: list[float]) -> None:
    assert kernel.native is not None
    segment = pack(np.array([0, 0]), np.empty(0, np.int32), np.empty(0, np.uint8), 9)
    with pytest.raises(ValueError, match="score"):
        kernel.native.Postings((segment,), (), None).list_of(np.array(documents), np.array(scores, np.float32))
