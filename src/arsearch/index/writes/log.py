"""The log of writes: what was acknowledged is on disk, whatever happens before it is in the index.

::

    index/writes/
      00000000000000000001.log   writes, those that were written together in a line; named by the number of its first
      applied                    the number of the last write that is in the index, the commit that has it, and how many
                                 seconds that took
      append.lock                held by the process that appends
      name                       what no other log is called

A line is the CRC-32 of what follows, in hexadecimal, and a JSON list of objects with ``number``, ``id``, ``at``
(seconds since 1970), and an ``article``, which is null for one that is deleted. A line without its end, or with another
checksum, at the end of the last file was never acknowledged: whoever appends next cuts it off.

Several processes append, several threads in each. What waits while a file is synced is written together and synced
once (group commit).
"""

from __future__ import annotations

import itertools
import json
import os
import socket
import threading
import time
import uuid
import zlib
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from filelock import FileLock

from arsearch.article_fields import extra_from_json
from arsearch.corpus import Article, shown_fields
from arsearch.errors import CorruptIndexError
from arsearch.index.durability import make_folder, replace_file, sync
from arsearch.index.layout import Layout

__all__ = ["Write", "WriteLog"]

_SUFFIX = ".log"
_NEW_FILE_BYTES = 16 << 20
"""Size from which on a file is not appended to any more."""
_KEPT_BYTES = 1 << 20
"""Size from which on a file of which everything has been applied is deleted."""


@dataclass(frozen=True, slots=True)
class Write:
    """One write: the article *id* is to be *article*, or to be deleted (None). *number* is its place in the log."""

    number: int
    id: str
    article: Article | None
    at: float = 0.0
    """When it was written, in seconds since 1970; 0 if that is not known."""


class WriteLog:
    """The log of one index. Safe to use from several threads and processes."""

    def __init__(self, index: Path, position: Callable[[], int] | None = None) -> None:
        """Open the log of *index*, which is made with the first write.

        *position* gives the number of the last write that need not be remembered, because it is seen in the index.
        """
        self._position = position or (lambda: self.applied()[0])
        self._layout = Layout(index)
        self._folder = self._layout.writes
        self._lock = threading.Lock()
        self._queue_lock = threading.Lock()
        self._queue: list[_Waiting] = []
        self._next = 1
        self._file = ""
        self._offset = 0
        self._pending: dict[str, tuple[Write, int]] = {}
        self._pending_bytes = 0

    @property
    def name(self) -> str:
        """What no other log is called: a commit that several machines write to says of each how much of it is there.

        A log that was copied to another machine is another one.
        """
        path = self._folder / "name"
        try:
            own = path.read_text(encoding="ascii")
        except FileNotFoundError:
            own = uuid.uuid4().hex
            if self._folder.is_dir():
                replace_file(path, own.encode("ascii"))
        return f"{own}@{socket.gethostname()}"

    # Appending

    def append(self, decide: Callable[[WriteLog], Sequence[tuple[str, Article | None]]]) -> int:
        """Append the writes that *decide* returns; return the number of the last one there is, once they are on disk.

        *decide* is given the log as it is, all that others have appended before included, and nobody appends until it
        has returned; what it raises is raised here. It is called once.
        """
        waiting = _Waiting(decide)
        with self._queue_lock:
            self._queue.append(waiting)
        with self._lock:
            if not waiting.done:
                with self._queue_lock:
                    batch, self._queue = self._queue, []
                self._append_all(batch)
        if waiting.error is not None:
            raise waiting.error
        return waiting.last

    def _append_all(self, batch: Sequence[_Waiting]) -> None:
        try:
            make_folder(self._folder)
            with FileLock(self._folder / "append.lock"):
                self._catch_up(mend=True)
                first, records = self._next, []
                for waiting in batch:
                    try:
                        for identifier, article in waiting.decide(self):
                            write = Write(self._next, identifier, article, round(time.time(), 3))
                            records.append(_record(write))
                            self._note(write, len(records[-1]))
                        waiting.last = self._next - 1
                    except Exception as error:
                        waiting.error = error
                if records:
                    self._write(records, first)
        except BaseException as error:
            self._file, self._offset, self._next = "", 0, 1  # what is on disk is read anew
            self._pending.clear()
            self._pending_bytes = 0
            for waiting in batch:
                waiting.error = waiting.error or error
            if not isinstance(error, Exception):
                raise
        finally:
            for waiting in batch:
                waiting.done = True

    def _write(self, records: Sequence[bytes], first: int) -> None:
        text = b"[%s]" % b",".join(records)
        data = b"%08x %s\n" % (zlib.crc32(text), text)
        path = self._folder / self._file if self._file else None
        if path is None or self._offset >= _NEW_FILE_BYTES:
            path = self._folder / f"{first:020d}{_SUFFIX}"
            self._file, self._offset = path.name, 0
        with path.open("ab") as file:
            file.write(data)
            file.flush()
            os.fsync(file.fileno())
        if not self._offset:
            sync(self._folder)
        self._offset += len(data)

    # Reading

    def refresh(self) -> None:
        """Take notice of what other processes have appended and applied."""
        with self._lock:
            self._catch_up(mend=False)

    def pending(self, identifier: str) -> Write | None:
        """Return the last write of the article *identifier* that may not be in the index yet, None if there is none.

        As of the last look; within ``decide`` it is exact.
        """
        found = self._pending.get(identifier)
        return found[0] if found else None

    def waiting(self, applied: int, limit: int) -> tuple[list[Write], int]:
        """Return what is to be done after all writes up to the number *applied*, and what will be applied then.

        Of each article there is the last write only, and there are at most *limit*.
        """
        with self._lock:
            self._catch_up(mend=False)
            self._forget(applied)
            writes = [write for write, _ in itertools.islice(self._pending.values(), limit)]
            everything = len(writes) == len(self._pending)
            return writes, self._next - 1 if everything or not writes else writes[-1].number

    @property
    def backlog(self) -> tuple[int, int]:
        """How many articles wait for being indexed, and how many bytes their writes have, as of the last look."""
        return len(self._pending), self._pending_bytes

    @property
    def waiting_since(self) -> float | None:
        """When the first of the writes was written that wait, as of the last look, in seconds since 1970.

        None if none waits, or it is not known.
        """
        try:
            return next(iter(self._pending.values()), (Write(0, "", None), 0))[0].at or None
        except RuntimeError:  # another thread looks at this moment
            return None

    def applied(self) -> tuple[int, str]:
        """Return the number of the last write that is in the index, and the name of the commit that has it."""
        try:
            number, commit = self._applied_fields()[:2]
            return int(number), commit
        except (FileNotFoundError, ValueError):
            return 0, ""

    def commit_seconds(self) -> float | None:
        """Return how long the last commit of writes took, None if there was none, or it is not known."""
        try:
            return float(self._applied_fields()[2])
        except (FileNotFoundError, ValueError, IndexError):
            return None

    def _applied_fields(self) -> list[str]:
        return [*(self._folder / "applied").read_text(encoding="ascii").split(), ""]

    def note_applied(self, number: int, commit: str, seconds: float = 0.0) -> None:
        """Remember that all writes up to *number* are in *commit*, which took so many *seconds*.

        Files that nobody needs any more are deleted.
        """
        replace_file(self._folder / "applied", f"{number} {commit} {seconds:.3f}\n".encode("ascii"))
        files = self._files()
        for name, later in itertools.pairwise(files):
            if int(later.removesuffix(_SUFFIX)) <= number + 1:
                (self._folder / name).unlink(missing_ok=True)
        if files and (self._folder / files[-1]).stat().st_size > _KEPT_BYTES:
            with self._lock, FileLock(self._folder / "append.lock"):
                self._catch_up(mend=True)
                if self._next == number + 1:
                    old, self._file, self._offset = self._file, f"{self._next:020d}{_SUFFIX}", 0
                    (self._folder / self._file).touch()
                    sync(self._folder)
                    (self._folder / old).unlink(missing_ok=True)

    def last(self) -> int:
        """Return the number of the last write there is, 0 if there was none, as of the last look."""
        return self._next - 1

    def faults(self) -> list[str]:
        """Return what is wrong with the log, one sentence a fault."""
        files = self._files()
        found = []
        for name in files:
            try:
                for _ in _batches(self._folder / name, 0, is_last=name == files[-1]):
                    pass
            except CorruptIndexError as error:
                found.append(str(error))
        return found

    def _files(self) -> list[str]:
        if not self._folder.is_dir():
            return []
        return sorted(path.name for path in self._folder.iterdir() if path.suffix == _SUFFIX)

    def _catch_up(self, *, mend: bool) -> None:
        """Read what is behind the last look; *mend* what a process that died has left half written.

        Needs the lock of threads, and to mend that of processes too.
        """
        files = self._files()
        if self._file not in files:  # it was deleted, with all that it had applied
            self._file, self._offset = (files[0], 0) if files else ("", 0)
        for name in files[files.index(self._file) :] if files else ():
            offset = self._offset if name == self._file else 0
            self._file = name
            self._next = max(self._next, int(name.removesuffix(_SUFFIX)))
            for writes, size in _batches(self._folder / name, offset, is_last=name == files[-1]):
                for write in writes:
                    if write.number >= self._next:
                        self._note(write, size // len(writes))
                offset += size
            self._offset = offset
            if mend and name == files[-1] and (self._folder / name).stat().st_size > offset:
                os.truncate(self._folder / name, offset)
        self._forget(self._position())

    def _forget(self, applied: int) -> None:
        """Forget the writes up to the number *applied*: they are in the index."""
        self._next = max(self._next, applied + 1)
        for identifier in [each for each, (write, _) in self._pending.items() if write.number <= applied]:
            self._pending_bytes -= self._pending.pop(identifier)[1]

    def _note(self, write: Write, size: int) -> None:
        self._next = write.number + 1
        self._pending_bytes += size - self._pending.pop(write.id, (write, 0))[1]  # the last one stands last
        self._pending[write.id] = write, size


class _Waiting:
    """Writes of a thread that waits for them to be on disk."""

    def __init__(self, decide: Callable[[WriteLog], Sequence[tuple[str, Article | None]]]) -> None:
        self.decide = decide
        self.done = False
        self.last = 0
        self.error: BaseException | None = None


def _record(write: Write) -> bytes:
    article = None if write.article is None else write.article.as_dict()
    record = {"number": write.number, "id": write.id, "at": write.at, "article": article}
    return json.dumps(record, ensure_ascii=False, separators=(",", ":")).encode()


def _batches(path: Path, offset: int, *, is_last: bool) -> Iterator[tuple[list[Write], int]]:
    """Yield what was written together to *path*, from *offset* on, each time with its size. Raises CorruptIndexError.

    At the end of the last file there may be something that is not whole.
    """
    try:
        with path.open("rb") as file:
            file.seek(offset)
            *lines, rest = file.read().split(b"\n")
    except FileNotFoundError:
        return  # everything in it has just been applied
    for number, line in enumerate(lines):
        checksum, _, text = line.partition(b" ")
        if checksum != b"%08x" % zlib.crc32(text):
            if is_last and number == len(lines) - 1 and not rest:
                return  # it was not written whole
            raise CorruptIndexError(
                f"The log of writes {path} is not what was written: its checksum differs. Look what is in it, and move "
                "it away to go on without."
            )
        records = json.loads(text)
        yield (
            [Write(each["number"], each["id"], _article(each["article"]), each.get("at", 0.0)) for each in records],
            len(line) + 1,
        )


def _article(fields: dict[str, Any] | None) -> Article | None:
    if fields is None:
        return None
    extra = extra_from_json(fields.pop("extra", {}))
    return Article(**{**fields, "tags": tuple(fields["tags"]), "extra": extra, **shown_fields(fields)})
