"""Which commit of an index on a cluster is live: one small document, changed only by who has read it as it is.

Beside the indexes of articles there is one with documents of state, each asked for by its id, which is never out of
date:

- ``live``: the live commit, those that can still be read, and the last token that was given. It is replaced by
  compare-and-swap (OpenSearch's ``if_seq_no`` and ``if_primary_term``), and that is the one step by which a commit
  becomes visible. Whatever a commit consists of is written before.
- one for each commit, by its name: where its articles and words are, which documents it has not, its manifest. It is
  written once.
- ``words-7``: by how much words have become more or less with the commit of the token 7; see vocabulary.py.
- ``lease``: who writes; see lease.py.

Who is going to write takes a *token*, a number that is given once (:meth:`LiveState.begin`). That replaces the document
too, so whoever read it before can make nothing live any more: a writer that was given up for dead and goes on has no
effect, however late its requests arrive. Every document of an article says which token it was written with; a commit
knows which of them it has to do with.
"""

from __future__ import annotations

import time
import uuid
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field, replace
from functools import partial
from typing import Any

from arsearch.backends.opensearch.cluster.client import ClusterClient
from arsearch.errors import CorruptIndexError, IndexLockedError, NoIndexError

__all__ = ["MOST_TOKENS", "READ_ON_SECONDS", "CommitRecord", "LiveState", "Standing", "StateStore"]

_LIVE = "live"
_NUMBER_BITS = 24
"""A document has the number ``ordinal << 24 | (token - base)``: 16 million tokens between two whole generations."""
MOST_TOKENS = (1 << _NUMBER_BITS) - 1
"""After so many tokens an index is written anew."""

READ_ON_SECONDS = 60.0
"""How long a commit is still read after it stopped being one of those that are kept: searches and pages go on."""
_GRACE_SECONDS = 150.0
"""How long its documents are there: readers look every half a minute whether theirs is kept."""


@dataclass(frozen=True, slots=True)
class Standing:
    """A commit that can be read: its *name*, its *token*, the *index* with its articles.

    It *stays* if it can be rolled back to; else it has been superseded *since*, in seconds since 1970.
    """

    name: str
    token: int
    index: str
    stays: bool = True
    since: float = 0.0

    @property
    def is_read(self) -> bool:
        """Whether it may be opened."""
        return self.stays or time.time() - self.since < READ_ON_SECONDS


@dataclass(frozen=True, slots=True, kw_only=True)
class CommitRecord:
    """What a commit consists of.

    Its articles are the documents of *index* but for those that were written with a token greater than *token*, or
    with one of *void*, which never became live or were rolled back from; and those in *gone*, numbers by the token
    of the commit that deleted them. Its words are those written with the token *words*, and *word_changes* since,
    which are of *changed* articles.
    """

    name: str
    token: int
    index: str
    base: int
    """The first token of the index: numbers of documents begin with it."""
    words: int
    word_changes: tuple[int, ...] = ()
    changed: int = 0
    gone: Mapping[int, tuple[int, ...]] = field(default_factory=dict)
    void: tuple[int, ...] = ()
    lineage: str = ""
    """Which commit of which machine it was published from; see publish/lineage.py."""
    logs: Mapping[str, int] = field(default_factory=dict)
    """Of each log of writes the number of the last one that is in the commit."""
    manifest: Mapping[str, Any] = field(default_factory=dict)

    def number(self, ordinal: int, token: int) -> int:
        """Return the number of the document that was written for the article *ordinal* with *token*."""
        return (ordinal << _NUMBER_BITS) | (token - self.base)

    @staticmethod
    def ordinal_of(number: int) -> int:
        """Return the ordinal of the article of the document *number*."""
        return number >> _NUMBER_BITS

    def gone_since(self, token: int) -> tuple[dict[int, tuple[int, ...]], list[int]]:
        """Return which documents are gone since the commit of *token*, and the numbers of those that were before."""
        since = {when: numbers for when, numbers in self.gone.items() if when > token}
        return since, [number for when, numbers in self.gone.items() if when <= token for number in numbers]

    def hidden(self) -> list[dict[str, Any]]:
        """Return the clauses that documents of the index must not match to be of this commit."""
        clauses: list[dict[str, Any]] = [{"range": {"born": {"gt": self.token}}}]
        if self.void:
            clauses.append({"terms": {"born": list(self.void)}})
        if gone := [number for numbers in self.gone.values() for number in numbers]:
            clauses.append({"terms": {"ordinal": gone}})
        return clauses

    def as_document(self) -> dict[str, Any]:
        """Return the document that :meth:`of_document` reads."""
        names = ("name", "token", "index", "base", "words", "changed", "lineage")
        return {name: getattr(self, name) for name in names} | {
            "word_changes": list(self.word_changes),
            "gone": {str(token): list(numbers) for token, numbers in self.gone.items()},
            "void": list(self.void),
            "logs": dict(self.logs),
            "manifest": dict(self.manifest),
        }

    @classmethod
    def of_document(cls, document: Mapping[str, Any]) -> CommitRecord:
        """Read what :meth:`as_document` gave. Raises KeyError, TypeError or ValueError."""
        names = ("name", "token", "index", "base", "words", "changed", "lineage")
        return cls(
            **{name: document[name] for name in names},
            word_changes=tuple(document["word_changes"]),
            gone={int(token): tuple(numbers) for token, numbers in document["gone"].items()},
            void=tuple(document["void"]),
            logs={str(log): int(number) for log, number in document.get("logs", {}).items()},
            manifest=document["manifest"],
        )


@dataclass(frozen=True, slots=True, kw_only=True)
class LiveState:
    """The document of state as it was read: *sequence* and *term* are what it is compared by when it is replaced."""

    live: str = ""
    """The name of the live commit, empty if there is none yet."""
    token: int = 0
    """The last token that was given."""
    commits: tuple[Standing, ...] = ()
    """Those that can be read, oldest first; the live one is among them."""
    sequence: int = -1
    term: int = -1

    def standing(self, name: str) -> Standing | None:
        """Return the commit *name* if its documents are there."""
        return next((commit for commit in self.commits if commit.name == name), None)

    @property
    def kept(self) -> list[str]:
        """The names of the commits that can be rolled back to, the live one included, oldest first."""
        return [commit.name for commit in self.commits if commit.stays]

    def with_commit(self, new: Standing, keep: int) -> LiveState:
        """Return the state in which *new* is live, and *keep* commits are kept, itself included.

        Commits after the one that was live were rolled back from: they are never rolled back to. What is not kept
        can be read for a while, but for what is in other indexes, which are large.
        """
        now = time.time()
        live = self.standing(self.live)
        before = [each for each in self.commits if each.stays and (live is None or each.token <= live.token)]
        kept = {each.name for each in before[len(before) - min(keep - 1, len(before)) :]}
        commits = []
        for each in self.commits:
            if each.name in kept:
                commits.append(each)
            elif each.index == new.index:
                retired = each if not each.stays else replace(each, stays=False, since=now)
                if now - retired.since < _GRACE_SECONDS:
                    commits.append(retired)
        return replace(self, live=new.name, commits=(*commits, new))


class StateStore:
    """The documents of state of the index *alias*."""

    def __init__(self, client: ClusterClient, alias: str) -> None:
        self._client = client
        self._alias = alias
        self.index = f"{alias}-state"

    def name_of(self, token: int) -> str:
        """Return the name of the commit that is made with *token*."""
        return f"{self._alias}-{token:08d}"

    def read(self) -> LiveState | None:
        """Return the state, None if the index was never published. Raises an IndexStateError if it cannot be read."""
        try:
            found = self._client.ask(lambda raw: raw.get(index=self.index, id=_LIVE, ignore=404))
        except NoIndexError:
            return None
        if "_source" not in found:
            return None
        try:
            source = found["_source"]
            return LiveState(
                live=source["live"],
                token=int(source["last"]),
                commits=tuple(Standing(**commit) for commit in source["commits"]),
                sequence=found["_seq_no"],
                term=found["_primary_term"],
            )
        except (KeyError, TypeError, ValueError) as error:
            raise CorruptIndexError(
                f"The document of state in {self.index} at {self._client.address} cannot be read ({error!r}). Run "
                "`arsearch index --full SOURCE...` with all your sources, or bring back a snapshot."
            ) from error

    def commit(self, name: str) -> CommitRecord:
        """Return what the commit *name* consists of. Raises CorruptIndexError if that is not there or unreadable."""
        found = self._client.ask(lambda raw: raw.get(index=self.index, id=name, ignore=404))
        try:
            return CommitRecord.of_document(found["_source"])
        except (KeyError, TypeError, ValueError) as error:
            raise CorruptIndexError(
                f"What the commit {name} at {self._client.address} consists of cannot be read ({error!r}). Run "
                "`arsearch rollback`, or `arsearch index --full SOURCE...` with all your sources."
            ) from error

    def lineages(self, state: LiveState) -> set[str]:
        """Return the lineages of the commits that can be rolled back to. Raises an IndexStateError."""
        body = {"ids": state.kept}
        found = self._client.ask(lambda raw: raw.mget(index=self.index, body=body, _source_includes="lineage"))["docs"]
        return {each["_source"]["lineage"] for each in found if each.get("found")}

    def write_words(self, token: int, parts: Iterable[Mapping[str, str]]) -> None:
        """Write by how much words have become more or less with the commit of *token*."""
        body = {"words_of": token, "parts": list(parts)}
        self._client.ask(lambda raw: raw.index(index=self.index, id=f"words-{token}", body=body), writing=True)

    def words(self, record: CommitRecord) -> list[dict[str, str]]:
        """Return the changes of words of a commit, in parts. Raises CorruptIndexError if they are not all there."""
        if not record.word_changes:
            return []
        ids = [f"words-{token}" for token in record.word_changes]
        found = self._client.ask(lambda raw: raw.mget(index=self.index, body={"ids": ids}))["docs"]
        if missing := [document["_id"] for document in found if not document.get("found")]:
            raise CorruptIndexError(
                f"Words of {record.name} at {self._client.address} are missing: {', '.join(missing)}. Run `arsearch "
                "rollback`, or `arsearch index --full SOURCE...` with all your sources."
            )
        return [part for document in found for part in document["_source"]["parts"]]

    def forget_words(self, state: LiveState) -> int:
        """Delete changes of words that no commit needs which can be read; return from which token on they stay."""
        from arsearch.backends.opensearch.cluster.bulk import delete_matching

        least = min((self.commit(each.name).words for each in state.commits), default=0)
        query = {"range": {"words_of": {"lt": least}}}
        self._client.ask(lambda raw: delete_matching(raw, self.index, query), writing=True)
        return least

    def write_commit(self, record: CommitRecord) -> None:
        """Write what a commit consists of; nobody looks for it before it is live."""
        body = record.as_document()
        self._client.ask(lambda raw: raw.index(index=self.index, id=record.name, body=body), writing=True)

    def forget(self, names: Iterable[str]) -> None:
        """Delete what commits consisted of that cannot be read any more."""
        for name in names:
            self._client.ask(partial(_deleted, index=self.index, name=name), writing=True)

    def make(self) -> None:
        """Let there be the index of state; it has a copy on every node."""
        if self.read() is not None:
            return
        settings = {"index": {"number_of_shards": 1, "auto_expand_replicas": "0-all"}}
        body = {"settings": settings, "mappings": {"dynamic": False, "properties": {"words_of": {"type": "long"}}}}
        self._client.ask(lambda raw: _made(raw, self.index, body), writing=True)

    def begin(self, state: LiveState | None, *, least: int = 0) -> LiveState:
        """Take the next token, greater than *least*; return the state with it.

        From then on nobody can make anything live who read the state before. Raises IndexLockedError if another
        process has replaced *state*.
        """
        before = state or LiveState()
        return self.replace(before, replace(before, token=max(before.token, least) + 1))

    def replace(self, state: LiveState, by: LiveState) -> LiveState:
        """Replace *state* by another one, and return that as it is now.

        Raises IndexLockedError if it is not what is there any more: another process was faster, or has taken over.
        """
        body = {
            "live": by.live,
            "last": by.token,
            "stamp": uuid.uuid4().hex,
            "commits": [
                {"name": one.name, "token": one.token, "index": one.index, "stays": one.stays, "since": one.since}
                for one in by.commits
            ],
        }
        new = state.sequence < 0
        only: dict[str, Any] = (
            {"op_type": "create"} if new else {"if_seq_no": state.sequence, "if_primary_term": state.term}
        )
        written = self._client.ask(lambda raw: _unless_changed(raw, self.index, body, only), writing=True)
        if written is None:
            written = self._mine(body)
        return replace(by, sequence=written["_seq_no"], term=written["_primary_term"])

    def _mine(self, body: Mapping[str, Any]) -> dict[str, Any]:
        """Return the document of state if it is what this process wrote: the first try arrived, its answer did not.

        Raises IndexLockedError if it is not.
        """
        found: dict[str, Any] = self._client.ask(lambda raw: raw.get(index=self.index, id=_LIVE, ignore=404))
        if found.get("_source", {}).get("stamp") == body["stamp"]:
            return found
        said = found.get("_source", {})
        raise IndexLockedError(
            f"Another process has written to the index {self._alias} at {self._client.address} while this one was at "
            f"work, or has rolled it back: {said.get('live') or 'no commit'} is live now. Nothing of this run is; "
            "run it again."
        )


def _deleted(raw: Any, *, index: str, name: str) -> Any:
    return raw.delete(index=index, id=name, ignore=404)


def _made(raw: Any, index: str, body: dict[str, Any]) -> None:
    from opensearchpy import RequestError

    try:
        raw.indices.create(index=index, body=body)
    except RequestError as error:
        if error.error != "resource_already_exists_exception":
            raise


def _unless_changed(raw: Any, index: str, body: dict[str, Any], only: dict[str, Any]) -> dict[str, Any] | None:
    """Write the document of state; None if it is another one than *only* demands."""
    from opensearchpy import ConflictError

    try:
        written: dict[str, Any] = raw.index(index=index, id=_LIVE, body=body, params=only)
    except ConflictError:
        return None
    return written
