"""What tests of indexes begin with: where the index goes, and an encoder that is fast."""

from __future__ import annotations

from pathlib import Path

import pytest

from arsearch import Settings


@pytest.fixture
def settings(tmp_path: Path, tiny_encoder: str) -> Settings:
    """An index that is not there yet, and the tiny encoder."""
    return Settings(index=tmp_path / "index", model=tiny_encoder)
