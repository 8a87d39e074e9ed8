"""``arsearch tune``: learn the weights of the ranking from judged queries."""

from __future__ import annotations

import dataclasses
import tempfile
from contextlib import closing
from pathlib import Path

import click

from arsearch.cli.comparison import show_comparison
from arsearch.cli.options import ProgressBar, common_options, print_json, say, settings_from, show

__all__ = ["tune"]


@click.command()
@click.option("--queries", type=click.Path(path_type=Path), help="TSV file: query id, tab, text")
@click.option("--qrels", type=click.Path(path_type=Path), help="Judgments in TREC format")
@click.option("--from-clicks", is_flag=True, help="Judge by what readers opened, where insights are counted")
@click.option("--forget", is_flag=True, help="Go back to the weights that come with arsearch")
@common_options
def tune(
    queries: Path | None,
    qrels: Path | None,
    from_clicks: bool,
    forget: bool,
    index: Path | None,
    config: Path | None,
    as_json: bool,
) -> None:
    """Learn from judged queries how much each feature of the ranking counts, and keep that with the index."""
    from arsearch.backends import choose_backend
    from arsearch.evaluation import tune as learn
    from arsearch.insights import store_of, write_judgments
    from arsearch.search.searcher import Searcher

    settings = settings_from(config, index=index)
    if forget:
        with closing(choose_backend(settings)) as backend:
            backend.forget_weights()
        say("The weights that come with arsearch are in force.")
        return
    if from_clicks == (queries is not None or qrels is not None) or (queries is None) != (qrels is None):
        raise click.UsageError(
            "Name the judged queries with --queries and --qrels, or learn --from-clicks, or --forget what was learnt."
        )
    with (
        Searcher(settings.index, settings) as searcher,
        ProgressBar(" queries") as bar,
        tempfile.TemporaryDirectory(prefix="arsearch-") as folder,
    ):
        if queries is None or qrels is None:
            queries, qrels = Path(folder, "queries.tsv"), Path(folder, "qrels.txt")
            write_judgments(store_of(settings), queries, qrels)
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
    show(f"nDCG@10 of {tuning.queries} queries: {tuning.before:.4f}, {tuning.after:.4f} with weights from others")
    show_comparison({"nDCG@10": tuning.comparison}, [])
    for name, weight in tuning.weights.as_record()["features"].items():
        show(f"{name:<10} {weight:.3f}")
    show(f"{'semantic':<10} {tuning.weights.semantic:.3f}")
    say("Stored with the index." if tuning.pays else "Nothing was stored: queries held out are not ranked better.")
