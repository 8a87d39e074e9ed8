"""The place on a cluster where the commits of an index are kept."""

from __future__ import annotations

import math
import time
from collections.abc import Callable, Sequence
from dataclasses import replace
from pathlib import Path
from threading import Lock
from typing import TYPE_CHECKING, Any, TypeVar

from arsearch.backends.opensearch.cluster.client import ClusterClient
from arsearch.backends.opensearch.cluster.commits import IndexAlias, words_index
from arsearch.backends.opensearch.index import ClusterIndex
from arsearch.backends.opensearch.publish.lineage import lineages_of, note_published, publishing_alone
from arsearch.backends.opensearch.search.vocabulary import ClusterWords, read_counts
from arsearch.backends.sharing import sharing
from arsearch.corpus import Article
from arsearch.errors import ArsearchError, ClusterUnavailableError, ClusterWriteError, CorruptIndexError, NoIndexError
from arsearch.index import Commit, Layout
from arsearch.index.layout import ARTICLES_FOLDER
from arsearch.index.reader_lock import ReaderLock
from arsearch.index.store.article_store import ArticleStore
from arsearch.ranking import RankingWeights
from arsearch.settings import Settings

if TYPE_CHECKING:
    from arsearch.index import IndexSummary, Progress, Verification

__all__ = ["OpenSearchBackend"]

T = TypeVar("T")

_REMEMBERED_SECONDS = 2.0
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
        self._clock = clock
        self._shared = self.local_directory / "vocabulary"
        """Where processes of this machine share the vocabulary."""
        self._known: tuple[float, str] = (float("-inf"), "")
        self._silence: tuple[float, ClusterUnavailableError | None] = (float("-inf"), None)
        self._known_condition: tuple[float, dict[str, Any]] = (float("-inf"), {})
        self._reading = Lock()
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
        name = self._alias.live() if commit is None else commit
        if commit is not None and commit not in self._alias.whole():  # nobody's text becomes the name of an index
            raise NoIndexError(f"The commit {commit!r} of {self.name} is not kept. Search the live one.")
        manifest, knn = self._alias.manifest(name)
        words = ClusterWords(self._client, name, read_counts(self._client, words_index(name)), self._shared)
        if len(words) != manifest.articles:
            raise CorruptIndexError(
                f"The vocabulary of {name} is of {len(words)} articles, the index of {manifest.articles}. Run "
                "`arsearch rollback`, or `arsearch index --full`."
            )
        return ClusterIndex(
            self._client, name, manifest, words, knn=knn, max_prefix_words=self._settings.max_prefix_words
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
        from arsearch.backends.opensearch.cluster.force_merge import merge_segments
        from arsearch.backends.opensearch.publish.publish import publish
        from arsearch.index import update_index

        self._alias.mappings()  # what is wrong with the cluster is said before the work, not after it
        local_directory = replace(self._settings, index=self.local_directory)
        in_one_piece = {"embed_seconds": math.inf}  # the whole index is published at the end
        changes = options.get("changes")
        with publishing_alone(self.local_directory, options.get("wait", 0.0)):
            if changes and changes.by_hand and (obstacle := self._obstacle()):
                raise ClusterWriteError(obstacle)
            summary = update_index(sources, local_directory, share=sharing(self._settings), **options | in_one_piece)
            with Commit.open_live(self.local_directory) as commit:
                name = publish(commit, self._client, self._settings, options.get("progress"))
                note_published(self.local_directory, commit.manifest)
        if changes and changes.compact:
            merge_segments(self._client, [name, words_index(name)], options.get("progress"))
        self._known = (float("-inf"), "")
        return replace(summary, commit=name)

    def log_position(self) -> int:
        """Return the number of the last write of the log that is in the live index. Raises an IndexStateError."""
        return self._alias.manifest(self._alias.live())[0].log_position

    def write_obstacle(self) -> str:
        """Return why articles cannot be written from here, as of the last seconds, or an empty text."""
        when, obstacle = self._known_obstacle
        if self._clock() - when > _REMEMBERED_SECONDS:
            obstacle = self._obstacle()
            self._known_obstacle = (self._clock(), obstacle)
        return obstacle

    def _obstacle(self) -> str:
        try:
            live = self._alias.live()
        except NoIndexError:
            return ""
        if self._alias.lineage(live) in lineages_of(self.local_directory):
            return ""
        return (
            f"The live index {live} was not published from {self.local_directory} last: another machine has published "
            "since, it was rolled back, or an older arsearch published it. Write on that machine, or run `arsearch "
            "index` with all sources here."
        )

    def as_read(self, identifier: str) -> Article | None:
        """Return the article with this id as it was read or written last; None if there is none.

        That is known where the index is published from. Raises an IndexStateError.
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
        name = self._alias.live()
        manifest, knn = self._alias.manifest(name)
        both = f"{name},{words_index(name)}"
        statistics = self._client.ask(lambda raw: raw.indices.stats(index=both, metric="store"))["_all"]
        health = self._client.ask(lambda raw: raw.cluster.health(index=name))
        return {
            "index": self.name,
            "commit": name,
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
        live = self._alias.live()
        if commit is not None:
            if commit not in self._alias.whole():
                raise NoIndexError(f"There is no commit {commit!r} of {self.name}; `arsearch info` lists them.")
            self._alias.manifest(commit)
            self._alias.switch(commit, instead_of=live)
            return commit
        for name in reversed(self._alias.whole()):
            if name < live:
                try:
                    self._alias.manifest(name)
                    read_counts(self._client, words_index(name))
                except ArsearchError:
                    continue
                self._alias.switch(name, instead_of=live)
                self._known = (float("-inf"), "")
                return name
        raise NoIndexError(
            f"There is no earlier whole commit of {self.name}: nothing was changed. "
            "Run `arsearch index --full SOURCE...` with all your sources."
        )
