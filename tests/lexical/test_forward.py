"""The forward view: documents word for word."""

from __future__ import annotations

import itertools
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
    index: LexicalIndex, documents: list[int], stems: list[str], longest: int = 100
) -> list[list[tuple[str, int]]]:
    """Each document as its words with the index of their stems."""
    found = index.forward(np.array(documents), stems, longest=longest)
    words = found.words.split("\n")
    assert words.pop() == ""
    assert len(words) == len(found.stems)
    tokens = [(words[number], int(found.stems[number])) for number in found.tokens.tolist()]
    edges = found.offsets.tolist()
    return [tokens[start:end] for start, end in itertools.pairwise(edges)]


def test_words_stand_in_the_order_of_the_text_title_first(index: LexicalIndex) -> None:
    assert view(index, [0, 3], []) == [
        [("عنوان", -1), ("سفينه", -1), ("في", -1), ("البحر", -1)],
        [("عنوان", -1), ("بحر", -1), ("من", -1), ("سفينه", -1)],
    ]


def test_stems_that_are_asked_for_are_named(index: LexicalIndex) -> None:
    assert [[stem for _, stem in words] for words in view(index, [0, 2, 3], ["قمر", "بحر", "nowhere", ""])] == [
        [-1, -1, -1, 1],
        [-1, 0, -1, 0],
        [-1, 1, -1, -1],
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
