"""What builders of question answering are told: how often a gold passage is among the first."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest
from click.testing import CliRunner

import arsearch
from arsearch import EvaluationError, Settings
from arsearch.cli import main
from arsearch.evaluation import evaluate_passages


@pytest.fixture(scope="module")
def index(tmp_path_factory: pytest.TempPathFactory, tiny_encoder: str) -> Path:
    folder = tmp_path_factory.mktemp("gold")
    filler = "ثم " * 40
    records: list[dict[str, Any]] = [
        {"id": "sea", "body": f"سفينة في بحر {filler} خبز من قمح {filler}"},
        {"id": "again", "body": f"سفينة في بحر {filler} خبز من قمح {filler}"},
        {"id": "sky", "body": "قمر ونجم في سماء"},
    ]
    (folder / "corpus.jsonl").write_text("\n".join(map(json.dumps, records)), encoding="utf-8")
    settings = Settings(passage_words=20)
    arsearch.build_index([folder / "corpus.jsonl"], folder / "index", model=tiny_encoder, settings=settings)
    return folder / "index"


def write(folder: Path, qrels: str) -> tuple[Path, Path]:
    (folder / "q.tsv").write_text("1\tسفينة في بحر\n2\tخبز قمح\n3\tقمر\n4\t؟\n5\tبلا حكم\n", encoding="utf-8")
    (folder / "qrels.txt").write_text(qrels, encoding="utf-8")
    return folder / "q.tsv", folder / "qrels.txt"


def measured(index: Path, files: tuple[Path, Path]) -> dict[str, float]:
    with arsearch.open_index(index, settings=Settings()) as searcher:
        outcome = evaluate_passages(searcher, *files, mode="hybrid")
    assert (outcome.unanswerable, outcome.mean_characters > 0) == (int("\n4 " in files[1].read_text()), True)
    return {name: interval.mean for name, interval in outcome.measures.items()}


def test_any_passage_of_a_gold_article_is_gold(index: Path, tmp_path: Path) -> None:
    files = write(tmp_path, "1 0 sea 1\n1 0 sky 0\n2 0 again 1\n3 0 sea 1\n4 0 sea 1\n")
    # The second is of a copy, which is found in the place of what it copies; the third is none, the fourth no question.
    assert measured(index, files) == {"Success@1": 0.5, "Success@3": 0.5, "Success@5": 0.5, "Success@10": 0.5}


def test_a_piece_of_an_article_is_gold_alone(index: Path, tmp_path: Path) -> None:
    with arsearch.open_index(index, settings=Settings()) as opened:
        body = opened.article("again").body
    at = body.index("خبز")
    right, wrong = f"again#chars={at}-{at + 11}", f"again#chars={len(body) - 9}-{len(body)}"
    assert measured(index, write(tmp_path, f"2 0 {right} 1\n"))["Success@1"] == 1.0
    assert measured(index, write(tmp_path, f"2 0 {wrong} 1\n"))["Success@1"] == 0.0


def test_without_a_judged_question_nothing_is_measured(index: Path, tmp_path: Path) -> None:
    with pytest.raises(EvaluationError, match="judgment"):
        measured(index, write(tmp_path, "9 0 sea 1\n1 0 sea 0\n"))


def test_the_command_prints_it(index: Path, tmp_path: Path) -> None:
    queries, qrels = write(tmp_path, "1 0 sea 1\n3 0 sky 1\n")
    options = ["evaluate", "--index", str(index), "--queries", str(queries), "--qrels", str(qrels), "--passages"]
    printed = CliRunner().invoke(main, options)
    assert printed.exit_code == 0, printed.output
    assert "Success@5  1.0000" in printed.output
    as_json = json.loads(CliRunner().invoke(main, [*options, "--json"]).stdout)
    assert (as_json["queries"], as_json["Success@1"], as_json["intervals"]["Success@1"][1]) == (2, 1.0, 1.0)
    assert CliRunner().invoke(main, [*options, "--run", "x.txt"]).exit_code == 2
