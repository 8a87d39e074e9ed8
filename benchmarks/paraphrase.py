"""Queries in other words than the archive's: what words, meaning and both find among the first five.

``make paraphrase``, or ``python -m benchmarks.paraphrase --data ../shared/data [--model NAME ...] [--words N]``

``paraphrases/`` has fifty queries for ANT news as TREC files, which ``arsearch evaluate`` reads too: 2 is an article
that is mainly about what the query asks, 1 one that touches it, 0 one that was read and rejected. There was one judge,
who read titles and the first 25 to 45 words, never whole articles, and did not see which engine had found what.

The pools: what words, meaning and both put among the first ten with two static encoders, the first five to eight of
multilingual-e5-small among what those two had found and 200 others, and what patterns of titles found. Seven queries
(q01, q02, q03, q25, q27, q28, q35) were put later, in place of some with fewer than two answers: their pools are of
words and titles, and that of q25 has also the one of the query before it. Of the largest topics (strikes, traffic,
drugs, forecasts, crossing the sea, blocked roads) only a sample was judged. What nobody judged counts as no answer, so
the figures are a lower bound, and lower for what was not pooled.
"""

from __future__ import annotations

import gzip
import json
import tempfile
from pathlib import Path
from statistics import fmean

import click

from arsearch.evaluation.trec import read_qrels, read_queries
from arsearch.index import update_index
from arsearch.search.searcher import Searcher
from arsearch.settings import Settings

__all__ = ["FOLDER", "precision", "read_paraphrases"]

FOLDER = Path(__file__).with_name("paraphrases")
ANSWER = 2  # the grade from which an article counts as an answer
DEPTH = 5
MODES = ("lexical", "semantic", "hybrid")


def read_paraphrases(folder: Path = FOLDER) -> tuple[dict[str, frozenset[str]], frozenset[str]]:
    """Return the ids of the articles that answer each query, and the ids of all that were judged for any query."""
    qrels = read_qrels(folder / "qrels.txt")
    answers = {
        text: frozenset(article for article, grade in qrels[query].items() if grade >= ANSWER)
        for query, text in read_queries(folder / "queries.tsv").items()
    }
    return answers, frozenset().union(*qrels.values())


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
@click.option("--judged", is_flag=True, help="Only the articles that were judged, and every tenth of the others.")
def main(data: Path, models: tuple[str, ...], words: int, judged: bool) -> None:
    """Print precision among the first five."""
    answers, known = read_paraphrases()
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
