"""Writing to the server as it is run: whatever is killed, no acknowledged write is lost."""

from __future__ import annotations

import contextlib
import os
import random
import signal
import sys
import threading
from pathlib import Path

import pytest

from arsearch import ArsearchError, Settings
from arsearch.client import Client
from arsearch.corpus import Article
from arsearch.index import update_index, verify
from arsearch.web.access_tokens import TokenFile

from .test_server import Server, running

pytestmark = [
    pytest.mark.slow,
    pytest.mark.skipif(sys.platform == "win32", reason="gunicorn needs fork; Windows is served by waitress"),
]

KILLS = int(os.environ.get("ARSEARCH_TEST_KILLED_SERVERS", "4"))


@pytest.fixture
def settings(tmp_path: Path, tiny_encoder: str) -> Settings:
    (tmp_path / "corpus.jsonl").write_text('{"id": "sky", "body": "قمر ونجم"}', encoding="utf-8")
    settings = Settings(index=tmp_path / "index", model=tiny_encoder, tokens=str(tmp_path / "tokens.json"))
    update_index([tmp_path / "corpus.jsonl"], settings)
    return settings


@pytest.fixture
def token(settings: Settings) -> str:
    return TokenFile(Path(settings.tokens)).create("desk", ["write"])


def serving(settings: Settings) -> contextlib.AbstractContextManager[Server]:
    return running(settings.index, workers=2, tokens=settings.tokens, model=settings.model)


def family(server: Server) -> list[int]:
    """The server's process, and all that it has forked."""
    found = [server.process.pid]
    for process in found:
        with contextlib.suppress(OSError):
            children = Path(f"/proc/{process}/task/{process}/children").read_text(encoding="ascii")
            found += [int(child) for child in children.split()]
    return found


def numbered(number: int, version: int) -> Article:
    return Article(id=f"{number}", title=f"خبر {number}", body=f"نص الخبر {number} في صيغته {version}", language="ar")


def test_what_is_written_is_found_by_every_process(settings: Settings, token: str) -> None:
    with serving(settings) as server, Client(f"http://127.0.0.1:{server.port}", token=token, timeout=60) as client:
        for number in range(5):
            assert client.put(numbered(number, 1), wait=True).visible
        for _ in range(20):
            assert client.search("الخبر", mode="lexical").total == 5
        client.delete("3", wait=True)
        assert client.search("الخبر", mode="lexical").total == 4
        assert update_index([], settings, wait=30).articles == 5  # another writer has its turn


@pytest.mark.skipif(sys.platform != "linux", reason="looks for processes in /proc")
def test_a_process_that_indexes_and_dies_is_replaced_and_ends_with_the_server(settings: Settings, token: str) -> None:
    with serving(settings) as server, Client(f"http://127.0.0.1:{server.port}", token=token, timeout=60) as client:
        client.put(numbered(1, 1), wait=True)
        everybody = family(server)
        os.kill(everybody[-1], signal.SIGKILL)
        assert client.put(numbered(1, 2), wait=True).visible
        everybody = family(server)
        server.process.send_signal(signal.SIGTERM)
        server.process.wait(60)
        assert not any(Path(f"/proc/{process}").exists() for process in everybody)


@pytest.mark.skipif(sys.platform != "linux", reason="looks for processes in /proc")
def test_no_acknowledged_write_is_lost_however_often_everything_is_killed(settings: Settings, token: str) -> None:
    chance = random.Random(5)
    written: dict[str, Article] = {}
    for round_number in range(KILLS):
        with serving(settings) as server:
            address = f"http://127.0.0.1:{server.port}"
            kill_after, acknowledged = chance.randrange(5, 60), threading.Semaphore(0)

            def write(
                first: int,
                address: str = address,
                acknowledged: threading.Semaphore = acknowledged,
                round_number: int = round_number,
            ) -> None:
                with Client(address, token=token, retries=0) as client, contextlib.suppress(ArsearchError):
                    for number in range(first, first + 1000):
                        article = numbered(number % 40 + first, number + round_number)
                        client.put(article, wait=not first)  # one of them waits for commits
                        written[article.id] = article
                        acknowledged.release()

            threads = [threading.Thread(target=write, args=(1000 * thread,)) for thread in range(3)]
            for thread in threads:
                thread.start()
            for _ in range(kill_after):
                assert acknowledged.acquire(timeout=60)
            for process in family(server):
                with contextlib.suppress(OSError):
                    os.kill(process, signal.SIGKILL)
            for thread in threads:
                thread.join()
    with serving(settings) as server, Client(f"http://127.0.0.1:{server.port}", token=token, timeout=60) as client:
        client.put(numbered(9999, 1), wait=True)
        for identifier, article in written.items():
            found = client.article(identifier)
            # Of the write that was under way when everything was killed nobody knows.
            assert found == article or int(found.body.split()[-1]) > int(article.body.split()[-1])
            assert found.title == article.title
    assert verify(settings.index) == []
