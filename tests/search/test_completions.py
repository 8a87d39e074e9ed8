"""What is offered while a reader types: sequences of words that the articles have, and titles."""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator
from pathlib import Path

import pytest

import arsearch
from arsearch import Searcher, Settings

SETTINGS = Settings(duplicates="separate", mode="lexical")


def article(number: int, body: str, title: str = "", date: str = "2018-05-01") -> dict[str, str]:
    return {"id": f"a{number}", "title": title, "body": body, "date": date}


ARTICLES = [
    *(article(number, f"استقبل وزير الداخلية وفدا رقم {number}") for number in range(6)),
    *(article(number, f"قال وزير الخارجية الجديد رقم {number}") for number in range(10, 13)),
    *(article(number, f"اليوم والجوهرة {number} مع وزير") for number in range(20, 40)),
    *(article(number, f"زار تونسي تونسية وتونسيين في تونس {number}") for number in range(50, 53)),
    article(60, "نص عن البحر", "وزير الداخلية يفتتح معرضا"),
    article(61, "ﻭﺯﻳﺮ ﺍﻟﺼﻨﺎﻋﺔ", "ﺍﻟﺼﻨﺎﻋﺔ"),
    *(article(number, f"كأس العالم القديمة {number}", date="2001-01-01") for number in range(70, 74)),
    *(article(number, f"كأس القارات {number}", date="2018-04-30") for number in range(80, 82)),
    *(article(number, f"مدينة على الساحل {number}") for number in range(100, 106)),
    *(article(number, f"مدينة إلى الشرق {number}") for number in range(110, 114)),
    *(article(number, f"مدينة علي الزاهر {number}") for number in range(120, 122)),
    article(122, "مدينة عمرها قرن"),
]


def write(path: Path, articles: Iterable[dict[str, str]]) -> Path:
    path.write_text("\n".join(map(json.dumps, articles)), encoding="utf-8")
    return path


@pytest.fixture
def root(tmp_path: Path, tiny_encoder: str) -> Path:
    write(tmp_path / "corpus.jsonl", ARTICLES)
    index(tmp_path, tiny_encoder)
    return tmp_path


def index(root: Path, encoder: str) -> None:
    arsearch.build_index([root / "corpus.jsonl"], root / "index", model=encoder, settings=SETTINGS)


@pytest.fixture
def searcher(root: Path) -> Iterator[Searcher]:
    with arsearch.open_index(root / "index", settings=SETTINGS) as searcher:
        yield searcher


def words(searcher: Searcher, text: str) -> list[str]:
    return [each.text for each in searcher.completions(text, 8) if each.article is None]


def test_only_sequences_that_articles_have_are_offered_the_commonest_first(searcher: Searcher) -> None:
    offered = ["وزير الداخلية", "وزير الخارجية", "وزير الصناعة"]
    assert words(searcher, "وزير ال") == offered
    assert words(searcher, "وزير ") == offered  # nothing from the next text
    assert words(searcher, "وزير الخارجية ال") == ["وزير الخارجية الجديد"]
    assert "وزير الداخلية" in words(searcher, "وزير")


def test_recent_sequences_come_before_old_ones(searcher: Searcher) -> None:
    assert words(searcher, "كأس ال") == ["كأس القارات", "كأس العالم"]


def test_no_completion_ends_with_a_stop_word(root: Path, tiny_encoder: str) -> None:
    """Though the name علي has the folded form of one."""
    with arsearch.open_index(root / "index", settings=SETTINGS) as searcher:
        assert words(searcher, "مدينة ") == ["مدينة علي", "مدينة عمرها"]
        assert words(searcher, "مدينة إل") == []
    write(root / "corpus.jsonl", [each for each in ARTICLES if "علي الزاهر" not in each["body"]])
    index(root, tiny_encoder)
    with arsearch.open_index(root / "index", settings=SETTINGS) as searcher:
        assert words(searcher, "مدينة ع") == ["مدينة عمرها"]


def test_one_line_a_lexeme(searcher: Searcher) -> None:
    assert words(searcher, "تون") == ["تونس"]


def test_titles_say_of_which_article_they_are(searcher: Searcher) -> None:
    titles = {each.text: each.article for each in searcher.completions("وزير الدا", 8) if each.article}
    assert titles == {"وزير الداخلية يفتتح معرضا": "a60"}


def test_nothing_is_offered_in_presentation_forms(searcher: Searcher) -> None:
    offered = searcher.complete("الصن", 8)
    assert set(offered) == {"الصناعة"}


def test_what_was_deleted_or_added_counts_at_once(root: Path, tiny_encoder: str) -> None:
    more = [article(number, f"صرح وزير الثقافة {number}") for number in range(90, 99)]
    write(root / "corpus.jsonl", [each for each in ARTICLES if "الداخلية" not in each["body"]] + more)
    index(root, tiny_encoder)
    with arsearch.open_index(root / "index", settings=SETTINGS) as searcher:
        assert len(searcher.index.words.segments) > 1  # type: ignore[attr-defined]  # the local index has them
        assert words(searcher, "وزير ال") == ["وزير الثقافة", "وزير الخارجية", "وزير الداخلية", "وزير الصناعة"]
    arsearch.build_index([root / "corpus.jsonl"], root / "whole", model=tiny_encoder, settings=SETTINGS)
    with arsearch.open_index(root / "whole", settings=SETTINGS) as searcher:
        assert words(searcher, "وزير ال") == ["وزير الثقافة", "وزير الخارجية", "وزير الداخلية", "وزير الصناعة"]
