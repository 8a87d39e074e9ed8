"""The lease of the one writer of an index on a cluster: who has it works, the others wait or are told who it is.

It is a document that a writer claims for half a minute and renews while it is at work, by the cluster's own clock. So
the lease of a machine that is gone ends by itself; that of a process of this machine which has ended is taken over at
once. The lease only keeps writers from working in vain: that one which lost it makes nothing live is the state's
business (:mod:`arsearch.backends.opensearch.cluster.state`).
"""

from __future__ import annotations

import os
import socket
import threading
import time
import uuid
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

from arsearch.backends.opensearch.cluster.client import ClusterClient
from arsearch.errors import ArsearchError, IndexLockedError

__all__ = ["LEASE_SECONDS", "WriterLease"]

LEASE_SECONDS = 30.0
_LOOK_AGAIN_SECONDS = 0.2
_LEASE = "lease"

_CLAIM = """
boolean free = ctx._source.until == null || ctx._source.until < ctx._now || ctx._source.owner == params.owner;
if (free || ctx._source.owner == params.dead) {
  ctx._source.owner = params.owner;
  ctx._source.host = params.host;
  ctx._source.pid = params.pid;
  ctx._source.until = ctx._now + params.lease;
} else {
  ctx.op = 'none';
}
"""
_RENEW = """
if (ctx._source.owner == params.owner) {
  ctx._source.until = ctx._now + params.lease;
} else {
  ctx.op = 'none';
}
"""
_RELEASE = "if (ctx._source.owner == params.owner) { ctx.op = 'delete'; } else { ctx.op = 'none'; }"


class WriterLease:
    """The lease in the index of state *index*, which is there. One for each writer."""

    def __init__(self, client: ClusterClient, index: str, *, seconds: float | None = None) -> None:
        self._client = client
        self._index = index
        self._seconds = LEASE_SECONDS if seconds is None else seconds
        self._owner = uuid.uuid4().hex
        self._ended = threading.Event()
        self._lost = False

    @contextmanager
    def held(self, wait: float) -> Iterator[WriterLease]:
        """Hold the lease, after waiting for it for at most *wait* seconds.

        Raises IndexLockedError if another process has it, or another IndexStateError.
        """
        self._claim(wait)
        renewing = threading.Thread(target=self._renew, name="arsearch-lease", daemon=True)
        renewing.start()
        try:
            yield self
        finally:
            self._ended.set()
            renewing.join()
            self._release()

    def check(self) -> None:
        """Raise IndexLockedError if the lease was lost: the cluster or this process did not answer for too long."""
        if self._lost:
            raise IndexLockedError(
                f"Another process has taken over writing to {self._index} at {self._client.address}, because this one "
                "was not heard of for too long. Nothing of this run is live; run it again."
            )

    def _claim(self, wait: float) -> None:
        until = time.monotonic() + wait
        dead = ""
        while (holder := self._tried(dead)) is not None:
            if not dead and _has_ended(holder):
                dead = str(holder["owner"])
                continue
            dead = ""
            if time.monotonic() >= until:
                raise IndexLockedError(
                    f"Another process is writing to the index of {self._index} at {self._client.address}: process "
                    f"{holder.get('pid')} on {holder.get('host')}. Try again when it has finished, or have it waited "
                    "for with `--wait SECONDS`. If it was killed, its turn ends within half a minute."
                )
            time.sleep(min(_LOOK_AGAIN_SECONDS, self._seconds))

    def _tried(self, dead: str) -> dict[str, Any] | None:
        """Claim the lease, that of *dead* too; return who has it, None if this writer has."""
        params = {
            "owner": self._owner,
            "dead": dead,
            "host": socket.gethostname(),
            "pid": os.getpid(),
            "lease": int(self._seconds * 1000),
        }
        body = {"scripted_upsert": True, "upsert": {}, "script": {"source": _CLAIM, "params": params}}
        answer = self._updated(body)
        if answer is None:
            return {}
        source: dict[str, Any] = answer["get"]["_source"]
        return None if source.get("owner") == self._owner else source

    def _renew(self) -> None:
        params = {"owner": self._owner, "lease": int(self._seconds * 1000)}
        heard = time.monotonic()
        while not self._ended.wait(self._seconds / 3):
            try:
                answer = self._updated({"script": {"source": _RENEW, "params": params}})
            except ArsearchError:
                answer = None
            if answer is not None and answer["get"]["_source"].get("owner") == self._owner:
                heard = time.monotonic()
            elif answer is not None or time.monotonic() - heard > self._seconds:
                self._lost = True
                return

    def _release(self) -> None:
        try:
            self._updated({"script": {"source": _RELEASE, "params": {"owner": self._owner}}})
        except ArsearchError:
            return  # it ends by itself

    def _updated(self, body: dict[str, Any]) -> dict[str, Any] | None:
        """Change the document; None if another process changed it at the same moment, or it is not there."""
        return self._client.ask(lambda raw: _update(raw, self._index, body | {"_source": True}), writing=True)


def _update(raw: Any, index: str, body: dict[str, Any]) -> dict[str, Any] | None:
    from opensearchpy import ConflictError, NotFoundError

    try:
        answer: dict[str, Any] = raw.update(index=index, id=_LEASE, body=body)
    except (ConflictError, NotFoundError):
        return None
    return answer


def _has_ended(holder: dict[str, Any]) -> bool:
    """Whether the process that has the lease is one of this machine that is not there any more."""
    if holder.get("host") != socket.gethostname() or os.name == "nt":
        return False
    try:
        os.kill(int(holder["pid"]), 0)  # asks only whether it is there
    except ProcessLookupError:
        return True
    except (KeyError, TypeError, ValueError, OSError, OverflowError):
        return False
    return False
