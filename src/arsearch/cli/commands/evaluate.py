"""``arsearch evaluate``: measure an index against judged queries."""

from __future__ import annotations

import dataclasses
from pathlib import Path
from typing import TYPE_CHECKING

import click

from arsearch.cli.comparison import show_comparison
from arsearch.cli.options import ProgressBar, common_options, print_json, say, settings_from, show
from arsearch.search.request import MODES
from arsearch.settings import Settings

if TYPE_CHECKING:
    from arsearch.evaluation import Evaluation, PassageEvaluation

__all__ = ["evaluate"]


@click.command()
@click.option("--queries", type=click.Path(path_type=Path), required=True, help="TSV file: query id, tab, text")
@click.option("--qrels", type=click.Path(path_type=Path), required=True, help="Judgments in TREC format")
@click.option("--mode", type=click.Choice(MODES), help="How to search [default: hybrid]")
@click.option("--synonyms", is_flag=True, help="Let other names of the words count too")
@click.option("--passages", is_flag=True, help="Measure passages: whether a gold one is among the first 1, 3, 5 and 10")
@click.option("--run", type=click.Path(path_type=Path), help="File to write the answers to, as a TREC run 100 deep")
@click.option("--compare", type=click.Path(path_type=Path), help="Saved TREC run to compare with, query by query")
@common_options
def evaluate(
    queries: Path,
    qrels: Path,
    mode: str | None,
    synonyms: bool,
    passages: bool,
    run: Path | None,
    compare: Path | None,
    index: Path | None,
    config: Path | None,
    as_json: bool,
) -> None:
    """Measure the index against judged queries: nDCG@10, RR@10, R@100, Success@1, with 95 % confidence intervals.

    With --passages, what a program that answers questions would be given: a judgment names an article, whose every
    passage is gold then, or a piece of one, as `ID#chars=120-480`.
    """
    from arsearch.evaluation import compare as compare_with
    from arsearch.evaluation import evaluate as measure
    from arsearch.search.searcher import Searcher

    settings = settings_from(config, index=index, mode=mode)
    if passages:
        if run or compare:
            raise click.UsageError("--run and --compare are for articles; leave out --passages, or them.")
        _evaluate_passages(settings, queries, qrels, synonyms=synonyms, as_json=as_json)
        return
    with Searcher(settings.index, settings) as searcher, ProgressBar(" queries") as bar:
        outcome = measure(
            searcher,
            queries,
            qrels,
            mode=settings.mode,
            run=run,
            synonyms=synonyms,
            progress=lambda done, total: bar.show("evaluating", done, total),
        )
    comparisons, changes = compare_with(outcome, qrels, compare) if compare else ({}, [])
    if outcome.unanswerable:
        say(f"Warning: {outcome.unanswerable} queries could not be answered; they count as answered with nothing.")
    if as_json:
        record = _as_record(outcome)
        if compare:
            record["comparison"] = {name: dataclasses.asdict(comparison) for name, comparison in comparisons.items()}
            record["changes"] = [dataclasses.asdict(change) for change in changes]
        print_json(record)
        return
    show(f"{outcome.queries} queries, mode {outcome.mode}, median {outcome.median_ms:.1f} ms")
    for name, interval in outcome.measures.items():
        show(f"{name:<10} {interval.mean:.4f}  [{interval.low:.4f}, {interval.high:.4f}]")
    if compare:
        show_comparison(comparisons, changes)


def _evaluate_passages(settings: Settings, queries: Path, qrels: Path, *, synonyms: bool, as_json: bool) -> None:
    """Say how often a gold passage is among the first."""
    from arsearch.evaluation import evaluate_passages
    from arsearch.search.searcher import Searcher

    with Searcher(settings.index, settings) as searcher, ProgressBar(" questions") as bar:
        outcome = evaluate_passages(
            searcher,
            queries,
            qrels,
            mode=settings.mode,
            synonyms=synonyms,
            progress=lambda done, total: bar.show("evaluating", done, total),
        )
    if outcome.unanswerable:
        say(f"Warning: {outcome.unanswerable} questions could not be answered; they count as answered with nothing.")
    if as_json:
        print_json(_as_record(outcome) | {"mean_characters": outcome.mean_characters})
        return
    show(
        f"{outcome.queries} questions, mode {outcome.mode}, median {outcome.median_ms:.1f} ms, "
        f"{outcome.mean_characters:.0f} characters a passage"
    )
    for name, interval in outcome.measures.items():
        show(f"{name:<10} {interval.mean:.4f}  [{interval.low:.4f}, {interval.high:.4f}]")


def _as_record(outcome: Evaluation | PassageEvaluation) -> dict[str, object]:
    """Return what both kinds of evaluation say, as JSON types."""
    record: dict[str, object] = {
        "mode": outcome.mode,
        "queries": outcome.queries,
        "unanswerable": outcome.unanswerable,
        "median_ms": outcome.median_ms,
    }
    record |= {name: interval.mean for name, interval in outcome.measures.items()}
    record["intervals"] = {name: [interval.low, interval.high] for name, interval in outcome.measures.items()}
    return record
