"""Measure how well articles are ranked, and write what was found to benchmarks/quality.md.

``make quality``, or ``python benchmarks/quality.py --data ../shared/data/eval [--models FOLDER ...]``
"""

from __future__ import annotations

import platform
import tempfile
from collections.abc import Iterator
from dataclasses import dataclass, replace
from pathlib import Path
from statistics import fmean

import click

from arsearch import __version__
from arsearch.evaluation import Evaluation, evaluate, read_examples
from arsearch.evaluation.significance import compare_values
from arsearch.evaluation.trec import read_qrels, read_queries
from arsearch.index import update_index
from arsearch.ranking import FEATURES, RankingWeights, shipped_weights
from arsearch.search.searcher import Searcher
from arsearch.settings import Settings

OUT = Path(__file__).with_name("quality.md")

# Lucene 8.7, ArabicAnalyzer, BM25 with k1 = 1.2 and b = 0.75, title and body in one field, 100 hits deep: measured
# once, on the same files.
LUCENE = {
    "tydi-ar-dev": (0.8810, 0.8619, 0.9739, 0.8143),
    "kaif-dev": (0.9573, 0.9490, 0.9903, 0.9289),
    "saudi-titles": (0.6865, 0.6297, 0.9730, 0.5100),
}

HEAD = f"""# Quality

Made by `make quality` with arsearch {__version__}, Python {platform.python_version()}. Judged queries are searched as
plain text, 100 hits deep; articles that say the same stand for themselves (`duplicates = "separate"`) and keep every
line (`keep_boilerplate`), because a judgment names one of them, and Lucene was given them so. The rows *as set up*
are from an index with the settings as they are when nobody sets any: lines that recur are taken out, also those with
a link whose words were the headline, and of articles that say the same one is shown with the others below it, each of
which takes a place. In brackets: 95 % confidence intervals (bootstrap over queries). Changes of weights order the
candidates anew that the weights that ship give. The weights of the ranking were fitted on training data alone
(`training/ranking.py`); the weight of meaning was found out by each index itself while it was built
(`ranking/calibration.py`).
"""


@dataclass(frozen=True)
class Variant:
    """Other weights than those that ship, in a mode."""

    name: str
    mode: str
    weights: RankingWeights


def variants() -> Iterator[Variant]:
    shipped = shipped_weights()
    words_only = RankingWeights((1.0, *[0.0] * (len(FEATURES) - 1)), shipped.semantic)
    yield Variant("words: first pass alone", "lexical", words_only)
    for place, name in enumerate(FEATURES):
        less = tuple(0.0 if at == place else weight for at, weight in enumerate(shipped.features))
        yield Variant(f"words: without *{name}*", "lexical", replace(shipped, features=less))
    yield Variant("hybrid: first pass and cosine alone", "hybrid", _scaled(shipped))
    for factor in (0.0, 0.5, 2.0):
        yield Variant(f"hybrid: meaning × {factor}", "hybrid", replace(shipped, semantic=factor))


def _scaled(weights: RankingWeights) -> RankingWeights:
    """The first pass alone, as sure as all features together are."""
    return replace(weights, features=(sum(weights.features), *[0.0] * (len(FEATURES) - 1)))


@click.command()
@click.option("--data", type=click.Path(exists=True, file_okay=False, path_type=Path), required=True)
@click.option("--model", "models", multiple=True, help="Another encoder to measure beside the bundled one.")
def main(data: Path, models: tuple[str, ...]) -> None:
    """Measure every set in the folder DATA."""
    parts = [HEAD]
    for folder in sorted(path for path in data.iterdir() if path.is_dir()):
        with tempfile.TemporaryDirectory() as work:
            parts.append(_measure(folder, Path(work), models))
            click.echo(parts[-1])
    OUT.write_text("\n".join(parts), encoding="utf-8")


def _measure(folder: Path, work: Path, models: tuple[str, ...]) -> str:
    settings = Settings(index=work / "index", duplicates="separate", keep_boilerplate=True)
    update_index([folder / "corpus.jsonl.gz"], settings)
    as_set_up = Settings(index=work / "as-set-up")
    update_index([folder / "corpus.jsonl.gz"], as_set_up)
    with Searcher(settings.index, settings) as searcher:
        main_runs = {mode: _evaluate(searcher, folder, mode) for mode in ("lexical", "semantic", "hybrid")}
        with Searcher(as_set_up.index, as_set_up) as other_searcher:
            others = {f"{mode}, as set up": _evaluate(other_searcher, folder, mode) for mode in ("lexical", "hybrid")}
        lines = [f"## {folder.name}", "", _about(searcher, main_runs["hybrid"]), ""]
        lines += _main_table(folder.name, main_runs | others)
        lines += ["", "| changed | nDCG@10 | difference | p |", "|---|---|---|---|"]
        lines.append(_row("hybrid against words", _values(main_runs["hybrid"]), _values(main_runs["lexical"])))
        lines += _ablations(searcher, folder)
        searcher.settings = replace(settings, fusion="rrf")
        fused_by_ranks = _evaluate(searcher, folder, "hybrid")
        lines.append(_row("hybrid: rank fusion", _values(fused_by_ranks), _values(main_runs["hybrid"])))
    for model in models:
        other = replace(settings, index=work / "other", model=model)
        update_index([folder / "corpus.jsonl.gz"], other)
        with Searcher(other.index, other) as searcher:
            semantic, hybrid = (_evaluate(searcher, folder, mode) for mode in ("semantic", "hybrid"))
            name = f"{Path(model).name}: alone {semantic.measures['nDCG@10'].mean:.4f}, hybrid (against words)"
            lines.append(_row(name, _values(hybrid), _values(main_runs["lexical"])))
    return "\n".join([*lines, ""])


def _ablations(searcher: Searcher, folder: Path) -> Iterator[str]:
    queries, judgments = read_queries(folder / "queries.tsv"), read_qrels(folder / "qrels.txt")
    candidates = {mode: read_examples(searcher, queries, judgments, mode=mode) for mode in ("lexical", "hybrid")}
    as_shipped = {mode: found.measure(shipped_weights()) for mode, found in candidates.items()}
    for variant in variants():
        yield _row(variant.name, candidates[variant.mode].measure(variant.weights), as_shipped[variant.mode])


def _row(name: str, values: list[float], before: list[float]) -> str:
    found = compare_values(values, before)
    return f"| {name} | {fmean(values):.4f} | {found.difference.mean:+.4f} | {found.p_value:.4f} |"


def _evaluate(searcher: Searcher, folder: Path, mode: str) -> Evaluation:
    return evaluate(searcher, folder / "queries.tsv", folder / "qrels.txt", mode=mode)


def _values(run: Evaluation) -> list[float]:
    return list(run.by_query["nDCG@10"].values())


def _about(searcher: Searcher, run: Evaluation) -> str:
    scale = searcher.index.manifest.semantic_scale
    weight = scale.weight_among(len(searcher))
    return (
        f"{len(searcher):,} articles, {run.queries:,} queries. What the index found out about the encoder: cosine × "
        f"{weight:.3f} is its log-odds, unrelated texts have {scale.chance} ± {scale.spread}."
    )


def _main_table(name: str, runs: dict[str, Evaluation]) -> list[str]:
    lines = ["| | nDCG@10 | RR@10 | R@100 | Success@1 |", "|---|---|---|---|---|"]
    if name in LUCENE:
        lines.append(f"| Lucene 8.7 ArabicAnalyzer | {' | '.join(f'{value:.4f}' for value in LUCENE[name])} |")
    for mode, run in runs.items():
        chief, *others = run.measures.values()
        cells = [f"**{chief.mean:.4f}** [{chief.low:.3f}, {chief.high:.3f}]", *(f"{each.mean:.4f}" for each in others)]
        lines.append(f"| {mode} | {' | '.join(cells)} |")
    return lines


if __name__ == "__main__":
    main()
