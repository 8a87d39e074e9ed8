"""Vectors of passages in the cluster, found by what was embedded and with what, for all machines that embed."""

from __future__ import annotations

import base64
import hashlib
from collections.abc import Sequence

import numpy as np
from opensearchpy import OpenSearch, RequestError

from arsearch.backends.opensearch.cluster.bulk import write_all
from arsearch.common.array_types import Halves
from arsearch.semantic import Encoder, passage_digest

__all__ = ["SharedVectors", "key_of", "model_key"]

_AT_ONCE = 500


def key_of(text: str) -> str:
    """Return the id under which the vector of *text* is kept."""
    return base64.urlsafe_b64encode(passage_digest(text)).rstrip(b"=").decode()


def model_key(encoder: Encoder) -> str:
    """Return what names *encoder* in the cluster.

    A fingerprint is of the model's content, so two machines may keep the same model under different paths.
    """
    model = f"{encoder.fingerprint or encoder.name}\n{encoder.dimension}"
    return hashlib.sha256(model.encode()).hexdigest()[:12]


class SharedVectors:
    """One index of the cluster for the vectors of one model, float16 as they are in an index of articles.

    Nothing is ever changed in it: the same text has the same vector whoever embeds it, so a second write is none.
    """

    def __init__(self, client: OpenSearch, name: str, dimension: int) -> None:
        """Use the index *name*, made if it is not there. Raises opensearchpy's exceptions, as all methods do."""
        self._client = client
        self._name = name
        self._dimension = dimension
        mapping = {"dynamic": False, "properties": {}}
        try:
            # Rows are only ever asked for by their id, which needs no refresh.
            settings = {"number_of_shards": 3, "auto_expand_replicas": "0-1", "refresh_interval": "30s"}
            client.indices.create(index=name, body={"settings": settings, "mappings": mapping})
        except RequestError as error:
            if error.error != "resource_already_exists_exception":
                raise

    def look_up(self, keys: Sequence[str]) -> dict[str, Halves]:
        """Return the rows (dimension,) that are there, by key."""
        rows: dict[str, Halves] = {}
        for start in range(0, len(keys), _AT_ONCE):
            answer = self._client.mget(index=self._name, body={"ids": list(keys[start : start + _AT_ONCE])})
            for hit in answer["docs"]:
                if hit.get("found"):
                    rows[hit["_id"]] = np.frombuffer(base64.b64decode(hit["_source"]["vector"]), dtype=np.float16)
        return rows

    def keep(self, rows: dict[str, Halves]) -> None:
        """Write *rows*; what cannot be written now is tried again, ever later, and at last raises BulkIndexError."""
        actions = (
            {
                "_op_type": "create",
                "_index": self._name,
                "_id": key,
                "_source": {"vector": base64.b64encode(row.astype(np.float16).tobytes()).decode()},
            }
            for key, row in rows.items()
        )
        write_all(self._client, actions, may_exist=True)
