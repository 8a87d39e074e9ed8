"""Run by test_leaks.py in a process of its own: everything that opens files, and what is open afterwards.

It knows nothing of the garbage collector, which is switched off: what is closed is closed by who opened it.
"""

from __future__ import annotations

import gc
import json
import sys
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import arsearch
from arsearch import Settings
from arsearch.backends import choose_backend
from arsearch.client import Client
from arsearch.index import Commit, export_articles, inspect_index, rollback, stored_articles

__all__ = ["STEPS"]

QUERY = "سفينة في الميناء"
MODES = ("hybrid", "lexical", "semantic")


class Place:
    """A corpus that grows, and its index."""

    def __init__(self, folder: Path, model: str) -> None:
        self.folder = folder
        self.index = folder / "index"
        self.settings = Settings(index=self.index, model=model)
        self._written = 0

    def build(self, **options: Any) -> None:
        self._written += 1
        path = self.folder / f"part{self._written}.jsonl"
        bodies = ("سفينة في الميناء", "قمر ونجم في السماء", "خبز من قمح الفرن")
        lines = [{"id": f"{self._written}-{n}", "title": "خبر", "body": f"{body} {n}"} for n, body in enumerate(bodies)]
        path.write_text("\n".join(map(json.dumps, lines)), encoding="utf-8")
        arsearch.build_index([self.folder / "part*.jsonl"], self.index, settings=self.settings, **options)


def build(place: Place) -> None:
    place.build()


def update(place: Place) -> None:
    place.build()
    place.build(full=True)


def fail_to_build(place: Place) -> None:
    broken = place.folder / "broken.jsonl"
    broken.write_text("no JSON\n", encoding="utf-8")
    try:
        arsearch.build_index([broken], place.folder / "other", settings=place.settings, strict=True)
    except arsearch.CorpusError:
        broken.unlink()
    else:
        raise AssertionError("it was built")


def search(place: Place) -> None:
    with arsearch.open_index(place.index, settings=place.settings) as index:
        for mode in MODES:
            index.search(QUERY, mode=mode, facets=True, explain=True)
        index.search("سفينه الميناا")
        index.complete("سفي", 5)
        index.similar("1-0", 2)
        index.marked_article("1-0", QUERY)


def fail_to_open(place: Place) -> None:
    """Each file of the commit is missing once, and the weights are none."""
    folder = place.index / "commits" / str(choose_backend(place.settings).facts()["commit"])
    for path in sorted(path for path in folder.rglob("*") if path.is_file()):
        away = path.rename(place.folder / "away")
        refuses_to_open(place)
        away.rename(path)
    weights = place.index / "weights.json"
    weights.write_text("{}", encoding="utf-8")
    refuses_to_open(place)
    weights.unlink()


def refuses_to_open(place: Place) -> None:
    try:
        arsearch.open_index(place.index, settings=place.settings).close()
    except arsearch.ArsearchError:
        return


def roll_back(place: Place) -> None:
    rollback(place.index)


def verify(place: Place) -> None:
    if faults := inspect_index(place.index).faults:
        raise AssertionError(faults)


def export(place: Place) -> None:
    export_articles(place.index, place.folder / "out.jsonl.gz")
    articles = stored_articles(place.index)
    next(articles)
    articles.close()  # whoever has seen enough


def serve(place: Place) -> None:
    """Answer over a socket, go over to another commit with a cursor into the one before, and stop."""
    from werkzeug.serving import make_server

    from arsearch.web.app import create_app

    app = create_app(place.settings)
    server = make_server("127.0.0.1", 0, app, threaded=True)
    thread = threading.Thread(target=server.serve_forever)
    thread.start()
    try:
        with Client(f"http://127.0.0.1:{server.port}") as client:
            first = client.search("سفينة", limit=1)
            place.build()
            client.search("سفينة", limit=1)
            client.search("سفينة", limit=1, after=first.after or "")
            client.article("1-0")
            client.suggest("سفي")
    finally:
        server.shutdown()
        thread.join()
        server.server_close()
        app.extensions["arsearch"].close()


def hold(place: Place) -> None:
    """Open a commit while another one is written."""
    with Commit.open_live(place.index) as commit:
        place.build()
        if len(commit.articles) != len(commit.words):
            raise AssertionError("its stores differ")


STEPS: dict[str, Callable[[Place], None]] = {
    step.__name__: step
    for step in (build, update, fail_to_build, search, fail_to_open, export, verify, serve, hold, roll_back)
}


def open_now(folder: Path) -> dict[str, list[str]]:
    """Return what the process has open: descriptors, threads, and files of *folder* mapped into memory."""
    return {
        "descriptors": sorted(_descriptors()),
        "threads": sorted(thread.name for thread in threading.enumerate()),
        "maps": sorted({line.split(maxsplit=5)[5] for line in _maps() if str(folder) in line}),
    }


def _descriptors() -> Iterator[str]:
    for link in Path("/proc/self/fd").iterdir():
        try:
            yield str(link.readlink())
        except FileNotFoundError:  # the one that lists them
            continue


def _maps() -> list[str]:
    return Path("/proc/self/maps").read_text(encoding="utf-8").splitlines()


@contextmanager
def nothing_left(name: str, folder: Path, before: dict[str, list[str]]) -> Iterator[None]:
    yield
    after = open_now(folder)
    if after != before:
        raise SystemExit(f"{name} leaves open: {json.dumps(after, indent=1)}\nBefore: {json.dumps(before, indent=1)}")


def main(folder: Path, model: str) -> None:
    warm_up = folder / "warm"
    warm_up.mkdir()
    for step in STEPS.values():  # what is loaded once, such as models, stays
        step(place := Place(warm_up, model)) if step is build else step(place)
    gc.collect()
    gc.disable()
    place = Place(folder, model)
    before = open_now(folder)
    for name, step in STEPS.items():
        with nothing_left(name, folder, before):
            step(place)


if __name__ == "__main__":
    main(Path(sys.argv[1]), sys.argv[2])
