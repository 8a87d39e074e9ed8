"""Known items: which queries of the training data have which answers."""

from __future__ import annotations

import gzip
import json
from pathlib import Path
from typing import Any

import pytest

from training.ranking import known_items

LONG = "نص طويل " * 20


@pytest.fixture
def data(tmp_path: Path) -> Path:
    files: dict[str, list[dict[str, Any]]] = {
        "ant-pairs": [
            {"a": "عنوان خبر اول", "b": LONG + "1", "kind": "title"},
            {"a": "عنوان خبر اول", "b": LONG + "2", "kind": "abstract"},
            {"a": "عنوان يعود مرتين", "b": LONG + "3", "kind": "title"},
            {"a": "عنوان يعود مرتين", "b": LONG + "4", "kind": "title"},
            {"a": "نص قصير له عنوان", "b": "نص", "kind": "title"},
        ],
        "periodicals": [{"title": "باب", "body": LONG}, {"title": "في اصلاح التعليم", "body": LONG}],
        "egyptian-wikipedia": [{"title": "نهر النيل الازرق", "body": f"نهر النيل الازرق\n\n{LONG}"}],
        "q2q": [
            {"a": "ما عاصمة ليبيا؟", "b": "ما هي عاصمة ليبيا؟", "label": 1},
            {"a": "ما عاصمة ليبيا؟", "b": "اين تقع ليبيا؟", "label": 0},
            {"a": "اين تقع ليبيا؟", "b": "اين ليبيا؟", "label": 1},
        ],
    }
    for name, records in files.items():
        with gzip.open(tmp_path / f"{name}.jsonl.gz", "wt", encoding="utf-8") as file:
            file.writelines(json.dumps(record) + "\n" for record in records)
    return tmp_path


def test_titles_that_one_article_has_are_queries_for_it(data: Path) -> None:
    items = dict(known_items(data))
    assert {query: items["ant"].texts[number] for query, [number] in items["ant"].queries.items()} == {
        "عنوان خبر اول": LONG + "1"
    }
    assert list(items["periodicals"].queries) == ["في اصلاح التعليم"]


def test_a_title_does_not_stand_in_its_text(data: Path) -> None:
    assert dict(known_items(data))["egyptian-wikipedia"].texts == [LONG.strip()]


def test_questions_find_those_that_mean_the_same_and_never_themselves(data: Path) -> None:
    questions = dict(known_items(data))["questions"]
    assert questions.queries == {"ما عاصمة ليبيا؟": {questions.texts.index("ما هي عاصمة ليبيا؟")}}
