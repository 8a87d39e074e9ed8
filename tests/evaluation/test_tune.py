"""Weights learnt from judgments, and kept with the index."""

from __future__ import annotations

from pathlib import Path

import pytest
from click.testing import CliRunner

import arsearch
from arsearch import EvaluationError, Settings
from arsearch.cli import main
from arsearch.evaluation import read_examples, tune
from arsearch.index import forget_weights, read_weights, write_weights
from arsearch.ranking import FEATURES, RankingWeights, shipped_weights

from ..conftest import WriteCorpus

TOPICS = ["سفينة", "ميناء", "قمر", "نجم", "سماء", "خبز", "قمح", "فرن", "كتاب", "مكتبة", "قارئ", "بحر"]
FILLER = "حجر شجر سحاب مطر ثلج برق رعد جبل نهر واد سهل تل "
OPENING_COUNTS_ALONE = RankingWeights(tuple(float(name == "lead") for name in FEATURES), 0.0)


@pytest.fixture
def judged(tmp_path: Path, tiny_encoder: str, write_corpus: WriteCorpus) -> tuple[Path, Path, Path]:
    """An index in which the relevant article names two topics at the end, the other one of them often, and first."""
    pairs = [(first, second) for first in TOPICS for second in TOPICS if first < second][:40]
    records, queries, qrels = [], [], []
    for number, (first, second) in enumerate(pairs):
        records.append({"id": f"good{number}", "body": f"{FILLER * 5}{first} {second}"})
        records.append({"id": f"bad{number}", "body": f"{first} {first} {first} {FILLER * 4}"})
        queries.append(f"{number}\t{first} {second}\n")
        qrels.append(f"{number} 0 good{number} 1\n")
    (tmp_path / "q.tsv").write_text("".join(queries), encoding="utf-8")
    (tmp_path / "qrels.txt").write_text("".join(qrels), encoding="utf-8")
    settings = Settings(duplicates="separate")  # these texts are all alike
    arsearch.build_index([write_corpus(records)], tmp_path / "index", model=tiny_encoder, settings=settings)
    return tmp_path / "index", tmp_path / "q.tsv", tmp_path / "qrels.txt"


def test_what_helps_is_learnt(judged: tuple[Path, Path, Path]) -> None:
    index, queries, qrels = judged
    write_weights(index, OPENING_COUNTS_ALONE)
    with arsearch.open_index(index) as searcher:
        assert searcher.weights == OPENING_COUNTS_ALONE
        tuning = tune(searcher, queries, qrels)
    assert tuning.pays
    assert tuning.after > tuning.before + 0.1
    assert tuning.weights.features[FEATURES.index("lead")] < shipped_weights().features[FEATURES.index("lead")]


def test_the_command_keeps_and_forgets_weights(judged: tuple[Path, Path, Path]) -> None:
    index, queries, qrels = judged
    write_weights(index, OPENING_COUNTS_ALONE)
    options = ["tune", "--index", str(index), "--queries", str(queries), "--qrels", str(qrels)]
    result = CliRunner().invoke(main, options)
    assert result.exit_code == 0
    assert "Stored with the index." in result.output
    learnt = read_weights(index)
    assert learnt not in (None, OPENING_COUNTS_ALONE)
    with arsearch.open_index(index) as searcher:
        assert searcher.weights == learnt
    assert CliRunner().invoke(main, ["tune", "--index", str(index), "--forget"]).exit_code == 0
    assert read_weights(index) is None
    assert CliRunner().invoke(main, ["tune", "--index", str(index)]).exit_code == 2


def test_weights_outlive_commits(judged: tuple[Path, Path, Path]) -> None:
    index, _, _ = judged
    write_weights(index, OPENING_COUNTS_ALONE)
    arsearch.build_index([], index, full=True)
    assert read_weights(index) == OPENING_COUNTS_ALONE


def test_broken_weights_are_named(judged: tuple[Path, Path, Path]) -> None:
    index, _, _ = judged
    (index / "weights.json").write_text("{}", encoding="utf-8")
    with pytest.raises(arsearch.CorruptIndexError, match="arsearch tune --forget"):
        arsearch.open_index(index)
    forget_weights(index)
    forget_weights(index)
    arsearch.open_index(index).close()


def test_too_few_judgments(judged: tuple[Path, Path, Path], tmp_path: Path) -> None:
    index, queries, _ = judged
    (tmp_path / "few.txt").write_text("1 0 good1 1\n", encoding="utf-8")
    with arsearch.open_index(index) as searcher, pytest.raises(EvaluationError, match="at least 20"):
        tune(searcher, queries, tmp_path / "few.txt")


def test_articles_that_are_not_found_count_as_missed(judged: tuple[Path, Path, Path]) -> None:
    index, _, _ = judged
    with arsearch.open_index(index) as searcher:
        examples = read_examples(
            searcher, {"1": "سفينة ميناء", "2": "؟"}, {"1": {"good0": 1, "gone": 1}, "2": {"good1": 1}}
        )
    assert len(examples.queries) == 1
    [value] = examples.measure(shipped_weights())
    assert 0 <= value <= 1
