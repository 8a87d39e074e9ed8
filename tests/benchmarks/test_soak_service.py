"""The load on a server whose index is built anew, for a few seconds and on a few documents."""

from __future__ import annotations

from pathlib import Path

import pytest

from benchmarks import soak_service

pytestmark = pytest.mark.slow


def test_no_request_fails_while_commits_change_and_memory_is_told(
    data: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr(soak_service, "_CAPACITY_SECONDS", 1)
    monkeypatch.setattr(soak_service, "_SHARE", 0.2)
    monkeypatch.setattr(soak_service, "_REINDEXES", 1)
    result = soak_service.soak_service(40, data, tmp_path, minutes=0.1)
    assert result["failed"] == 0, result["first_failures"]
    assert result["answered"] > 0
    assert result["memory_mb"]
    soak_service.show(result)
    assert "0 failed" in capsys.readouterr().err
