"""Documents whose tokens came from elsewhere: they must rank and be marked as those of the segments do."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pytest

from arsearch import ranking
from arsearch.backends.opensearch.publish.live_counts import live_lengths
from arsearch.backends.opensearch.publish.token_reader import TokenReader
from arsearch.backends.opensearch.search.exact_scores import exact_scores, exact_scores_by_word
from arsearch.backends.opensearch.search.mark_tokens import mark_tokens
from arsearch.backends.opensearch.search.token_columns import (
    DocumentTokens,
    TokenColumns,
    WordNumbers,
    pack_spans,
    pack_words,
    unpack_spans,
)
from arsearch.index import Commit
from arsearch.lexical import LexicalQuery, parse_query

QUERIES = [
    "بيت الحكمة",
    "البيت الكبير في المدينة",
    "في من على",
    '"بيت الحكمة" بغداد',
    "مكتب*",
    "القهوة -تركيا",
    "(الحوت OR البحر) AND المحيط",
    "title:الحكمة",
    "٥٠% من الناس",
    "دبي UNESCO 2015",
]


@pytest.fixture(scope="module")
def commit(corpus_index: Path) -> Iterator[Commit]:
    with Commit.open_live(corpus_index) as commit:
        yield commit


class Elsewhere:
    """All documents of a commit, read back, sent away as bytes, and come again."""

    def __init__(self, commit: Commit) -> None:
        self.folded_words, self.stems = WordNumbers(), WordNumbers()
        self.documents = np.sort(commit.words.numbers[commit.articles.ordinals()])
        reader = TokenReader(commit.words)
        self.tokens, self.spans = [], []
        for number in self.documents.tolist():
            read = reader.read(number)
            packed = pack_words(read.folded_words, read.stems)
            self.tokens.append(DocumentTokens.unpacked(packed, read.title, self.folded_words, self.stems))
            self.spans.append(unpack_spans(pack_spans(read.spans[:, 0], read.spans[:, 1])))
        self.columns = TokenColumns(self.tokens, self.folded_words, self.stems)
        self.averages = {field: total / len(commit.words) for field, total in live_lengths(commit.words).items()}


@pytest.fixture(scope="module")
def elsewhere(commit: Commit) -> Elsewhere:
    return Elsewhere(commit)


def read(commit: Commit, text: str) -> LexicalQuery:
    return commit.words.with_synonyms(parse_query(text), None)


@pytest.mark.parametrize("text", QUERIES)
def test_scores_are_those_of_the_index(commit: Commit, elsewhere: Elsewhere, text: str) -> None:
    query = read(commit, text)
    found = commit.words.search(query, limit=1000)
    assert len(found.best)
    scores = exact_scores(query, elsewhere.columns, commit.words, elsewhere.averages)
    places = np.searchsorted(elsewhere.documents, found.best)
    np.testing.assert_allclose(scores[places], found.scores, rtol=1e-5)


@pytest.mark.parametrize("text", QUERIES)
def test_what_each_word_adds_is_what_it_adds_in_the_index(commit: Commit, elsewhere: Elsewhere, text: str) -> None:
    query = read(commit, text)
    ours = exact_scores_by_word(query, elsewhere.columns, commit.words, elsewhere.averages)
    for one, other in zip(ours, commit.words.scores_by_word(query, elsewhere.documents), strict=True):
        assert one == pytest.approx({word: score for word, score in other.items() if score}, rel=1e-4)


@pytest.mark.parametrize("text", QUERIES)
def test_words_are_marked_where_the_index_marks_them(commit: Commit, elsewhere: Elsewhere, text: str) -> None:
    query = read(commit, text)
    for place, number in enumerate(elsewhere.documents.tolist()):
        ours = mark_tokens(
            query, elsewhere.tokens[place], elsewhere.spans[place], elsewhere.folded_words, elsewhere.stems
        )
        for one, other in zip(ours, commit.words.marks(number, query), strict=True):
            np.testing.assert_array_equal(one.spans, other.spans)
            assert one.words == other.words
            assert one.as_typed == other.as_typed


@pytest.mark.parametrize("text", QUERIES)
def test_features_are_those_of_the_forward_view(commit: Commit, elsewhere: Elsewhere, text: str) -> None:
    scored = read(commit, text).scored_words
    stems = list(dict.fromkeys(word.stem for word in scored if word.stem))
    folded_words = "".join(word.folded + ranking.WORD_END for word in scored)
    wanted = commit.grams.words_with(ranking.find_grams(folded_words)[0])
    views = (
        elsewhere.columns.view(stems, longest=50),
        commit.words.forward(elsewhere.documents, wanted, stems, longest=50),
    )
    asked = ranking.QueryWords(
        words=folded_words,
        idf=np.array([commit.words.idf_of(word) for word in scored], dtype=np.float32),
        stems=np.array([stems.index(word.stem) if word.stem else -1 for word in scored], dtype=np.int64),
    )
    features = []
    for view in views:
        texts = ranking.CandidateTexts(
            words=view.words,
            stems=view.stems,
            tokens=view.tokens,
            owners=view.owners,
            positions=view.positions,
            lengths=view.lengths,
            average_length=commit.words.average_length,
        )
        scores = np.zeros(len(elsewhere.documents), dtype=np.float32)
        features.append(ranking.find_features(asked, texts, scores, commit.grams))
    np.testing.assert_allclose(features[0], features[1], rtol=1e-5, atol=1e-6)


def test_a_document_without_words_has_none() -> None:
    folded_words, stems = WordNumbers(), WordNumbers()
    empty = DocumentTokens.unpacked(pack_words([], []), 0, folded_words, stems)
    columns = TokenColumns([empty, empty], folded_words, stems)
    assert len(columns) == 2
    assert columns.view([], longest=10).lengths.tolist() == [0, 0]


def test_what_is_no_packed_document_is_refused() -> None:
    with pytest.raises(ValueError, match="not equally many"):
        DocumentTokens.unpacked(pack_words(["a", "b"], ["a"]), 0, WordNumbers(), WordNumbers())
