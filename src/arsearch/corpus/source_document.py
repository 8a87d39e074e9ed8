"""A document: a file, or a member of an archive, while it is read, within limits of memory and size."""

from __future__ import annotations

import codecs
import hashlib
import io
import tempfile
from collections.abc import Container, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from functools import cached_property
from pathlib import Path, PurePosixPath
from typing import BinaryIO, Protocol, cast

from arsearch.corpus.files.names import path_text
from arsearch.corpus.options import ReadingOptions
from arsearch.corpus.parsing.effort import Effort
from arsearch.corpus.parsing.encoding import UTF_8, decode, recognise_encoding

__all__ = [
    "Budget",
    "ExpandsTooFarError",
    "KnownLine",
    "LeftOut",
    "Record",
    "RecordFault",
    "SourceDocument",
    "UnreadableError",
]

HEAD_BYTES = 64 * 1024
_CHUNK = 64 * 1024
_DIGEST_BYTES = 16
_LINE_BYTES = 32
"""What a line counts for besides its bytes: millions of empty ones compress to nothing, and are work."""
_SPOOL_IN_MEMORY = 4 * 1024 * 1024


class Bytes(Protocol):
    """What a document is read from: a file, or the member of an archive."""

    def read(self, size: int = ..., /) -> bytes | None:
        """Return at most *size* bytes, none at the end."""

    def close(self) -> None:
        """Let go of it."""


class UnreadableError(ValueError):
    """A document that cannot be read, or not any further; the message says why, for the report."""


class ExpandsTooFarError(UnreadableError):
    """A file that becomes larger than it may; nothing further inside it is read."""


@dataclass(frozen=True, slots=True)
class Record:
    """What a reader found: the fields of one article, under whatever names the format has for them.

    *default_id* is for records that name no id; without it the id is made from the text.
    """

    fields: dict[str, object]
    line: int = 0
    default_id: str = ""
    digest: bytes = b""
    """Of the line that it is, if it is one."""
    properties: Sequence[tuple[str, str]] = ()
    """What markup says besides, as names and values; it is kept where the settings ask for it by name."""
    origins: Mapping[str, str] = field(default_factory=dict)
    """Where the values of fields were found, for those of which their name does not say it."""


@dataclass(frozen=True, slots=True)
class KnownLine:
    """A line that gave an article before, and would give it again."""

    digest: bytes
    line: int


@dataclass(frozen=True, slots=True)
class RecordFault:
    """A record that could not be read, or (not *skipped*) something mended while reading one."""

    message: str
    line: int = 0
    skipped: bool = True


@dataclass(frozen=True, slots=True)
class LeftOut:
    """A record that is no article, or not to be indexed, as *why* says; that is no fault."""

    why: str
    name: str = ""
    """What it is called: its title, or its id."""
    line: int = 0


class Budget:
    """How much a file on disk may still expand to, shared by everything inside it, however deeply nested."""

    def __init__(self, size: int, options: ReadingOptions) -> None:
        self.effort = Effort(size, options.free_seconds, options.free_memory_bytes)
        """What reading it may cost."""
        self._left = max(options.free_expansion_bytes, size * options.max_expansion)
        self._limit = options.max_expansion

    def charge(self, count: int) -> None:
        """Take *count* bytes off. Raises ExpandsTooFarError when nothing is left."""
        self._left -= count
        if self._left < 0:
            raise ExpandsTooFarError(
                f"expands to more than {self._limit} times its size; the rest was not read "
                "(raise the setting max_expansion if the file is sound)"
            )


class _Stream(io.RawIOBase):
    """Bytes of a document: the head already read, then the rest; decompressed bytes are charged to the budget."""

    def __init__(self, raw: Bytes, budget: Budget | None) -> None:
        self._raw = raw
        self._budget = budget
        self._pending = b""

    def readable(self) -> bool:
        return True

    def peek(self, count: int) -> bytes:
        while len(self._pending) < count and (more := self._next(count - len(self._pending))):
            self._pending += more
        return self._pending

    def readinto(self, buffer: memoryview) -> int:  # type: ignore[override]  # a memoryview is what is given
        data = self._pending[: len(buffer)] if self._pending else self._next(len(buffer))
        self._pending = self._pending[len(data) :]
        buffer[: len(data)] = data
        return len(data)

    def _next(self, count: int) -> bytes:
        data = self._raw.read(count) or b""
        if self._budget is not None:
            self._budget.charge(len(data))
        return data


class SourceDocument:
    """A file or a member of an archive, read once from its beginning to its end.

    The *path* of a member is the archive's with the member's name below it.
    """

    def __init__(
        self, path: Path, raw: Bytes, options: ReadingOptions, *, budget: Budget, is_member: bool = False
    ) -> None:
        """Read the head of *raw*. Raises what *raw* raises, and UnreadableError beyond the budget."""
        self.path = path
        self.shown = path
        """What reports call it."""
        self.id_path = PurePosixPath(path.name)
        """Where it stands below its source; that without the suffix is the id of its article, if it names none."""
        self.known_lines: Container[bytes] = ()
        """Digests of lines of which a reader need only say that they are there."""
        self.is_source = False
        """Whether it is the source itself, so that its own name is no part of the ids of its members."""
        self.options = options
        self.budget = budget
        self.is_member = is_member
        self._raw = raw
        self._stream = _Stream(raw, budget if is_member else None)
        self.head = self._stream.peek(HEAD_BYTES)

    @cached_property
    def default_id(self) -> str:
        """The id of its article, if it is one and names none; ``id_path`` has to stand by the time it is asked for."""
        return path_text(self.id_path.with_suffix(""))

    @property
    def suffix(self) -> str:
        """The last suffix of the name, in lower case."""
        return self.path.suffix.lower()

    @property
    def stream(self) -> io.RawIOBase:
        """The bytes, from where reading stands."""
        return self._stream

    def chunks(self) -> Iterator[bytes]:
        """Yield the bytes in pieces."""
        while chunk := self._stream.read(_CHUNK):
            yield chunk

    def read_bytes(self) -> bytes:
        """Return all bytes. Raises UnreadableError if there are more than a record may have."""
        limit = self.options.max_record_bytes
        parts = []
        size = 0
        for chunk in self.chunks():
            size += len(chunk)
            if size > limit:
                raise UnreadableError(too_long("file", limit))
            parts.append(chunk)
        return b"".join(parts)

    def read_text(self) -> tuple[str, list[RecordFault]]:
        """Return the text with line feeds at the ends of lines, and what was mended. Raises UnreadableError."""
        text, message = decode(self.read_bytes())
        return text.replace("\r\n", "\n").replace("\r", "\n"), [RecordFault(message, skipped=False)] if message else []

    def utf8_chunks(self, *, mend: bool = False) -> Iterator[bytes]:
        """Yield the text as UTF-8 without byte order mark, whatever it is encoded in.

        With *mend* what is broken becomes U+FFFD and NULs go, for parsers that would stop at either; else broken UTF-8
        is passed on, for the caller to tell of.
        """
        encoding = recognise_encoding(self.head)
        if encoding == UTF_8 and not mend:
            first = True
            for chunk in self.chunks():
                yield chunk.removeprefix(codecs.BOM_UTF8) if first else chunk
                first = False
            return
        decoder = codecs.getincrementaldecoder("utf-8-sig" if encoding == UTF_8 else encoding)("replace")
        for chunk in self.chunks():
            yield decoder.decode(chunk).replace("\x00", "").encode("utf-8", "replace")
        yield decoder.decode(b"", final=True).encode("utf-8", "replace")

    def records(self) -> Iterator[tuple[int, str, bytes] | KnownLine | RecordFault]:
        """Yield lines as :meth:`lines` does, each with its digest, or as known if they are."""
        number = 0
        for line in self._lines():
            number += 1
            digest = hashlib.blake2b(line or b"", digest_size=_DIGEST_BYTES).digest()
            if digest in self.known_lines:
                yield KnownLine(digest, number)
                continue
            item = self._decoded(line, number)
            yield item if isinstance(item, RecordFault) else (*item, digest)

    def lines(self) -> Iterator[tuple[int, str] | RecordFault]:
        """Yield the lines with their numbers, from 1, and their ends; a line that is too long or broken is a fault."""
        for number, line in enumerate(self._lines(), 1):
            yield self._decoded(line, number)

    def _lines(self) -> Iterator[bytes | None]:
        for line in _split(self.utf8_chunks(), self.options.max_record_bytes):
            if self.is_member:
                self.budget.charge(_LINE_BYTES)
            yield line

    def _decoded(self, line: bytes | None, number: int) -> tuple[int, str] | RecordFault:
        if line is None:
            return RecordFault(too_long("line", self.options.max_record_bytes), number)
        try:
            return number, line.decode()
        except UnicodeDecodeError as error:
            return RecordFault(f"not UTF-8 at byte {error.start + 1}; convert the file to UTF-8", number)

    def seekable(self) -> BinaryIO:
        """Return the bytes as a file that can be read from any place; a member is unpacked to a temporary file."""
        if not self.is_member:
            file = cast("BinaryIO", self._raw)
            file.seek(0)
            return file
        spool = tempfile.SpooledTemporaryFile(max_size=_SPOOL_IN_MEMORY)  # noqa: SIM115  # closed with the document
        for chunk in self.chunks():
            spool.write(chunk)
        spool.seek(0)
        self._raw = spool
        return cast("BinaryIO", spool)

    def close(self) -> None:
        """Let go of the file."""
        self._raw.close()


def too_long(what: str, limit: int) -> str:
    """Return the message for a record over the limit of *limit* bytes."""
    return f"the {what} is longer than {limit >> 20} MiB (setting max_record_mb)"


def _split(chunks: Iterator[bytes], limit: int) -> Iterator[bytes | None]:
    """Yield the lines of *chunks* with their ends, None for one that is longer than *limit*, in bounded memory."""
    parts: list[bytes] = []
    size = 0
    for chunk in chunks:
        start = 0
        while (end := chunk.find(b"\n", start) + 1) > 0:
            size += end - start
            parts.append(chunk[start:end])
            yield b"".join(parts) if size <= limit else None
            parts, size, start = [], 0, end
        if start < len(chunk):
            size += len(chunk) - start
            parts = [*parts, chunk[start:]] if size <= limit else []
    if size:
        yield b"".join(parts) if size <= limit else None
