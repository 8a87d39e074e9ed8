"""From a commit on this machine to a cluster: its articles are changed in place, then one document says so.

The live articles are in one index. What a commit adds is written there beside the rest, in a bulk request, and nobody
sees it: searches of a commit leave out what is younger. What it deletes is not deleted yet, but listed. Then come its
words, by how much they have become more or less, and what it consists of; and last the document of state is replaced
(cluster/state.py), which makes it live. A commit that is read finds all of its documents: those that it has not any
more are deleted when no commit that can still be read has them.

A whole index is only made where the rules are others, or nearly everything would go: see generation.py.
"""

from __future__ import annotations

import json
import logging
from collections.abc import Callable, Iterable, Sequence
from contextlib import suppress
from dataclasses import replace
from typing import Any

from arsearch.backends.opensearch.cluster.bulk import delete_matching, write_all
from arsearch.backends.opensearch.cluster.client import ClusterClient
from arsearch.backends.opensearch.cluster.commit_files import CommitFiles
from arsearch.backends.opensearch.cluster.commit_view import CommitClient
from arsearch.backends.opensearch.cluster.commits import IndexAlias, words_index
from arsearch.backends.opensearch.cluster.lease import WriterLease
from arsearch.backends.opensearch.cluster.state import MOST_TOKENS, CommitRecord, LiveState, Standing
from arsearch.backends.opensearch.publish.difference import (
    Difference,
    PublishedDocuments,
    by_contents,
    by_standing,
)
from arsearch.backends.opensearch.publish.document_writer import DocumentWriter
from arsearch.backends.opensearch.publish.generation import (
    Generation,
    by_ordinal,
    check_plugin,
    has,
    list_documents,
    reopen,
    rules_of,
)
from arsearch.backends.opensearch.publish.lineage import OvertakenError, Published, PublishedMap, lineage_of
from arsearch.backends.opensearch.publish.word_changes import all_words_of, sum_of, words_of
from arsearch.backends.opensearch.search.query_dsl import SEARCHABLE
from arsearch.backends.opensearch.search.vocabulary import WordCounts
from arsearch.errors import ClusterWriteError, CorruptIndexError, IndexStateError
from arsearch.index import Commit
from arsearch.settings import Settings

__all__ = ["Progress", "publish"]

_log = logging.getLogger(__name__)

Progress = Callable[[str, int, int | None], None]

_PATIENCE_SECONDS = 120.0
"""How long a request may take here at least: a cluster that is busy with many documents is not down."""
_MOST_GONE = 5_000
"""Documents that searches leave out by their numbers, all of which they send; where there would be more, a whole index
is made."""
_MOST_VOID = 1_000
_MOST_LOGS = 100
"""Logs of writes that are remembered, the latest ones: a container may have another one each time it starts."""
_MOST_WORD_CHANGES = 50
"""Commits whose words are kept as changes, before all words are written again."""
_MOST_CHANGED = 10_000
_CHANGED_SHARE = 4
"""So are they when so many articles have changed, or a fourth of them."""


def publish(
    commit: Commit,
    client: ClusterClient,
    settings: Settings,
    lease: WriterLease,
    progress: Progress | None = None,
    *,
    upon: Iterable[str] | None = None,
    known: PublishedMap | None = None,
    log: tuple[str, int] | None = None,
) -> Published:
    """Make the articles of *commit* the live ones of *settings*, by who holds the *lease*.

    If they are already, nothing is written. What is live must be of one of the lineages *upon*, if they are given.
    *known* says which documents there are, as far as that is remembered; *log* which log of writes is in *commit*, and
    up to which number. Raises an IndexStateError if the cluster
    cannot be written to, IndexLockedError if another process took over meanwhile; what was live is then as it was.
    """
    patient = client.patient(_PATIENCE_SECONDS)
    try:
        publisher = _Publisher(commit, patient, settings, lease, progress or _silent, log)
        try:
            return publisher.run(upon, known)
        except _CountError:
            if known is None:
                raise
            return publisher.run(upon, None)  # what was remembered is wrong: the cluster is asked
    finally:
        patient.close()


class _CountError(ClusterWriteError):
    """There are more or fewer articles than there should be."""


class _Publisher:
    def __init__(
        self,
        commit: Commit,
        client: ClusterClient,
        settings: Settings,
        lease: WriterLease,
        progress: Progress,
        log: tuple[str, int] | None,
    ) -> None:
        self._commit = commit
        self._client = client
        self._settings = settings
        self._lease = lease
        self._progress = progress
        self._alias = IndexAlias(client, settings.opensearch_index)
        self._store = self._alias.store
        self._files = CommitFiles(client, settings.opensearch_index)
        self._lineage = lineage_of(commit.manifest)
        self._log = log
        self._before = ""
        self._logs: dict[str, int] = {}
        self._meta: dict[str, Any] = {}
        storage = commit.vectors.storage
        self._rules = rules_of(commit.manifest, self._alias.has_knn(), settings.opensearch_shards, storage)

    def run(self, upon: Iterable[str] | None, known: PublishedMap | None) -> Published:
        state = self._store.read()
        record: CommitRecord | None = None
        if state is not None and state.live:
            try:
                record = self._store.commit(state.live)
            except CorruptIndexError:
                if upon is not None:
                    raise
        if upon is not None and record is not None and record.lineage not in set(upon):
            raise OvertakenError(
                f"The live commit {record.name} at {self._client.address} is not the one that this run builds upon: "
                "another machine has published since, or it was rolled back. Nothing was changed; run it again."
            )
        if record is not None:
            self._before, self._logs = record.lineage, dict(record.logs)
        if self._log is not None:
            log, number = self._log
            self._logs = dict([*self._logs.items()][-_MOST_LOGS:]) | {log: number}
        if state is not None and record is not None and self._is_made_as_wanted(record):
            published = self._in_place(state, record, known)
            if published is not None:
                return published
        else:
            record = None
        return self._whole(state, record)

    def _is_made_as_wanted(self, record: CommitRecord) -> bool:
        """Whether the index of *record* was made by the rules of this commit."""
        with suppress(IndexStateError):
            self._meta = self._alias.meta(record.index)
        return bool(self._meta.get("rules") == self._rules)

    # In place

    def _in_place(self, state: LiveState, record: CommitRecord, known: PublishedMap | None) -> Published | None:
        """Change the live index; None if a whole one has to be made."""
        if known is not None and (known.commit, known.head) == (record.name, self._lineage):
            difference = by_standing(self._commit, known.documents)
        else:
            difference = by_contents(self._commit, self._visible(record))
        gone = sum(map(len, record.gone.values())) + len(difference.remove)
        void = len(record.void) + state.token - record.token
        if gone > _MOST_GONE or void > _MOST_VOID or state.token - record.base >= MOST_TOKENS:
            return None
        if not len(difference.write) and not len(difference.remove) and self._is_as(record):
            return self._nothing_new(record, difference)
        if self._meta.get("closed"):
            reopen(self._alias, record.index)
        state = self._begin(state)
        new, purged = self._successor(state, record, difference)
        writer = DocumentWriter(self._commit, record.index, state.token, knn=self._rules["knn"])
        changed = len(difference.write) + len(difference.remove)
        most = min(_MOST_CHANGED, self._commit.manifest.articles // _CHANGED_SHARE)
        all_words = len(new.word_changes) > _MOST_WORD_CHANGES or new.changed > most
        removed = WordCounts() if all_words else words_of(self._ask, record.index, difference.remove.tolist())
        after = difference.documents(self._commit, lambda ordinal: new.number(ordinal, new.token))
        self._sweep(state, new)
        self._write(writer, difference, after, purged)
        self._check_count(new)
        if all_words:
            new = replace(new, words=state.token, word_changes=(), changed=0)
            self._write_words(new, all_words_of(self._commit.words))
        elif changed:
            self._store.write_words(state.token, sum_of(writer.counts, removed).parts())
        return self._make_live(state, new, after, forget_words=all_words)

    def _successor(
        self, state: LiveState, record: CommitRecord, difference: Difference
    ) -> tuple[CommitRecord, Sequence[int]]:
        """Return what comes after *record*, and the numbers of documents that no commit has that can be read."""
        readable = [each.token for each in state.commits if each.index == record.index]
        gone, purged = record.gone_since(min(readable, default=record.token))
        if len(difference.remove):
            gone[state.token] = tuple(difference.remove.tolist())
        changed = len(difference.write) + len(difference.remove)
        new = CommitRecord(
            name=self._store.name_of(state.token),
            token=state.token,
            index=record.index,
            base=record.base,
            words=record.words,
            word_changes=(*record.word_changes, state.token) if changed else record.word_changes,
            changed=record.changed + changed,
            gone=gone,
            void=(*record.void, *range(record.token + 1, state.token)),
            lineage=self._lineage,
            logs=self._logs,
            manifest=self._manifest(self._store.name_of(state.token)),
        )
        return new, purged

    def _visible(self, record: CommitRecord) -> dict[int | None, tuple[int, str]]:
        """Return the documents of *record* by the ordinals of their articles."""
        seen = CommitClient(self._client, record)
        self._ask(lambda raw: raw.indices.refresh(index=record.index))
        return by_ordinal(list_documents(seen.ask, record.index))

    def _nothing_new(self, record: CommitRecord, difference: Difference) -> Published:
        """Let the live commit say that it is as new as the one of this machine."""
        after = difference.documents(self._commit, lambda _: 0)
        if record.lineage != self._lineage:
            self._lease.check()
            self._write_files(record.token)
            manifest = self._manifest(record.name)
            self._store.write_commit(replace(record, lineage=self._lineage, logs=self._logs, manifest=manifest))
        elif not self._files.has(self._lineage):  # an earlier arsearch has published it
            self._write_files(record.token)
        return self._published(record, after, is_new=False)

    def _is_as(self, record: CommitRecord) -> bool:
        """Whether *record* says of its articles what this commit does."""
        mine = json.loads(json.dumps(self._manifest(record.name)))  # as it comes back from the cluster
        same = ("articles", "passages", "semantic_scale", "sources", "languages", "refinement")
        return all(record.manifest.get(name) == mine[name] for name in same)

    def _sweep(self, state: LiveState, new: CommitRecord) -> None:
        """Delete what was written for commits that never became live, or cannot be read any more."""
        readable = {each.token for each in state.commits}
        is_fresh = bool(new.void) and new.void[-1] == new.token - 1
        if is_fresh and readable.isdisjoint(new.void):  # what was rolled back from may have readers yet
            query = {"terms": {"born": list(new.void)}}
            self._ask(lambda raw: delete_matching(raw, new.index, query))

    # A whole index

    def _whole(self, state: LiveState | None, record: CommitRecord | None) -> Published:
        """Make a whole index, out of that of *record* if it is given."""
        check_plugin(self._commit.manifest, self._settings, knn=self._rules["knn"])
        before = {each.index for each in state.commits} if state else set()
        state = self._begin(state, least=0 if state else self._alias.last_number())
        name = self._store.name_of(state.token)
        generation = Generation(self._alias, self._settings, name, state.token, self._rules, self._commit.manifest)
        source = generation.begin(record.index if record else "", before)
        there = list(list_documents(self._ask, name)) if source else []
        if record is not None and source == record.index:
            there = [document for document in there if has(record, document)]
        kept = by_ordinal(there)
        difference = by_contents(self._commit, kept)
        new = CommitRecord(
            name=name,
            token=state.token,
            index=name,
            base=generation.base,
            words=state.token,
            lineage=self._lineage,
            logs=self._logs,
            manifest=self._manifest(name),
        )
        after = difference.documents(self._commit, lambda ordinal: new.number(ordinal, new.token))
        writer = DocumentWriter(self._commit, name, state.token, knn=self._rules["knn"])
        stays = set(difference.numbers.tolist())
        listed = list_documents(self._ask, name) if source else ()
        self._write(writer, difference, after, [number for number, _, _ in listed if number not in stays])
        self._check_count(new)
        self._write_words(new, all_words_of(self._commit.words))
        generation.finish(self._progress)
        return self._make_live(state, new, after)

    # Both

    def _begin(self, state: LiveState | None, *, least: int = 0) -> LiveState:
        self._lease.check()
        return self._store.begin(state, least=least)

    def _write(
        self, writer: DocumentWriter, difference: Difference, after: PublishedDocuments, deleted: Sequence[int]
    ) -> None:
        """Delete documents, and write new ones."""
        total = len(difference.write)
        self._progress("publishing", 0, total)

        def done(count: int) -> None:
            self._lease.check()
            self._progress("publishing", count, total)

        def actions() -> Any:
            yield from writer.deletions(deleted)
            yield from writer.actions(difference, after, done)

        try:
            self._ask(lambda raw: write_all(raw, actions()))
        except ClusterWriteError as error:
            if "shard is not active" not in str(error):
                raise
            raise ClusterWriteError(
                f"A node that has a part of the index at {self._client.address} was lost while it was written to. "
                "What was live is as it was. When the node is back, or without it, run the same command again: it goes "
                f"on where it was. ({error})"
            ) from error

    def _check_count(self, new: CommitRecord) -> None:
        """Raise ClusterWriteError unless the index has just the articles of the commit."""
        self._ask(lambda raw: raw.indices.refresh(index=new.index))
        seen = CommitClient(self._client, new)
        body = {"query": {"term": {SEARCHABLE: True}}}
        counted = seen.ask(lambda raw: raw.count(index=new.index, body=body))["count"]
        total = len(self._commit.articles)
        if counted != total:
            raise _CountError(
                f"The index {new.index} at {self._client.address} has {counted} articles where there should be "
                f"{total}. Nothing of this run is live; run `arsearch index` again."
            )

    def _write_words(self, new: CommitRecord, counts: WordCounts) -> None:
        index = words_index(new.index)
        parts = (
            {"_index": index, "_id": f"{new.token}-{part['part']}", "_source": part | {"token": new.token}}
            for part in counts.parts()
        )
        self._ask(lambda raw: write_all(raw, parts))
        self._ask(lambda raw: raw.indices.refresh(index=index))

    def _make_live(
        self, state: LiveState, new: CommitRecord, after: PublishedDocuments, *, forget_words: bool = False
    ) -> Published:
        """Make *new* live, and tidy up."""
        self._write_files(new.token)
        self._store.write_commit(new)
        self._lease.check()
        then = state.with_commit(Standing(new.name, new.token, new.index), self._settings.keep_commits)
        then = self._store.replace(state, then)
        try:
            self._tidy(state, then, new, forget_words=forget_words)
        except IndexStateError as error:  # it is live all the same, and the next one tidies up too
            _log.warning("What the commit %s replaces was not deleted: %s", new.name, error)
        return self._published(new, after, is_new=True)

    def _tidy(self, before: LiveState, now: LiveState, new: CommitRecord, *, forget_words: bool) -> None:
        """Delete what only commits had that cannot be read any more."""
        named = self._alias.named()
        self._alias.point(new.index)
        self._store.forget({each.name for each in before.commits} - {each.name for each in now.commits})
        used = {each.index for each in now.commits}
        if {each.index for each in before.commits} != used:
            if not before.live:  # servers of an earlier arsearch go on with what its alias stood for
                used |= {*named}
            self._alias.delete(name for name in self._alias.mappings() if name not in used)
        if self._settings.opensearch_share_commits:
            self._files.forget(self._store.lineages(now), token=new.token)
        if forget_words:
            query = {"range": {"token": {"lt": self._store.forget_words(now)}}}
            self._ask(lambda raw: delete_matching(raw, words_index(new.index), query))

    def _write_files(self, token: int) -> None:
        """Let any machine go on from this commit, where that is wanted."""
        if self._settings.opensearch_share_commits:
            manifest = self._commit.manifest
            self._files.write(self._lineage, self._commit.folder, manifest, token=token, upon=self._before)

    def _published(self, record: CommitRecord, after: PublishedDocuments, *, is_new: bool) -> Published:
        return Published(record.name, record.index, PublishedMap(record.name, self._lineage, after), is_new)

    def _manifest(self, name: str) -> dict[str, Any]:
        record = replace(self._commit.manifest, commit=name).as_record()
        record.pop("files")
        return record

    def _ask(self, request: Callable[[Any], Any]) -> Any:
        return self._client.ask(request, writing=True)


def _silent(stage: str, done: int, total: int | None) -> None:
    """Show no progress."""
