"""Whether calibration finds the right weight of meaning, for encoders of every strength.

``python -m benchmarks.fusion --data ../shared/data/train --known-items [--model NAME ...]``, or with judged sets:
``python -m benchmarks.fusion --data ../shared/data/eval [--model NAME ...]``

The first has known-item queries, made of the data that the weights of words are fitted on. ``NAME@64`` is the encoder
NAME cut to 64 dimensions, a weaker one.
"""

from __future__ import annotations

import json
import tempfile
from collections.abc import Iterator, Mapping
from dataclasses import replace
from pathlib import Path
from statistics import fmean

import click

from arsearch.evaluation import read_examples
from arsearch.evaluation.trec import read_qrels, read_queries
from arsearch.index import update_index
from arsearch.ranking import shipped_weights
from arsearch.search.searcher import Searcher
from arsearch.settings import Settings
from training.ranking import known_items

_MULTIPLES = (0.0, 0.25, 0.5, 0.75, 1.0, 1.5, 2.0, 3.0, 5.0)
_QUERIES = 300

_Set = tuple[str, Path, Mapping[str, str], Mapping[str, Mapping[str, int]]]


def _judged(data: Path) -> Iterator[_Set]:
    for folder in sorted(path for path in data.iterdir() if path.is_dir()):
        queries, judgments = read_queries(folder / "queries.tsv"), read_qrels(folder / "qrels.txt")
        yield folder.name, folder / "corpus.jsonl.gz", queries, judgments


def _known(data: Path, work: Path, texts: int) -> Iterator[_Set]:
    """Yield the sources of the training data: *texts* of each, with the answers of the queries among them."""
    for name, items in known_items(data):
        drawn = dict(list(items.drawn().items())[:_QUERIES])
        kept = set().union(*drawn.values()) | set(range(0, len(items.texts), max(len(items.texts) // texts, 1)))
        corpus = work / f"{name}.jsonl"
        lines = (json.dumps({"id": str(number), "body": items.texts[number]}) for number in sorted(kept))
        corpus.write_text("\n".join(lines), encoding="utf-8")
        queries = {str(number): text for number, text in enumerate(drawn)}
        yield name, corpus, queries, {number: {str(a): 1 for a in drawn[text]} for number, text in queries.items()}


@click.command()
@click.option("--data", type=click.Path(exists=True, file_okay=False, path_type=Path), required=True)
@click.option("--known-items", "is_known", is_flag=True, help="Make known-item queries of training data.")
@click.option("--texts", default=1000, show_default=True, help="About so many texts of each source of training data.")
@click.option("--model", "models", multiple=True, default=("bundled", "bundled@64"), show_default=True)
def main(data: Path, is_known: bool, texts: int, models: tuple[str, ...]) -> None:
    """Print nDCG@10 of words, of hybrid, and of hybrid with the best multiple of the weight that was found."""
    with tempfile.TemporaryDirectory() as folder:
        work = Path(folder)
        for name, corpus, queries, judgments in _known(data, work, texts) if is_known else _judged(data):
            for number, model in enumerate(models):
                index = work / f"{name}-{number}"
                settings = Settings(index=index, model=model, duplicates="separate", keep_boilerplate=True)
                update_index([corpus], settings)
                with Searcher(index, settings) as searcher:
                    examples = read_examples(searcher, queries, judgments)
                    scale = searcher.index.manifest.semantic_scale
                    weight = scale.weight_among(len(searcher))
                weights = shipped_weights()
                values = {m: fmean(examples.measure(replace(weights, semantic=m))) for m in _MULTIPLES}
                best = max(values, key=values.__getitem__)
                click.echo(
                    f"{name} {Path(model).name}: weight {weight:.3f} (a spread: {weight * scale.spread:.2f}), "
                    f"without meaning {values[0.0]:.4f}, hybrid {values[1.0]:.4f}, best × {best}: {values[best]:.4f}"
                )


if __name__ == "__main__":
    main()
