"""Talking to a cluster: where it is, who asks, how long to wait, and what its failures mean.

opensearch-py keeps the connections; transport.py chooses the node. Here its errors become arsearch's,
and a cluster that fails again and again is left alone for a while (circuit breaker; Nygard, "Release It!", 2007), so
that readers get an error at once instead of waiting for the timeout, one after the other.
"""

from __future__ import annotations

import threading
import time
from collections import Counter
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any, TypeVar
from urllib.parse import urlsplit

from arsearch.backends.opensearch.cluster.node_states import NodeStates
from arsearch.common.deadline import check_time
from arsearch.errors import (
    ClusterError,
    ClusterUnavailableError,
    ClusterWriteError,
    IndexStateError,
    NoIndexError,
    SettingsError,
)
from arsearch.settings import Settings

__all__ = ["CircuitBreaker", "ClusterClient"]

T = TypeVar("T")

_FAILURES = 5
"""So many requests in a row that found no cluster open the circuit."""
_REST_SECONDS = 10.0
"""How long it is left alone; then one request tries."""


class CircuitBreaker:
    """Counts failures in a row; safe to use from several threads. *clock* gives seconds."""

    def __init__(self, clock: Callable[[], float] = time.monotonic) -> None:
        self._clock = clock
        self._failures = 0
        self._tried = 0.0
        self._lock = threading.Lock()

    def admits(self) -> bool:
        """Whether a request may be sent: not while the circuit is open, but for one try now and then."""
        with self._lock:
            if self._failures < _FAILURES:
                return True
            if self._clock() - self._tried < _REST_SECONDS:
                return False
            self._tried = self._clock()
            return True

    def note(self, *, reached: bool) -> None:
        """Take down whether a request found the cluster."""
        with self._lock:
            self._failures = 0 if reached else self._failures + 1
            if not reached:
                self._tried = self._clock()


class ClusterClient:
    """A connection to the cluster of *settings*. Safe to use from several threads."""

    def __init__(
        self,
        settings: Settings,
        breaker: CircuitBreaker | None = None,
        nodes: NodeStates | None = None,
        *,
        hedged: bool = True,
    ) -> None:
        """Make ready; nothing is sent. *hedged*: whether a second node is asked where the first is late.

        Raises SettingsError if settings do not fit, or opensearch-py is missing.
        """
        try:
            from opensearchpy import OpenSearch

            from arsearch.backends.opensearch.cluster.fast_json import FastJson
            from arsearch.backends.opensearch.cluster.transport import NodeConnection, NodeTransport
        except ImportError as error:
            raise SettingsError(
                "The setting backend is 'opensearch', but opensearch-py is not installed. "
                'Install it with: pip install "arsearch[opensearch]"'
            ) from error
        self._urls = _checked_urls(settings.opensearch_url)
        self._settings = settings
        self._timeout = settings.opensearch_timeout_seconds
        self._breaker = breaker or CircuitBreaker()
        self._hedged = hedged
        self.nodes = nodes or NodeStates(self._urls)
        """What is known of the nodes."""
        secure = self._urls[0].startswith("https:")
        options: dict[str, Any] = {"ssl_show_warn": False} if secure else {}
        if settings.opensearch_user:
            options["http_auth"] = (settings.opensearch_user, settings.opensearch_password)
        files = {
            "ca_certs": settings.opensearch_ca,
            "client_cert": settings.opensearch_certificate,
            "client_key": settings.opensearch_key,
        }
        options |= {option: path for option, path in files.items() if path}
        where = ", ".join(self._urls)
        for path in filter(None, files.values()):
            if not Path(path).is_file():
                raise SettingsError(
                    f"{path}, which a setting names for {where}, is not there. Check the settings "
                    "opensearch_ca, opensearch_certificate and opensearch_key."
                )
        try:
            self.raw = OpenSearch(
                hosts=list(self._urls),
                transport_class=NodeTransport,
                connection_class=NodeConnection,
                states=self.nodes,
                hedged=self._hedged,
                seconds=self._timeout,
                serializer=FastJson(),
                use_ssl=secure,
                verify_certs=secure,
                pool_maxsize=16,
                # Answers are packed on their way; packing what is written takes longer than sending it.
                http_compress=self._hedged,
                **options,
            )
        except (OSError, ValueError) as error:  # a certificate that is not there, or none
            raise SettingsError(
                f"The certificates for {where} cannot be used: {error}. Check the settings "
                "opensearch_ca, opensearch_certificate and opensearch_key."
            ) from error

    @property
    def address(self) -> str:
        """The addresses of the nodes, for messages."""
        return ", ".join(self._urls)

    def patient(self, seconds: float) -> ClusterClient:
        """Return a connection to the same cluster whose requests may take *seconds*, if that is longer."""
        timeout = max(seconds, self._timeout)
        settings = replace(self._settings, opensearch_timeout_seconds=timeout)
        return ClusterClient(settings, self._breaker, self.nodes, hedged=False)

    def close(self) -> None:
        """Close the connections."""
        self.raw.close()

    def ask(self, request: Callable[[Any], T], *, writing: bool = False) -> T:
        """Return what *request* gives for the client of opensearch-py.

        Raises QueryTimeoutError if the time of the query is up meanwhile, ClusterUnavailableError if no node answers,
        ClusterWriteError where something forbids *writing*, NoIndexError for an index that is not there, ClusterError
        for everything else.
        """
        check_time()
        if not self._breaker.admits():
            raise ClusterUnavailableError(
                f"The OpenSearch cluster at {self.address} did not answer the last requests; it is left alone for some "
                "seconds. Check that it runs."
            )
        from opensearchpy.exceptions import OpenSearchException

        try:
            answer = request(self.raw)
        except OpenSearchException as error:
            explained = self._explained(error, writing=writing)
            self._breaker.note(reached=not isinstance(explained, ClusterUnavailableError))
            if isinstance(explained, ClusterUnavailableError):
                check_time()
            raise explained from error
        self._breaker.note(reached=True)
        return answer

    def _explained(self, error: Exception, *, writing: bool) -> IndexStateError:
        from opensearchpy import exceptions as known
        from opensearchpy.helpers import BulkIndexError

        where = f"The OpenSearch cluster at {self.address}"
        if isinstance(error, known.SSLError):
            return ClusterError(_about_tls(where, str(error.info if len(error.args) > 2 else error)))
        if isinstance(error, known.ConnectionTimeout):
            return ClusterUnavailableError(
                f"{where} did not answer within {self._timeout:g} seconds. Check how busy it is, or raise the setting "
                "opensearch_timeout_seconds."
            )
        if isinstance(error, known.ConnectionError):
            hint = (
                ""
                if "https" in self.address
                else " A cluster that wants TLS closes the connection: write https:// then."
            )
            return ClusterUnavailableError(
                f"{where} cannot be reached ({_short(error)}). Check that it runs, and the setting "
                f"opensearch_url.{hint}"
            )
        if isinstance(error, BulkIndexError):
            return _unwritten(where, error)
        if not isinstance(error, known.TransportError):
            return ClusterError(f"{where} gave an answer that cannot be read: {_short(error)}.")
        return _refusal(where, error, writing=writing)


def _checked_urls(urls: tuple[str, ...]) -> tuple[str, ...]:
    schemes = {urlsplit(url).scheme for url in urls}
    if (
        not urls
        or len(schemes) > 1
        or not schemes <= {"http", "https"}
        or not all(urlsplit(url).hostname for url in urls)
    ):
        raise SettingsError(
            f"The setting opensearch_url is {', '.join(urls)!r}; write http://host:9200 or https://host:9200, several "
            "nodes with commas between them, all with the same scheme."
        )
    return urls


def _about_tls(where: str, detail: str) -> str:
    if "WRONG_VERSION_NUMBER" in detail or "wrong version number" in detail:
        return f"{where} does not speak TLS. Write http:// in the setting opensearch_url, or set up TLS there."
    return (
        f"{where} is not trusted, or does not trust this client: {detail[:300]}. Check the settings opensearch_ca, "
        "opensearch_certificate and opensearch_key, and that the address is the one in its certificate."
    )


def _refusal(where: str, error: Any, *, writing: bool) -> IndexStateError:
    """Return what an answer with an error status means."""
    status, kind, reason = error.status_code, str(error.error), _reason(error)
    if status == 401:
        return ClusterError(
            f"{where} does not accept the credentials. Check the settings opensearch_user and opensearch_password, or "
            "the client certificate."
        )
    if "flood-stage" in reason or "read-only-allow-delete" in reason:
        return ClusterWriteError(
            f"{where} accepts no writes, because a node's disk is fuller than its flood-stage watermark: {reason}. "
            "Make room or add nodes; OpenSearch lifts the block by itself. What was indexed before is as it was."
        )
    if "create-index blocked" in reason:
        return ClusterWriteError(
            f"{where} makes no new index: {reason}. OpenSearch forbids it while the disks of all nodes are fuller than "
            "their high watermark: make room or add nodes, then take the block cluster.blocks.create_index away if it "
            "does not go by itself. What was indexed before is as it was."
        )
    if kind == "cluster_block_exception":
        if (writing and "read-only" in reason.replace("/", " ")) or "blocked by: [FORBIDDEN" in reason:
            return ClusterWriteError(
                f"{where} accepts no writes: {reason}. Somebody blocked the index or the cluster; take the block away "
                "(index.blocks, cluster.blocks), then try again. What was indexed before is as it was."
            )
        return ClusterUnavailableError(f"{where} cannot serve: {reason}. Check `_cluster/health`.")
    if status == 403:
        return ClusterError(
            f"{where} does not allow this user what arsearch needs: {reason}. Grant it reading, and for indexing also "
            "writing, aliases and index management, on the indexes of the setting opensearch_index."
        )
    if status == 404 and kind == "index_not_found_exception":
        return NoIndexError(f"{where} has no such index: {reason}. Run `arsearch index SOURCE...`.")
    if status == 429:
        return ClusterUnavailableError(f"{where} is overloaded: {reason}. Try again later, or add nodes.")
    if status == 408 and writing:  # of waiting until the shards of a new index are somewhere
        return ClusterWriteError(
            f"{where} has found no place for the shards of a new index in time: nodes are missing, or their disks are "
            "fuller than their low watermark. See `_cluster/allocation/explain`. What was indexed before is as it was."
        )
    if status == 503 or (kind == "search_phase_execution_exception" and status >= 500):
        return ClusterUnavailableError(
            f"{where} has no shard of the index that can answer: {reason}. Check `_cluster/health`: red means that "
            "nodes or their data are missing."
        )
    return ClusterError(f"{where} refused a request (status {status}): {reason}.")


def _unwritten(where: str, error: Any) -> ClusterWriteError:
    """Return what it means that some documents of many were not written."""
    reasons: Counter[str] = Counter()
    for failure in error.errors:
        [outcome] = failure.values()
        cause = outcome.get("error", {})
        reasons[str(cause.get("reason", cause) if isinstance(cause, dict) else cause)[:200]] += 1
    listed = "; ".join(f"{reason} ({count} times)" for reason, count in reasons.most_common(3))
    return ClusterWriteError(
        f"{where} did not take {len(error.errors)} documents: {listed}. What was live before is as it was; when the "
        "cause is gone, run the same command again: it goes on where it was."
    )


def _reason(error: Any) -> str:
    """Return what OpenSearch says was the reason, the innermost that says something."""
    info = error.info if isinstance(error.info, dict) else {}
    cause = info.get("error", {})
    if not isinstance(cause, dict):
        return str(cause)[:300]
    causes = [cause, *cause.get("root_cause", [])]
    reasons = [str(one["reason"]) for one in causes if isinstance(one, dict) and one.get("reason")]
    return "; ".join(dict.fromkeys(reasons))[:300] or str(error.error)[:300]


def _short(error: Exception) -> str:
    return str(error)[:200]
