"""The files of evaluation: queries (TSV), judgments (TREC qrels) and runs (TREC)."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from pathlib import Path

from arsearch.errors import EvaluationError

__all__ = ["read_qrels", "read_queries", "read_run", "write_run"]

_QREL_COLUMNS = 4
_RUN_COLUMNS = 6
_WHITE_SPACE = re.compile(r"\s")


def read_queries(path: Path) -> dict[str, str]:
    """Read ``query id, tab, text`` lines. Raises EvaluationError with the line that is wrong."""
    queries: dict[str, str] = {}
    for number, line in _lines(path):
        identifier, tab, text = line.partition("\t")
        if not tab or not identifier.strip() or not text.strip():
            raise EvaluationError(f"{path}:{number}: not a query. Write: id, a tab, the text of the query.")
        queries[identifier.strip()] = text.strip()
    if not queries:
        raise EvaluationError(f"{path} holds no query. Write one a line: id, a tab, the text of the query.")
    return queries


def read_qrels(path: Path) -> dict[str, dict[str, int]]:
    """Read ``query id, anything, document id, grade`` lines. Raises EvaluationError with the line that is wrong."""
    qrels: dict[str, dict[str, int]] = {}
    for number, line in _lines(path):
        columns = line.split()
        try:
            query, _, document, grade = columns
            qrels.setdefault(query, {})[document] = int(grade)
        except ValueError:
            raise EvaluationError(
                f"{path}:{number}: not a judgment. Write {_QREL_COLUMNS} columns: query id, 0, document id, grade."
            ) from None
    return qrels


def read_run(path: Path) -> dict[str, list[str]]:
    """Read a TREC run: the documents of each query, best first. Raises EvaluationError with the line that is wrong.

    As in trec_eval the score decides, not the rank that is written; of equal scores the one written first.
    """
    scored: dict[str, list[tuple[float, str]]] = {}
    for number, line in _lines(path):
        try:
            query, _, document, _, score, _ = line.split()
            scored.setdefault(query, []).append((float(score), document))
        except ValueError:
            raise EvaluationError(
                f"{path}:{number}: not an answer. Write {_RUN_COLUMNS} columns: query id, Q0, document id, rank, "
                "score, name of the run."
            ) from None
    return {query: [document for _, document in sorted(answers, key=_by_score)] for query, answers in scored.items()}


def _by_score(answer: tuple[float, str]) -> float:
    return -answer[0]


def write_run(path: Path, run: Mapping[str, Sequence[tuple[str, float]]], tag: str) -> None:
    """Write *run*, the documents and scores of each query from best to worst, in the format of TREC.

    White space in ids, which the format has no place for, is written ``%20``.
    """
    rows: Iterable[str] = (
        f"{query} Q0 {_WHITE_SPACE.sub('%20', document)} {rank} {score:.6f} {tag}\n"
        for query, ranking in run.items()
        for rank, (document, score) in enumerate(ranking, 1)
    )
    try:
        with path.open("w", encoding="utf-8") as file:
            file.writelines(rows)
    except OSError as error:
        raise EvaluationError(f"The run cannot be written to {path}: {error.strerror}.") from error


def _lines(path: Path) -> Iterator[tuple[int, str]]:
    try:
        text = path.read_text(encoding="utf-8-sig")
    except OSError as error:
        raise EvaluationError(f"{path} cannot be read: {error.strerror}. Check the path.") from error
    except UnicodeDecodeError as error:
        raise EvaluationError(f"{path} is not UTF-8. Convert it to UTF-8.") from error
    for number, line in enumerate(text.split("\n"), 1):
        if line.strip():
            yield number, line
