"""Evaluating an index: queries and judgments in, measures out."""

from __future__ import annotations

import time
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from statistics import median

from arsearch.errors import EvaluationError, QueryError
from arsearch.evaluation.metrics import measure_queries
from arsearch.evaluation.significance import Comparison, Interval, compare_values, confidence_interval
from arsearch.evaluation.trec import read_qrels, read_queries, read_run, write_run
from arsearch.search.request import SearchRequest
from arsearch.search.searcher import Searcher

__all__ = ["RUN_DEPTH", "Evaluation", "QueryChange", "compare", "evaluate"]

RUN_DEPTH = 100
CHIEF_MEASURE = "nDCG@10"


@dataclass(frozen=True, slots=True)
class Evaluation:
    """What an evaluation found."""

    mode: str
    queries: int
    """Queries that have judgments; the measures are means over these."""
    unanswerable: int
    """Queries that the index refused; they count as answered with nothing."""
    measures: dict[str, Interval]
    """Mean and confidence interval of each measure."""
    by_query: dict[str, dict[str, float]]
    """Each measure of each query that has a relevant document."""
    texts: dict[str, str]
    """The text of each query."""
    median_ms: float
    """Median time of a query, in milliseconds."""


@dataclass(frozen=True, slots=True)
class QueryChange:
    """A query whose nDCG@10 differs from that of another run."""

    query: str
    text: str
    before: float
    after: float


def evaluate(
    searcher: Searcher,
    queries: Path,
    qrels: Path,
    *,
    mode: str,
    run: Path | None = None,
    synonyms: bool = False,
    progress: Callable[[int, int], None] | None = None,
) -> Evaluation:
    """Ask *searcher* all judged queries, 100 hits deep, and measure its answers; write them to *run* if given.

    Other names of their words count only with *synonyms*.

    Raises EvaluationError if a file cannot be read, no query has a judgment, or the model of *mode* is missing.
    """
    if searcher.settings.max_page_size < RUN_DEPTH:
        raise EvaluationError(f"An evaluation needs {RUN_DEPTH} hits a query; raise max_page_size to {RUN_DEPTH}.")
    texts, judgments = read_queries(queries), read_qrels(qrels)
    judged = [query for query in texts if query in judgments]
    if not judged:
        raise EvaluationError(f"No query of {queries} has a judgment in {qrels}. Check that the ids are the same.")
    rankings: dict[str, list[tuple[str, float]]] = {}
    seconds = []
    unanswerable = 0
    for done, query in enumerate(judged, 1):
        began = time.perf_counter()
        # Judged queries are questions and headlines, written for no query language: their quotes are not operators.
        request = SearchRequest(
            query=texts[query], mode=mode, size=RUN_DEPTH, operators=False, synonyms=synonyms, snippets=False
        )
        try:
            results = searcher.search(request)
            if results.notice and results.notice.kind == "no-model":
                raise EvaluationError(f"The mode {mode} cannot be measured. {results.notice}")
            # A judgment may be of an article that was kept as another one's copy.
            ranking = [(article.id, hit.score) for hit in results.hits for article in (hit.article, *hit.copies)]
            rankings[query] = ranking[:RUN_DEPTH]
        except QueryError:
            rankings[query] = []
            unanswerable += 1
        seconds.append(time.perf_counter() - began)
        if progress:
            progress(done, len(judged))
    if run is not None:
        write_run(run, rankings, f"arsearch-{mode}")
    documents = {query: [document for document, _ in ranking] for query, ranking in rankings.items()}
    by_query = measure_queries(documents, {query: judgments[query] for query in judged})
    return Evaluation(
        mode=mode,
        queries=len(judged),
        unanswerable=unanswerable,
        measures={name: confidence_interval(list(values.values())) for name, values in by_query.items()},
        by_query=by_query,
        texts={query: texts[query] for query in judged},
        median_ms=median(seconds) * 1000,
    )


def compare(evaluation: Evaluation, qrels: Path, run: Path) -> tuple[dict[str, Comparison], list[QueryChange]]:
    """Compare *evaluation* with the saved *run*, over the same queries, which *qrels* judges.

    Returns for each measure how much higher it is now, and the queries whose nDCG@10 changed, the most changed first;
    queries that the run does not have count as answered with nothing. Raises EvaluationError if a file cannot be
    read, or the run answers none of the queries.
    """
    answers, judgments = read_run(run), read_qrels(qrels)
    if not answers.keys() & evaluation.texts.keys():
        raise EvaluationError(f"The run {run} answers none of the queries. Check that it is of the same set.")
    before = measure_queries(answers, {query: judgments[query] for query in evaluation.texts})
    comparisons = {
        name: compare_values(list(values.values()), [before[name][query] for query in values])
        for name, values in evaluation.by_query.items()
    }
    changes = [
        QueryChange(query, evaluation.texts[query], before[CHIEF_MEASURE][query], after)
        for query, after in evaluation.by_query[CHIEF_MEASURE].items()
        if after != before[CHIEF_MEASURE][query]
    ]
    return comparisons, sorted(changes, key=lambda change: -abs(change.after - change.before))
