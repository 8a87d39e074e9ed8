"""Tests of the compiled kernel; without one there is nothing to test."""

from __future__ import annotations

import pytest

from arsearch import kernel


@pytest.fixture(autouse=True)
def compiled() -> None:
    if kernel.native is None:
        pytest.skip("no compiled kernel: python hatch_build.py makes one")
