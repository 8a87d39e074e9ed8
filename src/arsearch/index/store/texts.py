"""How the long texts of articles are packed: deflated, with a dictionary that a segment keeps beside them.

A text of a few kilobytes has little in it that it could be told by. What articles of one archive have in common is in
the dictionary (RFC 1950), so that they take a seventh less room. ISA-L inflates them in half of the time that zlib
takes, and in a third of what Zstandard does, of which Python makes a new context for every text. Texts are UTF-16:
Arabic takes two bytes a letter either way, and Python reads these in a third of the time.
"""

from __future__ import annotations

import sqlite3
import zlib
from functools import cached_property
from typing import Any

from isal import isal_zlib

from arsearch.errors import CorruptIndexError

__all__ = ["TextPacker", "Texts"]

_SAMPLES = 256
_SAMPLE_CHARACTERS = 1000
_DICTIONARY_BYTES = 1 << zlib.MAX_WBITS
"""Further back than this no text can refer."""
_SHORT = 64
"""Characters of a text from which on it is packed."""
_LEVEL, _MEMORY_LEVEL = 4, 9
_LEVEL_ALONE = 6
"""Of texts without a dictionary, which are few."""
_ALONE, _WITH_DICTIONARY, _OLD = b"\x01", b"\x02", b"\x78"
"""The first byte: what a text was packed with. Up to version 3 of the store it was deflated UTF-8."""
_ENCODING = "utf-16-le"


class Texts:
    """Unpacks the texts of one segment. Safe to use from several threads."""

    def __init__(self, dictionary: bytes = b"") -> None:
        """Unpack what was packed with *dictionary*, and what was packed without any."""
        self.dictionary = dictionary

    def unpack(self, data: bytes | str) -> str:
        """Return the text that was packed as *data*. Raises CorruptIndexError if it is nothing of the kind."""
        if isinstance(data, str):  # it is short, or in a segment that is being written
            return data
        try:
            kind = data[:1]
            if kind == _WITH_DICTIONARY and self.dictionary:
                inflated = isal_zlib.decompressobj(zdict=self.dictionary)
                text = inflated.decompress(data[1:])
                if not inflated.eof:
                    raise ValueError("it is cut off")
                return text.decode(_ENCODING)
            if kind == _ALONE:
                return isal_zlib.decompress(data[1:]).decode(_ENCODING)
            if kind == _OLD:
                return isal_zlib.decompress(data).decode()
            raise ValueError("it was packed in another way")
        except (isal_zlib.error, ValueError) as error:  # type: ignore[misc]  # its stub has no type for it
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
    def _deflated(self) -> Any:
        """A stream that has read the dictionary, to be copied: reading it takes longer than packing a text."""
        dictionary = (self.dictionary,) if self.dictionary else ()
        level = _LEVEL if dictionary else _LEVEL_ALONE
        return zlib.compressobj(
            level, zlib.DEFLATED, zlib.MAX_WBITS, _MEMORY_LEVEL, zlib.Z_DEFAULT_STRATEGY, *dictionary
        )

    def pack(self, text: str) -> bytes | str:
        """Return *text* as it is stored; as it is, if it is short, or while there are too few to learn from."""
        if len(text) < _SHORT:
            return text
        if self._samples is not None:
            self._samples.append(text[:_SAMPLE_CHARACTERS].encode(_ENCODING))
            return text
        stream = self._deflated.copy()
        packed: bytes = stream.compress(text.encode(_ENCODING)) + stream.flush()
        return (_WITH_DICTIONARY if self.dictionary else _ALONE) + packed

    def repack(self, data: bytes | str | None, texts: Texts) -> bytes | str | None:
        """Return what *texts* unpack from *data* as it is packed here."""
        kind = _WITH_DICTIONARY if self.dictionary else _ALONE
        if data is None or (texts.dictionary == self.dictionary and isinstance(data, bytes) and data[:1] == kind):
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
        rows = connection.execute(
            "SELECT ordinal, body, given FROM articles WHERE typeof(body) = 'text' OR typeof(given) = 'text'"
        ).fetchall()
        packed = ((self.repack(body, self), self.repack(given, self), ordinal) for ordinal, body, given in rows)
        connection.executemany("UPDATE articles SET body = ?, given = ? WHERE ordinal = ?", packed)


def _learnt(samples: list[bytes]) -> bytes:
    """Return a dictionary for texts like *samples*, none if they have nothing in common."""
    from arsearch.corpus import zstd  # imported here: only indexing needs it

    try:
        return zstd.train_dict(samples, _DICTIONARY_BYTES).dict_content
    except (zstd.ZstdError, ValueError):  # too short, or all the same
        return b""
