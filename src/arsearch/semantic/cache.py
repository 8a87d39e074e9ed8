"""Vectors of passages kept by what was embedded and with what, so that a run that was killed goes on where it was.

A transformer embeds some tens of passages a second: a hundred thousand articles take hours. Everything embedded is
written down batch by batch, under a hash of the text; the next run, whatever became of the one before, embeds only
what is not there.
"""

from __future__ import annotations

import hashlib
import logging
import re
import sqlite3
import time
import zlib
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Protocol

import numpy as np

from arsearch.common.array_types import Vectors
from arsearch.semantic.encoder import Encoder
from arsearch.semantic.static_encoder import StaticEncoder

__all__ = ["KnownPassages", "PassageCache", "VectorCache", "open_cache", "passage_digest"]

_KEY_BYTES = 16
_TABLE = "CREATE TABLE IF NOT EXISTS vectors (key BLOB PRIMARY KEY, vector BLOB NOT NULL, used REAL) WITHOUT ROWID"
_CHECK_BYTES = 4
_VARIABLES_AT_ONCE = 500
_EMBEDDED_AT_ONCE = 512
_NOT_IN_A_NAME = re.compile(r"[^A-Za-z0-9]+")

_log = logging.getLogger(__name__)


class PassageCache(Encoder, Protocol):
    """An encoder that knows what was embedded before, here or elsewhere."""

    @property
    def embedded(self) -> int:
        """Passages that were not known, so far."""

    def forget_unused(self) -> None:
        """Delete what was not asked for since the cache was opened, if it is nobody else's."""

    def close(self) -> None:
        """Let go of what is open."""


class KnownPassages:
    """What stands before an encoder and knows what it has embedded. Queries go straight to the encoder."""

    embedded: int = 0
    """Passages that nothing knew of, so far: only they take the time that embedding takes."""

    def __init__(self, encoder: Encoder) -> None:
        self._encoder = encoder

    @property
    def name(self) -> str:
        """The name of the encoder."""
        return self._encoder.name

    @property
    def fingerprint(self) -> str:
        """The fingerprint of the encoder."""
        return self._encoder.fingerprint

    @property
    def dimension(self) -> int:
        """Length of a vector."""
        return self._encoder.dimension

    def encode_queries(self, texts: Sequence[str]) -> Vectors:
        """Return what the encoder returns."""
        return self._encoder.encode_queries(texts)


def passage_digest(text: str) -> bytes:
    """Return what a passage is known by: 128 bits of its SHA-256."""
    return hashlib.sha256(text.encode("utf-8", "surrogatepass")).digest()[:_KEY_BYTES]


def open_cache(encoder: Encoder, folder: Path) -> VectorCache | None:
    """Return a cache in *folder* for an encoder that is slow enough to need one, else None.

    Static encoders embed a passage in less time than it takes to look it up.
    """
    return None if isinstance(encoder, StaticEncoder) else VectorCache(encoder, folder)


class VectorCache(KnownPassages):
    """An encoder that looks first whether it has embedded a passage before. Queries are not kept.

    One file a model in *folder*: another model, or the same with other weights, has another file. Rows are float16,
    as they are in the index, each followed by the CRC-32 of its key and itself: one that is damaged is embedded anew. A
    file that SQLite cannot read any more is begun anew.
    """

    def __init__(self, encoder: Encoder, folder: Path) -> None:
        """Open or make the file of *encoder* in *folder*. Raises sqlite3.Error or OSError."""
        super().__init__(encoder)
        self._began = time.time()
        folder.mkdir(parents=True, exist_ok=True)
        model = hashlib.sha256(f"{encoder.name}\n{encoder.fingerprint}\n{encoder.dimension}".encode()).hexdigest()[:8]
        name = _NOT_IN_A_NAME.sub("-", encoder.name).strip("-")[-40:]
        self._path = folder / f"{name}-{model}.sqlite"
        try:
            self._database = _opened(self._path)
        except sqlite3.OperationalError:
            raise  # no room, no right to write: nothing is wrong with the file
        except sqlite3.DatabaseError as error:
            self._begin_anew(error)

    def encode_passages(self, texts: Sequence[str]) -> Vectors:
        """Return one row a passage; those that are not in the cache are embedded, and are when this returns."""
        keys = list(map(passage_digest, texts))
        known = self._look_up(keys)
        new = {key: text for key, text in zip(keys, texts, strict=True) if key not in known}
        # The model sorts what it gets by length, so that little of a batch is padding; what is lost when the run is
        # killed is at most one such part.
        for part in _parts(list(new), _EMBEDDED_AT_ONCE):
            rows = self._encoder.encode_passages([new[key] for key in part]).astype(np.float16)
            known |= dict(zip(part, rows, strict=True))
            self.embedded += len(part)
            with self._database:
                self._database.executemany(
                    "INSERT OR REPLACE INTO vectors VALUES (?, ?, ?)",
                    [(key, _checksummed(key, row.tobytes()), self._began) for key, row in zip(part, rows, strict=True)],
                )
        vectors = np.empty((len(texts), self.dimension), dtype=np.float32)
        for place, key in enumerate(keys):
            vectors[place] = known[key]
        return vectors

    def forget_unused(self) -> None:
        """Delete what was not asked for since the cache was opened: after a run over everything, what is gone."""
        with self._database:
            self._database.execute("DELETE FROM vectors WHERE used < ?", (self._began,))
        self._database.execute("VACUUM")

    def close(self) -> None:
        """Let go of the file."""
        self._database.close()

    def _look_up(self, keys: Sequence[bytes]) -> dict[bytes, np.ndarray[tuple[int], np.dtype[np.float16]]]:
        try:
            return self._read(keys)
        except sqlite3.OperationalError:
            raise
        except sqlite3.DatabaseError as error:
            self._database.close()
            self._begin_anew(error)
            return {}

    def _read(self, keys: Sequence[bytes]) -> dict[bytes, np.ndarray[tuple[int], np.dtype[np.float16]]]:
        found: dict[bytes, np.ndarray[tuple[int], np.dtype[np.float16]]] = {}
        for part in _parts(keys, _VARIABLES_AT_ONCE):
            among = f"key IN ({','.join('?' * len(part))})"
            rows = self._database.execute(f"SELECT key, vector FROM vectors WHERE {among}", part).fetchall()
            for key, checksummed in rows:
                vector = checksummed[:-_CHECK_BYTES]
                if _checksummed(key, vector) == checksummed and len(vector) == self.dimension * np.float16().nbytes:
                    found[key] = np.frombuffer(vector, dtype=np.float16)
            with self._database:
                self._database.execute(f"UPDATE vectors SET used = ? WHERE {among}", (self._began, *part))
        return found

    def _begin_anew(self, error: sqlite3.DatabaseError) -> None:
        _log.warning("The vectors kept in %s cannot be read (%s); they are embedded anew.", self._path, error)
        for suffix in ("", "-wal", "-shm"):
            self._path.with_name(self._path.name + suffix).unlink(missing_ok=True)
        self._database = _opened(self._path)


def _opened(path: Path) -> sqlite3.Connection:
    database = sqlite3.connect(path)
    try:
        database.execute("PRAGMA journal_mode = WAL")
        database.execute(_TABLE)
    except sqlite3.Error:
        database.close()
        raise
    return database


def _checksummed(key: bytes, vector: bytes) -> bytes:
    return vector + zlib.crc32(key + vector).to_bytes(_CHECK_BYTES, "big")


def _parts(keys: Sequence[bytes], size: int) -> Iterator[Sequence[bytes]]:
    return (keys[start : start + size] for start in range(0, len(keys), size))
