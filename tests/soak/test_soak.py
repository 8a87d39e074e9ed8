"""The soak test works; ``make soak`` lets it run for as long as it takes."""

from __future__ import annotations

import json
import subprocess
import sys

import pytest

from ..conftest import ROOT

pytestmark = pytest.mark.slow


def test_a_few_operations_go_well() -> None:
    command = [sys.executable, "-m", "tests.soak", "--operations", "3", "--seed", "3"]
    completed = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=False)
    assert completed.returncode == 0, completed.stdout + completed.stderr
    found = json.loads(completed.stdout)
    assert found["failures"] == []
    assert found["operations"] == 3
    assert found["searches"] > 0
