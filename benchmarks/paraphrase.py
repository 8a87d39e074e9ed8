"""Queries in other words than the archive's: what words, meaning and both find among the first five.

``make paraphrase``, or ``python -m benchmarks.paraphrase --data ../shared/data [--model NAME ...] [--words N]``

``paraphrases.tsv`` has fifty queries for ANT news, each with the articles that were read and found to answer it, by
their ids. What was judged is what words, meaning and both put first with three encoders; what nobody judged counts as
no answer, so the figures are a lower bound for other engines.
"""

from __future__ import annotations

import gzip
import json
import tempfile
from pathlib import Path
from statistics import fmean

import click

from arsearch.index import update_index
from arsearch.search.searcher import Searcher
from arsearch.settings import Settings

__all__ = ["QUERIES", "precision", "read_paraphrases"]

QUERIES = Path(__file__).with_name("paraphrases.tsv")
DEPTH = 5
MODES = ("lexical", "semantic", "hybrid")


def read_paraphrases(path: Path = QUERIES) -> dict[str, frozenset[str]]:
    """Return the ids of the articles that answer each query."""
    lines = (line.split("\t") for line in path.read_text(encoding="utf-8").splitlines())
    return {query: frozenset(answers.split()) for query, answers in lines}


def precision(searcher: Searcher, answers: dict[str, frozenset[str]], mode: str) -> float:
    """Return the share of answers among the first five, or among fewer if there are fewer answers, over all queries."""
    shares = []
    for query, right in answers.items():
        found = searcher.search(query, mode=mode, size=DEPTH, operators=False, snippets=False, as_typed=True)
        shares.append(sum(hit.id in right for hit in found) / min(DEPTH, len(right)))
    return fmean(shares)


@click.command()
@click.option("--data", type=click.Path(exists=True, file_okay=False, path_type=Path), required=True)
@click.option("--model", "models", multiple=True, default=("bundled",), show_default=True, help="Encoders to measure.")
@click.option("--words", type=int, default=0, help="So many words of each article; 0 for all.")
@click.option("--judged", is_flag=True, help="Only the articles that answer some query, and every tenth of the others.")
def main(data: Path, models: tuple[str, ...], words: int, judged: bool) -> None:
    """Print precision among the first five."""
    answers = read_paraphrases()
    known = frozenset().union(*answers.values())
    for model in models:
        with tempfile.TemporaryDirectory() as work:
            corpus = Path(work) / "corpus.jsonl"
            _cut(data / "corpus" / "ant-news.jsonl.gz", corpus, words, known if judged else None)
            settings = Settings(index=Path(work) / "index", model=model, duplicates="separate")
            update_index([corpus], settings)
            with Searcher(settings.index, settings) as searcher:
                figures = (f"{mode} {precision(searcher, answers, mode):.3f}" for mode in MODES)
                click.echo(f"{Path(model).name}: {len(searcher):,} articles, precision in five: {', '.join(figures)}")


def _cut(source: Path, target: Path, words: int, kept: frozenset[str] | None) -> None:
    with gzip.open(source, "rt", encoding="utf-8") as lines, target.open("w", encoding="utf-8") as file:
        for number, article in enumerate(map(json.loads, lines)):
            if kept is not None and article["id"] not in kept and number % 10:
                continue
            if words:
                article["body"] = " ".join(article["body"].split()[:words])
            file.write(json.dumps(article, ensure_ascii=False) + "\n")


if __name__ == "__main__":
    main()
