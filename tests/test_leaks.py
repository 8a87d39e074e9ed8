"""Whoever opens something closes it: no descriptor, thread or map in memory is left, and none to chance."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest

from .conftest import ROOT


@pytest.mark.slow
@pytest.mark.skipif(not Path("/proc/self/fd").exists(), reason="needs a system that tells what is open")
def test_nothing_is_left_open(tmp_path: Path, tiny_encoder: str) -> None:
    done = subprocess.run(
        [sys.executable, "-X", "dev", "-W", "error", "-W", "ignore:.*invalid escape sequence", "-m", "tests.leaks",
         str(tmp_path), tiny_encoder],
        cwd=ROOT,
        env={"PYTHONPATH": os.pathsep.join((str(ROOT / "src"), str(ROOT))), "PATH": os.defpath},
        capture_output=True,
        encoding="utf-8",
        check=False,
    )  # fmt: skip
    assert done.returncode == 0, done.stderr
    assert "Warning" not in done.stderr
    assert "Exception ignored" not in done.stderr
