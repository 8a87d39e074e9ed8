"""Commands that measure and learn: evaluate, tune."""

from __future__ import annotations

import dataclasses
from contextlib import closing
from pathlib import Path
from typing import TYPE_CHECKING

import click

from arsearch.cli.options import common_options, print_json, progress_bar, say, settings_from
from arsearch.request import MODES

if TYPE_CHECKING:
    from arsearch.evaluation import Comparison, QueryChange

__all__ = ["evaluate", "tune"]


@click.command()
@click.option("--queries", type=click.Path(path_type=Path), required=True, help="TSV file: query id, tab, text")
@click.option("--qrels", type=click.Path(path_type=Path), required=True, help="Judgments in TREC format")
@click.option("--mode", type=click.Choice(MODES), help="How to search [default: hybrid]")
@click.option("--run", type=click.Path(path_type=Path), help="File to write the answers to, as a TREC run 100 deep")
@click.option("--compare", type=click.Path(path_type=Path), help="Saved TREC run to compare with, query by query")
@common_options
def evaluate(
    queries: Path,
    qrels: Path,
    mode: str | None,
    run: Path | None,
    compare: Path | None,
    index: Path | None,
    config: Path | None,
    as_json: bool,
) -> None:
    """Measure the index against judged queries: nDCG@10, RR@10, R@100, Success@1, with 95 % confidence intervals."""
    from arsearch.evaluation import compare as compare_with
    from arsearch.evaluation import evaluate as measure
    from arsearch.search import Searcher

    settings = settings_from(config, index=index, mode=mode)
    with Searcher(settings.index, settings) as searcher, progress_bar(" queries") as bar:
        outcome = measure(
            searcher,
            queries,
            qrels,
            mode=settings.mode,
            run=run,
            progress=lambda done, total: bar.show("evaluating", done, total),
        )
    comparisons, changes = compare_with(outcome, qrels, compare) if compare else ({}, [])
    if outcome.unanswerable:
        say(f"Warning: {outcome.unanswerable} queries could not be answered; they count as answered with nothing.")
    if as_json:
        record: dict[str, object] = {
            "mode": outcome.mode,
            "queries": outcome.queries,
            "unanswerable": outcome.unanswerable,
            "median_ms": outcome.median_ms,
        }
        record |= {name: interval.mean for name, interval in outcome.measures.items()}
        record["intervals"] = {name: [interval.low, interval.high] for name, interval in outcome.measures.items()}
        if compare:
            record["comparison"] = {name: dataclasses.asdict(comparison) for name, comparison in comparisons.items()}
            record["changes"] = [dataclasses.asdict(change) for change in changes]
        print_json(record)
        return
    click.echo(f"{outcome.queries} queries, mode {outcome.mode}, median {outcome.median_ms:.1f} ms")
    for name, interval in outcome.measures.items():
        click.echo(f"{name:<10} {interval.mean:.4f}  [{interval.low:.4f}, {interval.high:.4f}]")
    if compare:
        _show_comparison(comparisons, changes)


def _show_comparison(comparisons: dict[str, Comparison], changes: list[QueryChange]) -> None:
    click.echo()
    for name, found in comparisons.items():
        difference = found.difference
        click.echo(
            f"{name:<10} {difference.mean:+.4f}  [{difference.low:+.4f}, {difference.high:+.4f}]  "
            f"p = {found.p_value:.4f}  {found.better} better, {found.worse} worse"
        )
    click.echo()
    for change in changes:
        click.echo(f"{change.before:.3f} -> {change.after:.3f}  {change.query}  {change.text}")


@click.command()
@click.option("--queries", type=click.Path(path_type=Path), help="TSV file: query id, tab, text")
@click.option("--qrels", type=click.Path(path_type=Path), help="Judgments in TREC format")
@click.option("--forget", is_flag=True, help="Go back to the weights that come with arsearch")
@common_options
def tune(
    queries: Path | None, qrels: Path | None, forget: bool, index: Path | None, config: Path | None, as_json: bool
) -> None:
    """Learn from judged queries how much each feature of the ranking counts, and keep that with the index."""
    from arsearch.backends import choose_backend
    from arsearch.evaluation import tune as learn
    from arsearch.search import Searcher

    settings = settings_from(config, index=index)
    if forget:
        with closing(choose_backend(settings)) as backend:
            backend.forget_weights()
        say("The weights that come with arsearch are in force.")
        return
    if queries is None or qrels is None:
        raise click.UsageError("Name the judged queries with --queries and --qrels, or --forget what was learnt.")
    with Searcher(settings.index, settings) as searcher, progress_bar(" queries") as bar:
        tuning = learn(searcher, queries, qrels, progress=lambda done, total: bar.show("examining", done, total))
    if tuning.pays:
        with closing(choose_backend(settings)) as backend:
            backend.write_weights(tuning.weights)
    if as_json:
        print_json(
            {
                "queries": tuning.queries,
                "before": tuning.before,
                "after": tuning.after,
                "comparison": dataclasses.asdict(tuning.comparison),
                "weights": tuning.weights.as_record(),
                "stored": tuning.pays,
            }
        )
        return
    click.echo(f"nDCG@10 of {tuning.queries} queries: {tuning.before:.4f}, {tuning.after:.4f} with weights from others")
    _show_comparison({"nDCG@10": tuning.comparison}, [])
    for name, weight in tuning.weights.as_record()["features"].items():
        click.echo(f"{name:<10} {weight:.3f}")
    click.echo(f"{'semantic':<10} {tuning.weights.semantic:.3f}")
    say("Stored with the index." if tuning.pays else "Nothing was stored: queries held out are not ranked better.")
