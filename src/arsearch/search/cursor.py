"""Cursors: where a search goes on, so that all its hits come once and in one order.

A cursor is a position in the order of one commit of an index, which never changes. It says for itself what it
belongs to, so nobody has to remember it: any server of the same index can go on, and after a reindexing for as long as
the commit is kept. It is no secret and gives no right: whoever makes one up reads hits that anybody may read.

::

    version   position   mode     question   order     commit
    1 byte    8 bytes    1 byte   8 bytes    6 bytes   the rest, UTF-8

*question* is a digest of what is asked, of the commit and of the position, so that a cursor that was damaged, or
that comes with another question, is known as such; *order* one of what else decides the order: weights, settings,
synonyms. All of it is written in base64url (RFC 4648, section 5).
"""

from __future__ import annotations

import base64
import binascii
import hashlib
import struct
from dataclasses import dataclass

from arsearch.article_fields import KEYWORDS
from arsearch.errors import CursorError, ExpiredCursorError
from arsearch.search.request import MODES, SearchRequest

__all__ = ["RANKING_FIELDS", "Cursor", "commit_of", "read_cursor"]

_VERSION = 1
_HEAD = struct.Struct(">BQB8s6s")
_QUESTION_BYTES = 8
_ORDER_BYTES = 6
_LONGEST = 200
RANKING_FIELDS = (
    "query", "mode", "sort", *KEYWORDS, "date_from", "date_to", "filters", "operators", "synonyms", "as_typed",
    "vector",
)  # fmt: skip
"""Fields of a request that decide which hits there are and in which order. The others may change on the way."""


@dataclass(frozen=True, slots=True)
class Cursor:
    """A place behind *position* hits of a search that *mode* answers, in one *commit*."""

    commit: str
    position: int
    mode: str
    order: str
    """What decides the order besides the request and the commit."""

    def write(self, request: SearchRequest) -> str:
        """Return the cursor as text, for the search that *request* asks for."""
        head = _HEAD.pack(
            _VERSION,
            self.position,
            MODES.index(self.mode),
            _question(request, self.commit, self.position),
            _digest(self.order, _ORDER_BYTES),
        )
        return base64.urlsafe_b64encode(head + self.commit.encode()).rstrip(b"=").decode("ascii")


def read_cursor(text: str, request: SearchRequest, commit: str, order: str) -> Cursor:
    """Return the cursor that *text* is, for a searcher of *commit* with this *order*.

    Raises CursorError if it is none, or none of *request*; ExpiredCursorError if it belongs to another commit or
    order.
    """
    position, mode, question, ordered, written_for = _unpacked(text)
    if _question(request, written_for, position) != question:
        raise CursorError(
            "The cursor does not belong to this search. Send it with the same query, mode, sort and filters as before.",
            field="after",
        )
    if written_for != commit or _digest(order, _ORDER_BYTES) != ordered:
        raise ExpiredCursorError(
            "The index that the cursor goes on in is gone, or has another order by now. Search again without it.",
            field="after",
        )
    return Cursor(commit, position, MODES[mode], order)


def commit_of(text: str) -> str:
    """Return the commit that the cursor *text* goes on in. Raises CursorError if it is no cursor."""
    return _unpacked(text)[-1]


def _unpacked(text: str) -> tuple[int, int, bytes, bytes, str]:
    try:
        if len(text) > _LONGEST:
            raise ValueError
        raw = base64.b64decode(text + "=" * (-len(text) % 4), altchars=b"-_", validate=True)
        version, position, mode, question, order = _HEAD.unpack_from(raw)
        commit = raw[_HEAD.size :].decode("utf-8")
        if version != _VERSION or mode >= len(MODES) or not commit.isprintable():
            raise ValueError
    except (ValueError, binascii.Error, struct.error):
        raise CursorError(
            "The cursor cannot be read. Take the value that an answer has as `after`, whole.", field="after"
        ) from None
    return position, mode, question, order, commit


def _question(request: SearchRequest, commit: str, position: int) -> bytes:
    ranking_key = [getattr(request, name) for name in RANKING_FIELDS]
    return _digest(repr((ranking_key, commit, position)), _QUESTION_BYTES)


def _digest(text: str, length: int) -> bytes:
    return hashlib.sha256(text.encode("utf-8", "surrogatepass")).digest()[:length]
