"""What the server refuses, and what every response carries whatever became of the request."""

from __future__ import annotations

import http.client
import json
import shutil
import socket
import subprocess
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from urllib.parse import urlsplit

import pytest
from flask import Flask

from arsearch import Settings
from arsearch.errors import SettingsError
from arsearch.settings import load_settings
from arsearch.web.access_tokens import TokenFile
from arsearch.web.admission import Admission
from arsearch.web.app import create_app

from .conftest import Answer, Site, serving

SEARCH = "/api/v1/search"
GUARDS = {
    "Content-Security-Policy": "default-src 'none'",
    "X-Content-Type-Options": "nosniff",
    "Referrer-Policy": "strict-origin-when-cross-origin",
    "Permissions-Policy": "camera=()",
}


def problem(response: Answer, status: int) -> dict[str, object]:
    assert response.status == status, response.text
    assert response.headers["Content-Type"] == "application/problem+json"
    found: dict[str, object] = json.loads(response.text)
    return found


def a_static_file(site: Site) -> str:
    page = site.get("/").text
    return page[page.index("/static/") :].split('"')[0]


@pytest.mark.parametrize(
    ("path", "status"),
    [
        ("/", 200),
        ("/search?q=قمر", 200),
        ("/search", 302),
        ("/search?q=؟", 422),
        ("/nowhere", 404),
        ("/article/none", 404),
        (f"{SEARCH}?q=قمر", 200),
        (SEARCH, 400),
        ("/api/v1/none", 404),
        ("/healthz", 200),
        ("/readyz", 200),
        ("/metrics", 200),
        ("/feed.atom?q=قمر", 200),
        ("/static/none.css", 404),
        ("/suggest?q=ق&limit=x", 200),
    ],
)
def test_every_response_is_guarded(site: Site, path: str, status: int) -> None:
    response = site.get(path)
    assert response.status == status
    for name, beginning in GUARDS.items():
        assert response.headers[name].startswith(beginning), name
    assert "X-Request-ID" in response.headers
    assert response.headers.get("Server", "").split("/")[0] != "arsearch"


def test_static_files_and_what_nobody_expected_are_guarded(site: Site, monkeypatch: pytest.MonkeyPatch) -> None:
    def broken(*_: object, **__: object) -> None:
        raise RuntimeError("secret")

    static = site.get(a_static_file(site))
    wrong_method = site.post("/search")
    monkeypatch.setattr("arsearch.web.pages.routes.answer_search", broken)
    page = site.get("/search", q="قمر")
    monkeypatch.setattr("arsearch.web.app.render_template", broken)
    page_of_the_error_broken = site.get("/search", q="قمر")
    assert [r.status for r in (static, wrong_method, page, page_of_the_error_broken)] == [200, 405, 500, 500]
    for response in (static, wrong_method, page, page_of_the_error_broken):
        for name, beginning in GUARDS.items():
            assert response.headers[name].startswith(beginning), name
        assert b"secret" not in response.body


def test_browsers_are_told_to_stay_with_https_only_where_it_is_used(corpus_index: Path) -> None:
    app = create_app(Settings(index=corpus_index))
    assert "Strict-Transport-Security" not in app.test_client().get("/healthz").headers
    secure = app.test_client().get("/healthz", base_url="https://example.org")
    assert secure.headers["Strict-Transport-Security"].startswith("max-age=31536000")


# Sizes


def test_an_address_too_long_for_any_query_is_refused(corpus_index: Path) -> None:
    with serving(corpus_index, max_address_kb=8) as site:
        assert "POST" in str(problem(site.get(SEARCH, q="x" * 9_000), 414)["detail"])
        assert site.get("/search", q="x" * 9_000).status == 414
        assert site.get("/search", q="ا" * 1_000).status == 200


def test_a_body_that_is_too_large_is_refused_before_it_is_read(site: Site) -> None:
    address = urlsplit(site.address)
    connection = http.client.HTTPConnection(address.hostname or "", address.port)
    connection.putrequest("POST", "/preferences")
    connection.putheader("Content-Type", "application/x-www-form-urlencoded")
    connection.putheader("Content-Length", str(10**9))
    connection.endheaders()
    assert connection.getresponse().status == 413
    connection.close()


# Rates


def test_a_client_over_its_rate_is_told_when_to_come_back(corpus_index: Path) -> None:
    app = create_app(Settings(index=corpus_index, rate_limit="3/hour", rate_limit_exempt=()))
    client = app.test_client()
    statuses = [client.get(SEARCH, query_string={"q": "قمر"}).status_code for _ in range(5)]
    assert statuses == [200, 200, 200, 429, 429]
    refused = client.get(SEARCH, query_string={"q": "قمر"})
    assert refused.content_type == "application/problem+json"
    assert 1 <= int(refused.headers["Retry-After"]) <= 3600
    assert client.get("/search", query_string={"q": "قمر"}).status_code == 429
    for always in ("/healthz", "/readyz", "/metrics"):
        assert client.get(always).status_code == 200
    assert client.get("/", environ_overrides={"REMOTE_ADDR": "192.0.2.7"}).status_code == 200


def test_addresses_of_one_ipv6_network_are_one_client_and_exempt_ones_are_not_counted(corpus_index: Path) -> None:
    settings = Settings(index=corpus_index, rate_limit="2/hour", rate_limit_exempt=("10.0.0.0/8", "::1"))
    client = create_app(settings).test_client()

    def ask(address: str) -> int:
        return client.get("/", environ_overrides={"REMOTE_ADDR": address}).status_code

    assert [ask(f"2001:db8::{number}") for number in range(1, 5)] == [200, 200, 429, 429]
    assert ask("2001:db8:0:1::1") == 200
    assert [ask(address) for address in ("10.1.2.3", "::1", "::ffff:10.0.0.1") for _ in range(3)] == [200] * 9


@pytest.mark.slow
def test_no_limit_is_a_limit_too(corpus_index: Path) -> None:
    settings = Settings(index=corpus_index, rate_limit="none", rate_limit_exempt=())
    client = create_app(settings).test_client()
    assert {client.get("/healthz/none").status_code for _ in range(1300)} == {404}


@contextmanager
def redis(folder: Path) -> Iterator[str]:
    """Run a Redis of one's own and give its address."""
    server = shutil.which("redis-server")
    if server is None:
        pytest.skip("needs redis-server")
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = probe.getsockname()[1]
    command = [server, "--port", str(port), "--bind", "127.0.0.1", "--save", "", "--dir", str(folder)]
    process = subprocess.Popen(command, stdout=subprocess.PIPE, text=True)
    try:
        assert process.stdout is not None
        assert any("eady to accept connections" in line for line in process.stdout)
        yield f"redis://127.0.0.1:{port}"
    finally:
        process.kill()
        process.wait()
        if process.stdout:
            process.stdout.close()


def test_servers_that_share_a_redis_count_together_and_go_on_without_it(
    corpus_index: Path, tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    with redis(tmp_path) as address:
        settings = Settings(index=corpus_index, rate_limit="3/hour", rate_limit_exempt=(), rate_limit_storage=address)
        one, other = create_app(settings).test_client(), create_app(settings).test_client()
        statuses = [client.get("/").status_code for client in (one, other, one, other, one)]
        assert statuses == [200, 200, 200, 429, 429]
        assert 1 <= int(other.get("/").headers["Retry-After"]) <= 3600
    assert [client.get("/").status_code for client in (one, other)] == [200, 200]
    assert "rate_limit_storage" in caplog.text


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("rate_limit", "many"),
        ("rate_limit_storage", "file:///tmp"),
        ("rate_limit_exempt", "localhost"),
        ("trusted_proxies", "nginx"),
    ],
)
def test_settings_that_mean_nothing_are_refused_by_name(name: str, value: str) -> None:
    with pytest.raises(SettingsError, match=name):
        create_app(load_settings({name: value}, environ={}))


# Proxies


def address_seen(app: Flask, peer: str, **headers: str) -> str:
    """Return whom *app* sees when *peer* connects and sends *headers*, as address, scheme and host."""
    seen = []

    @app.before_request
    def _look() -> None:
        from flask import request

        seen.append(f"{request.remote_addr} {request.scheme} {request.host}")

    names = {name.replace("_", "-"): value for name, value in headers.items()}
    app.test_client().get("/healthz", headers=names, environ_overrides={"REMOTE_ADDR": peer})
    return seen[-1]


FORWARDED = {
    "X_Forwarded_For": "6.6.6.6, 192.0.2.7",
    "X_Forwarded_Proto": "https",
    "X_Forwarded_Host": "search.example",
}


@pytest.mark.parametrize(
    ("trusted", "peer", "seen"),
    [
        ("", "10.0.0.1", "10.0.0.1 http localhost"),
        ("10.0.0.0/8", "203.0.113.5", "203.0.113.5 http localhost"),
        ("10.0.0.0/8", "10.0.0.1", "192.0.2.7 https search.example"),
        ("10.0.0.0/8, 192.0.2.0/24", "10.0.0.1", "6.6.6.6 https search.example"),
        ("1", "203.0.113.5", "192.0.2.7 https search.example"),
        ("2", "203.0.113.5", "6.6.6.6 http localhost"),
    ],
)
def test_forwarded_headers_count_only_where_a_trusted_proxy_wrote_them(trusted: str, peer: str, seen: str) -> None:
    assert address_seen(create_app(load_settings({"trusted_proxies": trusted}, environ={})), peer, **FORWARDED) == seen


def test_nonsense_from_a_trusted_proxy_changes_nothing() -> None:
    app = create_app(Settings(trusted_proxies=("10.0.0.1",)))
    headers = {"X_Forwarded_For": "evil, <x>", "X_Forwarded_Proto": "javascript", "X_Forwarded_Host": "a b/"}
    assert address_seen(app, "10.0.0.1", **headers) == "10.0.0.1 http localhost"


def test_only_names_that_are_set_are_answered(corpus_index: Path) -> None:
    client = create_app(Settings(index=corpus_index, trusted_hosts=("search.example",))).test_client()
    assert client.get("/", base_url="http://search.example").status_code == 200
    for path in ("/", SEARCH):
        refused = client.get(path, base_url="http://evil.example")
        assert refused.status_code == 400
        assert "nosniff" in refused.headers["X-Content-Type-Options"]
    assert client.get("/healthz", base_url="http://127.0.0.1:8000").status_code == 200


# Tokens


@pytest.fixture
def tokens(tmp_path: Path) -> TokenFile:
    return TokenFile(tmp_path / "tokens.json")


@pytest.mark.slow
def test_the_api_and_the_counts_want_a_token_that_is_good_for_them(
    corpus_index: Path, tokens: TokenFile, tmp_path: Path
) -> None:
    searching, counting = tokens.create("newsroom", ["search"]), tokens.create("prometheus", ["metrics"])
    with serving(corpus_index, tokens=str(tmp_path / "tokens.json")) as site:
        nobody = site.get(SEARCH, q="قمر")
        assert "token" in str(problem(nobody, 401)["detail"])
        assert nobody.headers["WWW-Authenticate"] == 'Bearer realm="arsearch API"'
        wrong = site.asked_with(Authorization="Bearer wrong").get(SEARCH, q="قمر")
        assert "error=invalid_token" in wrong.headers["WWW-Authenticate"]
        for scheme in ("Basic bmV3czpyb29t", searching, f"Token {searching}", "Bearer", "Bearer  ", "Bearer x=y"):
            problem(site.asked_with(Authorization=scheme).get(SEARCH, q="قمر"), 401)
        newsroom = site.asked_with(Authorization=f"Bearer {searching}")
        prometheus = site.asked_with(Authorization=f"Bearer {counting}")
        assert newsroom.get(SEARCH, q="قمر").status == 200
        assert prometheus.get("/metrics").status == 200
        problem(newsroom.get("/metrics"), 403)
        problem(prometheus.get(SEARCH, q="قمر"), 403)
        problem(site.get("/api/v1/none"), 401)
        for public in ("/", "/search?q=قمر", "/suggest?q=قم", "/healthz", "/readyz"):
            assert site.get(public).status == 200
        tokens.revoke("newsroom")
        problem(newsroom.get(SEARCH, q="قمر"), 401)


def test_without_the_file_of_tokens_nobody_gets_in(corpus_index: Path, tmp_path: Path) -> None:
    with serving(corpus_index, tokens=str(tmp_path / "none.json")) as site:
        response = site.asked_with(Authorization="Bearer x").get(SEARCH, q="قمر")
        assert response.status == 500
        assert str(tmp_path) not in response.text


# Many at once


def test_some_run_some_wait_and_the_rest_are_sent_away() -> None:
    admission = Admission(running=1, waiting=1, seconds=60)
    assert admission.enter()
    waited: list[bool] = []
    waiter = threading.Thread(target=lambda: waited.append(admission.enter()))
    waiter.start()
    while admission.enter():  # until the waiter has its place; a turn is impossible, so this one cannot get it
        admission.leave()
    assert waited == []
    admission.leave()
    waiter.join()
    assert waited == [True]
    admission.leave()
    assert admission.enter()


def test_whoever_waits_too_long_is_sent_away_and_its_place_is_free_again() -> None:
    admission = Admission(running=1, waiting=1, seconds=0)
    assert admission.enter()
    assert [admission.enter() for _ in range(3)] == [False] * 3
    admission.leave()
    assert admission.enter()


def test_a_busy_server_says_when_to_come_back_and_still_says_that_it_lives(
    corpus_index: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    running, go_on = threading.Event(), threading.Event()

    def hold(*_: object) -> None:
        running.set()
        assert go_on.wait(60)
        raise RuntimeError("whatever becomes of it")

    with serving(corpus_index, max_running_requests=1, max_waiting_requests=0) as site:
        with monkeypatch.context() as patch:
            patch.setattr("arsearch.web.api.routes.answer_search", hold)
            first = threading.Thread(target=lambda: site.get(SEARCH, q="قمر"))
            first.start()
            assert running.wait(60)
            busy = site.get("/search", q="قمر")
            assert (busy.status, busy.headers["Retry-After"]) == (503, "1")
            problem(site.get(SEARCH, q="قمر"), 503)
            for always in ("/healthz", "/readyz", "/metrics"):
                assert site.get(always).status == 200
            go_on.set()
            first.join()
        assert site.get(SEARCH, q="قمر").status == 200  # the turn of the one that failed is free


# Paths


@pytest.mark.parametrize("evil", ["../../../../etc/passwd", "..%2f..%2fetc%2fpasswd", "/etc/passwd", "a\x00b", "C:\\x"])
def test_no_path_of_a_client_reaches_the_file_system(site: Site, evil: str, opened: list[str]) -> None:
    site.get("/")  # so that everything is loaded
    opened.clear()
    for path in ("/article/", "/api/v1/articles/", "/static/", "/"):
        response = site.get(path + evil)
        assert response.status == 404
        assert "root:" not in response.text
    for name in ("q", "source", "tag", "sort", "mode", "from"):
        site.get(SEARCH, **{"q": "قمر", name: evil})
        site.get("/search", **{"q": "قمر", name: evil})
    assert [path for path in opened if "passwd" in path or "\x00" in path or "C:" in path] == []
