"""An update of an index on a cluster: a commit on this machine, made as a local index is, and its publication.

It builds upon what is live, which is taken over first if it was published elsewhere. One writer at a time works,
whatever machine it is on; who was overtaken all the same tries again upon what is live then.
"""

from __future__ import annotations

import math
import time
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager, suppress
from dataclasses import replace
from pathlib import Path
from typing import Any

from arsearch.backends.opensearch.cluster.client import ClusterClient
from arsearch.backends.opensearch.cluster.commits import IndexAlias, words_index
from arsearch.backends.opensearch.cluster.force_merge import merge_segments
from arsearch.backends.opensearch.cluster.lease import WriterLease
from arsearch.backends.opensearch.publish.lineage import (
    OvertakenError,
    PublishedMap,
    commit_of_lineage,
    lineage_of,
    lineages_of,
    not_from_here,
    note_published,
    published_map,
    publishing_alone,
    write_map,
)
from arsearch.backends.opensearch.publish.publish import publish
from arsearch.backends.opensearch.publish.take_over import misfit, note_made_here, take_over
from arsearch.backends.sharing import sharing
from arsearch.errors import ClusterWriteError, CorruptIndexError, IndexStateError
from arsearch.index import Changes, Commit, IndexSummary, Layout, rollback, update_index
from arsearch.index.writes.log import WriteLog
from arsearch.settings import Settings

__all__ = ["catch_up", "update_cluster", "writing_alone"]

_TRIES = 5
"""Times that changes by hand are made upon what is live, where others publish or roll back meanwhile."""

_BY_HAND = "unpublished"
"""A file that is there while a commit was made by hand and is not published: it was told to have failed."""


@contextmanager
def writing_alone(client: ClusterClient, settings: Settings, directory: Path, wait: float) -> Iterator[WriterLease]:
    """Let nobody else write to the index of *settings*, nor publish from *directory*.

    Who does is waited for, up to *wait* seconds. Raises IndexLockedError, or another IndexStateError.
    """
    alias = IndexAlias(client, settings.opensearch_index)
    with publishing_alone(directory, wait):
        alias.store.make()
        with WriterLease(client, alias.store.index).held(wait) as lease:
            yield lease


def update_cluster(
    settings: Settings, client: ClusterClient, directory: Path, sources: Sequence[Path], options: Mapping[str, Any]
) -> IndexSummary:
    """Bring the index in *directory* up to date with *sources*, and publish what came of it.

    *options* are those of :func:`arsearch.index.update_index`. Raises what that raises, and an IndexStateError if the
    cluster cannot be written to, or what is live cannot be taken over; what was live is then as it was.
    """
    began = time.perf_counter()
    alias = IndexAlias(client, settings.opensearch_index)
    alias.mappings()  # what is wrong with the cluster is said before the work, not after it
    changes: Changes = options.get("changes") or Changes()
    local = replace(
        settings, index=directory, keep_commits=max(settings.keep_commits, 2)
    )  # what is live, to go back to
    in_one_piece = {"embed_seconds": math.inf}  # the whole index is published at the end
    for left in reversed(range(_TRIES if changes.by_hand else 1)):
        try:
            with writing_alone(client, settings, directory, options.get("wait", 0.0)) as lease:
                upon = _settle(alias, settings, directory, anew=bool(options.get("full")) and bool(sources))
                before = _live_lineage(directory)
                if changes.by_hand:
                    if reason := misfit(directory, settings):
                        raise ClusterWriteError(reason)
                    (directory / _BY_HAND).touch()
                summary = update_index(sources, local, share=sharing(settings), **{**options, **in_one_piece})
                with Commit.open_live(directory) as commit:
                    known = _known(directory, before, commit, anew=bool(options.get("full") or summary.rebuilt_because))
                    published = publish(
                        commit,
                        client,
                        settings,
                        lease,
                        options.get("progress"),
                        upon=upon,
                        known=known,
                        log=(WriteLog(directory).name, changes.log_position) if changes.log_position else None,
                    )
                    note_published(directory, commit.manifest)
                    write_map(directory, published.known)
                    (directory / _BY_HAND).unlink(missing_ok=True)
                    if not changes.by_hand:
                        note_made_here(directory)
            break
        except OvertakenError:
            if not left:
                raise
    if changes.compact:
        both = [published.index, words_index(published.index)]
        merge_segments(client, both, options.get("progress"))
        # Nothing else would have searchers leave the old segments for the new one.
        client.ask(lambda raw: raw.indices.refresh(index=both), writing=True)
    return replace(summary, commit=published.name, seconds=time.perf_counter() - began)


def catch_up(settings: Settings, client: ClusterClient, directory: Path) -> None:
    """Let *directory* have what is live, wherever that was published, as far as it can be had.

    Raises IndexLockedError while another process publishes from there, or another IndexStateError.
    """
    alias = IndexAlias(client, settings.opensearch_index)
    live = alias.live_lineage()
    if live is None or live[1] in lineages_of(directory):
        return
    with publishing_alone(directory, 0.0):
        while (live := alias.live_lineage()) is not None and live[1] not in lineages_of(directory):
            try:
                _go_on_from(alias, settings, directory, *live)
                return
            except CorruptIndexError:
                if alias.live_lineage() == live:
                    raise  # it was not replaced, and forgotten, while it was fetched


def _settle(alias: IndexAlias, settings: Settings, directory: Path, *, anew: bool) -> set[str] | None:
    """Let the directory go on from what is live; return the lineages of which that may be, None for any.

    Raises ClusterWriteError if it was published elsewhere and cannot be taken over.
    """
    if anew:
        return None
    live = alias.live_lineage()
    if live is None:
        return None
    name, lineage = live
    here = _live_lineage(directory)
    if lineage in lineages_of(directory):
        if (directory / _BY_HAND).exists() and here != lineage:
            # What failed was told to have failed: whoever tries it again finds everything as it was.
            _go_back(directory, lineage)
        return {lineage}
    unknown = not lineage and here  # an early arsearch did not note it
    if not unknown and not _go_on_from(alias, settings, directory, name, lineage):
        raise ClusterWriteError(not_from_here(name, directory))
    return {lineage}


def _go_on_from(alias: IndexAlias, settings: Settings, directory: Path, name: str, lineage: str) -> bool:
    """Make the commit *name* on the cluster the live one of the directory; return whether it can be had."""
    if _go_back(directory, lineage):
        return True
    if not lineage or not take_over(alias.client, settings, directory, alias.record(name)):
        return False
    (directory / _BY_HAND).unlink(missing_ok=True)
    return True


def _go_back(directory: Path, lineage: str) -> bool:
    """Let the commit of *directory* with this *lineage* be the live one there; return whether there is one."""
    name = commit_of_lineage(directory, lineage)
    if name:
        rollback(directory, name)
        (directory / _BY_HAND).unlink(missing_ok=True)
    return bool(name)


def _live_lineage(directory: Path) -> str:
    with suppress(IndexStateError):
        return lineage_of(Layout(directory).live_manifest())
    return ""


def _known(directory: Path, before: str, commit: Commit, *, anew: bool) -> PublishedMap | None:
    """Return what is remembered of the documents on the cluster, if *commit* builds upon what it is about."""
    known = published_map(directory)
    lineage = lineage_of(commit.manifest)
    if known is None or known.head not in (before, lineage) or (anew and known.head != lineage):
        return None
    if known.head != lineage:
        known = replace(known, head=lineage)
        write_map(directory, known)
    return known
