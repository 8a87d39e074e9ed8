"""Words that only share letters with a query: what nodes leave out of them changes no feature of a candidate."""

from __future__ import annotations

from collections import Counter

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as some

from arsearch.backends.opensearch.search.token_columns import DocumentTokens, TokenColumns, WordNumbers
from arsearch.backends.opensearch.views.loose_words import LooseWordError, asked_grams, made_up_word, seen_by_nodes
from arsearch.ranking import (
    WORD_END,
    CandidateTexts,
    GramTable,
    QueryWords,
    find_features,
    find_grams,
    grams_of,
)

LONGEST = 2_000
words = some.text(alphabet="المسرحي", min_size=1, max_size=9)
texts = some.lists(some.lists(words, max_size=30), min_size=1, max_size=3)


def seen(query: list[str]) -> tuple[int, ...]:
    return seen_by_nodes(grams_of("".join(word + WORD_END for word in query)))


def code_of(word: str, query: list[str]) -> int:
    """What the script on a node makes of a word: 0 where it is no loose one."""
    grams = asked_grams(seen(query))
    hits = [gram for gram in seen([word]) if gram in grams.numbers]
    code = 0
    for gram in hits:
        code = code * (len(grams.numbers) + 1) + grams.numbers.index(gram) + 1
    for at, size in enumerate(grams.sizes):
        common = sum(grams.having[grams.numbers.index(gram)] >> at & 1 for gram in set(hits))
        if 4 * common >= len(word) - 1 + size - common:
            return 0
    return code


def columns_of(documents: list[list[str]], query: list[str], *, loosely: bool) -> TokenColumns:
    folded_words, stems = WordNumbers(), WordNumbers()
    stems.of_all(["", *query, "\n"])
    grams = asked_grams(seen(query))
    made = []
    for document in documents:
        codes = [code_of(word, query) if loosely and word not in query else 0 for word in document]
        kept = [at for at, code in enumerate(codes) if not code]
        made.append(
            DocumentTokens(
                folded_words.of_all([document[at] for at in kept]),
                stems.of_all([document[at] if document[at] in query else "\n" for at in kept]),
                0,
                np.array(kept, np.int64),
                (len(document), len(document), 0, 0),
                folded_words.of_all([made_up_word(code, grams.numbers) for code in codes if code]),
            )
        )
    return TokenColumns(made, folded_words, stems)


@given(some.lists(words, min_size=1, max_size=4), texts)
def test_no_feature_knows_loose_words_from_whole_ones(query: list[str], documents: list[list[str]]) -> None:
    vocabulary = sorted({word for document in documents for word in document} | set(query))
    table = GramTable.of("".join(word + WORD_END for word in vocabulary), np.ones(len(vocabulary)), 9)
    asked = QueryWords(
        words="".join(word + WORD_END for word in query),
        idf=np.linspace(1, 3, len(query), dtype=np.float32),
        stems=np.array([query.index(word) for word in query], np.int64),
    )
    features = []
    for loosely in (False, True):
        view = columns_of(documents, query, loosely=loosely).view(query, LONGEST)
        candidates = CandidateTexts(
            words=view.words,
            stems=view.stems,
            tokens=view.tokens,
            owners=view.owners,
            positions=view.positions,
            lengths=view.lengths,
            average_length=20.0,
        )
        features.append(find_features(asked, candidates, np.zeros(len(documents), np.float32), table))
    assert np.array_equal(features[0], features[1])


@given(words, some.lists(words, min_size=1, max_size=4))
def test_a_made_up_word_has_the_n_grams_of_its_code(word: str, query: list[str]) -> None:
    code = code_of(word, query)
    if not code:
        return
    asked = set(seen(query))
    made = find_grams(made_up_word(code, asked_grams(seen(query)).numbers) + WORD_END)[0]
    assert Counter(each for each in seen_by_nodes(made) if each in asked) == Counter(
        each for each in seen([word]) if each in asked
    )


def test_most_words_that_begin_with_the_article_are_loose() -> None:
    query = ["المحافظات", "المتحده"]
    assert code_of("المسرح", query)
    assert code_of("المدينه", query)
    assert not code_of("المحافظه", query)
    assert not code_of("المتحد", query)


def test_a_query_of_very_many_words_has_no_loose_ones() -> None:
    query = [f"كلمه{chr(0x628 + at % 30)}{chr(0x628 + at // 30)}" for at in range(200)]
    assert asked_grams(seen(query)).sizes == ()


@pytest.mark.parametrize("code", [0, 8, 16])
def test_a_code_of_nothing_is_told(code: int) -> None:
    """Eight digits are those of seven n-grams: 0 is none of them."""
    numbers = asked_grams(seen(["المسرحيه"])).numbers
    assert len(numbers) == 7
    with pytest.raises(LooseWordError):
        made_up_word(code, numbers)
