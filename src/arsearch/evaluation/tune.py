"""Learning the weights of the ranking from judged queries, and telling whether that is worth anything."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from arsearch import ranking
from arsearch.errors import ArticleNotFoundError, EvaluationError, QueryError
from arsearch.evaluation.metrics import ndcg
from arsearch.evaluation.significance import Comparison, compare_values
from arsearch.evaluation.trec import read_qrels, read_queries
from arsearch.ranking import RankingWeights
from arsearch.ranking.fit import JudgedCandidates, fit_weights
from arsearch.search.request import SearchRequest
from arsearch.search.searcher import Searcher

__all__ = ["Examples", "Tuning", "learn_weights", "read_examples", "tune"]

_FOLDS = 5
_MIN_QUERIES = 20
_DEPTH = 10


@dataclass(frozen=True, slots=True)
class Examples:
    """Judged queries with the candidates that rescoring looks at.

    *queries*: their features and a last column for meaning, the cosine in log-odds; *grades*: of each candidate, and of
    the relevant articles that are not among them.
    """

    queries: Sequence[JudgedCandidates]
    grades: Sequence[tuple[Sequence[int], Sequence[int]]]

    def measure(self, weights: RankingWeights) -> list[float]:
        """Return nDCG@10 of each query under *weights*."""
        vector = np.array([*weights.features, weights.semantic])
        values = []
        for query, (found, missing) in zip(self.queries, self.grades, strict=True):
            order = np.argsort(-(query.features @ vector), kind="stable").tolist()
            graded = {str(place): grade for place, grade in enumerate([*found, *missing])}
            values.append(ndcg([str(place) for place in order], graded, _DEPTH))
        return values


@dataclass(frozen=True, slots=True)
class Tuning:
    """What was learnt, and how much better it ranks queries that it was not learnt from, in nDCG@10."""

    weights: RankingWeights
    comparison: Comparison
    before: float
    after: float
    queries: int

    @property
    def pays(self) -> bool:
        """Whether queries that were held out are ranked better."""
        return self.comparison.difference.mean > 0


def read_examples(
    searcher: Searcher,
    texts: Mapping[str, str],
    judgments: Mapping[str, Mapping[str, int]],
    *,
    mode: str = "hybrid",
    progress: Callable[[int, int], None] | None = None,
) -> Examples:
    """Ask *searcher* the queries *texts* that *judgments* judge. Queries it cannot answer are left out."""
    queries, grades = [], []
    judged = [query for query in texts if any(grade > 0 for grade in judgments.get(query, {}).values())]
    for done, query in enumerate(judged, 1):
        relevant = {
            document: grade
            for identifier, grade in judgments[query].items()
            if grade > 0 and (document := _document(searcher, identifier)) is not None
        }
        try:
            found = searcher.ranking_features(
                SearchRequest(query=texts[query], mode=mode, operators=False, snippets=False)
            )
        except QueryError:
            continue
        meaning = searcher.cosine_weight * (found.cosines.clip(min=found.cosines.min(initial=1)) + 1)
        features = np.column_stack([found.features, meaning if mode == "hybrid" else np.zeros_like(meaning)])
        of_candidates = [relevant.pop(document, 0) for document in found.documents.tolist()]
        queries.append(JudgedCandidates(features.astype(np.float32), np.array(of_candidates, dtype=np.int64) > 0))
        grades.append((of_candidates, list(relevant.values())))
        if progress:
            progress(done, len(judged))
    return Examples(queries, grades)


def learn_weights(
    sets: Sequence[Sequence[JudgedCandidates]], prior: RankingWeights, *, meaning: bool = True
) -> RankingWeights:
    """Return weights fitted to *sets*, which count the same; without *meaning* that of cosines stays as it is.

    Raises EvaluationError if no query has both a relevant candidate and another one.
    """
    centre = [*prior.features, prior.semantic]
    try:
        fitted = fit_weights(sets, centre, [] if meaning else [len(centre) - 1])
    except ValueError as error:
        raise EvaluationError(f"Nothing can be learnt from these judgments: {error}.") from error
    *features, semantic = fitted.tolist()
    return RankingWeights(tuple(features), semantic)


def tune(
    searcher: Searcher, queries: Path, qrels: Path, *, progress: Callable[[int, int], None] | None = None
) -> Tuning:
    """Learn weights for the index of *searcher* from *queries* and *qrels*, starting from those that ship.

    Each fifth of the queries is ranked with weights learnt from the rest, and compared with the weights in force;
    the weights returned are learnt from all of them. Raises EvaluationError if a file cannot be read, too few queries
    are judged, or SciPy is missing.
    """
    try:
        import scipy.optimize  # noqa: F401  # asked for now: examining may take minutes
    except ImportError as error:
        raise EvaluationError('Learning weights needs SciPy; install it with: pip install "arsearch[tune]"') from error
    examples = read_examples(searcher, read_queries(queries), read_qrels(qrels), progress=progress)
    if len(examples.queries) < _MIN_QUERIES:
        raise EvaluationError(
            f"{len(examples.queries)} queries of {queries} have a judgment of a relevant article in {qrels}; at least "
            f"{_MIN_QUERIES} are needed, and some hundreds are better."
        )
    prior = ranking.shipped_weights()
    before = examples.measure(searcher.weights)
    after = [0.0] * len(before)
    for fold in range(_FOLDS):
        held_out = range(fold, len(before), _FOLDS)
        learnt = learn_weights([[q for at, q in enumerate(examples.queries) if at % _FOLDS != fold]], prior)
        part = Examples([examples.queries[at] for at in held_out], [examples.grades[at] for at in held_out])
        for at, value in zip(held_out, part.measure(learnt), strict=True):
            after[at] = value
    return Tuning(
        weights=learn_weights([examples.queries], prior),
        comparison=compare_values(after, before),
        before=float(np.mean(before)),
        after=float(np.mean(after)),
        queries=len(before),
    )


def _document(searcher: Searcher, identifier: str) -> int | None:
    try:
        return searcher.document_of(identifier)
    except ArticleNotFoundError:
        return None
