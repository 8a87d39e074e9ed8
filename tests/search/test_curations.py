"""What an editor pins comes first, what is blocked does not come, and everything else is as it was."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path

import pytest

import arsearch
from arsearch import Settings
from arsearch.errors import SettingsError
from arsearch.search.curations import curation_line
from arsearch.search.searcher import Searcher

ARTICLES = [
    {"id": f"sea{n}", "title": f"خبر البحر {n}", "body": "سفينة في البحر " * (n + 1), "source": "ab"[n % 2]}
    for n in range(6)
] + [{"id": "bread", "title": "الخبز", "body": "خبز من قمح الفرن", "source": "a"}]


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory, tiny_encoder: str) -> Path:
    folder = tmp_path_factory.mktemp("curated")
    corpus = folder / "corpus.jsonl"
    corpus.write_text("\n".join(map(json.dumps, ARTICLES)), encoding="utf-8")
    arsearch.build_index([corpus], folder / "index", model=tiny_encoder, settings=Settings(duplicates="separate"))
    return folder


@pytest.fixture
def curated(folder: Path, tmp_path: Path) -> Iterator[Searcher]:
    file = tmp_path / "rules.txt"
    lines = [curation_line("البحر", pin=["bread", "sea5", "gone"], block=["sea0", "sea1"])]
    file.write_text("\n".join(lines), encoding="utf-8")
    settings = Settings(index=folder / "index", curations=str(file))
    with arsearch.open_index(folder / "index", settings=settings) as searcher:
        yield searcher


@pytest.mark.parametrize("mode", ["lexical", "hybrid"])
def test_pinned_first_blocked_never_and_the_total_is_true(curated: Searcher, mode: str) -> None:
    found = curated.search("البَحر", mode=mode)
    ids = [hit.id for hit in found.hits]
    assert ids[:2] == ["bread", "sea5"]
    assert set(ids) == {"bread", "sea2", "sea3", "sea4", "sea5"}
    assert found.total == 5
    scores = [hit.score for hit in found.hits]
    assert scores == sorted(scores, reverse=True)


def test_pages_make_up_one_list(curated: Searcher) -> None:
    whole = [hit.id for hit in curated.search("البحر", mode="lexical").hits]
    assert [hit.id for hit in curated.hits("البحر", size=2, mode="lexical")] == whole
    paged = [hit.id for page in (1, 2, 3) for hit in curated.search("البحر", size=2, page=page, mode="lexical").hits]
    assert paged == whole


def test_a_filter_is_obeyed_by_what_is_pinned(curated: Searcher) -> None:
    found = curated.search("البحر", source=("b",), mode="lexical")
    assert found.hits[0].id == "sea5"
    assert {hit.id for hit in found.hits} == {"sea5", "sea3"}
    assert found.total == 2


def test_another_order_has_no_pins_but_blocks(curated: Searcher) -> None:
    assert {hit.id for hit in curated.search("البحر", sort="newest").hits} == {"sea2", "sea3", "sea4", "sea5"}


def test_other_queries_are_as_they_were(curated: Searcher) -> None:
    assert {hit.id for hit in curated.search("السفينة في البحر", mode="lexical").hits} >= {"sea0", "sea1"}


def test_explanations_say_so(curated: Searcher) -> None:
    hits = curated.search("البحر", explain=True).hits
    assert [hit.explanation.get("pinned") for hit in hits[:3]] == [True, True, None]


def test_a_line_that_is_no_rule_is_told_with_its_number(folder: Path, tmp_path: Path) -> None:
    file = tmp_path / "rules.txt"
    file.write_text("البحر => +a\nالبحر + b\n", encoding="utf-8")
    with pytest.raises(SettingsError, match=r"rules\.txt cannot be read: line 2 is no rule"):
        arsearch.open_index(folder / "index", settings=Settings(index=folder / "index", curations=str(file)))


def test_a_file_that_was_asked_for_has_to_be_there(folder: Path) -> None:
    with pytest.raises(SettingsError, match="nowhere"):
        arsearch.open_index(folder / "index", settings=Settings(index=folder / "index", curations="nowhere.txt"))
