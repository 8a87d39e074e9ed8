"""Searching finds the same, to the bit, with the compiled kernel and without it, and what Whoosh's tree would find."""

from __future__ import annotations

import os
import random
import subprocess
import sys
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from arsearch import kernel
from arsearch.errors import CorruptIndexError
from arsearch.lexical import Document, ForwardView, LexicalIndex, LexicalMatches, LexicalQuery, parse_query
from arsearch.lexical.query.notation import without_controls
from arsearch.lexical.query.parse import Synonym
from arsearch.lexical.query.syntax import _parser, parse_syntax
from arsearch.lexical.query.whoosh_query import whoosh_query
from arsearch.lexical.whoosh.collector import ArrayCollector

from ...arrays import change_array
from ..conftest import SEED, build

needs_kernel = pytest.mark.skipif(kernel.native is None, reason="no compiled kernel: python hatch_build.py makes one")


@pytest.fixture
def without_kernel(
    grown_index: LexicalIndex, tmp_path_factory: pytest.TempPathFactory, monkeypatch: pytest.MonkeyPatch
) -> LexicalIndex:
    with monkeypatch.context() as patch:
        patch.setattr(kernel, "native", None)
        index = LexicalIndex(max(tmp_path_factory.getbasetemp().glob("grown*/3")))
        assert index._postings.native is None
        assert index._postings.native_forward is None
    return index


def texts(documents: list[Document]) -> list[str]:
    """Return queries of one to six words of the documents: neighbours, words by chance, unknown and common ones."""
    chance = random.Random(SEED)
    words = [word for document in documents[:200] for word in document.body.split()]
    queries = []
    for _ in range(150):
        chosen = [chance.choice(words) for _ in range(chance.randint(1, 5))]
        queries.append(" ".join([*chosen, *chance.sample(["في", "زائل7", "كلمةمعدومة", chosen[0]], 1)]))
    return [*queries, "في من", "من", " ".join(words[:200])]


def with_other_names(documents: list[Document]) -> list[LexicalQuery]:
    """Return queries whose words have other names, of one word and of several, and queries that demand something."""
    chance = random.Random(SEED)
    bodies = [words for document in documents[:200] if len(words := document.body.split()) > 3]
    queries = []
    for number in range(60):
        words = chance.choice(bodies)
        at = chance.randrange(len(words) - 3)
        typed = " ".join([*words[at : at + 3], chance.choice(words)])
        query = parse_query(f'"{" ".join(words[at : at + 2])}" {typed} -{words[-1]}' if number % 3 == 0 else typed)
        if len(query.words) < 3:
            continue
        names = [parse_query(" ".join(chance.choice(bodies)[: chance.randint(1, 3)])).words for _ in range(3)]
        synonyms = tuple(
            Synonym(first, first + len(each) % 2, tuple(word.folded for word in each), chance.uniform(0.1, 1), "test")
            for first, each in zip((0, 1, 1), names, strict=True)
            if each
        )
        queries.append(replace(query, synonyms=synonyms, prefixes=("كت",) if number % 5 == 0 else ()))
    return queries


@needs_kernel
@pytest.mark.parametrize("exhaustive", [True, False])
def test_other_names_and_demands_are_what_the_tree_finds(
    grown_index: LexicalIndex, without_kernel: LexicalIndex, documents: list[Document], exhaustive: bool
) -> None:
    found_any = 0
    for query in with_other_names(documents):
        one, other = (index.search(query, limit=10, exhaustive=exhaustive) for index in (grown_index, without_kernel))
        assert (one.best.tolist(), one.scores.tolist()) == (other.best.tolist(), other.scores.tolist())
        collector = ArrayCollector(grown_index._evaluator, limit=10)
        grown_index._searcher.search_with_collector(whoosh_query(query), collector)
        if exhaustive:
            assert as_lists(one) == as_lists(other)
            assert one.matched.tolist() == collector.matches.documents.tolist()
        scores = dict(zip(collector.matches.documents.tolist(), collector.matches.scores.tolist(), strict=True))
        assert one.scores.tolist() == pytest.approx(sorted(scores.values(), reverse=True)[:10], rel=1e-6)
        assert one.scores.tolist() == pytest.approx([scores[number] for number in one.best.tolist()], rel=1e-6)
        found_any += len(one.best) > 0
    assert found_any > 30


def as_lists(found: LexicalMatches) -> tuple[object, ...]:
    return found.best.tolist(), found.scores.tolist(), found.total, found.matched.tolist(), found.complete


@needs_kernel
@pytest.mark.parametrize("limit", [0, 1, 10, 200, 100_000])
def test_all_matches(
    grown_index: LexicalIndex, without_kernel: LexicalIndex, documents: list[Document], limit: int
) -> None:
    chance = np.random.default_rng(SEED)
    for text in texts(documents):
        allowed = chance.random(len(grown_index.ordinals)) < 0.5 if chance.random() < 0.3 else None
        one, other = (
            index.search(parse_query(text), limit=limit, allowed=allowed) for index in (grown_index, without_kernel)
        )
        assert as_lists(one) == as_lists(other), text
        some = chance.permutation(len(grown_index.ordinals))[:50]
        assert one.has(some).tolist() == other.has(some).tolist() == np.isin(some, one.matched).tolist()


@needs_kernel
@pytest.mark.parametrize("limit", [1, 10, 200])
def test_only_the_best(
    grown_index: LexicalIndex, without_kernel: LexicalIndex, documents: list[Document], limit: int
) -> None:
    for text in texts(documents):
        every, one, other = (
            index.search(parse_query(text), limit=limit, exhaustive=exhaustive)
            for index, exhaustive in ((grown_index, True), (grown_index, False), (without_kernel, False))
        )
        for found in (one, other):
            assert found.best.tolist() == every.best.tolist(), text
            assert found.scores.tolist() == every.scores.tolist()
            assert len(found.best) <= found.total <= every.total


def test_words_are_what_the_tree_finds(grown_index: LexicalIndex, documents: list[Document]) -> None:
    for text in texts(documents):
        found = grown_index.search(parse_query(text), limit=10)
        collector = ArrayCollector(grown_index._evaluator, limit=10)
        grown_index._searcher.search_with_collector(whoosh_query(parse_query(text)), collector)
        assert found.matched.tolist() == collector.matches.documents.tolist(), text
        # The score of a word is rounded to a float here, and that of each of its terms there.
        scores = dict(zip(collector.matches.documents.tolist(), collector.matches.scores.tolist(), strict=True))
        assert found.scores.tolist() == pytest.approx(sorted(scores.values(), reverse=True)[:10], rel=1e-6)
        assert found.scores.tolist() == pytest.approx([scores[number] for number in found.best.tolist()], rel=1e-6)


def test_words_are_kept_from_one_query_to_the_next(grown_index: LexicalIndex, documents: list[Document]) -> None:
    query = parse_query(documents[0].title)
    grown_index._words.clear()
    first = grown_index.search(query, limit=10)
    kept = len(grown_index._words), grown_index._words.size
    assert kept[0] == len(set(query.scored_words))
    assert kept[1] > 0
    assert as_lists(grown_index.search(query, limit=10)) == as_lists(first)
    assert (len(grown_index._words), grown_index._words.size) == kept


def view_as_lists(view: ForwardView) -> list[object]:
    columns = (view.stems, view.tokens, view.owners, view.positions, view.lengths)
    return [view.words, *(column.tolist() for column in columns)]


@needs_kernel
def test_views_are_those_of_numpy(grown_index: LexicalIndex, without_kernel: LexicalIndex) -> None:
    chance = np.random.default_rng(SEED)
    vocabulary = grown_index.vocabulary()
    words = vocabulary.words.split("\n")
    for count in (0, 1, 3, 40, 200):
        for longest in (0, 1, 7, 2000):
            chosen = np.sort(chance.choice(len(grown_index.ordinals), count, replace=False))
            wanted = np.unique(chance.integers(len(vocabulary.frequencies), size=chance.integers(300))).astype(np.int32)
            stems = ["كتاب", "", "لاشيء", *(words[place] for place in wanted[:20].tolist())]
            stems = list(dict.fromkeys(stems))
            one, other = (
                index.forward(chosen, wanted, stems, longest=longest) for index in (grown_index, without_kernel)
            )
            assert view_as_lists(one) == view_as_lists(other)


@needs_kernel
def test_damaged_postings_are_named(tmp_path: Path, documents: list[Document]) -> None:
    build(tmp_path / "index", documents[:50])
    change_array([tmp_path / "index" / "0001.arrays"], "posting_bytes", lambda them: np.full_like(them, 255))
    index = LexicalIndex(tmp_path / "index")
    with pytest.raises(CorruptIndexError, match="arsearch verify"):
        index.search(parse_query(documents[1].title), limit=10)


def test_the_kernel_can_be_switched_off() -> None:
    code = "from arsearch import kernel; assert kernel.native is None"
    subprocess.run([sys.executable, "-c", code], check=True, env=os.environ | {kernel.KERNEL_VARIABLE: "off"})


WORDS = st.sampled_from(
    ["و", "أو", "ليس", "AND", "a-b", "-", "-ب", "كتاب", "٣٫٥", "عنوان", "x_y", "'", "c++", "\u200fر"]
)


@given(
    st.lists(st.one_of(WORDS, st.text("ابوسa1-.،؛'\"*:()& |\u00a0\u064b\u200f\t", max_size=8)), max_size=6).map(
        " ".join
    )
)
@example("نص (مع) قوس")
def test_reading_plain_words_is_what_the_parser_does(text: str) -> None:
    assert repr(parse_syntax(text)) == repr(_parser(True, ()).parse(without_controls(text), normalize=False))
