"""Archives and compressed files: ZIP, TAR, gzip, bzip2 and Zstandard, opened by content and read as a stream.

Nothing is ever written to where a member's name points: members are read in place, so that a path with ``..`` can do
no harm; it is reported and passed over because an honest archive has none.
"""

from __future__ import annotations

import bz2
import io
import tarfile
import zipfile
from collections.abc import Callable, Iterator
from pathlib import PurePosixPath
from typing import Any

from arsearch.corpus.source_document import Bytes, ExpandsTooFarError, RecordFault, SourceDocument, UnreadableError

__all__ = ["is_container", "members"]

_GZIP = b"\x1f\x8b"
_BZIP2 = b"BZh"
_ZSTANDARD = b"\x28\xb5\x2f\xfd"
_ZIP = b"PK\x03\x04"
_EMPTY_ZIP = b"PK\x05\x06"
_TAR_MAGIC, _TAR_MAGIC_AT = b"ustar", 257
_COMPRESSED_SUFFIXES = (".gz", ".bz2", ".zst", ".zstd")
_TAR_SUFFIXES = {".tgz": ".tar", ".tbz2": ".tar", ".tzst": ".tar"}
_OFFICE = b"[Content_Types].xml"
_ENCRYPTED = 0x1


def is_container(head: bytes) -> bool:
    """Whether a file that begins with *head* holds other files. A spreadsheet is a ZIP file, and is none of ours."""
    return _opener(head) is not None and not (head.startswith(_ZIP) and _OFFICE in head[:64])


def members(document: SourceDocument, nesting: int) -> Iterator[SourceDocument | RecordFault]:
    """Yield what *document* holds, in its order; each must be read or closed before the next.

    Raises UnreadableError for an archive that is damaged, expands beyond its budget, or lies too deep in others.
    """
    if nesting > document.options.max_nesting:
        raise UnreadableError(f"an archive inside {document.options.max_nesting} others; it was not opened")
    opener = _opener(document.head)
    assert opener is not None
    yield from opener(document)


def _opener(head: bytes) -> Callable[[SourceDocument], Iterator[SourceDocument | RecordFault]] | None:
    if head.startswith((_GZIP, _BZIP2, _ZSTANDARD)):
        return _compressed
    if head.startswith((_ZIP, _EMPTY_ZIP)):
        return _zip
    if head[_TAR_MAGIC_AT:].startswith(_TAR_MAGIC):
        return _tar
    return None


class _Guarded(io.RawIOBase):
    """Bytes out of a decompressor, whose errors, of whatever kind, become UnreadableError."""

    def __init__(self, raw: Bytes) -> None:
        self._raw = raw

    def readable(self) -> bool:
        return True

    def readinto(self, buffer: memoryview) -> int:  # type: ignore[override]  # a memoryview is what is given
        try:
            data = self._raw.read(len(buffer)) or b""
        except UnreadableError:
            raise
        except Exception as error:  # each decompressor has its own kinds
            raise UnreadableError(f"the compressed file breaks off or is damaged: {error}") from error
        buffer[: len(data)] = data
        return len(data)

    def close(self) -> None:
        self._raw.close()
        super().close()


def _compressed(document: SourceDocument) -> Iterator[SourceDocument | RecordFault]:
    stream = io.BufferedReader(document.stream)
    raw: Bytes
    if document.head.startswith(_GZIP):
        from isal import igzip

        raw = igzip.GzipFile(fileobj=stream)  # type: ignore[no-untyped-call]  # as its module is
    elif document.head.startswith(_BZIP2):
        raw = bz2.BZ2File(stream)
    else:
        from arsearch.corpus.zstd import ZstdFile

        raw = ZstdFile(stream)
    path = document.path
    if path.suffix.lower() in _COMPRESSED_SUFFIXES:
        path = path.with_suffix("")
    path = path.with_suffix(_TAR_SUFFIXES.get(path.suffix.lower(), path.suffix))
    # One file under another name: problems are told of the file that is there.
    member = SourceDocument(path, _Guarded(raw), document.options, budget=document.budget, is_member=True)
    member.shown, member.is_source = document.shown, document.is_source
    member.known_lines = document.known_lines
    member.id_path = document.id_path.with_name(path.name)
    yield member


def _zip(document: SourceDocument) -> Iterator[SourceDocument | RecordFault]:
    try:
        archive = zipfile.ZipFile(document.seekable())
    except (zipfile.BadZipFile, OSError, ValueError, NotImplementedError) as error:
        raise UnreadableError(f"the archive is damaged: {error}") from error
    with archive:
        for entry in archive.infolist():
            if entry.is_dir():
                continue
            if fault := _unsafe(entry.filename):
                yield fault
            elif entry.flag_bits & _ENCRYPTED:
                yield RecordFault(f"encrypted: the member {entry.filename!r} cannot be read")
            else:
                try:
                    raw = archive.open(entry)
                    yield _member(document, entry.filename, raw)
                except ExpandsTooFarError:
                    raise
                except (zipfile.BadZipFile, NotImplementedError, RuntimeError, UnreadableError, OSError) as error:
                    yield RecordFault(f"damaged: the member {entry.filename!r}: {error}")


def _tar(document: SourceDocument) -> Iterator[SourceDocument | RecordFault]:
    try:
        with tarfile.open(fileobj=io.BufferedReader(document.stream), mode="r|") as archive:
            members_read: Any = archive
            for entry in archive:
                members_read.members = []  # it would remember every one
                if entry.isdir():
                    continue
                if fault := _unsafe(entry.name):
                    yield fault
                elif (raw := archive.extractfile(entry) if entry.isreg() else None) is None:
                    yield RecordFault(f"not a plain file: the member {entry.name!r} (a link or a device)")
                else:
                    yield _member(document, entry.name, raw)
    except (tarfile.TarError, EOFError, OverflowError, ValueError, OSError) as error:
        if isinstance(error, UnreadableError):
            raise
        raise UnreadableError(f"the archive breaks off or is damaged: {error}") from error


def _member(document: SourceDocument, name: str, raw: Bytes) -> SourceDocument:
    member = SourceDocument(
        document.path / name, _Guarded(raw), document.options, budget=document.budget, is_member=True
    )
    member.id_path = PurePosixPath(name) if document.is_source else document.id_path / name
    return member


def _unsafe(name: str) -> RecordFault | None:
    pure = PurePosixPath(name.replace("\\", "/"))
    if pure.is_absolute() or ".." in pure.parts or "\x00" in name or (pure.parts and pure.parts[0].endswith(":")):
        return RecordFault(f"unsafe path: the member {name!r} points outside the archive")
    return None
