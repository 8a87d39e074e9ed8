"""Whatever happened to an index, in whatever order: it is as one built anew from the articles it should have."""

from __future__ import annotations

import json
import os
import shutil
import tempfile
from collections.abc import Iterator
from contextlib import ExitStack
from pathlib import Path
from typing import Any
from unittest.mock import patch

import pytest
from hypothesis import HealthCheck, settings
from hypothesis import strategies as st
from hypothesis.stateful import (
    RuleBasedStateMachine,
    initialize,
    invariant,
    precondition,
    rule,
    run_state_machine_as_test,
)

import arsearch
from arsearch import NoIndexError, Settings
from arsearch.index import Changes, Commit, Layout, rollback, stored_articles, update_index, verify

pytestmark = [pytest.mark.slow, pytest.mark.fuzz]

SEQUENCES = int(os.environ.get("ARSEARCH_TEST_SEQUENCES", "6"))
QUERIES = ("سفينة", "قمر ونجم", "خبز كتاب", '"نجم قمر"')
WORDS = ["بحر", "سفينة", "ميناء", "قمر", "نجم", "سماء", "خبز", "قمح", "فرن", "كتاب", "مكتبة", "قارئ"]
LONG = [" ".join(WORDS[(number * step) % 12] + str(number % 7) for number in range(60)) for step in (1, 5, 7)]
NEARLY = [text.replace("0", "٠", 1) + " خاتمة" for text in LONG]
FURNITURE = ("", "\nاشترك في النشرة", "\nاقرأ المزيد\nاشترك في النشرة")

identifiers = st.sampled_from([f"a{number}" for number in range(9)])
files = st.sampled_from(["one.jsonl", "two.jsonl", "folder/three.jsonl"])
bodies = st.one_of(
    st.lists(st.sampled_from(WORDS), min_size=2, max_size=6).map(" ".join), st.sampled_from([*LONG, *NEARLY, *LONG])
)
records = st.fixed_dictionaries(
    {
        "id": identifiers,
        "title": st.sampled_from(["", "البحر والسفينة", "قمر"]),
        "body": st.builds(str.__add__, bodies, st.sampled_from(FURNITURE)),
        "source": st.sampled_from(["الأفق", "الأفق", "المرفأ"]),
        "date": st.sampled_from(["", "", "2020-01-01", "2021-01-01"]),
    }
)
Record = dict[str, Any]


class AnyOrder(RuleBasedStateMachine):
    """The files of a source, what was done by hand, and the index that has to keep up."""

    model = ""

    @initialize(record=records)
    def begin(self, record: Record) -> None:
        self.root = Path(tempfile.mkdtemp())
        self.folder = self.root / "corpus"
        self.settings = Settings(index=self.root / "index", model=self.model, keep_commits=3)
        self.files: dict[str, list[Record]] = {}
        self.by_hand: dict[str, Record] = {}
        self.withheld: set[str] = set()
        self.kept: dict[str, tuple[dict[str, Record], set[str]]] = {}
        self.change("one.jsonl", record)
        self.update(self.folder)

    def teardown(self) -> None:
        if hasattr(self, "root"):
            self.bring_up_to_date()
            self.compare()
            shutil.rmtree(self.root)

    @rule(file=files, record=records)
    def change(self, file: str, record: Record) -> None:
        """Add a record to a file, be its id new, in this file already, or in another one."""
        self.write(file, [*self.files.get(file, []), record])

    @precondition(lambda self: self.articles())
    @rule(file=files, which=st.integers(0, 99), date=st.sampled_from(["", "2019-01-01", "2022-01-01"]))
    def copy(self, file: str, which: int, date: str) -> None:
        """Add what another article says, under another id."""
        articles = sorted(self.articles().values(), key=lambda record: record["id"])
        self.change(file, articles[which % len(articles)] | {"id": f"copy{which % 3}", "date": date})

    @precondition(lambda self: any(self.files.values()))
    @rule(which=st.integers(0, 99))
    def drop(self, which: int) -> None:
        """Delete a record of a file."""
        file = sorted(name for name, lines in self.files.items() if lines)[which % sum(map(bool, self.files.values()))]
        lines = self.files[file]
        self.write(file, [record for number, record in enumerate(lines) if number != which % len(lines)])

    @precondition(lambda self: len(self.files) > 1)
    @rule(which=st.integers(0, 2))
    def remove_file(self, which: int) -> None:
        """Delete a file."""
        file = sorted(self.files)[which % len(self.files)]
        (self.folder / file).unlink()
        del self.files[file]

    @rule(record=records)
    def add_by_hand(self, record: Record) -> None:
        path = self.root / "by-hand.jsonl"
        path.write_text(json.dumps(record), encoding="utf-8")
        self.update(changes=Changes(add=(path,)))
        self.by_hand[record["id"]] = record
        self.withheld.discard(record["id"])
        self.remember()

    @rule(which=st.integers(0, 99))
    def delete_by_hand(self, which: int) -> None:
        there = sorted(article.id for article in stored_articles(self.settings.index))
        if len(there) > 1:
            chosen = there[which % len(there)]
            self.update(changes=Changes(delete=(chosen,)))
            self.by_hand.pop(chosen, None)
            self.withheld.add(chosen)
            self.remember()

    @rule()
    def compact(self) -> None:
        self.update(changes=Changes(compact=True))

    @rule()
    def roll_back(self) -> None:
        try:
            commit = rollback(self.settings.index)
        except NoIndexError:
            return
        by_hand, withheld = self.kept[commit]
        self.by_hand, self.withheld = dict(by_hand), set(withheld)

    @precondition(lambda self: self.articles())
    @rule()
    def bring_up_to_date(self) -> None:
        if self.articles():
            self.update()

    @precondition(lambda self: self.articles())
    @rule()
    def build_anew(self) -> None:
        self.update(full=True)

    @invariant()
    def every_file_is_remembered(self) -> None:
        if hasattr(self, "root") and self.files:
            assert {path.relative_to(self.folder).as_posix() for path in self.folder.rglob("*.jsonl")} == set(
                self.files
            )

    def write(self, file: str, lines: list[Record]) -> None:
        path = self.folder / file
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text("".join(json.dumps(record, ensure_ascii=False) + "\n" for record in lines), encoding="utf-8")
        self.files[file] = lines

    def update(self, *sources: Path, full: bool = False, changes: Changes = Changes()) -> None:  # noqa: B008
        update_index(sources, self.settings, full=full, changes=changes)
        self.remember()

    def remember(self) -> None:
        self.kept[Layout(self.settings.index).current()] = (dict(self.by_hand), set(self.withheld))

    def articles(self) -> dict[str, Record]:
        """The articles that the index should have: of one id the last record counts, and those by hand before all."""
        in_order = sorted(self.files, key=lambda file: Path(self.folder, file))
        found = {record["id"]: record for file in in_order for record in self.files[file]} | self.by_hand
        return {identifier: record for identifier, record in found.items() if identifier not in self.withheld}

    def compare(self) -> None:
        """Compare the index with one built from nothing, out of a single file in another order."""
        wanted = self.articles()
        if not wanted:
            return
        corpus = self.root / "anew.jsonl"
        lines = [json.dumps(wanted[identifier]) for identifier in sorted(wanted, key=lambda each: (each[-1:], each))]
        corpus.write_text("\n".join(lines), encoding="utf-8")
        anew = Settings(index=self.root / "anew", model=self.model)
        update_index([corpus], anew)
        assert verify(self.settings.index) == []
        assert list(stored_articles(self.settings.index)) == list(stored_articles(anew.index))
        assert facts(self.settings.index) == facts(anew.index)
        for query in QUERIES:
            for mode in ("lexical", "semantic", "hybrid"):
                assert_alike(hits(self.settings, query, mode), hits(anew, query, mode))


def facts(index: Path) -> tuple[object, ...]:
    with Commit.open_live(index) as commit:
        manifest = commit.manifest
    return manifest.articles, manifest.passages, manifest.semantic_scale, manifest.languages


def hits(settings: Settings, query: str, mode: str) -> tuple[dict[str, tuple[float, tuple[str, ...]]], list[str], Any]:
    """Score and copies of each article found, their order, and the facets."""
    with arsearch.open_index(settings.index, settings=settings) as index:
        results = index.search(query, mode=mode, limit=50, facets=True)
    found = {hit.id: (hit.score, tuple(copy.id for copy in hit.copies)) for hit in results.hits}
    return found, [hit.id for hit in results.hits], results.facets and {k: dict(v) for k, v in results.facets.items()}


def assert_alike(one: Any, other: Any) -> None:
    (found, order, facets), (found_anew, order_anew, facets_anew) = one, other
    assert set(found) == set(found_anew)
    for identifier, (score, copies) in found.items():
        assert score == pytest.approx(found_anew[identifier][0], abs=1e-6)
        assert sorted(copies) == sorted(found_anew[identifier][1])
    for first, second in zip(order, order_anew, strict=True):  # articles of one score may come in any order
        assert found[first][0] == pytest.approx(found[second][0], abs=1e-6)
    assert facets == facets_anew


@pytest.fixture
def rules_that_few_articles_reach() -> Iterator[None]:
    """Let a line of two pages be boilerplate, and three texts be enough to try the encoder on."""
    with ExitStack() as stack:
        stack.enter_context(patch("arsearch.corpus.cleaning.clean.RECURRING_PAGES", 2))
        stack.enter_context(patch("arsearch.corpus.cleaning.clean.RECURRING_SHARE", 0.5))
        stack.enter_context(patch("arsearch.index.update.calibrate._SAMPLE", 4))
        yield


@pytest.mark.usefixtures("rules_that_few_articles_reach")
def test_any_sequence_of_changes_ends_as_beginning_anew_does(tiny_encoder: str) -> None:
    machine = type("Machine", (AnyOrder,), {"model": tiny_encoder})
    run_state_machine_as_test(
        machine,
        settings=settings(
            max_examples=SEQUENCES, stateful_step_count=14, deadline=None, suppress_health_check=list(HealthCheck)
        ),
    )
