"""The real application behind a real socket, and a reader's or a program's way to it."""

from __future__ import annotations

import json
import shutil
import sys
import threading
import urllib.error
import urllib.request
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from email.message import Message
from http.client import HTTPResponse
from pathlib import Path
from typing import Any
from urllib.parse import quote, urlencode, urlsplit

import pytest
from playwright.sync_api import Browser, ConsoleMessage, Page, Request, ViewportSize
from werkzeug.serving import make_server

import arsearch
from arsearch import Settings
from arsearch.errors import IndexStateError
from arsearch.web.app import create_app

from ..conftest import needs_chromium as needs_chromium

EVIL = "<script>alert(1)</script>"
TURNED = "\u202eمقلوبة\u2067 \u202d"  # bidi overrides and isolates that nothing closes
LONG_WORD = "طويلة" * 2000
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
    {
        "id": "turned",
        "title": f"قلعة {TURNED}",
        "body": f"قلعة {TURNED} في الجبل.\n{LONG_WORD}\nقلعة أخرى.",
        "author": TURNED,
        "source": TURNED,
        "date": "2015-07-21",
        "tags": [TURNED, LONG_WORD],
        "url": "https://example.org/castle",
    },
    {"id": "endless", "title": LONG_WORD, "body": f"قلعة {LONG_WORD} {LONG_WORD}"},
    *({"id": f"n{number}", "title": f"سفينة رقم {number}", "body": "سفينة في البحر."} for number in range(9)),
]


@dataclass(frozen=True)
class Answer:
    """What the server said."""

    status: int
    headers: Message
    body: bytes

    @property
    def text(self) -> str:
        return self.body.decode("utf-8")


class _StayHere(urllib.request.HTTPRedirectHandler):
    def redirect_request(self, *_: Any) -> None:
        return None


class Site:
    """A running server."""

    def __init__(self, address: str, headers: dict[str, str] | None = None) -> None:
        self.address = address
        self._headers = headers or {}
        self._opener = urllib.request.build_opener(_StayHere)

    def asked_with(self, **headers: str) -> Site:
        """The same server, asked by a browser that sends these headers; an underscore stands for a hyphen."""
        return Site(self.address, {name.replace("_", "-"): value for name, value in headers.items()})

    def get(self, path: str, **parameters: str | list[str]) -> Answer:
        """Ask for a page, and follow no redirect."""
        query = f"?{urlencode(parameters, doseq=True)}" if parameters else ""
        address = quote(f"{self.address}{path}{query}", safe="%/:=&?#+[];,!'()*~@$")  # links may hold Arabic letters
        return self._open(urllib.request.Request(address, headers=self._headers))

    def post(self, path: str, **fields: str) -> Answer:
        """Send a form, and follow no redirect."""
        data = urlencode(fields).encode()
        return self._open(urllib.request.Request(f"{self.address}{path}", data=data, headers=self._headers))

    def ask(self, method: str, path: str, body: bytes | None = None, **headers: str) -> Answer:
        """Send any request; an underscore in the name of a header stands for a hyphen. No redirect is followed."""
        sent = self._headers | {name.replace("_", "-"): value for name, value in headers.items()}
        return self._open(urllib.request.Request(self.address + path, data=body, headers=sent, method=method))

    def post_json(self, path: str, value: Any) -> Answer:
        """Send a JSON body."""
        return self.ask("POST", path, json.dumps(value).encode(), Content_Type="application/json")

    def _open(self, request: urllib.request.Request) -> Answer:
        try:
            response: HTTPResponse = self._opener.open(request, timeout=30)
        except urllib.error.HTTPError as error:
            with error:
                return Answer(error.code, error.headers, error.read())
        with response:
            return Answer(response.status, response.headers, response.read())


SECONDS_BETWEEN_LOOKS = 0.01
"""How soon a server notices that it is to stop; half a second is the usual, once for each test."""


@contextmanager
def serving(index: Path, **settings: Any) -> Iterator[Site]:
    app = create_app(Settings(index=index, **settings))
    server = make_server("127.0.0.1", 0, app, threaded=True)
    thread = threading.Thread(target=server.serve_forever, args=(SECONDS_BETWEEN_LOOKS,))
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


PHONE: ViewportSize = {"width": 360, "height": 800}
DESK: ViewportSize = {"width": 1440, "height": 900}

Visit = Callable[..., Page]


def _is_status_of_page(message: ConsoleMessage) -> bool:
    """Whether Chromium only says that a page itself has the status of an error."""
    own_pages = not urlsplit(message.location["url"]).path.startswith(("/static/", "/api/"))
    return own_pages and "server responded with a status" in message.text


@pytest.fixture
def visit(browser: Browser, site: Site) -> Iterator[Visit]:
    """Open a page in a browser of its own, and see in the end that nothing was complained about, whatever was done.

    Keywords are those of Playwright's contexts. A reader of Arabic at a desk, unless they say otherwise.
    """
    contexts = []
    complaints: list[str] = []

    def hear(message: ConsoleMessage) -> None:
        if not _is_status_of_page(message):
            complaints.append(f"{message.type}: {message.text}")

    def open_page(**context: Any) -> Page:
        options = {"base_url": site.address, "viewport": DESK, "locale": "ar", **context}
        contexts.append(browser.new_context(**options))
        page = contexts[-1].new_page()
        page.on("console", hear)
        page.on("pageerror", lambda error: complaints.append(f"uncaught: {error}"))
        home = options["base_url"]

        def see(request: Request) -> None:
            if not request.url.startswith(home):
                complaints.append(f"asked {request.url}")

        page.on("request", see)
        return page

    yield open_page
    for context in contexts:
        context.close()
    assert not complaints


_opened: list[str] | None = None


def _hear_of_files(event: str, arguments: tuple[Any, ...]) -> None:
    if _opened is not None and event in ("open", "os.listdir", "os.scandir", "sqlite3.connect"):
        _opened.append(str(arguments[0]))


@pytest.fixture
def opened(_audited: None) -> Iterator[list[str]]:
    """The paths that this process opens, as Python's audit hooks tell; sockets are none."""
    global _opened
    _opened = []
    yield _opened
    _opened = None


@pytest.fixture(scope="session")
def _audited() -> None:
    sys.addaudithook(_hear_of_files)  # for the rest of the process: hooks cannot be taken away
