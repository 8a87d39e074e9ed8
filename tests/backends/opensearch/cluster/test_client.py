"""What a cluster answers when something is wrong, and what is said then: played by small servers.

The states that a real node gets into are with the tests of the cluster.
"""

from __future__ import annotations

import datetime
import ipaddress
import json
import socket
import ssl
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any

import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import NameOID

import arsearch
from arsearch.backends import choose_backend
from arsearch.backends.opensearch.cluster.client import CircuitBreaker, ClusterClient
from arsearch.backends.opensearch.cluster.state import CommitRecord
from arsearch.errors import (
    ArsearchError,
    ClusterError,
    ClusterUnavailableError,
    ClusterWriteError,
    IndexStateError,
    NoIndexError,
    SettingsError,
)
from arsearch.settings import Settings
from arsearch.web.app import create_app

Answer = tuple[int, Any]


@contextmanager
def served(answer: Callable[[str, dict[str, str]], Answer], context: ssl.SSLContext | None = None) -> Iterator[str]:
    """Serve *answer*, which is given the path and headers of each request; yield the address."""

    class Handler(BaseHTTPRequestHandler):
        def reply(self) -> None:
            self.rfile.read(int(self.headers.get("Content-Length") or 0))
            status, body = answer(self.path, dict(self.headers))
            data = body if isinstance(body, bytes) else json.dumps(body).encode()
            self.send_response(status)
            self.send_header("Content-Type", "application/json")
            self.send_header("Content-Length", str(len(data)))
            self.end_headers()
            self.wfile.write(data)

        do_GET = do_POST = do_PUT = do_HEAD = do_DELETE = reply  # noqa: N815  # http.server's names

        def log_message(self, *args: object) -> None:
            pass

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    server.daemon_threads = True
    if context:
        server.socket = context.wrap_socket(server.socket, server_side=True)
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01}, daemon=True)
    thread.start()
    try:
        yield f"{'https' if context else 'http'}://127.0.0.1:{server.server_port}"
    finally:
        server.shutdown()
        server.server_close()
        thread.join()


def client(url: str, breaker: CircuitBreaker | None = None, **settings: Any) -> ClusterClient:
    return ClusterClient(Settings(opensearch_url=tuple(url.split(",")), **settings), breaker)


def failure(url: str, *, writing: bool = False, **settings: Any) -> ArsearchError:
    asking = client(url, **settings)
    with pytest.raises(IndexStateError) as caught:
        asking.ask(lambda raw: raw.search(index="arsearch", body={}), writing=writing)
    asking.close()
    return caught.value


def refusal(kind: str, reason: str) -> dict[str, Any]:
    return {"error": {"type": kind, "reason": reason, "root_cause": [{"type": kind, "reason": reason}]}}


FLOOD = (
    "index [arsearch-1] blocked by: [TOO_MANY_REQUESTS/12/disk usage exceeded flood-stage watermark, index has "
    "read-only-allow-delete block];"
)
NO_NEW_INDEX = "blocked by: [FORBIDDEN/10/cluster create-index blocked (api)];"
READ_ONLY = "index [arsearch-1] blocked by: [FORBIDDEN/5/index read-only (api)];"


@pytest.mark.parametrize(
    ("status", "body", "kind", "said"),
    [
        (401, b"Unauthorized", ClusterError, "opensearch_user"),
        (403, refusal("security_exception", "no permissions for [indices:data/read/search]"), ClusterError, "Grant"),
        (403, refusal("cluster_block_exception", READ_ONLY), ClusterWriteError, "index.blocks"),
        (429, refusal("cluster_block_exception", FLOOD), ClusterWriteError, "watermark"),
        (408, {"status": "red", "timed_out": True}, ClusterWriteError, "low watermark"),
        (403, refusal("index_create_block_exception", NO_NEW_INDEX), ClusterWriteError, "high watermark"),
        (429, refusal("circuit_breaking_exception", "[parent] Data too large"), ClusterUnavailableError, "overloaded"),
        (503, refusal("cluster_block_exception", "no master"), ClusterUnavailableError, "_cluster/health"),
        (503, refusal("search_phase_execution_exception", "all shards failed"), ClusterUnavailableError, "red"),
        (404, refusal("index_not_found_exception", "no such index [arsearch]"), NoIndexError, "arsearch index"),
        (400, refusal("parsing_exception", "unknown query"), ClusterError, "unknown query"),
        (200, b"<html>a proxy</html>", ClusterError, "cannot be read"),
    ],
)
def test_each_refusal_is_recognised(status: int, body: Any, kind: type[ArsearchError], said: str) -> None:
    with served(lambda path, headers: (status, body)) as url:
        error = failure(url, writing=kind is ClusterWriteError)
    assert type(error) is kind
    assert said in str(error)
    assert url in str(error)


def test_who_asks_is_told_to_the_cluster_and_to_nobody_else() -> None:
    seen = []

    def answer(path: str, headers: dict[str, str]) -> Answer:
        seen.append(headers.get("Authorization", headers.get("authorization", "")))
        return 401, b"Unauthorized"

    with served(answer) as url:
        error = failure(url, opensearch_user="reader", opensearch_password="secret-word")
    assert seen == ["Basic cmVhZGVyOnNlY3JldC13b3Jk"]
    assert "secret-word" not in str(error)


def test_a_cluster_that_is_down(unused_port: int) -> None:
    error = failure(f"http://127.0.0.1:{unused_port}")
    assert type(error) is ClusterUnavailableError
    assert "opensearch_url" in str(error)
    assert "https://" in str(error)  # so does a cluster that wants TLS behave


@pytest.fixture
def unused_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port: int = probe.getsockname()[1]
        return port


def test_a_node_that_does_not_answer_is_passed_over(unused_port: int) -> None:
    with served(lambda path, headers: (200, {"hits": {}})) as url:
        asking = client(f"http://127.0.0.1:{unused_port},{url}")
        for _ in range(4):
            assert asking.ask(lambda raw: raw.search(index="arsearch", body={})) == {"hits": {}}
        asking.close()


def test_a_cluster_without_tls() -> None:
    with served(lambda path, headers: (200, {})) as url:
        error = failure(url.replace("http:", "https:"))
    assert type(error) is ClusterError
    assert "http://" in str(error)


def certificate(folder: Path, name: str) -> tuple[Path, Path]:
    """Write a certificate for 127.0.0.1 that it signed itself, and its key."""
    key = ec.generate_private_key(ec.SECP256R1())
    subject = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, name)])
    now = datetime.datetime.now(datetime.UTC)
    made = (
        x509.CertificateBuilder()
        .subject_name(subject)
        .issuer_name(subject)
        .public_key(key.public_key())
        .serial_number(x509.random_serial_number())
        .not_valid_before(now - datetime.timedelta(days=1))
        .not_valid_after(now + datetime.timedelta(days=1))
        .add_extension(x509.SubjectAlternativeName([x509.IPAddress(ipaddress.ip_address("127.0.0.1"))]), critical=False)
        .add_extension(x509.BasicConstraints(ca=True, path_length=None), critical=True)
        .sign(key, hashes.SHA256())
    )
    paths = folder / f"{name}.pem", folder / f"{name}.key"
    paths[0].write_bytes(made.public_bytes(serialization.Encoding.PEM))
    private = key.private_bytes(
        serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
    )
    paths[1].write_bytes(private)
    return paths


def test_certificates_are_checked(tmp_path: Path) -> None:
    ours, key = certificate(tmp_path, "ours")
    other, _ = certificate(tmp_path, "other")
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(ours, key)
    with served(lambda path, headers: (200, {"hits": {}}), context) as url:
        assert "opensearch_ca" in str(failure(url))
        assert type(failure(url, opensearch_ca=str(other))) is ClusterError
        asking = client(url, opensearch_ca=str(ours))
        assert asking.ask(lambda raw: raw.search(index="arsearch", body={})) == {"hits": {}}
        asking.close()


@pytest.mark.parametrize("url", ["", "127.0.0.1:9200", "ftp://a", "http://a,https://b", "http://"])
def test_what_is_no_address_is_refused(url: str) -> None:
    with pytest.raises(SettingsError, match="opensearch_url"):
        client(url)


def test_a_file_of_certificates_that_is_not_there() -> None:
    with pytest.raises(SettingsError, match="opensearch_ca"):
        client("https://127.0.0.1:1", opensearch_ca="/nowhere/ca.pem")


class Clock:
    seconds = 0.0

    def __call__(self) -> float:
        return self.seconds


def test_a_cluster_that_fails_again_and_again_is_left_alone_for_a_while(unused_port: int) -> None:
    clock = Clock()
    asking = client(f"http://127.0.0.1:{unused_port}", CircuitBreaker(clock))
    asked = []

    def request(raw: Any) -> Any:
        asked.append(1)
        return raw.search(index="arsearch", body={})

    def fails() -> str:
        with pytest.raises(ClusterUnavailableError) as caught:
            asking.ask(request)
        return str(caught.value)

    for _ in range(5):
        assert "cannot be reached" in fails()
    assert "left alone" in fails()
    assert len(asked) == 5  # nothing was sent
    clock.seconds += 11
    assert "cannot be reached" in fails()  # one tries
    assert "left alone" in fails()
    clock.seconds += 11
    asking.ask(lambda raw: {})  # it is back
    for _ in range(4):
        assert "cannot be reached" in fails()
    asking.close()


def test_a_refusal_does_not_open_the_circuit() -> None:
    breaker = CircuitBreaker(Clock())
    with served(lambda path, headers: (400, refusal("parsing_exception", "wrong"))) as url:
        asking = client(url, breaker)
        for _ in range(9):
            with pytest.raises(ClusterError, match="wrong"):
                asking.ask(lambda raw: raw.search(index="arsearch", body={}))
        asking.close()
    assert breaker.admits()


def test_documents_that_were_not_taken_are_counted_by_their_reasons() -> None:
    outcome = {"index": {"_id": "1", "status": 400, "error": {"type": "mapper", "reason": "cannot parse"}}}
    with served(lambda path, headers: (200, {"errors": True, "items": [outcome]})) as url:
        asking = client(url)
        from arsearch.backends.opensearch.cluster.bulk import write_all

        with pytest.raises(ClusterWriteError, match=r"1 documents: cannot parse \(1 times\)"):
            asking.ask(lambda raw: write_all(raw, [{"_index": "a", "_id": "1", "_source": {}}]), writing=True)
        asking.close()


def test_over_http_a_cluster_that_is_down_is_503_and_says_nothing_of_the_inside(
    unused_port: int, tmp_path: Path
) -> None:
    settings = Settings(index=tmp_path, backend="opensearch", opensearch_url=(f"http://127.0.0.1:{unused_port}",))
    browser = create_app(settings).test_client()
    for path in ("/api/v1/search?q=بيت", "/readyz", "/search?q=بيت"):
        answer = browser.get(path)
        assert answer.status_code == 503
        assert answer.headers["Retry-After"]
        assert str(unused_port) not in answer.get_data(as_text=True)
    assert not list(tmp_path.iterdir())


@pytest.mark.parametrize(
    ("mapping", "kind", "said"),
    [
        ({}, arsearch.CorruptIndexError, "none that arsearch made"),
        ({"arsearch": {"format": 99, "manifest": {"analysis_version": 1}}}, arsearch.IncompatibleIndexError, "99"),
        ({"arsearch": "yes"}, arsearch.CorruptIndexError, "none that arsearch made"),
    ],
)
def test_an_index_that_another_program_or_version_made(
    mapping: dict[str, Any], kind: type[ArsearchError], said: str
) -> None:
    def answer(path: str, headers: dict[str, str]) -> Answer:
        if path.startswith("/_alias"):
            return 200, {"arsearch-00000001": {"aliases": {"arsearch": {}}}}
        return 200, {"arsearch-00000001": {"mappings": {"_meta": mapping}}}

    with served(answer) as url, pytest.raises(kind, match=said):
        choose_backend(Settings(backend="opensearch", opensearch_url=(url,))).open()


def test_a_commit_of_another_analysis() -> None:
    commit = CommitRecord(
        name="arsearch-00000007",
        token=7,
        index="arsearch-00000003",
        base=3,
        words=3,
        manifest={"analysis_version": 99},
    )
    standing = {"name": commit.name, "token": 7, "index": commit.index, "stays": True, "since": 0.0}
    answers = {
        "/arsearch-state/_doc/live": {
            "_source": {"live": commit.name, "last": 7, "commits": [standing]},
            "_seq_no": 1,
            "_primary_term": 1,
        },
        f"/arsearch-state/_doc/{commit.name}": {"_source": commit.as_document()},
        f"/{commit.index}/_mapping": {commit.index: {"mappings": {"_meta": {"arsearch": {"format": 2, "knn": True}}}}},
    }
    with (
        served(lambda path, headers: (200, answers[path.partition("?")[0]])) as url,
        pytest.raises(arsearch.IncompatibleIndexError, match="analysis version 99"),
    ):
        choose_backend(Settings(backend="opensearch", opensearch_url=(url,))).open()


def test_an_alias_of_several_indexes() -> None:
    aliases: dict[str, Any] = {f"arsearch-0000000{number}": {"aliases": {"arsearch": {}}} for number in (1, 2)}
    with (
        served(lambda path, headers: (200, aliases)) as url,
        pytest.raises(arsearch.CorruptIndexError, match="several"),
    ):
        choose_backend(Settings(backend="opensearch", opensearch_url=(url,))).current()
