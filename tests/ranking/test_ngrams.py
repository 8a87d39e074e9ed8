"""Character n-grams and how rare they are."""

from __future__ import annotations

import numpy as np
import pytest

from arsearch.ranking import GramTable
from arsearch.ranking import ngrams as grams
from arsearch.ranking.ngrams import count_grams, find_grams, match_grams


def written(gram: int) -> str:
    return "".join(chr(gram >> shift & 0xFFFF) for shift in (0, 16, 32, 48)).replace("\n", "_")


@pytest.mark.parametrize(
    ("words", "grams", "owners"),
    [
        ("كتاب\n", ["_كتا", "كتاب", "تاب_"], [0, 0, 0]),
        ("يد\nقلم\n", ["_يد_", "_قلم", "قلم_"], [0, 1, 1]),
        ("و\nيد\n", ["_يد_"], [1]),
        ("", [], []),
        ("\n", [], []),
    ],
)
def test_grams_have_the_edges_of_their_word(words: str, grams: list[str], owners: list[int]) -> None:
    found, found_owners = find_grams(words)
    assert [written(gram) for gram in found.tolist()] == grams
    assert found_owners.tolist() == owners
    assert count_grams(words).tolist() == [owners.count(word) for word in range(words.count("\n"))]


def test_grams_that_are_asked_for_are_found_in_every_word() -> None:
    words = "كتاب\nمكتبة\nكتابة\n𐐷كتا\n"
    asked = np.unique(find_grams("كتاب\n")[0])
    found, owners = match_grams(words, asked)
    grams, all_owners = find_grams(words)
    expected = [(gram, owner) for gram, owner in zip(grams.tolist(), all_owners.tolist(), strict=True) if gram in asked]
    assert list(zip(asked[found].tolist(), owners.tolist(), strict=True)) == expected
    assert {owner for _, owner in expected} == {0, 2}
    assert len(match_grams(words, asked[:0])[0]) == 0


def test_a_gram_is_as_rare_as_the_words_that_have_it() -> None:
    table = GramTable.of("كتاب\nمكتبة\nكتابة\n", np.array([100, 10, 20]), 1000)
    grams, _ = find_grams("كتاب\n")
    beginning, whole, end = table.idf_of(grams).tolist()
    assert end == pytest.approx(np.log1p(900.5 / 100.5), rel=1e-2)
    either = 1000 * (1 - 0.9 * 0.98)  # articles that have one of two independent words
    assert beginning == whole == pytest.approx(np.log1p((1000.5 - either) / (either + 0.5)), rel=1e-2)


def test_a_gram_that_no_word_has_is_the_rarest() -> None:
    table = GramTable.of("كتاب\n", np.array([1000]), 1000)
    seen, unseen = table.idf_of(find_grams("كتاب\n")[0]), table.idf_of(find_grams("سفينة\n")[0])
    assert seen.max() < 0.01 < unseen.min()


def test_the_table_is_the_same_however_many_words_are_looked_at_at_once(monkeypatch: pytest.MonkeyPatch) -> None:
    words = "".join(f"{word}{number}\n" for number in range(50) for word in ("كتاب", "مكتبة", "و", "كتابة"))
    frequencies = np.arange(1, 201)
    whole = GramTable.of(words, frequencies, 1000)
    monkeypatch.setattr(grams, "_CHARACTERS_AT_ONCE", 40)
    in_parts = GramTable.of(words, frequencies, 1000)
    assert len(list(grams._parts(words))) > 10
    for column in ("idf", "offsets", "words"):
        assert np.array_equal(getattr(whole, column), getattr(in_parts, column)), column
