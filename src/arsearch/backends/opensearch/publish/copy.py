"""From the index of this machine to a cluster, as it is: nothing is read, analysed or embedded again."""

from __future__ import annotations

import os
import shutil
from contextlib import closing
from dataclasses import replace
from pathlib import Path

from arsearch.backends.opensearch.backend import OpenSearchBackend
from arsearch.backends.opensearch.cluster.client import ClusterClient
from arsearch.backends.opensearch.publish.lineage import note_published, write_map
from arsearch.backends.opensearch.publish.publish import Progress, publish
from arsearch.backends.opensearch.publish.update import writing_alone
from arsearch.index import Commit, Layout, read_weights
from arsearch.index.lock import locked
from arsearch.index.manifest import MANIFEST_FILE
from arsearch.settings import Settings

__all__ = ["copy_index"]


def copy_index(settings: Settings, progress: Progress | None = None) -> str:
    """Make the live commit in ``settings.index`` the live index of the cluster; return the name of the commit there.

    Weights that were learnt go along, and what later updates of the cluster build upon. The index of this machine stays
    as it is. What the cluster has already is not sent again, so a copy that was interrupted goes on, and another one
    brings the cluster up to date. Raises an IndexStateError if either of them cannot be used; what was live on the
    cluster is then as it was.
    """
    with closing(OpenSearchBackend(settings)) as backend:
        with Commit.open_live(settings.index) as commit:
            weights = read_weights(settings.index)
            local_directory = Layout(backend.local_directory)
            with (
                closing(ClusterClient(settings)) as client,
                writing_alone(client, settings, local_directory.root, 0.0) as lease,
                locked(local_directory),
            ):
                published = publish(commit, client, settings, lease, progress)
                _adopt(local_directory, Layout(settings.index).commit(commit.manifest.commit), commit)
                note_published(local_directory.root, commit.manifest)
                write_map(local_directory.root, published.known)
                local_directory.collect(1, before="")
        if weights is not None and backend.read_weights() != weights:
            backend.write_weights(weights)
        return published.name


def _adopt(local_directory: Layout, folder: Path, commit: Commit) -> None:
    """Make *commit* of *folder* the live one of *local_directory* too: files never change, so links do."""
    name, building = local_directory.start()
    # Readers lock the manifest of the commit that they read: it must be another file.
    shutil.copytree(
        folder, building, copy_function=_link, ignore=shutil.ignore_patterns(MANIFEST_FILE), dirs_exist_ok=True
    )
    replace(commit.manifest, commit=name).write(building)
    local_directory.publish(name, building)


def _link(source: str, target: str) -> None:
    try:
        os.link(source, target)
    except OSError:  # a file system without links
        shutil.copy2(source, target)
