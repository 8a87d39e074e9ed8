"""What an index of articles looks like on a cluster, and what it remembers of how it was made.

::

    arsearch              alias: the index with the live articles
    arsearch-00000007     articles, those of one commit after the other: see publish.py
    arsearch-00000007-words   their vocabulary: see vocabulary.py
    arsearch-state        which commit is live, and what commits consist of: see cluster/state.py
    arsearch-files        the files of commits, for machines that go on from them: see cluster/commit_files.py

An index is named by the first commit in it. Its mapping's ``_meta`` says by what rules its documents were made; what a
local index keeps in its manifest is part of the state.
"""

from __future__ import annotations

from typing import Any

from arsearch.arabic import ANALYSIS_VERSION
from arsearch.article_fields import OwnFields, keyword_values
from arsearch.backends.opensearch.cluster.state import CommitRecord
from arsearch.backends.opensearch.search.query_dsl import KEYWORDS, MOMENT, SEARCHABLE, VALUES
from arsearch.errors import CorruptIndexError, IncompatibleIndexError
from arsearch.index import Manifest
from arsearch.index.manifest import named_today
from arsearch.lexical.search.bm25 import K1, B
from arsearch.lexical.segment.field_names import SCORED_FIELDS
from arsearch.ranking import SemanticScale
from arsearch.settings import Settings

__all__ = [
    "CLUSTER_FORMAT", "KNN_FIELD", "META", "articles_mapping", "check_format", "index_settings", "read_manifest",
    "words_mapping",
]  # fmt: skip

CLUSTER_FORMAT = 2
"""Raised whenever an index written before can no longer be searched."""

KNN_FIELD: dict[str, Any] = {
    "type": "knn_vector",
    "data_type": "byte",
    "doc_values": False,  # a copy of the vectors, for scripts
    "method": {
        "name": "hnsw",
        "engine": "lucene",
        # Codes are all but equally long, and a product takes a third of the work that a cosine of bytes takes.
        "space_type": "innerproduct",
        "parameters": {"m": 32, "ef_construction": 200},
    },
}
"""How the k-NN plugin keeps vectors; their length comes to it. `benchmarks.knn` says what others would find and cost.
An index that keeps them otherwise is made anew when it is next written to."""

META = "arsearch"
_SHOWN: dict[str, Any] = {"type": "object", "enabled": False}
"""The property of what pages show besides."""

_KEYWORD = {"type": "keyword"}
_STORED = {"type": "keyword", "index": False, "doc_values": False}
_SIMILARITY = "arsearch"


def index_settings(settings: Settings, *, knn: bool) -> dict[str, Any]:
    """Return the settings of a new index of articles; *knn* says whether the cluster has the k-NN plugin."""
    return {
        "index": {
            "number_of_shards": settings.opensearch_shards,
            "number_of_replicas": 0,  # copied when it is whole: cheaper than indexing everything twice
            "refresh_interval": "-1",  # what is written is searched when it is whole
            # How long the cluster remembers what was deleted, so that a request that was late changes nothing.
            "gc_deletes": "1h",
            "codec": "best_compression",
            "similarity": {_SIMILARITY: {"type": "BM25", "k1": K1, "b": B}},
        }
        | ({"knn": True} if knn else {})
    }


def articles_mapping(dimension: int, *, knn: bool, own: OwnFields = ()) -> dict[str, Any]:
    """Return the mapping of an index of articles whose passages have vectors of length *dimension*.

    The articles have the *own* fields.
    """
    words = {"type": "text", "analyzer": "whitespace", "similarity": _SIMILARITY}
    # int8 both: a k-NN field, or what a script reads where there is none.
    codes = {"code": {"type": "binary", "doc_values": True}}
    passages = {"vector": KNN_FIELD | {"dimension": dimension}} if knn else codes
    return {
        "dynamic": "strict",
        "_source": {"excludes": [*SCORED_FIELDS, "passages", "record", "tokens"]},
        "properties": {
            # The article, as it is shown
            "id": _STORED,
            "title": _STORED,
            "body": _STORED,
            "author": _STORED,
            "date": _KEYWORD,
            "source": _STORED,
            "url": _STORED,
            "tags": _STORED,
            "language": _STORED,
            "shown": _SHOWN,
            # What it is found by
            "id_hash": _KEYWORD,
            "content_hash": _KEYWORD,
            "ordinal": {"type": "long"},
            "born": {"type": "long"},
            "copy_of": {"type": "long"},
            SEARCHABLE: {"type": "boolean"},
            **dict.fromkeys(SCORED_FIELDS, words),
            KEYWORDS: {"properties": dict.fromkeys(keyword_values((), own), _KEYWORD)},
            "year": _KEYWORD,
            MOMENT: {"type": "long"},
            "passages": {"type": "nested", "properties": passages},
            # What it is ranked and marked by. Records are read from a column of their own: to read them out of stored
            # documents, which have the whole texts, would take many times as long.
            "record": {"type": "binary", "doc_values": True},
            "tokens": {"type": "binary", "doc_values": True},
            "spans": _STORED,
            "elsewhere": {"type": "object", "enabled": False},
            **_own_properties(own),
        },
    }


def _own_properties(own: OwnFields) -> dict[str, Any]:
    if not own:
        return {}
    compared = {field.index_name: {"type": "double"} for field in own if field.has_order}
    values = {VALUES: {"properties": compared}} if compared else {}
    return {"extra": {"type": "object", "enabled": False}, **values}


def words_mapping() -> dict[str, Any]:
    """Return the mapping of the index with the vocabulary."""
    return {
        "dynamic": "strict",
        "properties": {"part": _KEYWORD, "token": {"type": "long"}, "data": {"type": "binary"}},
    }


def check_format(name: str, mapping: dict[str, Any]) -> dict[str, Any]:
    """Return what the *mapping* of the index *name* says of how it was made.

    Raises IncompatibleIndexError if this program cannot search it, CorruptIndexError if it is no index of arsearch's.
    """
    meta = mapping.get("_meta", {}).get(META)
    if not isinstance(meta, dict) or "format" not in meta:
        raise CorruptIndexError(
            f"The index {name} on the cluster is none that arsearch made. Run `arsearch index SOURCE...`, or choose "
            "another name with the setting opensearch_index."
        )
    if meta["format"] != CLUSTER_FORMAT:
        raise IncompatibleIndexError(
            f"The index {name} on the cluster has format version {meta['format']}; this arsearch reads "
            f"{CLUSTER_FORMAT}. Run `arsearch index` to build it anew from its sources."
        )
    return meta


def read_manifest(commit: CommitRecord, mapping: dict[str, Any]) -> tuple[Manifest, bool]:
    """Return the manifest of *commit*, and whether its vectors are in a k-NN field of its index, which has *mapping*.

    Raises IncompatibleIndexError if this program cannot search it, CorruptIndexError if something is missing.
    """
    meta = check_format(commit.index, mapping)
    made = commit.manifest.get("analysis_version")
    if made != ANALYSIS_VERSION:
        raise IncompatibleIndexError(
            f"The commit {commit.name} on the cluster has analysis version {made}; this arsearch reads "
            f"{ANALYSIS_VERSION}. Run `arsearch index` to build it anew from its sources."
        )
    record: dict[str, Any] = dict(commit.manifest)
    try:
        record["files"] = {}
        record["sources"] = tuple(record["sources"])
        record["semantic_scale"] = SemanticScale.from_record(record["semantic_scale"])
        record["languages"] = tuple(record["languages"])
        record["encoder"] = named_today(record)
        return Manifest(**record), bool(meta["knn"])
    except (TypeError, KeyError) as error:
        raise CorruptIndexError(
            f"What the commit {commit.name} on the cluster says about itself lacks something ({error}). Run `arsearch "
            "rollback`, or `arsearch index --full SOURCE...` with all your sources."
        ) from error
