"""What one more article costs: `python benchmarks/adding.py --data ../shared/data`.

The first articles of a corpus are indexed; then, several times, one more is added by `arsearch add`, in a process of
its own. Told are the middle of the seconds from the start of the process to its end, of its processor time, and of the
bytes that it wrote, for indexes of several sizes. Where `--threads` are given, so many write to the log of writes at
once, as a server's do, and it is told how many articles a second come into the index.
"""

from __future__ import annotations

import argparse
import gzip
import json
import os
import resource
import statistics
import subprocess
import sys
import tempfile
import threading
import time
from functools import partial
from itertools import islice
from pathlib import Path
from typing import Any

from arsearch import Settings
from arsearch.corpus import Article, article_from_mapping
from arsearch.index import update_index
from arsearch.index.writes.apply import LogApplier
from arsearch.index.writes.log import WriteLog

_SIZES = (1_000, 29_000)
_ROUNDS = 7
_WRITTEN = 400
_TOLD = ("seconds", "processor_seconds", "megabytes")
_BLOCK = 512
"""Bytes that getrusage(2) counts as one block."""


def _one(article: Article, _: WriteLog) -> list[tuple[str, Article | None]]:
    return [(article.id, article)]


def main() -> None:
    """Measure, and print one line of JSON for each size."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--data", type=Path, required=True, help="the folder with corpus/saudi-news.jsonl.gz")
    parser.add_argument("--sizes", type=int, nargs="+", default=_SIZES)
    parser.add_argument("--rounds", type=int, default=_ROUNDS)
    parser.add_argument("--model", default="fast", help="the encoder, whose time is part of what is told")
    parser.add_argument("--threads", type=int, default=0, help="writers of the log, besides")
    arguments = parser.parse_args()
    with gzip.open(arguments.data / "corpus" / "saudi-news.jsonl.gz", "rt", encoding="utf-8") as file:
        records = [json.loads(line) for line in file]
    for size in arguments.sizes:
        with tempfile.TemporaryDirectory() as name:
            folder = Path(name)
            (folder / "corpus.jsonl").write_text(
                "".join(json.dumps(record, ensure_ascii=False) + "\n" for record in islice(records, size)), "utf-8"
            )
            settings = Settings(index=folder / "index", model=arguments.model)
            update_index([folder / "corpus.jsonl"], settings)
            costs = [_add(folder, records[-1 - number]) for number in range(arguments.rounds + 1)][1:]
            told: dict[str, Any] = {"articles": size}
            for what, values in zip(
                ("seconds", "processor_seconds", "megabytes"), zip(*costs, strict=True), strict=True
            ):
                told[what] = round(statistics.median(values), 2)
            if arguments.threads:
                told["articles_a_second"] = round(_written_a_second(settings, records, arguments.threads), 1)
        print(json.dumps(told))


def _add(folder: Path, record: dict[str, str]) -> tuple[float, float, float]:
    """Add an article; return the seconds, those of processors, and the megabytes that were written."""
    path = folder / "one.jsonl"
    path.write_text(json.dumps(record, ensure_ascii=False), encoding="utf-8")
    # As where it is installed: compiled modules are kept from the first run on.
    environment = os.environ | {"PYTHONPYCACHEPREFIX": str(folder / "compiled")}
    environment.pop("PYTHONDONTWRITEBYTECODE", None)
    before, began = resource.getrusage(resource.RUSAGE_CHILDREN), time.perf_counter()
    command = [sys.executable, "-m", "arsearch", "add", str(path), "--index", str(folder / "index")]
    subprocess.run(command, check=True, env=environment, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
    elapsed, after = time.perf_counter() - began, resource.getrusage(resource.RUSAGE_CHILDREN)
    processor = after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime
    return elapsed, processor, (after.ru_oublock - before.ru_oublock) * _BLOCK / 1e6


def _written_a_second(settings: Settings, records: list[dict[str, str]], threads: int) -> float:
    """Let *threads* write articles, and return how many a second came into the index."""
    applier = LogApplier(settings)
    applier.prepare()
    articles = [article_from_mapping(record)[0] for record in records[-_WRITTEN:]]
    log, began = WriteLog(settings.index), time.perf_counter()

    def write(first: int) -> None:
        for article in articles[first::threads]:
            log.append(partial(_one, article))

    writers = [threading.Thread(target=write, args=(number,)) for number in range(threads)]
    for writer in writers:
        writer.start()
    applied = 0
    while applied < len(articles):
        applied += applier.apply_some()
    for writer in writers:
        writer.join()
    return applied / (time.perf_counter() - began)


if __name__ == "__main__":
    main()
