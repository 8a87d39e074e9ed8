"""The forward view: documents word for word."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from arsearch.lexical import Document, LexicalIndex, LexicalWriter

BODIES = ["سفينة في البحر", "", "قمر وسفن وقمر", "بحر من سفينة"]


@pytest.fixture(params=[1, 2], ids=["one segment", "two segments"])
def index(tmp_path: Path, request: pytest.FixtureRequest) -> LexicalIndex:
    """Four documents with titles, the last of them in a segment of its own if there are two."""
    documents = [
        Document(ordinal=number, title="عنوان", body=body, author="", source="", tags=(), date="")
        for number, body in enumerate(BODIES)
    ]
    writer = LexicalWriter(tmp_path / "a", memory_mb=16)
    writer.add(documents if request.param == 1 else documents[:3])
    writer.commit()
    folder = tmp_path / "a"
    if request.param == 2:
        writer = LexicalWriter(tmp_path / "b", memory_mb=16, previous=tmp_path / "a")
        writer.add(documents[3:])
        writer.commit()
        folder = tmp_path / "b"
    return LexicalIndex(folder)


def view(
    index: LexicalIndex, documents: list[int], stems: list[str], words: list[str] | None = None, longest: int = 100
) -> list[list[tuple[int, str, int]]]:
    """Each document as the places of its words of interest, the words, and the indexes of their stems.

    Of interest are *words*, all if it is not given.
    """
    vocabulary = index.vocabulary().words.split("\n")[:-1]
    wanted = [place for place, word in enumerate(vocabulary) if words is None or word in words]
    found = index.forward(np.array(documents, dtype=np.int64), np.array(wanted, dtype=np.int64), stems, longest=longest)
    distinct = found.words.split("\n")
    assert distinct.pop() == ""
    assert len(distinct) == len(found.stems)
    assert found.lengths.tolist() == [min(longest, index_length(number)) for number in documents]
    shown: list[list[tuple[int, str, int]]] = [[] for _ in documents]
    for token, owner, place in zip(found.tokens.tolist(), found.owners.tolist(), found.positions.tolist(), strict=True):
        shown[owner].append((place, distinct[token], int(found.stems[token])))
    return shown


def index_length(number: int) -> int:
    return 1 + len(BODIES[number].split())


def test_words_stand_in_the_order_of_the_text_title_first(index: LexicalIndex) -> None:
    assert view(index, [0, 3], []) == [
        [(0, "عنوان", -1), (1, "سفينه", -1), (2, "في", -1), (3, "البحر", -1)],
        [(0, "عنوان", -1), (1, "بحر", -1), (2, "من", -1), (3, "سفينه", -1)],
    ]


def test_stems_that_are_asked_for_are_named(index: LexicalIndex) -> None:
    found = view(index, [0, 2, 3], ["قمر", "بحر", "nowhere", ""])
    assert [[stem for _, _, stem in words] for words in found] == [[-1, -1, -1, 1], [-1, 0, -1, 0], [-1, 1, -1, -1]]


def test_what_is_of_no_interest_is_left_out(index: LexicalIndex) -> None:
    assert view(index, [0, 1, 2, 3], ["بحر"], ["سفينه"]) == [
        [(1, "سفينه", -1), (3, "البحر", 0)],
        [],
        [],
        [(1, "بحر", 0), (3, "سفينه", -1)],
    ]


def test_no_more_than_the_longest(index: LexicalIndex) -> None:
    assert [len(words) for words in view(index, [0, 1, 2], [], longest=2)] == [2, 1, 2]


def test_no_document(index: LexicalIndex) -> None:
    assert view(index, [], ["قمر"]) == []


def test_the_vocabulary_counts_documents(index: LexicalIndex) -> None:
    vocabulary = index.vocabulary()
    counts: dict[str, int] = {}
    for word, count in zip(vocabulary.words.split("\n"), vocabulary.frequencies.tolist(), strict=False):
        counts[word] = counts.get(word, 0) + count
    assert counts["سفينه"] == 2
    assert counts["قمر"] == 1
    assert counts["عنوان"] == 4


def test_the_average_length_is_that_of_title_and_body(index: LexicalIndex) -> None:
    assert index.average_length == pytest.approx((4 + 1 + 4 + 4) / 4)
