"""Which backend is chosen, and what is not imported for the other."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest

from arsearch.backends import choose_backend
from arsearch.errors import SettingsError
from arsearch.settings import Settings


def test_an_index_of_this_machine_needs_nothing_of_a_cluster(corpus_index: Path) -> None:
    code = (
        "import sys, arsearch\n"
        f"with arsearch.open_index({str(corpus_index)!r}, settings=arsearch.Settings()) as index: index.search('بيت')\n"
        "assert not {'opensearchpy', 'arsearch.backends.opensearch.cluster.client'} & set(sys.modules)"
    )
    subprocess.run([sys.executable, "-c", code], check=True)


def test_without_the_extra_a_cluster_cannot_be_chosen(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "opensearchpy", None)
    with pytest.raises(SettingsError, match=r'pip install "arsearch\[opensearch\]"'):
        choose_backend(Settings(backend="opensearch"))
