"""What freshness costs on judged queries whose answers are of any age, and how much newer its first ten hits are.

``make freshness``, or ``python -m benchmarks.freshness --data ../shared/data [--index FOLDER]``

The judgments of saudi-titles know nothing of dates: to prefer what is new can only cost here. Its articles have their
dates in their ids, so they are given them, and the last one counts as now. The other evaluation sets have no dates;
there every article is as fresh as any other, and the figures are those without freshness, to the last digit.
"""

from __future__ import annotations

import dataclasses
import gzip
import json
import re
import tempfile
from pathlib import Path
from statistics import fmean, median

import click
import numpy as np

from arsearch.evaluation import measure_queries
from arsearch.evaluation.trec import read_qrels, read_queries
from arsearch.index import update_index
from arsearch.search.request import SearchRequest
from arsearch.search.searcher import Searcher
from arsearch.settings import FAST_ENCODER, Settings

__all__ = ["figures_of"]

SET = "saudi-titles"
_DEPTH = 100
_SHOWN = 10
_DATE = re.compile(r"\d{4}-\d{2}-\d{2}")


def figures_of(
    searcher: Searcher, folder: Path, mode: str, half_life: float, now: str, every: int = 1
) -> tuple[dict[str, float], float, float]:
    """Return the mean of each measure over every so many judged queries of *folder*.

    And the median age of the first ten hits, in days, and the median time of a query, in milliseconds.
    """
    texts, judgments = read_queries(folder / "queries.tsv"), read_qrels(folder / "qrels.txt")
    asked = [query for query in texts if query in judgments][::every]
    rankings, ages, took = {}, [], []
    for query in asked:
        results = searcher.search(
            SearchRequest(
                query=texts[query],
                mode=mode,
                size=_DEPTH,
                operators=False,
                snippets=False,
                freshness=half_life,
                now=now,
            )
        )
        rankings[query] = [article.id for hit in results.hits for article in (hit.article, *hit.copies)][:_DEPTH]
        days = [np.datetime64(now) - np.datetime64(hit.article.date[:10]) for hit in results.hits[:_SHOWN]]
        ages.append(float(np.median([age.astype(int) for age in days])) if days else 0.0)
        took.append(results.took_ms)
    measured = measure_queries(rankings, {query: judgments[query] for query in asked})
    return {name: fmean(values.values()) for name, values in measured.items()}, fmean(ages), median(took)


def _dated(corpus: Path, out: Path) -> str:
    """Write *corpus* with dates; return the last of them."""
    last = ""
    with gzip.open(corpus, "rt", encoding="utf-8") as lines, out.open("w", encoding="utf-8") as file:
        for line in lines:
            record = json.loads(line)
            found = _DATE.search(record["id"])
            record["date"] = found[0] if found else ""
            last = max(last, record["date"])
            file.write(json.dumps(record, ensure_ascii=False) + "\n")
    return last


@click.command()
@click.option("--data", type=click.Path(exists=True, file_okay=False, path_type=Path), required=True)
@click.option("--index", type=click.Path(path_type=Path), help="Folder of the index, made if it is not there")
@click.option("--model", default=FAST_ENCODER, show_default=True)
@click.option("--mode", "modes", multiple=True, default=("lexical", "hybrid"), show_default=True)
@click.option("--half-life", "half_lives", multiple=True, type=float, default=(0, 30, 7, 2), show_default=True)
@click.option("--weight", "weights", multiple=True, type=float, default=(Settings().freshness_weight,))
@click.option("--every", default=1, show_default=True, help="Ask every so many queries")
def main(
    data: Path,
    index: Path | None,
    model: str,
    modes: tuple[str, ...],
    half_lives: tuple[float, ...],
    weights: tuple[float, ...],
    every: int,
) -> None:
    """Print a table."""
    folder = data / "eval" / SET
    with tempfile.TemporaryDirectory() as scratch:
        corpus = Path(scratch) / "dated.jsonl"
        now = _dated(folder / "corpus.jsonl.gz", corpus)
        settings = Settings(index=index or Path(scratch) / "index", model=model)
        if not settings.index.is_dir():
            update_index([corpus], settings)
        print("| mode | half-life, days | weight | nDCG@10 | RR@10 | R@100 | median age of the first ten, days | ms |")
        print("|---|---|---|---|---|---|---|---|")
        for weight in weights:
            with Searcher(settings.index, dataclasses.replace(settings, freshness_weight=weight)) as searcher:
                for mode in modes:
                    for half_life in half_lives:
                        measured, age, took = figures_of(searcher, folder, mode, half_life, now, every)
                        values = " | ".join(f"{measured[name]:.4f}" for name in ("nDCG@10", "RR@10", "R@100"))
                        print(
                            f"| {mode} | {half_life:g} | {weight:g} | {values} | {age:.1f} | {took:.1f} |", flush=True
                        )


if __name__ == "__main__":
    main()
