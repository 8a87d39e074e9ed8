"""A server with two archives."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import pytest
from werkzeug.serving import make_server

from arsearch import Settings
from arsearch.web.app import create_app

from ..conftest import SECONDS_BETWEEN_LOOKS, Site


@dataclass(frozen=True)
class TwoArchives:
    """A running server: the project's corpus, and beneath it the wild one."""

    site: Site


@pytest.fixture(scope="module")
def two_archives(
    corpus_index: Path, wild_index: Path, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[TwoArchives]:
    config = tmp_path_factory.mktemp("collections") / "ships.toml"
    config.write_text(f'index = "{wild_index}"\nsite_name = "سفن الأرشيف"\n', encoding="utf-8")
    app = create_app(Settings(index=corpus_index, collections=(f"ships={config}",)))
    server = make_server("127.0.0.1", 0, app, threaded=True)
    thread = threading.Thread(target=server.serve_forever, args=(SECONDS_BETWEEN_LOOKS,))
    thread.start()
    yield TwoArchives(Site(f"http://127.0.0.1:{server.port}"))
    server.shutdown()
    thread.join()
    server.server_close()
    for each in (app, *app.extensions["arsearch-collections"].values()):
        each.extensions["arsearch"].searcher().close()
