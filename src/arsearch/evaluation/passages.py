"""Evaluating passages: how often one that answers is among the first that a program is given."""

from __future__ import annotations

import re
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path
from statistics import fmean, median

import numpy as np

from arsearch.errors import ArticleNotFoundError, EvaluationError, QueryError
from arsearch.evaluation.significance import Interval, confidence_interval
from arsearch.evaluation.trec import read_qrels, read_queries
from arsearch.search.passages.results import FoundPassage
from arsearch.search.searcher import Searcher

__all__ = ["DEPTHS", "PassageEvaluation", "evaluate_passages"]

DEPTHS = (1, 3, 5, 10)
"""Among how many of the first a gold passage is looked for."""
_PLACE = re.compile(r"(?P<article>.+)#chars=(?P<start>[0-9]+)-(?P<end>[0-9]+)")
_SHARE = 0.5
"""How much of the shorter of two passages both have to have, to count as one."""


@dataclass(frozen=True, slots=True)
class _Gold:
    """An article that answers, or where in it the answer stands."""

    article: str
    place: tuple[int, int] | None


@dataclass(frozen=True, slots=True)
class PassageEvaluation:
    """What an evaluation of passages found."""

    mode: str
    queries: int
    """Questions that have a gold passage; the measures are means over these."""
    unanswerable: int
    """Questions that the index refused; they count as answered with nothing."""
    measures: dict[str, Interval]
    """``Success@k``: the share of questions with a gold passage among the first k, and its confidence interval."""
    median_ms: float
    """Median time of a question, in milliseconds."""
    mean_characters: float
    """Characters of a passage, on average."""


def evaluate_passages(
    searcher: Searcher,
    queries: Path,
    qrels: Path,
    *,
    mode: str,
    synonyms: bool = False,
    progress: Callable[[int, int], None] | None = None,
) -> PassageEvaluation:
    """Ask *searcher* all judged questions for ten passages, and look for gold ones.

    A judgment names an article, any passage of which is gold then, or a piece of one as ``ID#chars=START-END``. An
    article that is kept as the copy of another one is found in that one's place. Raises EvaluationError if a file
    cannot be read, no question has a judgment, or the model of *mode* is missing.
    """
    texts, judgments = read_queries(queries), read_qrels(qrels)
    gold = {
        query: [_gold(name) for name, relevance in judgments[query].items() if relevance > 0]
        for query in texts
        if query in judgments
    }
    gold = {query: places for query, places in gold.items() if places}
    if not gold:
        raise EvaluationError(f"No query of {queries} has a judgment in {qrels}. Check that the ids are the same.")
    ranks: list[int | None] = []
    seconds: list[float] = []
    lengths: list[int] = []
    unanswerable = 0
    for done, (query, places) in enumerate(gold.items(), 1):
        began = time.perf_counter()
        found: tuple[FoundPassage, ...] = ()
        try:
            results = searcher.passages(texts[query], mode=mode, limit=max(DEPTHS), synonyms=synonyms)
            found = results.passages
            if results.notice and results.notice.kind == "no-model":
                raise EvaluationError(f"The mode {mode} cannot be measured. {results.notice}")
        except QueryError:
            unanswerable += 1
        seconds.append(time.perf_counter() - began)
        lengths += [len(passage.text) for passage in found]
        kept = {place.article: _kept(searcher, place.article) for place in places}
        ranks.append(next((rank for rank, one in enumerate(found, 1) if _is_gold(one, places, kept)), None))
        if progress:
            progress(done, len(gold))
    return PassageEvaluation(
        mode=mode,
        queries=len(gold),
        unanswerable=unanswerable,
        measures={
            f"Success@{depth}": confidence_interval([float(rank is not None and rank <= depth) for rank in ranks])
            for depth in DEPTHS
        },
        median_ms=median(seconds) * 1000,
        mean_characters=fmean(lengths) if lengths else 0.0,
    )


def _gold(name: str) -> _Gold:
    place = _PLACE.fullmatch(name)
    if place is None:
        return _Gold(name, None)
    return _Gold(place["article"], (int(place["start"]), int(place["end"])))


def _kept(searcher: Searcher, identifier: str) -> str:
    """Return the id of the article that is found in the place of this one."""
    try:
        located = searcher.index.locate(identifier)
    except ArticleNotFoundError:
        return identifier
    if not located.is_copy:
        return identifier
    return searcher.index.articles(np.array([located.document], np.int64))[0].id


def _is_gold(passage: FoundPassage, places: list[_Gold], kept: Mapping[str, str]) -> bool:
    for gold in places:
        if gold.place is None or passage.article_id != gold.article:
            if passage.article_id == kept[gold.article]:
                return True
            continue
        start, end = gold.place
        common = min(end, passage.end) - max(start, passage.start)
        if common > 0 and common >= _SHARE * min(end - start, passage.end - passage.start):
            return True
    return False
