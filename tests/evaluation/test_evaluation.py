"""Evaluation: measures against numbers worked out by hand, and the files it reads and writes."""

from __future__ import annotations

import math
import shutil
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

import arsearch
from arsearch import EvaluationError, Settings
from arsearch.evaluation import compare, evaluate, evaluate_run
from arsearch.evaluation.metrics import ndcg, recall, reciprocal_rank, success
from arsearch.evaluation.trec import read_qrels, read_queries, read_run, write_run

from ..conftest import WriteCorpus

GRADES = {"a": 2, "b": 1, "c": 0}


def test_ndcg() -> None:
    ideal = 2 + 1 / math.log2(3)
    assert ndcg(["a", "b"], GRADES, 10) == 1
    assert ndcg(["c", "a", "b"], GRADES, 10) == pytest.approx((2 / math.log2(3) + 1 / 2) / ideal)
    assert ndcg(["c", "a", "b"], GRADES, 2) == pytest.approx((2 / math.log2(3)) / ideal)
    assert ndcg(["x"], GRADES, 10) == 0


def test_reciprocal_rank() -> None:
    assert reciprocal_rank(["c", "x", "b", "a"], GRADES, 10) == pytest.approx(1 / 3)
    assert reciprocal_rank(["c", "x", "b"], GRADES, 2) == 0


def test_recall() -> None:
    assert recall(["x", "b"], GRADES, 100) == 0.5
    assert recall(["x", "b", "a"], GRADES, 2) == 0.5


def test_success() -> None:
    assert success(["b"], GRADES, 1) == 1
    assert success(["c", "b"], GRADES, 1) == 0


def test_unanswered_queries_count_and_unjudged_ones_do_not() -> None:
    measures = evaluate_run({"1": ["a"], "9": ["z"]}, {"1": {"a": 1}, "2": {"a": 1}, "3": {"a": 0}})
    assert measures == {"nDCG@10": 0.5, "RR@10": 0.5, "R@100": 0.5, "Success@1": 0.5}


@given(st.permutations(list("abcdef")), st.dictionaries(st.sampled_from("abcdefg"), st.integers(-1, 3), min_size=1))
def test_measures_are_between_0_and_1(ranking: list[str], grades: dict[str, int]) -> None:
    assert all(0 <= value <= 1 + 1e-9 for value in evaluate_run({"1": ranking}, {"1": grades}).values())


@pytest.fixture
def files(tmp_path: Path) -> tuple[Path, Path]:
    queries, qrels = tmp_path / "queries.tsv", tmp_path / "qrels.txt"
    queries.write_text("1\tسفينة\n2\tقمر\n3\tبلا حكم\n4\t؟؟\n", encoding="utf-8")
    qrels.write_text("1 0 sea 1\n2 0 sea 1\n2 0 sky 0\n4 0 sea 1\n", encoding="utf-8")
    return queries, qrels


def test_an_index_is_measured_and_its_run_written(
    tmp_path: Path, tiny_encoder: str, write_corpus: WriteCorpus, files: tuple[Path, Path]
) -> None:
    corpus = write_corpus([{"id": "sea", "body": "سفينة"}, {"id": "sky", "body": "قمر"}])
    arsearch.build_index([corpus], tmp_path / "index", model=tiny_encoder, settings=Settings())
    with arsearch.open_index(tmp_path / "index") as searcher:
        outcome = evaluate(searcher, *files, mode="lexical", run=tmp_path / "run.txt")
    assert (outcome.queries, outcome.unanswerable) == (3, 1)
    assert outcome.measures["Success@1"].mean == pytest.approx(1 / 3)
    lines = [line.split() for line in (tmp_path / "run.txt").read_text(encoding="utf-8").splitlines()]
    assert [(line[0], line[1], line[2], line[3], line[5]) for line in lines] == [
        ("1", "Q0", "sea", "1", "arsearch-lexical"),
        ("2", "Q0", "sky", "1", "arsearch-lexical"),
    ]


def test_wrong_lines_are_named(tmp_path: Path) -> None:
    path = tmp_path / "file"
    path.write_text("1\tواحد\nبلا معرف\n", encoding="utf-8")
    with pytest.raises(EvaluationError, match=r"file:2: not a query"):
        read_queries(path)
    path.write_text("1 0 a 1\n1 0 a\n", encoding="utf-8")
    with pytest.raises(EvaluationError, match=r"file:2: not a judgment"):
        read_qrels(path)
    path.write_text("1 0 a x\n", encoding="utf-8")
    with pytest.raises(EvaluationError, match=r"file:1: not a judgment"):
        read_qrels(path)
    path.write_bytes(b"\xff")
    with pytest.raises(EvaluationError, match="UTF-8"):
        read_queries(path)
    path.write_text("\n", encoding="utf-8")
    with pytest.raises(EvaluationError, match="no query"):
        read_queries(path)
    with pytest.raises(EvaluationError, match="cannot be read"):
        read_qrels(tmp_path / "nowhere")


def test_queries_without_judgments(searcher: arsearch.Searcher, tmp_path: Path, files: tuple[Path, Path]) -> None:
    other = tmp_path / "other.txt"
    other.write_text("99 0 a 1\n", encoding="utf-8")
    with pytest.raises(EvaluationError, match="ids are the same"):
        evaluate(searcher, files[0], other, mode="lexical")


def test_a_mode_without_its_model_is_not_measured(
    tmp_path: Path, tiny_encoder: str, write_corpus: WriteCorpus, files: tuple[Path, Path]
) -> None:
    model = shutil.copytree(tiny_encoder, tmp_path / "model")
    corpus = write_corpus([{"id": "sea", "body": "سفينة"}])
    arsearch.build_index(corpus, tmp_path / "index", model=str(model), settings=Settings())
    shutil.rmtree(model)
    with arsearch.open_index(tmp_path / "index") as index:
        with pytest.raises(EvaluationError, match="semantic cannot be measured"):
            evaluate(index, *files, mode="semantic")
        assert evaluate(index, *files, mode="lexical").queries == 3


def test_pages_must_be_deep_enough(corpus_index: Path, files: tuple[Path, Path]) -> None:
    with (
        arsearch.open_index(corpus_index, settings=Settings(max_page_size=50)) as index,
        pytest.raises(EvaluationError, match="max_page_size"),
    ):
        evaluate(index, *files, mode="lexical")


def test_a_run_is_read_as_it_was_written(tmp_path: Path) -> None:
    write_run(tmp_path / "run.txt", {"1": [("b", 0.5), ("a", 0.25)], "2": []}, "tag")
    assert read_run(tmp_path / "run.txt") == {"1": ["b", "a"]}


def test_scores_of_a_run_decide_not_ranks(tmp_path: Path) -> None:
    (tmp_path / "run.txt").write_text("1 Q0 a 1 0.1 x\n1 Q0 b 2 0.9 x\n1 Q0 c 3 0.1 x\n", encoding="utf-8")
    assert read_run(tmp_path / "run.txt") == {"1": ["b", "a", "c"]}


def test_a_wrong_line_of_a_run_is_named(tmp_path: Path) -> None:
    (tmp_path / "run.txt").write_text("1 Q0 a 1 0.1 x\n1 Q0 b 2 high x\n", encoding="utf-8")
    with pytest.raises(EvaluationError, match=r"run.txt:2: not an answer"):
        read_run(tmp_path / "run.txt")


def test_an_evaluation_is_compared_with_a_saved_run(
    searcher: arsearch.Searcher, tmp_path: Path, files: tuple[Path, Path]
) -> None:
    [hit] = searcher.search("سفينة", mode="lexical", limit=1).hits
    queries, qrels, run = tmp_path / "q.tsv", tmp_path / "r.txt", tmp_path / "run.txt"
    queries.write_text("1\tسفينة\n2\tقمر\n", encoding="utf-8")
    qrels.write_text(f"1 0 {hit.id} 1\n2 0 nowhere 1\n", encoding="utf-8")
    write_run(run, {"1": [("other", 1.0), (hit.id, 0.5)]}, "before")
    outcome = evaluate(searcher, queries, qrels, mode="lexical")
    comparisons, changes = compare(outcome, qrels, run)
    assert comparisons["RR@10"].difference.mean == pytest.approx((1 - 1 / 2) / 2)
    assert (comparisons["RR@10"].better, comparisons["RR@10"].worse) == (1, 0)
    [change] = changes
    assert (change.query, change.text, change.after) == ("1", "سفينة", 1)
    assert change.before == pytest.approx(1 / math.log2(3))


def test_a_run_of_another_set_is_refused(searcher: arsearch.Searcher, tmp_path: Path, files: tuple[Path, Path]) -> None:
    write_run(tmp_path / "run.txt", {"77": [("sea", 1.0)]}, "other")
    outcome = evaluate(searcher, *files, mode="lexical")
    with pytest.raises(EvaluationError, match="answers none of the queries"):
        compare(outcome, files[1], tmp_path / "run.txt")
