"""A machine goes on from what another one has published: it takes the commit over, and what is known of its documents.

What was made here and is not live is left aside. So the articles of all who write come one upon the other.
"""

from __future__ import annotations

import shutil
from contextlib import suppress
from dataclasses import replace
from pathlib import Path

import numpy as np

from arsearch.backends.opensearch.cluster.client import ClusterClient
from arsearch.backends.opensearch.cluster.commit_files import CommitFiles
from arsearch.backends.opensearch.cluster.commit_view import CommitClient
from arsearch.backends.opensearch.cluster.state import CommitRecord
from arsearch.backends.opensearch.publish.difference import PublishedDocuments
from arsearch.backends.opensearch.publish.generation import list_documents
from arsearch.backends.opensearch.publish.lineage import (
    PublishedMap,
    lineage_of,
    note_published,
    published_map,
    write_map,
)
from arsearch.errors import CorruptIndexError, IndexStateError
from arsearch.index import Commit, Layout, Manifest
from arsearch.index.lock import locked
from arsearch.index.update.preprocess import preprocessing_of
from arsearch.settings import Settings

__all__ = ["misfit", "note_made_here", "take_over"]

_FROM_ELSEWHERE = "from-elsewhere"
"""A file that is there while the commit of a directory builds upon one that another machine has made."""


def take_over(client: ClusterClient, settings: Settings, directory: Path, record: CommitRecord) -> bool:
    """Make the commit *record* the live one of *directory*, where nobody else publishes; return whether it can be had.

    Raises an IndexStateError if it cannot be fetched; the directory is then as it was.
    """
    layout = Layout(directory)
    files = CommitFiles(client, settings.opensearch_index)
    if not files.has(record.lineage):
        return False
    with locked(layout):
        name, building = layout.start()
        try:
            manifest = files.fetch(record.lineage, building, _files_of(layout))
            if manifest is None or lineage_of(manifest) != record.lineage:
                raise CorruptIndexError(
                    f"The files of {record.name} in {files.index} at {client.address} are those of another commit. "
                    "Write on the machine that has published last, or run `arsearch index --full SOURCE...` with all "
                    "your sources."
                )
            replace(manifest, commit=name).write(building)
        except BaseException:
            shutil.rmtree(building, ignore_errors=True)
            raise
        layout.publish(name, building)
        (directory / _FROM_ELSEWHERE).touch()
        layout.collect(max(settings.keep_commits, 2), before="")
        with Commit.open_live(directory) as commit:
            write_map(directory, _map_of(client, record, commit, published_map(directory)))
        note_published(directory, manifest)
    return True


def _files_of(layout: Layout) -> dict[str, Path]:
    """Return the files of all commits of *layout*, by their SHA-256."""
    found: dict[str, Path] = {}
    for name in layout.commits():
        folder = layout.commit(name)
        with suppress(IndexStateError):
            found |= {one.sha256: folder / path for path, one in Manifest.read(folder).files.items()}
    return found


def _map_of(
    client: ClusterClient, record: CommitRecord, commit: Commit, known: PublishedMap | None
) -> PublishedMap | None:
    """Return which documents of the commit *record* the articles of *commit* are, which was made of the same.

    What is *known* of an earlier one saves asking for all. None if they cannot be told: they are compared then.
    """
    seen = CommitClient(client, record)
    client.ask(lambda raw: raw.indices.refresh(index=record.index), writing=True)
    since = _token_of(known, record)
    numbers: dict[int, int] = {}
    if known is not None and since is not None:
        numbers = dict(zip(known.documents.ordinals.tolist(), known.documents.numbers.tolist(), strict=True))
    for number, _, _ in list_documents(seen.ask, record.index, since=since):
        numbers[CommitRecord.ordinal_of(number)] = number
    ordinals, copies = commit.articles.standings()
    if not numbers.keys() >= set(ordinals.tolist()):
        return None
    there = np.array([numbers[ordinal] for ordinal in ordinals.tolist()], dtype=np.int64)
    return PublishedMap(record.name, record.lineage, PublishedDocuments(ordinals, there, copies))


def _token_of(known: PublishedMap | None, record: CommitRecord) -> int | None:
    """Return the token of the commit that is *known*, if *record* builds upon it in the same index; else None."""
    if known is None:
        return None
    token, first = (int(name.rpartition("-")[2]) for name in (known.commit, record.index))
    return token if first <= token <= record.token and token not in record.void else None


def note_made_here(directory: Path) -> None:
    """Remember that what is live was brought up to date with the settings of this machine as a whole."""
    (directory / _FROM_ELSEWHERE).unlink(missing_ok=True)


def misfit(directory: Path, settings: Settings) -> str:
    """Return why articles cannot be added with *settings* to what another machine has made, or an empty text.

    Each machine would make everything anew by its own rules, in turns.
    """
    if not (directory / _FROM_ELSEWHERE).exists():
        return ""
    manifest = Layout(directory).live_manifest()
    differing = [
        name
        for name, here, there in (
            ("model", settings.model or manifest.encoder, manifest.encoder),
            ("passage_words", settings.passage_words, manifest.passage_words),
            ("own fields", settings.own_fields, manifest.own_fields),
            ("what articles are cleaned and compared by", preprocessing_of(settings), manifest.refinement),
        )
        if here != there
    ]
    if not differing:
        return ""
    return (
        f"The live index was made on another machine with other settings: {', '.join(differing)}. Nothing was changed. "
        "Give this machine the same settings, or run `arsearch index` here, which makes everything anew with its own."
    )
