"""The place on a cluster where the commits of an index are kept."""

from __future__ import annotations

import time
from collections.abc import Callable, Sequence
from dataclasses import replace
from pathlib import Path
from threading import Lock
from typing import TYPE_CHECKING, Any, TypeVar

from arsearch.backends.opensearch.cluster.client import ClusterClient
from arsearch.backends.opensearch.cluster.commit_files import CommitFiles
from arsearch.backends.opensearch.cluster.commit_view import CommitClient
from arsearch.backends.opensearch.cluster.commits import IndexAlias, words_index
from arsearch.backends.opensearch.cluster.state import CommitRecord
from arsearch.backends.opensearch.index import ClusterIndex
from arsearch.backends.opensearch.publish.lineage import lineages_of, not_from_here
from arsearch.backends.opensearch.search.vocabulary import ClusterWords, WordCounts, read_counts
from arsearch.corpus import Article
from arsearch.errors import ArsearchError, ClusterUnavailableError, CorruptIndexError, NoIndexError
from arsearch.index import Layout
from arsearch.index.layout import ARTICLES_FOLDER
from arsearch.index.reader_lock import ReaderLock
from arsearch.index.store.article_store import ArticleStore
from arsearch.index.writes.log import WriteLog
from arsearch.ranking import RankingWeights
from arsearch.settings import Settings

if TYPE_CHECKING:
    from arsearch.index import IndexSummary, Progress, Verification

__all__ = ["OpenSearchBackend"]

T = TypeVar("T")

_REMEMBERED_SECONDS = 0.5
"""How long it is not asked again which commit is live, and which weights."""
_SOON_SECONDS = 2.0
"""How long that may take: readers wait for it."""
_TUNED = "tuned"
_WRITTEN = "written_ns"
"""When weights were written, in nanoseconds since 1970."""


class OpenSearchBackend:
    """The index ``settings.opensearch_index`` of the cluster at ``settings.opensearch_url``.

    What is indexed is read, cleaned, analysed and embedded in a folder of the directory ``settings.index``, as a local
    index is, and published from there. That index itself is never touched.
    """

    def __init__(self, settings: Settings, clock: Callable[[], float] = time.monotonic) -> None:
        """Make ready; nothing is asked yet. Raises SettingsError if settings do not fit."""
        self._settings = settings
        self._client = ClusterClient(settings)
        self._alias = IndexAlias(self._client, settings.opensearch_index)
        self._files = CommitFiles(self._client, settings.opensearch_index)
        self._clock = clock
        self._shared = self.local_directory / "vocabulary"
        """Where processes of this machine share the vocabulary."""
        self._known: tuple[float, str] = (float("-inf"), "")
        self._silence: tuple[float, ClusterUnavailableError | None] = (float("-inf"), None)
        self._known_condition: tuple[float, dict[str, Any]] = (float("-inf"), {})
        self._reading = Lock()
        self._following = Lock()
        self._known_here: tuple[float, str, bool] = (float("-inf"), "", False)
        self._followed = float("-inf")
        self._known_obstacle: tuple[float, str] = (float("-inf"), "")
        self._articles: tuple[str, ArticleStore, ReaderLock] | None = None
        self._known_stamp: tuple[float, tuple[int, int] | None] = (float("-inf"), None)

    @property
    def name(self) -> str:
        """What the index is called, for messages."""
        return f"{self._settings.opensearch_index} at {self._client.address}"

    @property
    def local_directory(self) -> Path:
        """The folder in which commits are made before they are published."""
        return self._settings.index / f"for-{self._settings.opensearch_index}"

    def close(self) -> None:
        """Close the connections."""
        self._close_articles()
        self._client.close()

    def current(self) -> str:
        """Return the name of the live commit, as of the last seconds. Raises an IndexStateError."""
        when, name = self._known
        if self._clock() - when > _REMEMBERED_SECONDS:
            name = self._asked_soon(self._alias.live)
            self._known = (self._clock(), name)
        return name

    def _asked_soon(self, ask: Callable[[], T]) -> T:
        """Return what *ask* gives: within seconds, and not again for as long if the cluster does not answer."""
        from arsearch.backends.opensearch.cluster.transport import within

        when, failure = self._silence
        if failure is not None and self._clock() - when <= _REMEMBERED_SECONDS:
            raise failure.with_traceback(None)
        try:
            with within(_SOON_SECONDS):
                answer = ask()
        except ClusterUnavailableError as error:
            self._silence = (self._clock(), error)
            raise
        self._silence = (self._clock(), None)
        return answer

    def condition(self) -> dict[str, Any]:
        """Return how the cluster is, as of the last seconds. Raises an IndexStateError if it does not answer."""
        when, condition = self._known_condition
        if self._clock() - when > _REMEMBERED_SECONDS:
            index = f"{self._settings.opensearch_index}-*"
            health = self._asked_soon(lambda: self._client.ask(lambda raw: raw.cluster.health(index=index)))
            resting = sum(self._client.nodes.breaker(address) != "closed" for address in self._client.nodes.addresses)
            condition = {
                "status": health["status"],
                "nodes": health["number_of_nodes"],
                "shards_missing": health["unassigned_shards"],
                "nodes_resting": resting,
            }
            self._known_condition = (self._clock(), condition)
        return condition

    def open(self, commit: str | None = None) -> ClusterIndex:
        """Open the live commit, or the one named *commit*. Raises an IndexStateError if that is not possible.

        Raises NoIndexError for a commit that is not kept.
        """
        state = self._alias.state()
        # Nobody's text becomes the name of a document.
        if commit is not None and not ((standing := state.standing(commit)) and standing.is_read):
            raise NoIndexError(f"The commit {commit!r} of {self.name} is not kept. Search the live one.")
        record = self._alias.record(commit or state.live)
        manifest, knn = self._alias.manifest(record)
        manifest = replace(manifest, log_position=self._position_in(record))
        counts = self._counts(record)
        client = CommitClient(self._client, record, self._alias.store)
        words = ClusterWords(client, record.index, counts, self._shared)
        if len(words) != manifest.articles:
            raise CorruptIndexError(
                f"The vocabulary of {record.name} is of {len(words)} articles, the index of {manifest.articles}. Run "
                "`arsearch rollback`, or `arsearch index --full`."
            )
        return ClusterIndex(
            client, record.index, manifest, words, knn=knn, max_prefix_words=self._settings.max_prefix_words
        )

    # Weights

    def read_weights(self) -> RankingWeights | None:
        """Return the weights that were learnt for the index, None if none were. Raises an IndexStateError."""
        index = self._learned_index
        found = self._client.ask(lambda raw: raw.get(index=index, id=_TUNED, ignore=404))
        if "_source" not in found:
            return None
        try:
            return RankingWeights.from_record(found["_source"])
        except ValueError as error:
            raise CorruptIndexError(
                f"The weights in {index} cannot be read: {error}. Run `arsearch tune` again, or `arsearch tune "
                "--forget`."
            ) from error

    def weights_stamp(self) -> tuple[int, int] | None:
        """Return what changes when the weights do, as of the last seconds. Raises an IndexStateError."""
        when, stamp = self._known_stamp
        if self._clock() - when > _REMEMBERED_SECONDS:
            index = self._learned_index
            found = self._asked_soon(lambda: self._client.ask(lambda raw: raw.get(index=index, id=_TUNED, ignore=404)))
            # Numbers of versions begin anew where weights were forgotten meanwhile, times do not.
            stamp = (found["_source"].get(_WRITTEN, 0), found["_seq_no"]) if "_source" in found else None
            self._known_stamp = (self._clock(), stamp)
        return stamp

    def write_weights(self, weights: RankingWeights) -> None:
        """Replace the weights of the index."""
        body = weights.as_record() | {_WRITTEN: time.time_ns()}
        self._client.ask(
            lambda raw: raw.index(index=self._learned_index, id=_TUNED, body=body, refresh=True), writing=True
        )

    def forget_weights(self) -> None:
        """Go back to the weights that ship."""
        self._client.ask(lambda raw: raw.indices.delete(index=self._learned_index, ignore=404), writing=True)

    @property
    def _learned_index(self) -> str:
        return f"{self._settings.opensearch_index}-tuned"

    # Looking after the index

    def update(self, sources: Sequence[Path], **options: Any) -> IndexSummary:
        """Bring the index up to date as ``arsearch.index.update_index`` does, and publish what came of it.

        Raises what that raises, and ClusterError; what was live is then as it was.
        """
        from arsearch.backends.opensearch.publish.update import update_cluster

        try:
            return update_cluster(self._settings, self._client, self.local_directory, sources, options)
        finally:
            self._known = (float("-inf"), "")

    def log_position(self) -> int:
        """Return the number of the last write of the log that is in the live index. Raises an IndexStateError."""
        return self._position_in(self._alias.record())

    def _position_in(self, record: CommitRecord) -> int:
        """Return up to which number the log of this machine is in the commit *record*."""
        if not record.logs:  # none has, or an earlier arsearch wrote it, which knew of one machine
            return int(record.manifest.get("log_position", 0))
        return record.logs.get(WriteLog(self.local_directory).name, 0)

    def write_obstacle(self) -> str:
        """Return why articles cannot be written from here, as of the last seconds, or an empty text."""
        when, obstacle = self._known_obstacle
        if self._clock() - when > _REMEMBERED_SECONDS:
            obstacle = self._obstacle()
            self._known_obstacle = (self._clock(), obstacle)
        return obstacle

    def _obstacle(self) -> str:
        live = self._alias.live_lineage()
        if live is None or live[1] in lineages_of(self.local_directory):
            return ""
        if self._files.has(live[1]):
            return ""
        return not_from_here(live[0], self.local_directory)

    def catch_up(self) -> None:
        """Take over to this machine what is live, as of the last seconds, if it can be had.

        Raises IndexLockedError while another process does, or another IndexStateError.
        """
        from arsearch.backends.opensearch.publish.update import catch_up

        with self._following:
            if self._clock() - self._followed <= _REMEMBERED_SECONDS:
                return
            catch_up(self._settings, self._client, self.local_directory)
            self._followed = self._clock()

    def has_live(self) -> bool:
        """Return whether this machine has what is live, as of the last seconds. Raises an IndexStateError."""
        when, name, has = self._known_here
        if self._clock() - when > _REMEMBERED_SECONDS or name != self._known[1]:
            live = self._alias.live_lineage()
            has = live is not None and live[1] in lineages_of(self.local_directory)
            self._known_here = (self._clock(), self._known[1], has)
        return has

    def as_read(self, identifier: str) -> Article | None:
        """Return the article with this id as it was read or written last; None if there is none.

        That is known where the index is published from, once it has been taken over. Raises an IndexStateError.
        """
        layout = Layout(self.local_directory)
        with self._reading:
            while True:
                name = layout.current()
                try:
                    return self._articles_of(layout, name).as_read(identifier)
                except CorruptIndexError:
                    if layout.current() == name:
                        raise  # it was not collected a moment ago

    def _articles_of(self, layout: Layout, name: str) -> ArticleStore:
        if self._articles is None or self._articles[0] != name:
            self._close_articles()
            folder = layout.commit(name)
            claim = ReaderLock(folder)
            self._articles = name, ArticleStore(folder / ARTICLES_FOLDER), claim
        return self._articles[1]

    def _close_articles(self) -> None:
        if self._articles is not None:
            _, store, claim = self._articles
            self._articles = None
            store.close()
            claim.close()

    def facts(self) -> dict[str, Any]:
        """Return what is in the index and what made it, for people and programs."""
        record = self._alias.record()
        manifest, knn = self._alias.manifest(record)
        both = f"{record.index},{words_index(record.index)}"
        statistics = self._client.ask(lambda raw: raw.indices.stats(index=both, metric="store"))["_all"]
        health = self._client.ask(lambda raw: raw.cluster.health(index=record.index))
        return {
            "index": self.name,
            "commit": record.name,
            "commits": self._alias.whole(),
            "created": manifest.created,
            "articles": manifest.articles,
            "passages": manifest.passages,
            "encoder": manifest.encoder,
            "dimension": manifest.dimension,
            "format_version": manifest.format_version,
            "analysis_version": manifest.analysis_version,
            "bytes": statistics["total"]["store"]["size_in_bytes"],
            "sources": list(manifest.sources),
            "vectors": "k-NN" if knn else "compared one by one",
            "shards": health["active_primary_shards"],
            "health": health["status"],
        }

    def verify(self, *, sample: int = 0, progress: Progress | None = None) -> Verification:
        """Compare the parts of the live index, and *sample* articles with their texts. Raises an IndexStateError."""
        from arsearch.backends.opensearch.verification import inspect_cluster_index

        return inspect_cluster_index(self._alias, sample=sample, progress=progress)

    def rollback(self, commit: str | None = None, *, wait: float = 0.0) -> str:
        """Make *commit*, or the whole one before the live one, the live one; return its name.

        Raises NoIndexError if there is none to go to, or another IndexStateError if it cannot be served.
        """
        del wait  # the switch is one step: there is nothing to wait for
        state = self._alias.state()
        whole = state.kept
        if commit is not None and commit not in whole:
            raise NoIndexError(f"There is no commit {commit!r} of {self.name}; `arsearch info` lists them.")
        self._known = (float("-inf"), "")
        if commit is not None:
            self._check(commit)
            self._alias.switch(commit, instead_of=state.live)
            return commit
        for name in reversed(whole[: whole.index(state.live)]):
            try:
                self._check(name)
            except ArsearchError:
                continue
            self._alias.switch(name, instead_of=state.live)
            return name
        raise NoIndexError(
            f"There is no earlier whole commit of {self.name}: nothing was changed. "
            "Run `arsearch index --full SOURCE...` with all your sources."
        )

    def _check(self, commit: str) -> None:
        """Raise an IndexStateError if *commit* cannot be served."""
        record = self._alias.record(commit)
        self._alias.manifest(record)
        self._counts(record)

    def _counts(self, record: CommitRecord) -> WordCounts:
        return read_counts(self._client, words_index(record.index), record.words, self._alias.store.words(record))
