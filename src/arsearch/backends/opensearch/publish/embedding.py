"""Embedding on several machines at once: passages are cut into slices on a work list, and whoever is free takes one.

`arsearch index` puts what it has to embed on the list and works on it too; each `arsearch embed`, here or elsewhere,
works with it. What is embedded lies in the cluster under the hash of its text, so a run that is killed, or another one
over the same articles, embeds nothing twice.
"""

from __future__ import annotations

import hashlib
import os
import socket
import threading
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, TypeVar

import numpy as np

from arsearch.backends.opensearch.cluster.client import ClusterClient
from arsearch.backends.opensearch.cluster.work_list import WorkList
from arsearch.backends.opensearch.publish.shared_vectors import SharedVectors, key_of, model_key
from arsearch.common.array_types import Halves, Vectors
from arsearch.errors import EncoderError
from arsearch.semantic import Encoder, KnownPassages

__all__ = ["Embedder", "SharedEncoder", "Slice"]

T = TypeVar("T")

_SLICE = 256
"""Passages of a slice: a transformer takes seconds to a minute for it, and as much is lost when a worker dies."""

LEASE_SECONDS = 600.0
"""How long a worker may take for a slice before another one takes it too."""

_LOOK_AGAIN_SECONDS = 1.0
"""How long somebody without work waits before looking at the list again."""


@dataclass(frozen=True, slots=True)
class Slice:
    """What a worker has just done: *passages* were in it, *embedded* of them nobody had embedded before."""

    passages: int
    embedded: int


class Embedder:
    """Works on the list of one model: the passages of all who index with it.

    It never changes what another one has done, and may be killed at any moment. All methods raise ClusterError if the
    cluster does not answer or refuses.
    """

    def __init__(
        self, client: ClusterClient, encoder: Encoder, prefix: str, *, lease_seconds: float = LEASE_SECONDS
    ) -> None:
        """Use the indexes of the cluster whose names begin with *prefix*."""
        model = model_key(encoder)
        self._client = client
        self._encoder = encoder
        self._owner = f"{socket.gethostname()}:{os.getpid()}"
        self._work = self._ask(
            lambda cluster: WorkList(cluster, f"{prefix}-embedding-{model}", lease_seconds=lease_seconds)
        )
        self._vectors = self._ask(
            lambda cluster: SharedVectors(cluster, f"{prefix}-vectors-{model}", encoder.dimension)
        )

    def close(self) -> None:
        """Close the connections to the cluster."""
        self._client.close()

    def work_once(self) -> Slice | None:
        """Embed one slice and return what was done, None if there is none to be had now.

        Raises whatever the encoder does; the slice is then given back.
        """
        claim = self._ask(lambda _: self._work.claim(self._owner))
        if claim is None:
            return None
        texts = claim.payload["texts"]
        try:
            embedded = self.embed(texts)
        except Exception as error:
            # Whatever it was, others may do better; after some attempts the list gives the slice up.
            reason = f"{type(error).__name__}: {error}"
            self._ask(lambda _: self._work.give_back(claim, reason))
            raise
        self._ask(lambda _: self._work.finish(claim))
        return Slice(len(texts), embedded)

    def work_until(self, stopped: threading.Event, *, idle_ends: bool, done: Callable[[Slice], None]) -> None:
        """Embed slices until *stopped* is set, or until the list is empty if *idle_ends*; tell *done* of each.

        The list is not empty while another worker has a slice: it may be dead, and the slice free in a while.
        """
        while not stopped.is_set():
            if slice_done := self.work_once():
                done(slice_done)
            elif idle_ends and not {"open", "claimed"} & set(self.counts()):
                return
            else:
                stopped.wait(_LOOK_AGAIN_SECONDS)

    def counts(self) -> dict[str, int]:
        """Return how many slices are on the list by state: open, claimed or failed."""
        return self._ask(lambda _: self._work.counts())

    def embed(self, texts: Sequence[str]) -> int:
        """Embed those of *texts* that nobody has embedded yet, and return how many they were."""
        by_key = {key_of(text): text for text in texts}
        known = self.look_up(list(by_key))
        new = [key for key in by_key if key not in known]
        if new:
            rows = self._encoder.encode_passages([by_key[key] for key in new]).astype(np.float16)
            self._ask(lambda _: self._vectors.keep(dict(zip(new, rows, strict=True))))
        return len(new)

    def look_up(self, keys: Sequence[str]) -> dict[str, Halves]:
        """Return the vectors that somebody has embedded, by key."""
        return self._ask(lambda _: self._vectors.look_up(keys))

    def hand_out(self, by_key: Mapping[str, str]) -> None:
        """Put texts on the list, in slices, and work on it too until all of them are done.

        Raises EncoderError for a slice that nobody could embed.
        """
        keys = list(by_key)
        slices = [keys[start : start + _SLICE] for start in range(0, len(keys), _SLICE)]
        items = {_name(part): {"texts": [by_key[key] for key in part]} for part in slices}
        self._ask(lambda _: self._work.add(items))
        waiting = threading.Event()
        while self._ask(lambda _: self._work.left(list(items))):
            if self.work_once() is None:
                waiting.wait(_LOOK_AGAIN_SECONDS)
        if failed := self._ask(lambda _: self._work.failed(list(items))):
            reason = next(filter(None, failed.values()), "every process that tried it ended without a word")
            raise EncoderError(
                f"{len(failed)} slices of passages could not be embedded by anybody ({reason}). See what the workers "
                "said, mend it, and index again: what was embedded is kept."
            )

    def _ask(self, request: Callable[[Any], T]) -> T:
        return self._client.ask(request, writing=True)


class SharedEncoder(KnownPassages):
    """An encoder that has its passages embedded by all who work for the cluster, itself among them.

    It stands where :class:`arsearch.semantic.VectorCache` does. Queries are not shared.
    """

    def __init__(self, embedder: Embedder, encoder: Encoder) -> None:
        super().__init__(encoder)
        self._embedder = embedder

    def encode_passages(self, texts: Sequence[str]) -> Vectors:
        """Return one row a passage, when all of them have been embedded by somebody.

        Raises EncoderError for a slice that nobody could embed.
        """
        by_key = {key_of(text): text for text in texts}
        known = self._embedder.look_up(list(by_key))
        new = {key: text for key, text in by_key.items() if key not in known}
        self.embedded += len(new)
        self._embedder.hand_out(new)
        # A slice that somebody took off the list by hand was done by nobody.
        self._embedder.embed(list(by_key.values()))
        rows = self._embedder.look_up(list(by_key))
        return np.array([rows[key_of(text)] for text in texts], dtype=np.float32).reshape(-1, self.dimension)

    def forget_unused(self) -> None:
        """Keep everything: other indexes may need it. Deleting the index of a model's vectors forgets them."""

    def close(self) -> None:
        """Close the connections."""
        self._embedder.close()


def _name(keys: Sequence[str]) -> str:
    """Return the id of a slice: the same passages are the same slice, whoever puts them on the list."""
    return hashlib.sha256("".join(keys).encode()).hexdigest()[:32]
