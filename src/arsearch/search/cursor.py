"""Cursors: where a search goes on, so that all its hits come once and in one order.

A cursor is a position in the order of one commit of an index, which never changes. It says for itself what it
belongs to, so nobody has to remember it: any server of the same index can go on, and after a reindexing for as long as
the commit is kept. It is no secret and gives no right: whoever makes one up reads hits that anybody may read.

::

    version   position   now       mode     question   order     commit
    1 byte    8 bytes    8 bytes   1 byte   8 bytes    6 bytes   the rest, UTF-8

*now* is what counts as now for freshness, in seconds since 1970: the order of hits is that of the first page however
long a reader takes.

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
from datetime import datetime, timedelta
from functools import lru_cache

from arsearch.article_fields import KEYWORDS
from arsearch.errors import CursorError, ExpiredCursorError
from arsearch.search.request import MODES, SearchRequest

__all__ = ["RANKING_FIELDS", "Cursor", "commit_of", "read_cursor"]

_VERSION = 2
_HEAD = struct.Struct(">BQqB8s6s")
_QUESTION_BYTES = 8
_ORDER_BYTES = 6
_LONGEST = 200
_EPOCH = datetime(1970, 1, 1)  # moments have no zone
_NO_TIME = -(2**63)
RANKING_FIELDS = (
    "query", "mode", "sort", *KEYWORDS, "date_from", "date_to", "filters", "operators", "synonyms", "as_typed",
    "freshness", "vector",
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
    now: str = ""
    """What counts as now for freshness; empty where that has no say."""

    def write(self, request: SearchRequest) -> str:
        """Return the cursor as text, for the search that *request* asks for."""
        head = _HEAD.pack(
            _VERSION,
            self.position,
            _seconds(self.now),
            MODES.index(self.mode),
            _question(request, self.commit, self.position),
            _order_digest(self.order),
        )
        return base64.urlsafe_b64encode(head + self.commit.encode()).rstrip(b"=").decode("ascii")


def read_cursor(text: str, request: SearchRequest, commit: str, order: str) -> Cursor:
    """Return the cursor that *text* is, for a searcher of *commit* with this *order*.

    Raises CursorError if it is none, or none of *request*; ExpiredCursorError if it belongs to another commit or
    order.
    """
    position, now, mode, question, ordered, written_for = _unpacked(text)
    _check_question(request, written_for, position, question, now)
    if written_for != commit or _order_digest(order) != ordered:
        raise ExpiredCursorError(
            "The index that the cursor goes on in is gone, or has another order by now. Search again without it.",
            field="after",
        )
    return Cursor(commit, position, MODES[mode], order, now)


def commit_of(text: str, request: SearchRequest | None = None) -> str:
    """Return the commit that the cursor *text* goes on in.

    Raises CursorError if it is no cursor, or none of *request*: what was damaged names no commit.
    """
    position, now, _, question, _, commit = _unpacked(text)
    if request is not None:
        _check_question(request, commit, position, question, now)
    return commit


def _check_question(request: SearchRequest, commit: str, position: int, question: bytes, now: str) -> None:
    """Raise CursorError if a cursor does not belong to *request*."""
    if _question(request, commit, position) != question or (request.now and _seconds(request.now) != _seconds(now)):
        raise CursorError(
            "The cursor does not belong to this search. Send it with the same query, mode, sort and filters as before.",
            field="after",
        )


def _unpacked(text: str) -> tuple[int, str, int, bytes, bytes, str]:
    try:
        if len(text) > _LONGEST:
            raise ValueError
        raw = base64.b64decode(text + "=" * (-len(text) % 4), altchars=b"-_", validate=True)
        version, position, now, mode, question, order = _HEAD.unpack_from(raw)
        commit = raw[_HEAD.size :].decode("utf-8")
        if version != _VERSION or mode >= len(MODES) or not commit.isprintable():
            raise ValueError
        moment = _moment(now)
    except (ValueError, OverflowError, binascii.Error, struct.error):
        raise CursorError(
            "The cursor cannot be read. Take the value that an answer has as `after`, whole.", field="after"
        ) from None
    return position, moment, mode, question, order, commit


def _seconds(now: str) -> int:
    """Return a moment in seconds since 1970."""
    return (datetime.fromisoformat(now) - _EPOCH) // timedelta(seconds=1) if now else _NO_TIME


def _moment(seconds: int) -> str:
    """Return the moment that _seconds was given. Raises OverflowError for one in no calendar."""
    return "" if seconds == _NO_TIME else (_EPOCH + timedelta(seconds=seconds)).isoformat()


def _question(request: SearchRequest, commit: str, position: int) -> bytes:
    ranking_key = [getattr(request, name) for name in RANKING_FIELDS]
    return _digest(repr((ranking_key, commit, position)), _QUESTION_BYTES)


@lru_cache(maxsize=16)
def _order_digest(order: str) -> bytes:
    return _digest(order, _ORDER_BYTES)


def _digest(text: str, length: int) -> bytes:
    return hashlib.sha256(text.encode("utf-8", "surrogatepass")).digest()[:length]
