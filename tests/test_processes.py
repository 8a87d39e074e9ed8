"""A run of tests that leaves a process behind fails, and says which."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[1]

LEAVES_ONE = """
import subprocess, sys

def test_nothing():
    subprocess.Popen([sys.executable, "-c", "import time; time.sleep(600)", "left-by-a-test"], start_new_session=True)
"""


@pytest.mark.skipif(sys.platform != "linux", reason="processes are looked up in /proc")
@pytest.mark.parametrize("is_left", [True, False])
def test_what_is_left_behind_is_told(tmp_path: Path, is_left: bool) -> None:
    (tmp_path / "tests").mkdir()
    (tmp_path / "tests" / "__init__.py").touch()
    for name in ("conftest.py", "processes.py", "scheduling.py", "costs.py", "ready_process.py", "slow.txt"):
        (tmp_path / "tests" / name).write_bytes((ROOT / "tests" / name).read_bytes())
    test = LEAVES_ONE if is_left else "def test_nothing(): pass"
    (tmp_path / "tests" / "test_it.py").write_text(test, encoding="utf-8")
    patience = tmp_path / "tests" / "processes.py"
    text = patience.read_text(encoding="utf-8")
    patience.write_text(text.replace("_PATIENCE_SECONDS = 20.0", "_PATIENCE_SECONDS = 0.0"), encoding="utf-8")
    environment = {name: value for name, value in os.environ.items() if name != "ARSEARCH_TEST_RUN"}
    for name in [name for name in environment if name.startswith(("PYTEST_", "COV_"))]:
        del environment[name]
    run = subprocess.run(
        [sys.executable, "-m", "pytest", "-q", "-p", "no:cacheprovider", "-p", "no:randomly", "tests"],
        cwd=tmp_path, env=environment | {"PYTHONPATH": str(ROOT / "src")}, capture_output=True, text=True, check=False,
    )  # fmt: skip
    assert "1 passed" in run.stdout, run.stdout + run.stderr
    assert (run.returncode != 0) == is_left
    assert ("left-by-a-test" in run.stdout) == is_left
