"""The manifest of a generation: what made it, what is in it, and a checksum of every file. It is written last."""

from __future__ import annotations

import dataclasses
import hashlib
import json
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from arsearch.arabic import ANALYSIS_VERSION
from arsearch.errors import CorruptIndexError, IncompatibleIndexError
from arsearch.ranking import SemanticScale

__all__ = ["FORMAT_VERSION", "MANIFEST_FILE", "FileRecord", "Manifest", "checksum", "known_sources"]

FORMAT_VERSION = 5
"""Raised whenever a generation written before can no longer be read."""

MANIFEST_FILE = "manifest.json"


@dataclass(frozen=True, slots=True, kw_only=True)
class FileRecord:
    """One file of a generation: its size in bytes and its SHA-256."""

    size: int
    sha256: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Manifest:
    """What stands in ``manifest.json``."""

    generation: str
    created: str
    """UTC, ISO 8601."""
    encoder: str
    encoder_fingerprint: str
    dimension: int
    passage_words: int
    articles: int
    passages: int
    sources: tuple[str, ...]
    files: dict[str, FileRecord]
    """By path inside the generation, with forward slashes."""
    semantic_scale: SemanticScale
    """What the encoder's cosines are worth on these articles."""
    refinement: str = ""
    """How articles were cleaned and copies found."""
    languages: tuple[str, ...] = ()
    """The languages of the articles but for Arabic, the most frequent first (ISO 639-1)."""
    format_version: int = FORMAT_VERSION
    analysis_version: int = ANALYSIS_VERSION

    def write(self, folder: Path) -> None:
        """Write the manifest into *folder*."""
        (folder / MANIFEST_FILE).write_text(
            json.dumps(dataclasses.asdict(self), ensure_ascii=False, indent=1), encoding="utf-8"
        )

    @classmethod
    def read(cls, folder: Path) -> Manifest:
        """Read the manifest of *folder*.

        Raises CorruptIndexError if it is missing or broken, IncompatibleIndexError if this program cannot use what
        it describes.
        """
        path = folder / MANIFEST_FILE
        try:
            record: dict[str, Any] = json.loads(path.read_text(encoding="utf-8"))
            version = record["format_version"]
        except (OSError, ValueError, KeyError, TypeError) as error:
            raise CorruptIndexError(
                f"The manifest {path} cannot be read ({error}). "
                "Run `arsearch rollback`, or `arsearch index --full SOURCE...` with all your sources."
            ) from error
        if version != FORMAT_VERSION:
            raise IncompatibleIndexError(
                f"The index {folder} has format version {version}; this arsearch reads version {FORMAT_VERSION}. "
                "Run `arsearch index` to build it anew from its sources."
            )
        try:
            record["files"] = {name: FileRecord(**entry) for name, entry in record["files"].items()}
            record["sources"] = tuple(record["sources"])
            record["semantic_scale"] = SemanticScale(**record["semantic_scale"])
            record["languages"] = tuple(record["languages"])
            return cls(**record)
        except (TypeError, KeyError, AttributeError) as error:
            raise CorruptIndexError(
                f"The manifest {path} lacks something ({error}). "
                "Run `arsearch rollback`, or `arsearch index --full SOURCE...` with all your sources."
            ) from error

    def check_analysis(self) -> None:
        """Raise IncompatibleIndexError if the articles were analysed by other rules than this program's."""
        if self.analysis_version != ANALYSIS_VERSION:
            raise IncompatibleIndexError(
                f"Generation {self.generation} was made by analysis version {self.analysis_version}; this arsearch has "
                f"version {ANALYSIS_VERSION}. Run `arsearch index` to build it anew from its sources."
            )

    def faults(self, folder: Path) -> list[str]:
        """Read every file of the generation in *folder*; return what is wrong, one sentence a fault."""
        faults = []
        for name, record in self.files.items():
            path = folder / name
            if not path.is_file():
                faults.append(f"{path} is missing.")
            elif checksum(path) != record:
                faults.append(f"{path} is not what was written: its checksum differs.")
        return faults


def known_sources(folder: Path) -> tuple[str, ...]:
    """Return the sources that the manifest of *folder* names, whatever its version; none if it cannot be read."""
    try:
        sources = json.loads((folder / MANIFEST_FILE).read_text(encoding="utf-8"))["sources"]
    except (OSError, ValueError, KeyError, TypeError):
        return ()
    return tuple(source for source in sources if isinstance(source, str)) if isinstance(sources, list) else ()


def checksum(path: Path) -> FileRecord:
    """Return size and SHA-256 of *path*."""
    with path.open("rb") as file:
        digest = hashlib.file_digest(file, "sha256")
        return FileRecord(size=file.tell(), sha256=digest.hexdigest())
