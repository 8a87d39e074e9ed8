"""Data of others, which tests read where they are beside this checkout and do without where they are not."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

__all__ = ["DATA", "SAMPLES", "needs_data", "require_data"]

DATA = Path(os.environ.get("ARSEARCH_TEST_DATA") or Path(__file__).parents[2] / "shared" / "data").resolve()
"""The folder of data; `make test DATA=FOLDER` names another."""

SAMPLES = Path(__file__).parents[2] / "shared" / "samples"
"""Single files that people sent; none is needed."""


def _reason(path: str) -> str:
    return f"{path} is not here: run `make data` to see how to get it"


def needs_data(path: str) -> pytest.MarkDecorator:
    """Skip the test, or with ``pytestmark`` the module, where *path* is not in the folder of data."""
    return pytest.mark.skipif(not (DATA / path).exists(), reason=_reason(path))


def require_data(path: str) -> Path:
    """Return where *path* is, for a fixture; tests that use it are skipped where it is not."""
    if not (DATA / path).exists():
        pytest.skip(_reason(path))
    return DATA / path
