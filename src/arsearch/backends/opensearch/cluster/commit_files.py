"""The files of commits, on the cluster beside their articles, so that any machine can go on from what is live.

Whoever writes builds upon a commit of its own disk, as a local index is built upon. Where another machine has published
since, that commit is taken from here: its segments as they were written, so nothing is read, analysed or embedded
again, and the two machines have the very same commit. Segments never change and commits share them, so of a commit is
sent, and fetched, what is new in it.

One index has a document for each commit that is kept, by its lineage, with its manifest; and the contents of files in
parts, by their SHA-256. Each says with which token it was written last. Who tidies up deletes nothing that was written
with a later one: it may be of a commit that is not live yet.
"""

from __future__ import annotations

import base64
import hashlib
import os
import shutil
import zlib
from collections.abc import Collection, Iterable, Iterator, Mapping
from contextlib import suppress
from functools import partial
from pathlib import Path
from typing import Any

from arsearch.backends.opensearch.cluster.bulk import write_all
from arsearch.backends.opensearch.cluster.client import ClusterClient
from arsearch.errors import CorruptIndexError, NoIndexError
from arsearch.index import Manifest
from arsearch.index.manifest import MANIFEST_FILE

__all__ = ["CommitFiles"]

_PART_BYTES = 2 << 20
_FETCHED_BYTES = 8 << 20
_FETCHED_PARTS = 256
_DELETED_AT_ONCE = 5_000
_COMPRESSION = 1
"""Of zlib: most of a small commit are empty pages, and most of a large one is packed already."""

_MAPPING = {
    "dynamic": False,
    "properties": {
        "lineage": {"type": "keyword"},
        "file": {"type": "keyword"},
        "token": {"type": "long"},
    },
}


class CommitFiles:
    """The files of the commits of the index *alias*."""

    def __init__(self, client: ClusterClient, alias: str) -> None:
        self._client = client
        self.index = f"{alias}-files"

    def has(self, lineage: str) -> bool:
        """Whether the commit of this *lineage* can be fetched. Raises an IndexStateError."""
        return bool(lineage) and self._listed(lineage, "lineage") is not None

    def write(self, lineage: str, folder: Path, manifest: Manifest, *, token: int, upon: str) -> None:
        """Write the commit in *folder*, but for the files that the one of the lineage *upon* has, which is kept.

        Raises an IndexStateError; nobody can fetch the commit then.
        """
        known = self._listed(upon, "files") if upon else None
        if known is None:
            self._make()
        there = set(known["files"]) if known else set()
        wanted = {one.sha256: folder / name for name, one in manifest.files.items() if one.sha256 not in there}
        self._ask(lambda raw: write_all(raw, self._parts(wanted, token), may_exist=True))
        commit = {
            "lineage": lineage,
            "token": token,
            "files": sorted({one.sha256 for one in manifest.files.values()}),
            "manifest": base64.b64encode((folder / MANIFEST_FILE).read_bytes()).decode(),
        }
        action = self._action("index", lineage, token) | {"_source": commit}
        self._ask(lambda raw: write_all(raw, [action], may_exist=True))

    def _parts(self, wanted: Mapping[str, Path], token: int) -> Iterator[dict[str, Any]]:
        for sha256, path in wanted.items():
            with path.open("rb") as file:
                for part, data in enumerate(iter(partial(file.read, _PART_BYTES), b"")):
                    packed = base64.b64encode(zlib.compress(data, _COMPRESSION)).decode()
                    source = {"file": sha256, "token": token, "data": packed}
                    yield self._action("index", f"{sha256}-{part}", token) | {"_source": source}

    def fetch(self, lineage: str, folder: Path, here: Mapping[str, Path]) -> Manifest | None:
        """Put the commit of this *lineage* into *folder* and return its manifest; None if it is not there.

        Files that are *here*, by their SHA-256, are linked. Raises CorruptIndexError if something is missing or not
        what was written, or another IndexStateError.
        """
        found = self._listed(lineage, "manifest")
        if found is None:
            return None
        (folder / MANIFEST_FILE).write_bytes(base64.b64decode(found["manifest"]))
        manifest = Manifest.read(folder)
        missing = []
        for name, record in manifest.files.items():
            path = folder / name
            path.parent.mkdir(parents=True, exist_ok=True)
            if not (record.sha256 in here and _linked(here[record.sha256], path)):
                missing.append(name)
        self._fetch(folder, manifest, missing)
        return manifest

    def _fetch(self, folder: Path, manifest: Manifest, names: Iterable[str]) -> None:
        """Fetch files, several parts at a time."""
        waiting: list[tuple[str, str]] = []
        size = 0
        for name in names:
            record = manifest.files[name]
            (folder / name).touch()
            for part in range(-(-record.size // _PART_BYTES)):
                waiting.append((name, f"{record.sha256}-{part}"))
                size += min(_PART_BYTES, record.size)
                if size >= _FETCHED_BYTES or len(waiting) >= _FETCHED_PARTS:
                    self._append(folder, waiting)
                    waiting, size = [], 0
        self._append(folder, waiting)
        for name in names:
            with (folder / name).open("rb") as file:
                if hashlib.file_digest(file, "sha256").hexdigest() != manifest.files[name].sha256:
                    raise self._lacking(f"the file {name} is not what was written")

    def _append(self, folder: Path, parts: list[tuple[str, str]]) -> None:
        if not parts:
            return
        body = {"ids": list(dict.fromkeys(identifier for _, identifier in parts))}
        answer = self._client.ask(lambda raw: raw.mget(index=self.index, body=body, _source_includes="data"))
        found = {each["_id"]: each.get("_source", {}).get("data") for each in answer["docs"]}
        for name, identifier in parts:
            if not found.get(identifier):
                raise self._lacking(f"the part {identifier} of the file {name} is missing")
            with (folder / name).open("ab") as file:
                file.write(zlib.decompress(base64.b64decode(found[identifier])))

    def _lacking(self, what: str) -> CorruptIndexError:
        return CorruptIndexError(
            f"The live commit cannot be taken over from {self.index} at {self._client.address}: {what}. Write on the "
            "machine that has published last, which sends again what is missing with `arsearch index`; or run "
            "`arsearch index --full SOURCE...` with all your sources."
        )

    def forget(self, kept: Collection[str], *, token: int) -> None:
        """Delete what is only of commits whose lineages are not *kept*, of what was written up to *token*."""
        self._ask(lambda raw: raw.indices.refresh(index=self.index))
        listed = self._client.ask(
            lambda raw: raw.mget(index=self.index, body={"ids": sorted(kept)}, _source_includes="files")
        )["docs"]
        used = {sha256 for each in listed for sha256 in each.get("_source", {}).get("files", ())}
        query = {
            "bool": {
                "filter": [{"range": {"token": {"lte": token}}}],
                "must_not": [{"terms": {"lineage": sorted(kept)}}, {"terms": {"file": sorted(used)}}],
            }
        }
        body = {"size": _DELETED_AT_ONCE, "query": query, "_source": False}
        while True:
            hits = self._client.ask(lambda raw: raw.search(index=self.index, body=body))["hits"]["hits"]
            # What was written again meanwhile has a greater version, and stays.
            doomed = [self._action("delete", hit["_id"], token) for hit in hits]
            self._ask(lambda raw, doomed=doomed: write_all(raw, doomed, may_exist=True))
            if len(hits) < _DELETED_AT_ONCE:
                return
            self._ask(lambda raw: raw.indices.refresh(index=self.index))

    def _action(self, kind: str, identifier: str, token: int) -> dict[str, Any]:
        version = {"version": token, "version_type": "external_gte"}
        return {"_op_type": kind, "_index": self.index, "_id": identifier, **version}

    def _listed(self, lineage: str, *fields: str) -> dict[str, Any] | None:
        """Return *fields* of the document of a commit, None if there is none."""
        try:
            found = self._client.ask(
                lambda raw: raw.get(index=self.index, id=lineage, _source_includes=",".join(fields), ignore=404)
            )
        except NoIndexError:
            return None
        source: dict[str, Any] | None = found.get("_source")
        return source

    def _make(self) -> None:
        settings = {
            "number_of_shards": 1,
            "auto_expand_replicas": "0-1",
            "refresh_interval": "-1",  # nearly everything is asked for by its id
            "codec": "best_compression",
        }
        body = {"settings": {"index": settings}, "mappings": _MAPPING}
        self._ask(lambda raw: _made(raw, self.index, body))

    def _ask(self, request: Any) -> Any:
        return self._client.ask(request, writing=True)


def _made(raw: Any, index: str, body: dict[str, Any]) -> None:
    from opensearchpy import RequestError

    with suppress(RequestError):  # it is there; if not, writing to it says what is wrong
        raw.indices.create(index=index, body=body)


def _linked(source: Path, target: Path) -> bool:
    """Let *target* be the file *source*, which never changes; return whether it is."""
    try:
        os.link(source, target)
    except FileNotFoundError:
        return False
    except OSError:  # a file system without links
        try:
            shutil.copy2(source, target)
        except FileNotFoundError:
            return False
    return True
