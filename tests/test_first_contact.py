"""`make demo` on machines that lack something ends in one clear sentence, and leaves nothing behind."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from .conftest import ROOT

pytestmark = pytest.mark.skipif(shutil.which("make") is None, reason="there is no make here")


@pytest.fixture
def checkout(tmp_path: Path) -> Path:
    """What make looks at, in a folder whose name has spaces and Arabic letters."""
    folder = tmp_path / "مجلد فيه مسافة" / "app"
    folder.mkdir(parents=True)
    for name in ("Makefile", "pyproject.toml", "constraints.txt", "hatch_build.py"):
        shutil.copy2(ROOT / name, folder / name)
    return folder


def python_that(folder: Path, code: str) -> Path:
    """Return a Python that first runs *code*."""
    path = folder.parent / "some python"
    path.write_text(
        "#!/bin/sh\n"
        f'[ "$1" = -c ] && shift && exec "{sys.executable}" -c \'{code}\nexec(sys.argv[1])\' "$@"\n'
        f'exec "{sys.executable}" "$@"\n',
        encoding="utf-8",
    )
    path.chmod(0o755)
    return path


def last_words(folder: Path, python: Path | str, **environment: str) -> str:
    """Return the one line that make ends with, besides make's own."""
    # What the make that runs these tests was told, as its VENV, is not for this one.
    inherited = {name: value for name, value in os.environ.items() if not name.startswith(("MAKE", "MFLAGS"))}
    made = subprocess.run(
        ["make", f"PYTHON={python}", "VENV=.venv", ".venv/.runtime"],
        cwd=folder, env=inherited | environment, capture_output=True, text=True, encoding="utf-8",
    )  # fmt: skip
    assert made.returncode != 0
    lines = [line for line in made.stderr.splitlines() if not line.startswith("make")]
    assert "Traceback" not in made.stderr
    return lines[-1]


def test_no_python(checkout: Path) -> None:
    assert last_words(checkout, "no-python") == (
        "Error: there is no no-python here. Install Python 3.11 or newer, or name yours: make PYTHON=..."
    )


def test_an_old_python(checkout: Path) -> None:
    old = python_that(checkout, "import sys; sys.version_info = (3, 9, 18)")
    said = last_words(checkout, old)
    assert said == "Error: Python 3.11 or newer is needed, and this is 3.9. Name a newer one: make PYTHON=..."
    assert not (checkout / ".venv").exists()


def test_a_python_without_venv(checkout: Path) -> None:
    bare = python_that(checkout, 'import sys; sys.modules["ensurepip"] = None')
    assert last_words(checkout, bare).endswith("On Debian and Ubuntu: apt install python3-venv")
    assert not (checkout / ".venv").exists()


@pytest.mark.skipif(not hasattr(os, "geteuid") or os.geteuid() == 0, reason="root may write anywhere")
def test_a_folder_that_is_read_only(checkout: Path) -> None:
    checkout.chmod(0o555)
    try:
        said = last_words(checkout, sys.executable)
    finally:
        checkout.chmod(0o755)
    assert said == (
        f"Error: nothing can be written into the folder {checkout}. Copy it to where you may write, and run make there."
    )


@pytest.mark.slow
def test_no_network(checkout: Path) -> None:
    nowhere = {"PIP_INDEX_URL": "http://127.0.0.1:9/", "PIP_CONFIG_FILE": os.devnull, "PIP_RETRIES": "0"}
    nowhere |= {"PIP_FIND_LINKS": "", "PIP_NO_CACHE_DIR": "1"}
    said = last_words(checkout, sys.executable, **nowhere)
    assert said == (
        "Error: the packages could not be installed; pip says why above. The first time, they come over the network."
    )
