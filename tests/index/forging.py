"""Indexes that somebody wrote by hand: every checksum is right, and a file is none that arsearch writes."""

from __future__ import annotations

from pathlib import Path

from arsearch.index.checksummed import add_checksum, check_and_load
from arsearch.index.layout import Layout
from arsearch.index.manifest import MANIFEST_FILE, checksum

__all__ = ["reseal"]


def reseal(index: Path, commit: str) -> None:
    """Make *commit* of the directory *index* the live one, with its files as they are now."""
    folder = Layout(index).commit(commit)
    record = check_and_load((folder / MANIFEST_FILE).read_bytes())
    record.pop("checksum", None)
    files = (path for path in sorted(folder.rglob("*")) if path.is_file() and path.name != MANIFEST_FILE)
    record["files"] = {
        path.relative_to(folder).as_posix(): {
            "size": (of := checksum(path)).size,
            "sha256": of.sha256,
            "head": of.head,
        }
        for path in files
    }
    (folder / MANIFEST_FILE).write_bytes(add_checksum(record))
    Layout(index).switch(commit)
