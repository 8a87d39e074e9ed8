"""Measuring the command line and the server, on a few documents and without a load."""

from __future__ import annotations

from pathlib import Path

import pytest

from benchmarks.report import report_text
from benchmarks.service import measure_service

pytestmark = pytest.mark.slow


def test_the_command_and_the_workers_are_measured(
    data: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setenv("PATH", str(tmp_path))
    result = measure_service(40, data, tmp_path, seconds=1, cold_runs=1)
    assert "no wrk" in capsys.readouterr().err
    assert result["size"] == 40
    assert len(result["command_seconds"]["hybrid"]) == 1
    assert len(result["server"]["memory_mb"]) == 2
    for worker in result["server"]["memory_mb"]:
        assert worker["resident"] == pytest.approx(worker["private"] + worker["shared"], rel=0.1)
    assert "Command line and server, 40 documents" in report_text([], [result])
