"""Words: the query as typed, and how articles are scored for it."""

from __future__ import annotations

import math
from collections.abc import Iterator
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from arsearch import CorruptIndexError
from arsearch.arabic import analyze
from arsearch.lexical import Document, LexicalIndex, LexicalWriter, parse_query
from arsearch.lexical.search.bm25 import K1, B


def folded_words(text: str) -> list[str]:
    return [word.folded for word in parse_query(text).words]


def test_words_phrases_and_exclusions_are_told_apart() -> None:
    query = parse_query('قمر "بحر الروم" -سفينة -"يوم أحد" نجم')
    assert folded_words('قمر "بحر الروم" -سفينة نجم') == ["قمر", "بحر", "الروم", "نجم"]
    assert query.phrases == (("بحر", "الروم"),)
    assert query.excluded == (("سفينه",), ("يوم", "احد"))
    assert query.plain == "قمر بحر الروم نجم"


def test_plain_text_has_no_operators() -> None:
    query = parse_query('قمر "بحر الروم" -سفينة', operators=False)
    assert [word.folded for word in query.words] == ["قمر", "بحر", "الروم", "سفينه"]
    assert (query.phrases, query.excluded) == ((), ())


def test_a_hyphen_inside_a_word_excludes_nothing() -> None:
    assert folded_words("كوفيد-19") == ["كوفيد", "19"]
    assert parse_query("كوفيد-19").excluded == ()


def test_stop_words_count_only_where_there_is_nothing_else() -> None:
    assert [word.folded for word in parse_query("من هو الوزير").scored_words] == ["الوزير"]
    assert [word.folded for word in parse_query("من هو").scored_words] == ["من", "هو"]


@given(st.text(alphabet=st.sampled_from('اب "«»“”-+() ؟\n')) | st.text())
def test_no_query_raises(text: str) -> None:
    query = parse_query(text)
    assert query.is_empty == (not query.words)


ARTICLES = {
    7: ("قمر", "سفينة في البحر وسفينة في الميناء"),
    3: ("بحر", "السفينة كبيرة"),
    4: ("", "كتاب عن النجوم"),
}


@pytest.fixture
def index(tmp_path: Path) -> Iterator[LexicalIndex]:
    writer = LexicalWriter(tmp_path / "words", memory_mb=16)
    writer.add([Document(ordinal=ordinal, title=title, body=body) for ordinal, (title, body) in ARTICLES.items()])
    assert writer.commit() == len(ARTICLES)
    opened = LexicalIndex(tmp_path / "words")
    yield opened
    opened.close()


def scores(index: LexicalIndex, query: str) -> dict[int, float]:
    found = index.search(parse_query(query), limit=100)
    assert sorted(found.best.tolist()) == found.matched.tolist()
    return dict(zip(index.ordinals[found.best].tolist(), found.scores.tolist(), strict=True))


def test_bm25_is_what_the_formula_says(index: LexicalIndex) -> None:
    lengths = {
        ordinal: sum(bool(token.stem) for text in texts for token in analyze(text))
        for ordinal, texts in ARTICLES.items()
    }
    average = sum(lengths.values()) / 3
    idf = math.log(1 + (3 - 2 + 0.5) / (2 + 0.5))
    stem = {
        ordinal: idf * frequency / (frequency + K1 * (1 - B + B * lengths[ordinal] / average))
        for ordinal, frequency in ((7, 2), (3, 1))
    }
    found = scores(index, "سفن")
    assert found == {}
    found = scores(index, "سفينتي")
    assert found == {}
    found = scores(index, "بالسفينة")  # the stem of both, the folded form of neither
    assert found == pytest.approx(stem, rel=1e-5)


def test_the_form_that_was_typed_scores_more(index: LexicalIndex) -> None:
    assert scores(index, "السفينة")[3] > scores(index, "بالسفينة")[3]


def test_a_word_in_the_title_scores_more(index: LexicalIndex) -> None:
    found = scores(index, "البحر")
    assert found[3] > found[7] * 0.9
    assert set(found) == {3, 7}


def test_phrases_are_exact_and_in_order(index: LexicalIndex) -> None:
    assert set(scores(index, '"سفينة في البحر"')) == {7}
    assert scores(index, '"السفينة في البحر"') == {}
    assert scores(index, '"في سفينة"') == {}


def test_marks_say_where_words_stand_and_whether_as_typed(index: LexicalIndex) -> None:
    title, body = index.marks(int(index.numbers[7]), parse_query("السفينة بحر قمر"))
    assert (title.words, title.as_typed) == ({0: 2}, {0})
    assert body.words == {0: 0, 2: 1, 3: 0}
    assert index.marks(int(index.numbers[7]), parse_query("سفينة"))[1].as_typed == {0}
    text = ARTICLES[7][1]
    assert [text[start:end] for start, end in body.spans.tolist()] == text.split()


def test_quoted_words_are_marked_only_as_typed(index: LexicalIndex) -> None:
    assert set(index.marks(int(index.numbers[7]), parse_query("السفينة"))[1].words) == {0, 3}
    assert index.marks(int(index.numbers[7]), parse_query('"السفينة"'))[1].words == {}


def test_deleted_articles_are_gone_and_the_rest_scores_as_if_they_never_were(
    index: LexicalIndex, tmp_path: Path
) -> None:
    writer = LexicalWriter(tmp_path / "changed", memory_mb=16, previous=tmp_path / "words")
    writer.delete([7, 1234])
    assert writer.commit() == 2
    alone = LexicalWriter(tmp_path / "alone", memory_mb=16)
    alone.add([Document(ordinal=ordinal, title=ARTICLES[ordinal][0], body=ARTICLES[ordinal][1]) for ordinal in (3, 4)])
    alone.commit()
    changed, fresh = LexicalIndex(tmp_path / "changed"), LexicalIndex(tmp_path / "alone")
    for query in ("بحر سفينة", "السفينة الكبيرة", "نجم عن كتاب", '"كتاب عن"'):
        assert scores(changed, query) == scores(fresh, query)
    assert not changed.knows(parse_query("الميناء").words[0])
    assert changed.live_ordinals().tolist() == [3, 4]
    assert len(index) == 3  # who has the earlier commit open keeps it
    assert set(scores(index, "سفينة")) == {7, 3}


def test_what_is_not_committed_is_not_there(index: LexicalIndex, tmp_path: Path) -> None:
    writer = LexicalWriter(tmp_path / "new", memory_mb=16, previous=tmp_path / "words")
    writer.add([Document(ordinal=8, title="", body="زورق")])
    with pytest.raises(CorruptIndexError):
        LexicalIndex(tmp_path / "new")
    assert len(LexicalIndex(tmp_path / "words")) == 3


def titles(index: LexicalIndex, text: str) -> list[int]:
    found = index.complete(text, 5, expansions=9)
    return [int(index.ordinals[number]) for one in found for number in one.titles]


def test_completed_titles_have_all_words_the_last_begun(index: LexicalIndex) -> None:
    assert titles(index, "قم") == [7]
    assert titles(index, "بحر") == [3]
    assert titles(index, "بحر قم") == []
    assert titles(index, "؟") == []


def test_corrections_are_near(index: LexicalIndex) -> None:
    def corrected(text: str) -> list[str]:
        suggestion = index.suggester.suggest(text)
        return [change.candidates[0].folded for change in suggestion.changes] if suggestion else []

    assert corrected("النجوك") == ["النجوم"]
    assert corrected("بعيدجدا") == []


def test_a_folder_without_an_index(tmp_path: Path) -> None:
    with pytest.raises(CorruptIndexError, match="arsearch verify"):
        LexicalIndex(tmp_path / "nothing")
