"""Judgments from what readers opened: not from where it stood, and not from few."""

from __future__ import annotations

from pathlib import Path

import pytest

from arsearch.errors import InsightsError
from arsearch.evaluation.trec import read_qrels
from arsearch.insights import Asked, InsightStore, Opened, write_judgments

WORDS = ["بحر", "قمر", "نجم", "خبز", "كتاب", "سفينة", "ميناء", "قارئ"]
QUERIES = [f"{one} {other}" for one in WORDS for other in WORDS if one < other] + [
    f"{one} {other}" for one in WORDS for other in WORDS if one > other
]


@pytest.fixture
def store(tmp_path: Path) -> InsightStore:
    return InsightStore(tmp_path / "insights.sqlite", readers=5, days=30, new_salt=lambda: bytes(32))


def opened(store: InsightStore, queries: list[str], readers: int = 8) -> None:
    """Everybody asks; nearly all open the first, as readers do; the fifth is opened far more often than fifths are."""
    events: list[Asked | Opened] = []
    for number, query in enumerate(queries):
        for reader in range(readers):
            events.append(Asked(query, str(reader), 10, 5))
            events.append(Opened(query, str(reader), f"first{number}", 1))
            if number % 4 == 0:
                events.append(Opened(query, str(reader), f"fifth{number}", 5))
    store.add(events)


def test_an_article_is_judged_by_what_its_places_are_worth(store: InsightStore, tmp_path: Path) -> None:
    queries = QUERIES[:54]
    opened(store, queries)
    assert write_judgments(store, tmp_path / "q.tsv", tmp_path / "qrels.txt") == 54
    grades = {
        article: grade for judged in read_qrels(tmp_path / "qrels.txt").values() for article, grade in judged.items()
    }
    assert grades["first0"] == 1
    assert grades["fifth0"] == 2
    lines = (tmp_path / "q.tsv").read_text(encoding="utf-8").splitlines()
    assert sorted(line.split("\t")[1] for line in lines) == sorted(queries)


def test_few_queries_or_few_readers_teach_nothing(store: InsightStore, tmp_path: Path) -> None:
    opened(store, QUERIES[:49])
    with pytest.raises(InsightsError, match="49 queries have an article that enough readers opened, and 50"):
        write_judgments(store, tmp_path / "q.tsv", tmp_path / "qrels.txt")
    store.add([event for _ in range(50) for event in (Asked("عمود", "1", 3, 5), Opened("عمود", "1", "mine", 9))])
    with pytest.raises(InsightsError, match="49 queries"):
        write_judgments(store, tmp_path / "q.tsv", tmp_path / "qrels.txt")
