"""Hits that tell of the same matter over some days are one story, and others are not."""

from __future__ import annotations

import json
from pathlib import Path

import numpy as np
import pytest

import arsearch
from arsearch import Settings
from arsearch.arabic import analyze
from arsearch.search.grouping.stories import Story, find_stories, nearness_of, possible_hits

TITLES = [
    ("a", "انهيار ثلجي في فندق إيطالي", "2017-01-19"),
    ("b", "حصيلة جديدة: انهيار في فندق إيطالي", "2017-01-22T08:00:00"),
    ("c", "انتهاء البحث عن ضحايا انهيار فندق إيطالي", "2017-01-27"),
    ("d", "انهيار ثلجي في فندق إيطالي", "2016-01-19"),
    ("e", "سعر القمح في الأسواق", "2017-01-20"),
    ("f", "انهيار في فندق إيطالي", ""),
    ("g", "انهيار في فندق إيطالي", "2017-01"),
]


def found(nearness: float = 20.0, known: tuple[str, ...] = ()) -> list[Story]:
    possible = possible_hits(TITLES, known)
    return find_stories(possible, np.full((len(possible), len(possible)), nearness, np.float32))


def test_a_story_has_near_dates_shared_words_and_a_near_meaning() -> None:
    [story] = found()
    assert (story.ids, story.first, story.last) == (("a", "b", "c"), "2017-01-19", "2017-01-27")
    assert found(nearness=7.9) == []


def test_words_of_the_query_are_shared_by_all_hits_and_count_nothing() -> None:
    stems = tuple(token.stem for token in analyze("انهيار فندق إيطالي ثلجي"))
    assert found(known=stems) == []
    assert [story.ids for story in found(nearness=9.0, known=stems[:1])] == [("a", "b", "c")]
    assert found(nearness=9.0, known=stems[:2]) == []  # one word is left: the meaning has to be nearer
    assert [story.ids for story in found(nearness=10.0, known=stems[:2])] == [("a", "b", "c")]


def test_nearness_is_counted_in_spreads_and_missing_vectors_are_near_to_nothing() -> None:
    one = np.array([[1.0, 0.0]], np.float32)
    nearness = nearness_of(
        [one, np.array([[2.0, 0.0], [0.0, 0.0]], np.float32), np.empty((0, 2), np.float32)], 0.2, 0.1
    )
    assert nearness[0, 1] == pytest.approx(8.0)
    assert nearness[0, 2] == -np.inf
    assert nearness_of([], 0.0, 1.0).shape == (0, 0)


def test_an_answer_tells_of_stories_where_it_is_asked_to(tmp_path: Path, tiny_encoder: str) -> None:
    body = "انهار جليد على فندق في إيطاليا، وما زال رجال الإنقاذ يبحثون عن المفقودين بين الأنقاض والثلوج."
    articles = [
        {"id": name, "title": title, "body": f"{body} {title}", "date": date} for name, title, date in TITLES if date
    ]
    (tmp_path / "corpus.jsonl").write_text("\n".join(map(json.dumps, articles)), encoding="utf-8")
    arsearch.build_index(
        [tmp_path / "corpus.jsonl"], tmp_path / "index", model=tiny_encoder, settings=Settings(duplicates="separate")
    )
    with arsearch.open_index(tmp_path / "index", settings=Settings()) as index:
        assert index.search("إيطاليا").stories == ()
        results = index.search("إيطاليا", stories=True)
        assert [hit.id for hit in results.hits] == [hit.id for hit in index.search("إيطاليا").hits]
        written = results.as_dict()
        assert type(results).from_dict(json.loads(json.dumps(written))).stories == results.stories
