"""The real application behind a real socket, and a reader's or a program's way to it."""

from __future__ import annotations

import json
import shutil
import threading
import urllib.error
import urllib.request
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from email.message import Message
from http.client import HTTPResponse
from pathlib import Path
from typing import Any
from urllib.parse import urlencode

import pytest
from werkzeug.serving import make_server

import arsearch
from arsearch import Settings
from arsearch.errors import IndexStateError
from arsearch.web.app import create_app

EVIL = "<script>alert(1)</script>"
WILD = [
    {
        "id": "evil/article",
        "title": f"سفينة {EVIL}",
        "body": f"دخلت السفينة {EVIL} الميناء & خرجت.\n\nPort of call.\n\nDNA سفينة",
        "author": f"كاتب {EVIL}",
        "source": f"مصدر {EVIL}",
        "date": "2015-07-21T08:30:00Z",
        "url": "javascript:alert(1)",
        "tags": [f'وسم "{EVIL}'],
    },
    {"id": "bare", "body": "سفينة بلا عنوان."},
    *({"id": f"n{number}", "title": f"سفينة رقم {number}", "body": "سفينة في البحر."} for number in range(9)),
]


@dataclass(frozen=True)
class Answer:
    """What the server said."""

    status: int
    headers: Message
    text: str


class _StayHere(urllib.request.HTTPRedirectHandler):
    def redirect_request(self, *_: Any) -> None:
        return None


class Site:
    """A running server."""

    def __init__(self, address: str) -> None:
        self.address = address
        self._opener = urllib.request.build_opener(_StayHere)

    def get(self, path: str, **parameters: str | list[str]) -> Answer:
        """Ask for a page, and follow no redirect."""
        query = f"?{urlencode(parameters, doseq=True)}" if parameters else ""
        try:
            response: HTTPResponse = self._opener.open(f"{self.address}{path}{query}", timeout=30)
        except urllib.error.HTTPError as error:
            with error:
                return Answer(error.code, error.headers, error.read().decode())
        with response:
            return Answer(response.status, response.headers, response.read().decode())


@contextmanager
def serving(index: Path, **settings: Any) -> Iterator[Site]:
    app = create_app(Settings(index=index, **settings))
    server = make_server("127.0.0.1", 0, app, threaded=True)
    thread = threading.Thread(target=server.serve_forever)
    thread.start()
    try:
        yield Site(f"http://127.0.0.1:{server.port}")
    finally:
        server.shutdown()
        thread.join()
        server.server_close()
        with suppress(IndexStateError):  # there may have been nothing to open
            app.extensions["arsearch"].searcher().close()


@pytest.fixture(scope="session")
def site(corpus_index: Path) -> Iterator[Site]:
    """The project's own corpus."""
    with serving(corpus_index) as site:
        yield site


@pytest.fixture(scope="session")
def wild_index(tmp_path_factory: pytest.TempPathFactory, tiny_encoder: str) -> Path:
    """Articles as the wild has them: one an attack, one without a title."""
    folder = tmp_path_factory.mktemp("wild")
    encoder = shutil.copytree(tiny_encoder, folder / "encoder")
    (folder / "corpus.jsonl").write_text("\n".join(map(json.dumps, WILD)), encoding="utf-8")
    arsearch.build_index([folder / "corpus.jsonl"], folder / "index", model=str(encoder), settings=Settings())
    return folder / "index"


@pytest.fixture(scope="session")
def wild_site(wild_index: Path) -> Iterator[Site]:
    with serving(wild_index, page_size=3) as site:
        yield site


@pytest.fixture
def site_without_model(wild_index: Path, tmp_path: Path) -> Iterator[Site]:
    """An index whose encoder has gone."""
    encoder = wild_index.parent / "encoder"
    index = shutil.copytree(wild_index, tmp_path / "index")
    hidden = encoder.rename(tmp_path / "encoder")
    try:
        with serving(index) as site:
            yield site
    finally:
        hidden.rename(encoder)


@pytest.fixture
def site_without_index(tmp_path: Path) -> Iterator[Site]:
    with serving(tmp_path / "nothing") as site:
        yield site
