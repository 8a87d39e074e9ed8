"""``arsearch serve``: what it says when it cannot, and that it answers over a socket."""

from __future__ import annotations

import json
import os
import signal
import socket
import subprocess
import sys
import time
import urllib.error
import urllib.request
from pathlib import Path
from typing import Any

import pytest

from .command import ENVIRONMENT, arsearch

pytestmark = pytest.mark.slow


def test_serve_says_at_once_what_is_wrong_with_the_index(own_index: Path) -> None:
    [store] = own_index.rglob("*.sqlite")
    store.write_bytes(store.read_bytes()[:-100])
    completed = arsearch("serve", "--index", own_index, "--port", 0)
    assert completed.returncode == 1
    assert "were written" in completed.stderr


def test_serve_says_at_once_that_an_address_is_taken(index: Path) -> None:
    with socket.socket() as other:
        other.bind(("127.0.0.1", 0))
        other.listen()
        completed = arsearch("serve", "--index", index, "--port", other.getsockname()[1])
    assert completed.returncode == 1
    assert "choose another with --host and --port" in completed.stderr


@pytest.mark.skipif(sys.platform == "win32", reason="gunicorn needs fork; Windows is served by waitress")
def test_serve_answers_over_a_socket_and_follows_a_new_commit(own_index: Path, corpus: Path, tmp_path: Path) -> None:
    import socket

    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = probe.getsockname()[1]
    process = subprocess.Popen(
        [sys.executable, "-m", "arsearch", "serve", "--index", str(own_index), "--port", str(port), "--workers", "2"],
        env=ENVIRONMENT,
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
    )
    try:
        assert wait_for(f"http://127.0.0.1:{port}/readyz")["articles"] == 2
        answer = get(f"http://127.0.0.1:{port}/api/v1/search?q=%D9%82%D9%85%D8%B1")
        assert [hit["id"] for hit in answer["hits"]] == ["sky"]
        long = "%D9%82" * 10_000
        with pytest.raises(urllib.error.HTTPError) as caught:
            get(f"http://127.0.0.1:{port}/api/v1/search?q={long}")
        with caught.value as response:
            assert (response.status, json.load(response)["status"]) == (422, 422)
        # A worker that leaves takes nothing with it that the others need.
        children = Path(f"/proc/{process.pid}/task/{process.pid}/children")
        if children.exists():
            os.kill(int(children.read_text(encoding="ascii").split()[0]), signal.SIGTERM)
            for _ in range(20):
                assert get(f"http://127.0.0.1:{port}/api/v1/search?q=%D9%82%D9%85%D8%B1")["total"] >= 1
        corpus.write_text('{"body": "شمس"}', encoding="utf-8")
        assert arsearch("index", "--index", own_index).returncode == 0
        ready = get(f"http://127.0.0.1:{port}/readyz")
        assert ready | {"created": ""} == {"status": "ok", "commit": "00000002", "articles": 1, "created": ""}
        with urllib.request.urlopen(f"http://127.0.0.1:{port}/metrics") as response:
            assert b"arsearch_search_seconds_count" in response.read()
    finally:
        process.terminate()
        assert process.wait(30) == 0


def get(url: str) -> dict[str, Any]:
    with urllib.request.urlopen(url) as response:
        answer: dict[str, Any] = json.load(response)
        return answer


def wait_for(url: str) -> dict[str, Any]:
    """Ask until the server, which starts in its own time, accepts connections."""
    deadline = time.monotonic() + 60
    while True:
        try:
            return get(url)
        except urllib.error.URLError:
            if time.monotonic() > deadline:
                raise
