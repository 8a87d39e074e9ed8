"""A whole comparison on a few documents, with the engines that need no package of their own."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import Any

import pytest

from benchmarks.compare import SHARES_INDEX, Plan, compare
from benchmarks.engines import PYTHON_ENGINES
from benchmarks.process import EngineUnavailableError, WorkerError, WorkerProcess, worker_command
from benchmarks.report import NAMES, report_text

pytestmark = pytest.mark.slow

ENGINES = ("arsearch", "arsearch-stem", "sqlite", "whoosh", "arsearch-hybrid")


@pytest.fixture(scope="module")
def result(data: Path, tmp_path_factory: pytest.TempPathFactory) -> dict[str, Any]:
    """What a small comparison finds."""
    work = tmp_path_factory.mktemp("work")
    return compare(Plan(size=60, engines=ENGINES, data=data, work=work, rounds=2, index_rounds=1, query_count=3))


def test_every_engine_is_measured(result: dict[str, Any]) -> None:
    assert result["left_out"] == {}
    assert tuple(result["engines"]) == ENGINES
    for engine in result["engines"].values():
        assert engine["index"]["documents_per_second"] > 0
        assert engine["index"]["index_mb"] > 0
        assert engine["index"]["peak_mb"] > 10
        assert len(engine["rounds_ms"]) == 2
        assert 0 < engine["query_ms"]["p50"] <= engine["query_ms"]["p95"] <= engine["query_ms"]["p99"]
        assert engine["memory_mb"]["resident"] > 10


def test_the_engines_find_the_same(result: dict[str, Any]) -> None:
    engines = result["engines"]
    assert all(engine["answered"] > 0 for engine in engines.values())
    assert engines["arsearch-stem"]["overlap"] == 1
    assert engines["sqlite"]["overlap"] > 0.7
    assert engines["whoosh"]["overlap"] > 0.7


def test_the_report_says_it_all(result: dict[str, Any]) -> None:
    larger = result | {"size": 600, "documents": result["documents"] | {"stems": result["documents"]["stems"] * 10}}
    text = report_text([result, larger], [])
    for name in ENGINES:
        tables = 1 if name in SHARES_INDEX else 2
        assert text.count(NAMES[name]) == 2 * tables + 1  # for each size, and one for the growth
    assert "60 documents" in text
    assert result["machine"]["processor"] in text


def test_an_engine_that_is_not_there_is_left_out_with_a_reason(data: Path, tmp_path: Path) -> None:
    plan = Plan(size=50_000, engines=["whoosh"], data=data, work=tmp_path, rounds=1, index_rounds=1, query_count=1)
    small = tmp_path / "documents-50000"
    small.mkdir()
    (small / "documents.json").write_text('{"documents": 50000, "stems": 1, "bytes": 1}', encoding="utf-8")
    found = compare(plan)
    assert found["engines"] == {}
    assert "30,000" in found["left_out"]["whoosh"]


def test_lucene_without_a_jvm_is_left_out(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setenv("PATH", str(tmp_path))
    with pytest.raises(EngineUnavailableError, match="java"):
        worker_command("lucene")


def test_a_worker_says_what_failed(tmp_path: Path) -> None:
    with WorkerProcess("sqlite", worker_command("sqlite")) as worker:
        with pytest.raises(WorkerError, match="FileNotFoundError"):
            worker.ask("index", tmp_path / "none.txt", tmp_path)
        assert float(worker.ask("open", tmp_path)) >= 0


def test_every_engine_has_a_name_in_the_report() -> None:
    assert {*PYTHON_ENGINES, "lucene"} == set(NAMES)


def test_a_worker_that_ended_is_unavailable() -> None:
    with (
        WorkerProcess("gone", [sys.executable, "-c", ""]) as worker,
        pytest.raises(EngineUnavailableError, match="gone"),
    ):
        worker.ask("open", "anywhere")
