"""The manifest of a commit: what made it, what is in it, and a checksum of every file. It is written last."""

from __future__ import annotations

import dataclasses
import datetime
import hashlib
import json
import os
import re
import zlib
from collections.abc import Mapping
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from math import isfinite
from pathlib import Path, PurePosixPath
from typing import Any

from arsearch.arabic import ANALYSIS_VERSION
from arsearch.article_fields import FIELD_KINDS, FieldKind, OwnField, OwnFields
from arsearch.common.array_files import damaged_arrays
from arsearch.errors import CorruptIndexError, IncompatibleIndexError
from arsearch.index.checksummed import ChecksumError, add_checksum, check_and_load, has_checksum
from arsearch.ranking import SemanticScale
from arsearch.settings import BUNDLED_ENCODER, FAST_ENCODER

__all__ = [
    "FORMAT_VERSION",
    "MANIFEST_FILE",
    "POINTER_FILE",
    "FileRecord",
    "Manifest",
    "checksum",
    "differs",
    "known_sources",
    "named_today",
]

FORMAT_VERSION = 10
"""Raised with every change of what is written."""
_LAST_WITH_STATIC_ENCODER = 7
"""Up to this version ``bundled`` was the static encoder, which is ``fast`` now."""

MANIFEST_FILE = "manifest.json"
POINTER_FILE = "CURRENT"
"""In the index directory: the name of the live commit, and the SHA-256 of its manifest."""

_COMMIT = re.compile(r"[0-9a-z-]+")
_HEAD_BYTES = 4096
"""How much of each file is checked on opening: the header, by which all of the rest is interpreted."""
_CHECKED_WHOLE = 1 << 18
"""Bytes of a file that is checked whole before it is built upon; of larger ones it is the head."""
_READ_AT_ONCE = 4
"""Files whose checksums are computed side by side."""


@dataclass(frozen=True, slots=True, kw_only=True)
class FileRecord:
    """One file of a commit: its size in bytes, its SHA-256, and the CRC-32 of its first 4096 bytes."""

    size: int
    """Bytes."""
    sha256: str
    """Of the whole file, in hexadecimal."""
    head: int
    """CRC-32 of the first 4096 bytes, which is checked on opening."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Manifest:
    """What stands in ``manifest.json``."""

    commit: str
    """The name of its folder: eight digits, such as ``00000007``."""
    created: str
    """UTC, ISO 8601."""
    encoder: str
    """The name or path of the encoder, as the setting ``model`` had it."""
    encoder_fingerprint: str
    """A hash of the encoder's files, by which another encoder of the same name is told apart."""
    dimension: int
    """Numbers in a vector."""
    passage_words: int
    """The length of a passage, in words."""
    articles: int
    """How many articles are found; copies of others and deleted ones are not counted."""
    passages: int
    """How many vectors there are."""
    sources: tuple[str, ...]
    """Absolute paths or patterns of what was indexed, in the order in which they were given first."""
    files: dict[str, FileRecord]
    """By path inside the commit, with forward slashes."""
    semantic_scale: SemanticScale
    """What the encoder's cosines are worth on these articles."""
    waiting: int = 0
    """Articles of which passages have no vector yet: meaning does not find them."""
    calibrated_on: str = ""
    """A hash of the texts that ``semantic_scale`` was found out with."""
    by_hand: int = 0
    """Articles that were added or deleted by hand: no source can give these back."""
    log_position: int = 0
    """The number of the last write of the log (``writes/``) that is in it."""
    refinement: str = ""
    """How articles were cleaned and copies found."""
    languages: tuple[str, ...] = ()
    """The languages of the articles but for Arabic, the most frequent first (ISO 639-1)."""
    extra_fields: dict[str, FieldKind] = field(default_factory=dict)
    """The own fields that articles have, with their kinds."""
    format_version: int = FORMAT_VERSION
    """The version of the format of the files. One that a program does not know is refused."""
    analysis_version: int = ANALYSIS_VERSION
    """The version of the analysis that made the tokens. A program with another one refuses the index."""

    def write(self, folder: Path) -> None:
        """Write the manifest into *folder*."""
        (folder / MANIFEST_FILE).write_bytes(add_checksum(self.as_record()))

    @property
    def own_fields(self) -> OwnFields:
        """The own fields that articles have."""
        if not self.extra_fields:
            return ()
        return tuple(sorted(OwnField(name, kind) for name, kind in self.extra_fields.items()))

    def as_record(self) -> dict[str, Any]:
        """Return what stands in the file, as JSON types."""
        record = dataclasses.asdict(self)
        if not self.extra_fields:
            del record["extra_fields"]
        return record

    @classmethod
    def read(cls, folder: Path, *, sha256: str | None = None) -> Manifest:
        """Read the manifest of *folder*, whose SHA-256 ``CURRENT`` says to be *sha256* if that is given.

        Raises CorruptIndexError if it is missing or broken, IncompatibleIndexError if this program cannot use what
        it describes.
        """
        path = folder / MANIFEST_FILE
        try:
            data = path.read_bytes()
            record = check_and_load(data) if has_checksum(data) else json.loads(data)
            version = record["format_version"]
            if type(version) is not int:
                raise ValueError("its version is no number")
            if version == FORMAT_VERSION and not has_checksum(data):
                raise ChecksumError("it does not begin with its checksum")
        except (OSError, ValueError, KeyError, TypeError, RecursionError) as error:
            raise CorruptIndexError(
                f"The manifest {path} cannot be read ({error}). "
                "Run `arsearch rollback`, or `arsearch index --full SOURCE...` with all your sources."
            ) from error
        if has_checksum(data) and sha256 != hashlib.sha256(data).hexdigest() and sha256 is not None:
            raise CorruptIndexError(
                f"{folder.parents[1] / POINTER_FILE} is not what was written: it names another manifest than {path}. "
                "Run `arsearch rollback`."
            )
        if version != FORMAT_VERSION:
            raise IncompatibleIndexError(
                f"The index {folder} has format version {version}; this arsearch reads version {FORMAT_VERSION}. "
                "Run `arsearch index` to build it anew from its sources."
            )
        try:
            record["files"] = {name: FileRecord(**entry) for name, entry in record["files"].items()}
            _check(isinstance(record["sources"], list) and isinstance(record["languages"], list), "list")
            record["sources"] = tuple(record["sources"])
            record["semantic_scale"] = SemanticScale.from_record(record["semantic_scale"])
            record["languages"] = tuple(record["languages"])
            manifest = cls(**record)
            manifest._check_types()
            return manifest
        except (TypeError, KeyError, AttributeError, ValueError) as error:
            raise CorruptIndexError(
                f"The manifest {path} lacks something, or is not as arsearch writes it ({error}). "
                "Run `arsearch rollback`, or `arsearch index --full SOURCE...` with all your sources."
            ) from error

    def _check_types(self) -> None:
        """Raise ValueError if a value is of another type than its annotation says, or out of range."""
        texts = (self.commit, self.created, self.encoder, self.encoder_fingerprint, self.calibrated_on)
        counts = (
            *(self.dimension, self.passage_words, self.articles, self.passages),
            *(self.waiting, self.by_hand, self.log_position, self.analysis_version),
        )
        scale = self.semantic_scale
        _check(all(isinstance(text, str) for text in (*texts, self.refinement, *self.sources, *self.languages)), "text")
        _check(all(type(count) is int and count >= 0 for count in counts), "count")
        numbers = (scale.weight, scale.chance, scale.spread, scale.texts, scale.fading)
        _check(all(type(of) in (int, float) and isfinite(of) for of in numbers), "scale")
        _check(_COMMIT.fullmatch(self.commit) is not None, "commit")
        datetime.datetime.fromisoformat(self.created)
        for name, file in self.files.items():
            inside = not PurePosixPath(name).is_absolute() and ".." not in PurePosixPath(name).parts
            _check(inside and type(file.size) is int and isinstance(file.sha256, str), f"file {name}")
            _check(type(file.head) is int, f"file {name}")
        _check(isinstance(self.extra_fields, dict), "table of own fields")
        _check(all(kind in FIELD_KINDS for kind in self.extra_fields.values()), "kind of an own field")

    def check_analysis(self) -> None:
        """Raise IncompatibleIndexError if the articles were analysed by other rules than this program's."""
        if self.analysis_version != ANALYSIS_VERSION:
            raise IncompatibleIndexError(
                f"Commit {self.commit} was made by analysis version {self.analysis_version}; this arsearch has "
                f"version {ANALYSIS_VERSION}. Run `arsearch index` to build it anew from its sources."
            )

    def check_quickly(self, folder: Path) -> None:
        """Compare size and head of every file in *folder* with what was written; much of the files is not read.

        Raises CorruptIndexError, naming the file, or OSError.
        """
        for name in self.files:
            if fault := self._quick_fault(folder / name, self.files[name]):
                raise CorruptIndexError(f"{fault} {_WHAT_TO_DO}")

    def quick_faults(self, folder: Path) -> list[str]:
        """Do the same, and read small files whole; return what is wrong, one sentence a fault. Raises OSError.

        It takes about the same time however large the index is. Who reads the whole of a larger file, to write it
        anew, has to compare it first: :meth:`fault_of`.
        """
        return [
            fault
            for name, record in self.files.items()
            if (
                fault := self.fault_of(folder, name)
                if record.size <= _CHECKED_WHOLE
                else self._quick_fault(folder / name, record)
            )
        ]

    def is_checked_whole(self, name: str) -> bool:
        """Whether :meth:`quick_faults` reads all of the file *name*."""
        return self.files[name].size <= _CHECKED_WHOLE

    @staticmethod
    def _quick_fault(path: Path, record: FileRecord) -> str:
        try:
            with path.open("rb") as file:
                head = file.read(_HEAD_BYTES)
                size = file.seek(0, os.SEEK_END)
        except FileNotFoundError:
            return f"The index file {path} is missing."
        if size != record.size:
            return f"The index file {path} has {size} bytes where {record.size} were written."
        if zlib.crc32(head) != record.head:
            return f"The index file {path} is not what was written: its checksum differs."
        return ""

    def faults(self, folder: Path) -> list[str]:
        """Read every file of the commit in *folder*; return what is wrong, one sentence a fault."""
        with ThreadPoolExecutor(_READ_AT_ONCE) as threads:  # hashing lets other threads run
            found = threads.map(lambda name: self.fault_of(folder, name), self.files)
            return [fault for fault in found if fault]

    def fault_of(self, folder: Path, name: str) -> str:
        """Read the file *name* of the commit in *folder*; return what is wrong with it, or an empty text."""
        path = folder / name
        try:
            if checksum(path).sha256 != self.files[name].sha256:
                return differs(path)
        except FileNotFoundError:
            return f"{path} is missing."
        except OSError as error:
            return f"{path} cannot be read: {error}."
        return ""


def differs(path: Path) -> str:
    """Return a sentence that says that the checksum of *path* differs, and in which arrays where that is known."""
    where = ", ".join(damaged_arrays(path))
    return f"{path} is not what was written: its checksum differs{f' ({where})' if where else ''}."


def named_today(record: Mapping[str, Any]) -> str:
    """Return the encoder that a manifest names, by the name it has now. Raises KeyError or TypeError if it has none.

    Up to format version 7 ``bundled`` was the static encoder.
    """
    name = str(record["encoder"])
    kind, at, dimension = name.partition("@")
    if kind == BUNDLED_ENCODER and record["format_version"] <= _LAST_WITH_STATIC_ENCODER:
        return f"{FAST_ENCODER}{at}{dimension}"
    return name


def known_sources(folder: Path) -> tuple[str, ...]:
    """Return the sources that the manifest of *folder* names, whatever its version; none if it cannot be read."""
    try:
        sources = json.loads((folder / MANIFEST_FILE).read_text(encoding="utf-8"))["sources"]
    except (OSError, ValueError, KeyError, TypeError):
        return ()
    return tuple(source for source in sources if isinstance(source, str)) if isinstance(sources, list) else ()


def checksum(path: Path) -> FileRecord:
    """Return size and checksums of *path*. Raises OSError."""
    with path.open("rb") as file:
        head = zlib.crc32(file.read(_HEAD_BYTES))
        file.seek(0)
        digest = hashlib.file_digest(file, "sha256")
        return FileRecord(size=file.tell(), sha256=digest.hexdigest(), head=head)


def _check(is_so: bool, what: str) -> None:
    if not is_so:
        raise ValueError(f"a {what} is none")


_WHAT_TO_DO = "Run `arsearch rollback` to serve the commit before, or `arsearch index --full` to build anew."
