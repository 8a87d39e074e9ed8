"""From file to found: how long each stage of indexing takes, what it needs in memory, and what is on disk then."""

from __future__ import annotations

import argparse
import cProfile
import json
import random
import resource
import tempfile
import time
from contextlib import closing
from pathlib import Path
from typing import Any

from arsearch.index import update_index
from arsearch.index.layout import ARTICLES_FOLDER, Layout
from arsearch.index.store.article_store import ArticleStore
from arsearch.settings import Settings

__all__ = ["add_command"]

_TEN = 10
_READS = 300


def add_command(commands: Any) -> None:
    """Add ``index`` to the *commands* of :mod:`benchmarks.road`."""
    command = commands.add_parser("index", help="from file to found", description=__doc__)
    command.add_argument("source", type=Path, help="a file or folder of articles")
    command.add_argument("--model", default="fast")
    command.add_argument("--index", type=Path, help="where the index stays; without it, it goes again")
    command.add_argument("--profile", type=Path, help="write what cProfile saw, which slows everything down")
    command.set_defaults(run=_run)


def _run(arguments: argparse.Namespace) -> None:
    with tempfile.TemporaryDirectory() as folder:
        index = arguments.index or Path(folder, "index")
        print(json.dumps(_measure(arguments.source, index, arguments.model, arguments.profile)))


def _measure(source: Path, index: Path, model: str, profile: Path | None) -> dict[str, Any]:
    """Index *source*, and return what it took: seconds, MB (10^6 bytes)."""
    stages: dict[str, float] = {}
    since = _processor_seconds()

    def report(stage: str, _done: int, _total: int | None) -> None:
        # A report comes when something has been done, but for that of writing, which has only begun.
        nonlocal since
        now = _processor_seconds()
        name = "indexing" if stage == "writing" else stage
        stages[name] = stages.get(name, 0.0) + now - since
        since = now

    began, before = time.perf_counter(), _processor_seconds()
    profiler = cProfile.Profile(timer=time.process_time) if profile else None
    if profiler:
        profiler.enable()
    summary = update_index([source], Settings(index=index, model=model), progress=report)
    if profiler and profile:
        profiler.disable()
        profiler.dump_stats(profile)
    report("words, vectors, ranking", 0, None)
    seconds = _processor_seconds() - before
    return {
        "articles": summary.articles,
        "copies": summary.copies,
        "passages": summary.passages,
        "processor_seconds": round(seconds, 2),
        "articles_a_processor_second": round((summary.articles + summary.copies) / seconds),
        "wall_seconds": round(time.perf_counter() - began, 2),
        "peak_mb": round(resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * 1024 / 1e6),
        "stages": {stage: round(seconds, 2) for stage, seconds in stages.items()},
        "disk_mb": _sizes(index),
        "ten_articles_ms": round(_ten_articles(index) * 1000, 3),
    }


def _processor_seconds() -> float:
    used = [resource.getrusage(who) for who in (resource.RUSAGE_SELF, resource.RUSAGE_CHILDREN)]
    return sum(each.ru_utime + each.ru_stime for each in used)


def _commit(index: Path) -> Path:
    layout = Layout(index)
    return layout.commit(layout.current())


def _sizes(index: Path) -> dict[str, float]:
    commit = _commit(index)
    return {
        folder.name: round(sum(path.stat().st_size for path in folder.rglob("*") if path.is_file()) / 1e6, 1)
        for folder in sorted(commit.iterdir())
        if folder.is_dir()
    }


def _ten_articles(index: Path) -> float:
    """Return the processor seconds of reading ten articles at random: the best of three rounds."""
    chance = random.Random(0)
    with closing(ArticleStore(_commit(index) / ARTICLES_FOLDER)) as store:
        every = store.ordinals().tolist()
        asked = [chance.sample(every, min(_TEN, len(every))) for _ in range(_READS)]
        best = float("inf")
        for _ in range(3):
            began = time.process_time()
            for ordinals in asked:
                store.fetch(ordinals)
            best = min(best, (time.process_time() - began) / len(asked))
    return best
