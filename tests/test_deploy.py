"""The examples for running arsearch are what their programs take, and name what there is."""

from __future__ import annotations

import contextlib
import dataclasses
import re
import shutil
import socket
import ssl
import subprocess
import sys
import threading
import tomllib
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any

import pytest
import yaml

from arsearch import Settings
from arsearch.cli import main
from arsearch.common.deadline import STAGES
from arsearch.web.app import create_app

from .conftest import ROOT

DEPLOY = ROOT / "deploy"
DOCUMENT = (ROOT / "docs" / "en" / "how-to" / "run-behind-nginx.md").read_text(encoding="utf-8")
SECURITY = (ROOT / "SECURITY.md").read_text(encoding="utf-8")
NAMES = {field.name for field in dataclasses.fields(Settings)}
# What decides about indexing and ranking, not about serving.
OF_THE_SERVER = re.compile(
    r"^(host|port|workers|max_(address|body|query|prefix|expansions|page|depth|searches|running|waiting).*|rate_.*|"
    r"trusted_.*|cors_origins|tokens|log_.*|access_log|slow_query_ms|cached_.*|(request|shutdown)_seconds)$"
)


def test_every_setting_of_the_server_is_in_its_table_and_no_other() -> None:
    table = DOCUMENT[DOCUMENT.index("## Settings of the server") : DOCUMENT.index("**Several processes")]
    named = set(re.findall(r"`([a-z_]+)`", table[table.index("|---|") :]))
    assert named == {name for name in NAMES if OF_THE_SERVER.match(name)}


def test_what_the_examples_set_are_settings() -> None:
    container = (DEPLOY / "Containerfile").read_text(encoding="utf-8")
    nginx = (DEPLOY / "nginx.conf").read_text(encoding="utf-8")
    toml = DOCUMENT[DOCUMENT.index("```toml") : DOCUMENT.index("Index as the same user")]
    used = {name.lower() for name in re.findall(r"ARSEARCH_([A-Z_]+)", container + DOCUMENT)}
    used |= set(re.findall(r"^([a-z_]+) =", toml, flags=re.MULTILINE)) | set(re.findall(r"([a-z_]+) = \"", nginx))
    assert used
    assert used <= NAMES


def test_every_stage_and_metric_is_documented() -> None:
    from arsearch.web import metrics

    for stage in STAGES:
        assert f"`{stage}`" in DOCUMENT
    for name in re.findall(r'"(arsearch_[a-z_]+)"', Path(metrics.__file__).read_text(encoding="utf-8")):
        assert f"`{name}`" in DOCUMENT, name


def test_files_and_tests_that_the_documents_name_are_there() -> None:
    for name in re.findall(r"`(tests/[\w/]+\.py|deploy/[\w.]+)`", DOCUMENT + SECURITY):
        assert (ROOT / name).is_file(), name
    for name in re.findall(r"`((?!tests/)[a-z_]+(?:/[a-z_]+)?\.py)`", SECURITY):
        assert (ROOT / "src" / "arsearch" / name).is_file(), name


def test_every_promise_names_a_test_that_is_there() -> None:
    named = re.findall(r"`(tests/[\w/]+\.py)::(test_\w+)`", SECURITY)
    assert len(named) > 50
    for path, test in named:
        assert re.search(rf"^def {test}\(", (ROOT / path).read_text(encoding="utf-8"), re.MULTILINE), (path, test)
    doors = SECURITY[SECURITY.index("## Threat model") : SECURITY.index("## Where it ends")]
    for row in re.findall(r"^\| (?!threat|---)(.+) \|$", doors, re.MULTILINE):
        assert "::test_" in row, row


def manifests() -> list[dict[str, Any]]:
    return list(yaml.safe_load_all((DEPLOY / "kubernetes.yaml").read_text(encoding="utf-8")))


def containers() -> list[dict[str, Any]]:
    pods = [one["spec"] for one in manifests() if one["kind"] == "Deployment"]
    pods += [one["spec"]["jobTemplate"]["spec"] for one in manifests() if one["kind"] == "CronJob"]
    return [container for pod in pods for container in pod["template"]["spec"]["containers"]]


def test_kubernetes_runs_commands_that_there_are_with_settings_that_there_are() -> None:
    [config] = [one for one in manifests() if one["kind"] == "ConfigMap"]
    Settings(**tomllib.loads(config["data"]["arsearch.toml"]))
    for container in containers():
        assert container["args"][0] == "arsearch"
        assert container["args"][1] in main.commands
        assert {each["name"] for each in container["env"]} <= {f"ARSEARCH_{name.upper()}" for name in NAMES}
        mounted = {mount["name"] for mount in container["volumeMounts"]}
        assert {"settings", "authority", "temporary"} <= mounted
        assert container["securityContext"]["readOnlyRootFilesystem"]
    roles = {path.stem for path in (DEPLOY / "opensearch-roles").glob("*.json")}
    users = {each["value"] for one in containers() for each in one["env"] if each["name"].endswith("_USER")}
    assert users == roles


def test_kubernetes_asks_whether_a_server_is_ready_and_alive(tmp_path: Path) -> None:
    [server] = [one for one in containers() if "readinessProbe" in one]
    probes = {name: server[name]["httpGet"]["path"] for name in ("readinessProbe", "livenessProbe", "startupProbe")}
    assert probes == {"readinessProbe": "/readyz", "livenessProbe": "/healthz", "startupProbe": "/healthz"}
    application = create_app(Settings(index=tmp_path / "none"))
    assert {*probes.values(), "/metrics"} <= {rule.rule for rule in application.url_map.iter_rules()}


def test_alerts_are_about_metrics_that_there_are() -> None:
    from arsearch.web import metrics

    exposed = set(re.findall(r'"(arsearch_[a-z_]+)"', Path(metrics.__file__).read_text(encoding="utf-8")))
    groups = yaml.safe_load((DEPLOY / "alerts.yaml").read_text(encoding="utf-8"))["groups"]
    rules = [rule for group in groups for rule in group["rules"]]
    named = {name for rule in rules for name in re.findall(r"arsearch_[a-z_]+", rule["expr"])}
    assert len(rules) == len({rule["alert"] for rule in rules})
    assert {name.removesuffix("_bucket") for name in named} <= exposed
    guide = (ROOT / "docs" / "en" / "how-to" / "operate-a-cluster.md").read_text(encoding="utf-8")
    for rule in rules:
        assert f"`{rule['alert']}`" in guide


def test_the_container_does_not_run_as_root() -> None:
    lines = (DEPLOY / "Containerfile").read_text(encoding="utf-8").splitlines()
    last_stage = lines[max(number for number, line in enumerate(lines) if line.startswith("FROM")) :]
    [user] = [line.split()[1] for line in last_stage if line.startswith("USER")]
    assert int(user) > 0


def test_nginx_takes_the_example(tmp_path: Path) -> None:
    nginx, openssl = shutil.which("nginx") or shutil.which("/usr/sbin/nginx"), shutil.which("openssl")
    if nginx is None or openssl is None:
        pytest.skip("needs nginx and openssl")
    certificate = ["req", "-x509", "-newkey", "rsa:2048", "-nodes", "-days", "1", "-subj", "/CN=search.example.org"]
    files = ["-keyout", str(tmp_path / "privkey.pem"), "-out", str(tmp_path / "fullchain.pem")]
    subprocess.run([openssl, *certificate, *files], check=True, stderr=subprocess.DEVNULL)
    site = (DEPLOY / "nginx.conf").read_text(encoding="utf-8").replace("/etc/ssl/search.example.org", str(tmp_path))
    whole = f"pid {tmp_path}/pid; error_log stderr; events {{}} http {{ access_log off; {site} }}"
    (tmp_path / "nginx.conf").write_text(whole, encoding="utf-8")
    command = [nginx, "-t", "-p", str(tmp_path), "-c", str(tmp_path / "nginx.conf")]
    completed = subprocess.run(command, capture_output=True, text=True, check=False)
    assert completed.returncode == 0, completed.stderr
    assert "[warn]" not in completed.stderr or "http2" in completed.stderr  # newer ones want `http2 on` instead


def test_two_hundred_slow_clients_keep_nobody_from_the_shipped_nginx(tmp_path: Path) -> None:
    """Half of them send a head slowly, half a body: nginx tells them that their time is up, and arsearch sees none."""
    nginx, openssl = shutil.which("nginx") or shutil.which("/usr/sbin/nginx"), shutil.which("openssl")
    if nginx is None or openssl is None:
        pytest.skip("needs nginx and openssl")
    certificate = ["req", "-x509", "-newkey", "rsa:2048", "-nodes", "-days", "1", "-subj", "/CN=search.example.org"]
    files = ["-keyout", str(tmp_path / "privkey.pem"), "-out", str(tmp_path / "fullchain.pem")]
    subprocess.run([openssl, *certificate, *files], check=True, stderr=subprocess.DEVNULL)
    site = (DEPLOY / "nginx.conf").read_text(encoding="utf-8")
    site, limits = re.subn(r"(client_(?:header|body)_timeout) 10s;", r"\1 1s;", site)  # nobody waits for ten here
    assert limits == 2
    asked: list[str] = []

    class Behind(BaseHTTPRequestHandler):
        """Says what it is asked, before it has anything but the head."""

        def do_GET(self) -> None:
            asked.append(f"{self.command} {self.path}")
            self.send_response(200)
            self.send_header("Content-Length", "5")
            self.end_headers()
            self.wfile.write(b"there")

        do_POST = do_GET  # noqa: N815  # the name that http.server looks for

        def log_message(self, format: str, *args: object) -> None:  # noqa: A002
            """Say nothing."""

    behind = ThreadingHTTPServer(("127.0.0.1", 0), Behind)
    serving = threading.Thread(target=behind.serve_forever, kwargs={"poll_interval": 0.01})
    serving.start()
    plain, secure = _free_port(), _free_port()
    site = re.sub(r"\n *listen \[::\][^\n]*", "", site).replace("/etc/ssl/search.example.org", str(tmp_path))
    site = site.replace("listen 80;", f"listen 127.0.0.1:{plain};").replace("listen 443", f"listen 127.0.0.1:{secure}")
    site = site.replace("127.0.0.1:8000", f"127.0.0.1:{behind.server_address[1]}")
    folders = "".join(f"{name}_temp_path {tmp_path}/{name}; " for name in _TEMPORARY)
    whole = f"daemon off; pid {tmp_path}/pid; error_log stderr; events {{}} http {{ access_log off; {folders}{site} }}"
    (tmp_path / "nginx.conf").write_text(whole, encoding="utf-8")
    command = [nginx, "-p", str(tmp_path), "-c", str(tmp_path / "nginx.conf")]
    context = ssl.create_default_context(cafile=str(tmp_path / "fullchain.pem"))
    process = subprocess.Popen(command, stderr=subprocess.DEVNULL)
    try:
        with contextlib.ExitStack() as stack:
            slow = []
            for number in range(200):
                head, rest = (
                    (b"GET /slow HTTP/1.1\r\nHost: search.example.org\r\nX-", b"")
                    if number % 2
                    else (b"POST /slow HTTP/1.1\r\nHost: search.example.org\r\nContent-Length: 9\r\n\r\n", b"{")
                )
                client = stack.enter_context(_connected(secure, process))
                secured = stack.enter_context(context.wrap_socket(client, server_hostname="search.example.org"))
                secured.sendall(head + rest)
                slow.append(secured)
            client = stack.enter_context(_connected(secure, process))
            asking = stack.enter_context(context.wrap_socket(client, server_hostname="search.example.org"))
            asking.sendall(b"GET /quick HTTP/1.1\r\nHost: search.example.org\r\nConnection: close\r\n\r\n")
            received = _all_of(asking)
            assert received.startswith(b"HTTP/1.1 200 OK")
            assert received.endswith(b"there")
            assert {_all_of(client)[:12] for client in slow} <= {b"HTTP/1.1 408", b""}
        assert asked == ["GET /quick"]
    finally:
        process.terminate()
        process.wait()
        behind.shutdown()
        serving.join()
        behind.server_close()


def _all_of(client: ssl.SSLSocket) -> bytes:
    """Return what comes until the other side closes."""
    received = b""
    with contextlib.suppress(ConnectionResetError):
        while chunk := client.recv(1 << 16):
            received += chunk
    return received


_TEMPORARY = ("client_body", "proxy", "fastcgi", "uwsgi", "scgi")


def _free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


def _connected(port: int, process: subprocess.Popen[bytes]) -> socket.socket:
    """Return a connection to *process*, which may only just be beginning to listen."""
    while True:
        try:
            return socket.create_connection(("127.0.0.1", port), timeout=60)
        except ConnectionRefusedError:
            assert process.poll() is None


def test_systemd_takes_the_unit_and_finds_it_confined(tmp_path: Path) -> None:
    analyze = shutil.which("systemd-analyze")
    if analyze is None:
        pytest.skip("needs systemd-analyze")
    unit = (DEPLOY / "arsearch.service").read_text(encoding="utf-8")
    path = tmp_path / "arsearch.service"
    path.write_text(unit.replace("/opt/arsearch/bin/arsearch", sys.executable), encoding="utf-8")
    verified = subprocess.run([analyze, "verify", str(path)], capture_output=True, text=True, check=False)
    about_unit = [line for line in verified.stderr.splitlines() if "arsearch.service" in line]
    assert about_unit == []
    judged = subprocess.run(
        [analyze, "security", "--offline=true", "--threshold=25", str(path)],
        capture_output=True,
        text=True,
        check=False,
    )
    assert judged.returncode == 0, judged.stdout[-300:]
