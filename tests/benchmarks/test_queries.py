"""The queries that are measured."""

from __future__ import annotations

from arsearch.arabic import analyze
from benchmarks.queries import cut_queries

HEADLINES = [
    "أمير عسير يزور مصابي تفجير مسجد قوات الطوارئ",
    "الجوازات: تصحّح أوضاع 407 آلاف يمني حتى اليوم",
    "في",
    "مدير الجامعة «يكرم» الطلاب المتفوقين في العلوم والرياضيات",
]


def test_queries_are_two_to_four_neighbouring_words_of_a_headline() -> None:
    headlines = [[token.surface for token in analyze(headline) if token.stem] for headline in HEADLINES]
    queries = cut_queries(HEADLINES, 12)
    assert len(queries) == 12
    for query in queries:
        words = query.text.split(" ")
        assert 2 <= len(words) <= 4
        assert any(
            words == headline[start : start + len(words)] for headline in headlines for start in range(len(headline))
        )
        assert query.stems == tuple(token.stem for token in analyze(query.text))


def test_no_two_queries_ask_for_the_same_words() -> None:
    queries = cut_queries(HEADLINES, 12)
    assert len({frozenset(query.stems) for query in queries}) == 12


def test_queries_are_always_the_same_ones() -> None:
    assert cut_queries(HEADLINES, 12) == cut_queries(HEADLINES, 12)


def test_headlines_that_run_out_give_fewer() -> None:
    assert len(cut_queries(["كتاب جديد"], 5)) == 1
