"""The exception tree.

::

    ArsearchError
    ├── SettingsError            a setting, variable or flag that cannot be used
    ├── CorpusError              a source that cannot be read at all, or a broken record under --strict
    ├── FetchError               an address that gives no page
    ├── IndexStateError             something about the index directory
    │   ├── NoIndexError         nothing has been indexed there yet
    │   ├── IncompatibleIndexError   made by another format, analyser or encoder
    │   ├── CorruptIndexError    files missing or changed since they were written
    │   ├── IndexLockedError     another process is writing
    │   └── ClusterError         an OpenSearch cluster that refuses: credentials, certificates, rights
    │       ├── ClusterUnavailableError   it cannot be reached, is overloaded, or misses shards
    │       └── ClusterWriteError         it can be searched, but something forbids writing
    ├── EncoderError             a sentence-transformers model that cannot be loaded
    ├── QueryError               a request that cannot be answered
    │   └── UnsearchableQueryError   well formed, but more than a limit allows
    │       ├── NoWordError      well formed, but with no word to search for
    │       └── CursorError      a cursor that is none, or that belongs to another question
    │           └── ExpiredCursorError   a cursor whose commit is not kept any more
    ├── QueryTimeoutError        a query that took longer than it may
    ├── ArticleNotFoundError     no article has this id
    ├── WriteError               a write over HTTP that is not done
    │   ├── ReadOnlyServerError  the server takes no writes
    │   ├── WriteConflictError   the article is not what the writer believes it to be
    │   └── WriteBacklogError    too many writes wait for being indexed
    ├── ServerError              an address that cannot be served on
    ├── ServiceError             a server of arsearch that cannot be reached, or does not answer as one
    ├── InsightsError            what readers look for cannot be counted or shown, or is too little to learn from
    └── EvaluationError          queries or judgments that cannot be read

Every message says what happened, where, and what to do next.
"""

from __future__ import annotations

__all__ = [
    "ArsearchError",
    "ArticleNotFoundError",
    "ClusterError",
    "ClusterUnavailableError",
    "ClusterWriteError",
    "CorpusError",
    "CorruptIndexError",
    "CursorError",
    "EncoderError",
    "EvaluationError",
    "ExpiredCursorError",
    "FetchError",
    "IncompatibleIndexError",
    "IndexLockedError",
    "IndexStateError",
    "InsightsError",
    "NoIndexError",
    "NoWordError",
    "QueryError",
    "QueryTimeoutError",
    "ReadOnlyServerError",
    "ServerError",
    "ServiceError",
    "SettingsError",
    "UnsearchableQueryError",
    "WriteBacklogError",
    "WriteConflictError",
    "WriteError",
]


class ArsearchError(Exception):
    """Anything arsearch raises on purpose."""


class SettingsError(ArsearchError):
    """A setting, environment variable or flag that cannot be used."""


class CorpusError(ArsearchError):
    """A source that cannot be read at all, or a broken record when reading strictly."""


class FetchError(ArsearchError):
    """An address that gives no page: refused, unreachable, too large, or none of the web."""


class IndexStateError(ArsearchError):
    """Something about the index directory."""


class NoIndexError(IndexStateError):
    """Nothing has been indexed in this directory yet."""


class IncompatibleIndexError(IndexStateError):
    """The index was made by another format, analyser or encoder than this program's."""


class CorruptIndexError(IndexStateError):
    """Files of the index are missing or differ from what was written."""


class IndexLockedError(IndexStateError):
    """Another process is writing to this index."""


class ClusterError(IndexStateError):
    """An OpenSearch cluster that refuses what it is asked, or cannot be trusted."""


class ClusterUnavailableError(ClusterError):
    """A cluster that cannot be reached, is overloaded, or has lost shards; later it may answer."""


class ClusterWriteError(ClusterError):
    """A cluster that can be searched but not written to: a block, or a full disk."""


class EncoderError(ArsearchError):
    """A sentence-transformers model that cannot be loaded."""


class QueryError(ArsearchError):
    """A search request that cannot be answered; *field* names the part of the request that is wrong."""

    def __init__(self, message: str, *, field: str) -> None:
        super().__init__(message)
        self.field = field


class UnsearchableQueryError(QueryError):
    """A well-formed request with more in it than a limit allows, or with nothing in it to search for."""


class NoWordError(UnsearchableQueryError):
    """A query of nothing but punctuation and exclusions."""


class CursorError(UnsearchableQueryError):
    """A cursor that cannot be read, or that goes on with another question than the one it came with."""


class ExpiredCursorError(CursorError):
    """A cursor whose commit of the index is not kept any more, or is ordered otherwise by now."""


class QueryTimeoutError(ArsearchError):
    """A query that took longer than it may; when the server is less busy, the same one may be answered."""


class ArticleNotFoundError(ArsearchError):
    """No article has this id."""


class WriteError(ArsearchError):
    """A write over HTTP that is not done; nothing has changed."""


class ReadOnlyServerError(WriteError):
    """The server takes no writes: no token is set, or the index is on a cluster."""


class WriteConflictError(WriteError):
    """The article is not what ``If-Match`` or ``If-None-Match`` says: somebody else has written it meanwhile."""


class WriteBacklogError(WriteError):
    """Too many writes wait for being indexed; later there is room."""


class ServerError(ArsearchError):
    """An address that nothing can listen on."""


class ServiceError(ArsearchError):
    """A server of arsearch that cannot be reached, refuses this client, or does not answer as one.

    *status* is that of its answer, None if there was none; *request_id* is what its log has the request under.
    """

    def __init__(self, message: str, *, status: int | None = None, request_id: str = "") -> None:
        super().__init__(message)
        self.status = status
        self.request_id = request_id


class InsightsError(ArsearchError):
    """What readers looked for cannot be counted or shown, or is too little to learn from."""


class EvaluationError(ArsearchError):
    """Queries or judgments that cannot be read."""
