"""A writer that dies at any instant leaves exactly the old or exactly the new index, and the next one sweeps up."""

from __future__ import annotations

import random
import signal
from collections.abc import Iterator
from contextlib import suppress
from pathlib import Path

import pytest

import arsearch
from arsearch import NoIndexError, Settings
from arsearch.index import Layout, update_index, verify
from arsearch.index.fault_points import FAULT_POINTS

from .mortal import MortalWriter
from .versions import MARKER, VOCABULARY, articles_of, expected_ids, write_version

pytestmark = pytest.mark.slow

UPDATES_KILLED = 8
FIRST_RUNS_KILLED = 3


@pytest.fixture(scope="module")
def writer() -> Iterator[MortalWriter]:
    with MortalWriter() as writer:
        yield writer


def served_version(settings: Settings, *, verified: bool = True) -> int:
    """Return which version is served, after looking whether it is that version and nothing else."""
    if verified:
        assert verify(settings.index) == []
    with arsearch.open_index(settings.index, settings=settings) as index:
        version = int(index.article(MARKER).title)
        articles = articles_of(version)
        assert len(index) == len(articles)
        for identifier, record in articles.items():
            article = index.article(identifier)
            assert {"id": article.id, "title": article.title, "body": article.body} == record
        for word in VOCABULARY[:3]:
            hits = index.search(word, mode="lexical", size=100).hits
            assert {hit.id for hit in hits} == expected_ids(articles, word)
    return version


def assert_nothing_is_left(settings: Settings) -> None:
    root = settings.index
    assert {path.name for path in root.iterdir()} == {"CURRENT", "commits", "write.lock"}
    commits = Layout(root).commits()
    assert {path.name for path in (root / "commits").iterdir()} == set(commits)
    assert len(commits) <= settings.keep_commits


def test_killed_at_every_step_of_an_update(settings: Settings, tmp_path: Path, writer: MortalWriter) -> None:
    corpus = tmp_path / "corpus.jsonl"
    for version in (0, 1):  # two, so that the next one has something to collect
        update_index([write_version(corpus, version)], settings)
    for version, step in enumerate(FAULT_POINTS, start=2):
        write_version(corpus, version)
        assert writer.update(settings.index, corpus, settings.model, step=step).signal == signal.SIGKILL, step
        switched = FAULT_POINTS.index(step) >= FAULT_POINTS.index("pointer switched")
        assert served_version(settings) == (version if switched else version - 1), step
        assert writer.update(settings.index, corpus, settings.model).raised == "", step
        assert served_version(settings, verified=False) == version, step
        assert_nothing_is_left(settings)


def test_killed_at_random_instants_of_updates(settings: Settings, tmp_path: Path, writer: MortalWriter) -> None:
    corpus = tmp_path / "corpus.jsonl"
    update_index([write_version(corpus, 0)], settings)
    write_version(corpus, 1)
    calls = writer.update(settings.index, corpus, settings.model, call=1 << 40).calls
    assert calls > 1000
    chance = random.Random(8)
    for version in range(2, 2 + UPDATES_KILLED):
        write_version(corpus, version)
        call = chance.randrange(1, calls)
        writer.update(settings.index, corpus, settings.model, call=call)
        assert served_version(settings) in (version - 1, version), call
        assert writer.update(settings.index, corpus, settings.model).raised == "", call
        assert served_version(settings, verified=False) == version, call
        assert_nothing_is_left(settings)


def test_killed_at_random_instants_of_first_runs(settings: Settings, tmp_path: Path, writer: MortalWriter) -> None:
    corpus = write_version(tmp_path / "corpus.jsonl", 0)
    calls = writer.update(settings.index, corpus, settings.model, call=1 << 40).calls
    chance = random.Random(9)
    for number in range(FIRST_RUNS_KILLED):
        run = Settings(index=tmp_path / str(number), model=settings.model)
        writer.update(run.index, corpus, run.model, call=chance.randrange(1, calls))
        with suppress(NoIndexError):
            assert served_version(run) == 0
        assert writer.update(run.index, corpus, run.model).raised == ""
        assert served_version(run, verified=False) == 0
        assert_nothing_is_left(run)
