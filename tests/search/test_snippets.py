from __future__ import annotations

import html
import re
from collections.abc import Mapping, Sequence

import numpy as np
import numpy.typing as npt
from hypothesis import given
from hypothesis import strategies as st

from arsearch.arabic import analyze
from arsearch.search.snippets import cut_snippet, mark_words, merge_spans

LIGATURE_SALAT = "\ufdfa"


def spans_of(body: str) -> npt.NDArray[np.uint32]:
    return np.array([(token.start, token.end) for token in analyze(body)], dtype=np.uint32).reshape(-1, 2)


def matches_of(body: str, query: str) -> dict[int, int]:
    wanted = [token.stem for token in analyze(query)]
    return {
        place: wanted.index(token.stem)
        for place, token in enumerate(analyze(body))
        if token.stem and token.stem in wanted
    }


def snippet(body: str, query: str = "", *, words: int = 40, start_at: int = 0, weights: Sequence[float] = ()) -> str:
    weights = weights or [1.0] * len(analyze(query))
    return cut_snippet(body, spans_of(body), matches_of(body, query), weights, words=words, start_at=start_at)


def cut(body: str, matches: Mapping[int, int], *, words: int, weights: Sequence[float] = (1.0, 1.0, 1.0)) -> str:
    return cut_snippet(body, spans_of(body), matches, weights, words=words)


def numbered(count: int, *, first: int = 0) -> str:
    return " ".join(f"w{number}" for number in range(first, first + count))


def shown(found: str) -> str:
    return re.sub("</?mark>", "", found)


def test_a_reader_sees_the_words_of_the_query_marked_whole_with_vowels_and_particles() -> None:
    body = "وقّع الوَزِيرُ اتفاقية، وبالوزارة في الـ21 من أكتوبر."
    assert snippet(body, "وزير 21") == "وقّع <mark>الوَزِيرُ</mark> اتفاقية، وبالوزارة في <mark>الـ21</mark> من أكتوبر."


def test_a_short_body_is_shown_whole_without_ellipses() -> None:
    assert snippet("«نص قصير جدا».", "قصير") == "«نص <mark>قصير</mark> جدا»."


def test_a_body_that_fits_is_shown_whole_wherever_its_match_stands() -> None:
    assert cut(f"{numbered(8)}. w8 w9", {9: 0}, words=10) == f"{numbered(8)}. w8 <mark>w9</mark>"
    assert snippet("نص قصير", start_at=3) == "نص قصير"


def test_markup_in_the_body_is_escaped() -> None:
    body = "<script>alert('x')</script> قال & \"نعم\""
    assert snippet(body, "قال") == (
        "&lt;script&gt;alert(&#x27;x&#x27;)&lt;/script&gt; <mark>قال</mark> &amp; &quot;نعم&quot;"
    )


def test_markup_around_a_marked_word_is_escaped() -> None:
    assert snippet("<mark>خبر</mark>", "خبر") == "&lt;mark&gt;<mark>خبر</mark>&lt;/mark&gt;"


def test_white_space_is_shown_as_one_space() -> None:
    assert snippet("فقرة\n\nفقرة\t  ثانية", "ثانية") == "فقرة فقرة <mark>ثانية</mark>"


def test_ellipses_stand_where_the_body_goes_on() -> None:
    body = numbered(100)
    assert cut(body, {50: 0}, words=8) == "…w48 w49 <mark>w50</mark> w51 w52 w53 w54 w55…"
    assert cut(body, {0: 0}, words=4) == "<mark>w0</mark> w1 w2 w3…"
    assert cut(body, {99: 0}, words=8) == "…w97 w98 <mark>w99</mark>"


def test_a_snippet_has_as_many_words_as_asked_for() -> None:
    for words in (1, 2, 3, 4, 5, 8, 15, 40, 99):
        assert len(shown(cut(numbered(200), {100: 0}, words=words)).split()) == words


def test_the_match_is_inside_however_short_the_snippet() -> None:
    for words in range(1, 50):
        for place in (0, 1, 5, 11, 12, 13, 100):
            assert f"<mark>w{place}</mark>" in cut(numbered(200), {place: 0}, words=words)


def test_the_window_with_the_most_different_query_words_wins() -> None:
    body = numbered(300)
    assert "<mark>w200</mark> <mark>w201</mark>" in cut(body, {10: 0, 11: 0, 12: 0, 200: 0, 201: 1}, words=20)


def test_a_rarer_query_word_counts_more() -> None:
    found = cut(numbered(300), {10: 0, 11: 1, 200: 2}, words=20, weights=[1.0, 1.0, 5.0])
    assert "<mark>w200</mark>" in found
    assert "w10" not in found


def test_a_word_that_occurs_again_counts_a_little() -> None:
    assert "<mark>w200</mark> <mark>w201</mark>" in cut(numbered(300), {10: 0, 200: 0, 201: 0}, words=20)


def test_of_equal_windows_the_first_wins() -> None:
    assert "<mark>w10</mark>" in cut(numbered(300), {10: 0, 200: 0}, words=20)


def test_a_word_in_the_very_form_that_was_typed_counts_more() -> None:
    body = numbered(300)
    found = cut_snippet(body, spans_of(body), {10: 0, 200: 0}, [1.0], words=20, as_typed={200})
    assert "<mark>w200</mark>" in found


def test_all_matches_of_the_winning_window_are_shown_though_its_sentence_began_earlier() -> None:
    body = f"{numbered(88)}. {numbered(112, first=88)}"
    for words in range(2, 40):
        for last in range(100, 100 + words - min(4, words // 4)):
            found = cut(body, {100: 0, last: 1}, words=words)
            assert f"<mark>w{last}</mark>" in found, (words, last)
            assert "<mark>w100</mark>" in found, (words, last)


def test_a_snippet_begins_with_the_sentence_of_its_match() -> None:
    for end in (".", "!", "؟", "؛", "\n"):
        body = f"{numbered(50)}{end} {numbered(150, first=50)}"
        assert cut(body, {55: 0}, words=20).startswith("…w50 w51 w52 w53 w54 <mark>w55</mark>")


def test_a_snippet_begins_a_few_words_before_its_match_when_the_sentence_began_far_before() -> None:
    assert cut(numbered(200), {55: 0}, words=20).startswith("…w51 w52 w53 w54 <mark>w55</mark>")


def test_a_snippet_near_the_beginning_begins_there() -> None:
    assert cut(numbered(200), {12: 0}, words=40).startswith("w0 ")


def test_the_nearest_sentence_is_the_one_to_begin_with() -> None:
    body = f"{numbered(50)}. {numbered(3, first=50)}. {numbered(150, first=53)}"
    assert cut(body, {55: 0}, words=20).startswith("…w53 w54 <mark>w55</mark>")


def test_closing_punctuation_belongs_to_the_last_word() -> None:
    body = "قال «نعم». ثم مضى إلى بيته"
    assert cut(body, {0: 0}, words=2) == "<mark>قال</mark> «نعم»…"


def test_opening_quotes_belong_to_the_first_word() -> None:
    body = f"{numbered(50)}. «نعم» {numbered(150, first=50)}"
    assert cut(body, {50: 0}, words=4).startswith("…«<mark>نعم</mark>» w50")


def test_without_a_match_the_snippet_begins_at_the_passage_that_was_found() -> None:
    body = numbered(100)
    assert snippet(body, words=3, start_at=body.index("w50")) == "…w50 w51 w52…"
    assert snippet(body, words=3, start_at=body.index("w50") - 1) == "…w50 w51 w52…"
    assert snippet(body, words=3) == "w0 w1 w2…"


def test_a_start_beyond_the_last_word_shows_the_last_word() -> None:
    assert snippet("نص قصير", words=1, start_at=99) == "…قصير"


def test_a_body_without_words_is_shown_as_it_is() -> None:
    assert snippet("؟ <!>", "نص") == "؟ &lt;!&gt;"
    assert snippet("") == ""


def test_a_long_body_without_words_is_cut() -> None:
    assert len(snippet("! " * 10_000, words=10)) <= 80


def test_adjacent_words_are_marked_apart() -> None:
    assert cut("شركةGoogle", {0: 0, 1: 1}, words=5) == "<mark>شركة</mark><mark>Google</mark>"


def test_the_words_of_one_ligature_are_marked_once() -> None:
    body = f"محمد {LIGATURE_SALAT} قال"
    assert cut(body, {1: 0, 2: 1, 4: 2}, words=9) == f"محمد <mark>{LIGATURE_SALAT}</mark> قال"


def test_mark_words_without_spans_only_escapes() -> None:
    assert mark_words('a < "b"', []) == "a &lt; &quot;b&quot;"


def test_mark_words_at_both_ends() -> None:
    assert mark_words("a&b", [(0, 1), (2, 3)]) == "<mark>a</mark>&amp;<mark>b</mark>"


def test_mark_words_escapes_inside_a_mark() -> None:
    assert mark_words("a<b", [(0, 3)]) == "<mark>a&lt;b</mark>"


def test_merge_spans_leaves_out_shared_and_overlapping_offsets() -> None:
    assert merge_spans([(0, 1), (0, 1), (1, 4), (3, 5), (5, 6)]) == [(0, 1), (1, 4), (5, 6)]
    assert merge_spans([]) == []


def test_merge_spans_takes_the_rows_of_an_array() -> None:
    merged = merge_spans(spans_of("نص قصير"))
    assert merged == [(0, 2), (3, 7)]
    assert all(type(offset) is int for span in merged for offset in span)


@given(
    st.text(st.one_of(st.sampled_from("ابتث \n.<>&\"'aZ19؟،«»" + LIGATURE_SALAT), st.characters()), max_size=200),
    st.data(),
)
def test_without_its_markup_a_snippet_is_a_piece_of_the_body(body: str, data: st.DataObject) -> None:
    spans = spans_of(body)
    places = st.integers(0, max(0, len(spans) - 1))
    matches = data.draw(st.dictionaries(places, st.integers(0, 2), max_size=5)) if len(spans) else {}
    words = data.draw(st.integers(1, 12))
    found = cut_snippet(body, spans, matches, [1.0, 2.0, 0.0], words=words, start_at=data.draw(st.integers(0, 200)))
    text = html.unescape(shown(found))
    whole = " ".join(body.split())
    assert any(piece in whole for piece in (text, text.removeprefix("…"), text.removesuffix("…"), text.strip("…")))
    assert not re.search(r"<(?!/?mark>)|[\"']", found)
    assert found.count("<mark>") == found.count("</mark>")
    assert bool(matches) == ("<mark>" in found)


@given(st.text(max_size=60), st.lists(st.integers(0, 60), max_size=8))
def test_marking_changes_nothing_but_the_markup(text: str, offsets: list[int]) -> None:
    edges = sorted({min(offset, len(text)) for offset in offsets})
    spans = list(zip(edges[::2], edges[1::2], strict=False))
    assert html.unescape(re.sub("</?mark>", "", mark_words(text, spans))) == text


def test_no_comma_or_point_stands_before_the_ellipsis() -> None:
    for mark in ("،", "؛", ":", ".", "..."):
        assert cut(f"قال{mark} ثم مضى إلى بيته", {0: 0}, words=1) == "<mark>قال</mark>…"
    assert cut("قال؟ ثم مضى إلى بيته", {0: 0}, words=1) == "<mark>قال</mark>؟…"
