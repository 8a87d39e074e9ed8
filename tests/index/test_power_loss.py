"""Whatever the disk makes of what was not synced, the index is the old one or the new one."""

from __future__ import annotations

import os
import random
import shutil
from pathlib import Path

import pytest

import arsearch
from arsearch import NoIndexError, Settings
from arsearch.index import rollback, update_index, verify
from arsearch.index.learned_weights import read_weights, write_weights
from arsearch.ranking import shipped_weights

from .power import FATES, Disk, write_tree
from .versions import MARKER, articles_of, write_version

pytestmark = pytest.mark.slow

KEPT = (0.0, 0.5, 1.0)
"""How much of the names that were not synced is there: none, half by chance, all."""
SIZE = 3
UNREAD = ".building/"
"""What is in there is never read: two states that differ in it are one."""


@pytest.fixture
def settings(tmp_path: Path, tiny_encoder: str) -> Settings:
    (tmp_path / "disk").mkdir()
    return Settings(index=tmp_path / "disk" / "index", model=tiny_encoder)


def watch(settings: Settings, monkeypatch: pytest.MonkeyPatch) -> Disk:
    disk = Disk(settings.index.parent)
    real = os.fsync
    monkeypatch.setattr(os, "fsync", lambda descriptor: disk.fsync(real, descriptor))
    return disk


def versions_after_power_loss(disk: Disk, settings: Settings, path: Path) -> set[int | None]:
    """Look at what every moment may become, with every fate; return which versions are served, None where nothing is.

    In some cases the next run is tried too.
    """
    chance = random.Random(11)
    served: set[int | None] = set()
    known = set()
    for moment in disk.moments:
        for fate in FATES.values():
            for kept in KEPT:
                tree = moment.after(fate, chance, kept=kept)
                state = frozenset((name, content) for name, content in tree.items() if UNREAD not in name)
                if state in known:
                    continue
                known.add(state)
                write_tree(tree, path)
                served.add(version_served(path / "index", settings, verified=len(known) % 4 == 0))
                if chance.random() < 0.05:
                    run = Settings(index=path / "index", model=settings.model)
                    update_index([settings.index.parents[1] / "corpus.jsonl"], run)
                    assert version_served(run.index, run) == 1
                shutil.rmtree(path)
    assert len(known) > 8
    return served


def versions_at_the_end(disk: Disk, settings: Settings, path: Path) -> set[int | None]:
    """Return which versions are served when the power goes after the run."""
    served = set()
    for kept in KEPT:
        write_tree(disk.moments[-1].after(FATES["zeroed"], random.Random(12), kept=kept), path)
        served.add(version_served(path / "index", settings))
        shutil.rmtree(path)
    return served


def version_served(index: Path, settings: Settings, *, verified: bool = True) -> int | None:
    try:
        searcher = arsearch.open_index(index, settings=settings)
    except NoIndexError:
        return None
    with searcher:
        version = int(searcher.article(MARKER).title)
        assert len(searcher) == len(articles_of(version, size=SIZE))
    assert not verified or verify(index) == []
    return version


def test_of_a_first_run(settings: Settings, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    disk = watch(settings, monkeypatch)
    update_index([write_version(tmp_path / "corpus.jsonl", 1, size=SIZE)], settings)
    monkeypatch.undo()
    assert versions_after_power_loss(disk, settings, tmp_path / "restored") == {None, 1}
    disk.moments.clear()
    disk.remember()  # the run has ended: from now on nothing may be lost
    assert versions_at_the_end(disk, settings, tmp_path / "restored") == {1}
    disk.close()


def test_of_an_update_that_collects(settings: Settings, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    corpus = tmp_path / "corpus.jsonl"
    for version in (3, 2, 0):
        update_index([write_version(corpus, version, size=SIZE)], settings)
    disk = watch(settings, monkeypatch)
    update_index([write_version(corpus, 1, size=SIZE)], settings)
    monkeypatch.undo()
    disk.remember()
    assert versions_after_power_loss(disk, settings, tmp_path / "restored") == {0, 1}
    assert versions_at_the_end(disk, settings, tmp_path / "restored") == {1}
    disk.close()


def test_of_a_rollback(settings: Settings, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    corpus = tmp_path / "corpus.jsonl"
    for version in (0, 1):
        update_index([write_version(corpus, version, size=SIZE)], settings)
    disk = watch(settings, monkeypatch)
    rollback(settings.index)
    monkeypatch.undo()
    disk.remember()
    served = set()
    for moment in disk.moments:
        for kept in KEPT:
            write_tree(moment.after(FATES["truncated"], random.Random(13), kept=kept), tmp_path / "restored")
            served.add(version_served(tmp_path / "restored" / "index", settings))
            shutil.rmtree(tmp_path / "restored")
    assert served == {0, 1}
    assert versions_at_the_end(disk, settings, tmp_path / "restored") == {0}
    disk.close()


def test_of_weights(settings: Settings, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    settings.index.mkdir()
    disk = watch(settings, monkeypatch)
    write_weights(settings.index, shipped_weights())
    monkeypatch.undo()
    disk.remember()
    found = []
    for moment in disk.moments:
        write_tree(moment.after(FATES["bit flipped"], random.Random(14), kept=0.5), tmp_path / "restored")
        found.append(read_weights(tmp_path / "restored" / "index"))
        shutil.rmtree(tmp_path / "restored")
    assert found[-1] == shipped_weights()
    assert set(found) <= {None, shipped_weights()}
    disk.close()
