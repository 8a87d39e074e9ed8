"""Judging the encoder alone: nDCG@10 on the evaluation sets.

``python -m training.judge --data ../shared/data/eval MODEL``. Articles are cut into passages of 100 words; an article
scores by its best passage. How the encoder does together with words, ``arsearch evaluate`` says.
"""

from __future__ import annotations

import csv
import gzip
import json
import time
from collections import defaultdict
from pathlib import Path

import click
import numpy as np
import numpy.typing as npt

from arsearch.semantic.encoder import Encoder
from arsearch.semantic.load import load_encoder
from arsearch.semantic.onnx_encoder import OnnxEncoder

__all__ = ["ndcg"]

_PASSAGE = 100
_DEPTH = 10


def ndcg(scores: npt.NDArray[np.float32], relevant: set[int]) -> float:
    """Return nDCG@10 of the ranking of documents by *scores*, shape (documents,), with binary judgments."""
    ranking = np.argsort(-scores, kind="stable")[:_DEPTH]
    gain = sum(1 / np.log2(rank + 2) for rank, document in enumerate(ranking) if int(document) in relevant)
    return float(gain / sum(1 / np.log2(rank + 2) for rank in range(min(_DEPTH, len(relevant)))))


@click.command()
@click.option("--data", type=click.Path(exists=True, file_okay=False, path_type=Path), required=True)
@click.option("--queries", "limit", type=int, default=1000, show_default=True, help="At most so many a set.")
@click.option("--set", "names", multiple=True, help="Only the set of this name; may be repeated.")
@click.option("--threads", type=int, default=0, help="For a model that ONNX Runtime runs; 0 is one a core.")
@click.argument("model", type=click.Path(exists=True, file_okay=False))
def main(data: Path, limit: int, names: tuple[str, ...], threads: int, model: str) -> None:
    """Print nDCG@10 of MODEL on every set in the folder DATA, and how fast it was."""
    encoder = _encoder(model, threads)
    for folder in sorted(path for path in data.iterdir() if path.is_dir() and path.name in (names or [path.name])):
        with gzip.open(folder / "corpus.jsonl.gz", "rt", encoding="utf-8") as lines:
            articles = [json.loads(line) for line in lines]
        number = {article["id"]: position for position, article in enumerate(articles)}
        relevant: defaultdict[str, set[int]] = defaultdict(set)
        for line in (folder / "qrels.txt").read_text(encoding="utf-8").splitlines():
            query, _, document, grade = line.split()
            if int(grade) > 0:
                relevant[query].add(number[document])
        with (folder / "queries.tsv").open(encoding="utf-8", newline="") as lines:
            queries = list(csv.reader(lines, delimiter="\t", quoting=csv.QUOTE_NONE))[:limit]

        passages: list[str] = []
        first: list[int] = []
        for article in articles:
            words = f"{article.get('title', '')}\n{article['body']}".split()
            first.append(len(passages))
            passages.extend(" ".join(words[at : at + _PASSAGE]) for at in range(0, max(1, len(words)), _PASSAGE))
        started = time.monotonic()
        vectors = encoder.encode_passages(passages)
        speed = len(passages) / (time.monotonic() - started)
        scores = encoder.encode_queries([text for _, text in queries]) @ vectors.T
        best = np.maximum.reduceat(scores, np.array(first), axis=1)
        values = [ndcg(row, relevant[name]) for row, (name, _) in zip(best, queries, strict=True)]
        click.echo(f"{folder.name}\tnDCG@10 {np.mean(values):.4f}\t{len(queries)} queries\t{speed:.0f} passages/s")


def _encoder(model: str, threads: int) -> Encoder:
    path = Path(model)
    if OnnxEncoder.can_read(path):
        return OnnxEncoder(path, name=model, threads=threads)
    return load_encoder(model)


if __name__ == "__main__":
    main()
