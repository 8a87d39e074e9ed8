"""What the tests of the package share: a copy of the tree as it would be published, and wheels built from it."""

from __future__ import annotations

import shutil
import subprocess
import sys
import zipfile
import zlib
from pathlib import Path

from hatchling.builders.wheel import WheelBuilder

from .conftest import ROOT

__all__ = ["build", "contents", "copy_of_the_tree", "selected"]

# An sdist is compressed as hard as can be, which takes most of its time; tests look at what is in it.
QUICKLY = """
import functools, gzip
gzip.GzipFile = functools.partial(gzip.GzipFile, compresslevel=1)
from hatchling.cli import hatchling
raise SystemExit(hatchling())
"""


def copy_of_the_tree(folder: Path) -> Path:
    """Copy what git would publish: building compiles in place, where other tests are running."""
    listing = ["git", "ls-files", "-z", "--cached", "--others", "--exclude-standard"]
    listed = subprocess.run(listing, cwd=ROOT, check=True, capture_output=True)
    for name in filter(None, listed.stdout.decode().split("\0")):
        if (ROOT / name).is_file():
            (folder / name).parent.mkdir(parents=True, exist_ok=True)
            shutil.copy2(ROOT / name, folder / name)
    return folder


def build(tree: Path, kind: str) -> Path:
    """Return the *kind* (``wheel`` or ``sdist``) that *tree* makes, with the build backend that is installed."""
    subprocess.run([sys.executable, "-c", QUICKLY, "build", "-t", kind], cwd=tree, check=True, capture_output=True)
    return next((tree / "dist").glob("*.whl" if kind == "wheel" else "*.tar.gz"))


def contents(wheel: Path) -> dict[str, int]:
    """Return the files of *wheel* and the checksums of their contents."""
    with zipfile.ZipFile(wheel) as archive:
        return {entry.filename: entry.CRC for entry in archive.infolist()}


def selected(tree: Path) -> dict[str, int]:
    """Return the files that a wheel of *tree* would have, by the same backend, and their checksums; builds nothing.

    What building makes is not among them: compiled code, and what describes the wheel.
    """
    files = WheelBuilder(str(tree)).recurse_included_files()
    return {file.distribution_path: zlib.crc32(Path(file.path).read_bytes()) for file in files}
