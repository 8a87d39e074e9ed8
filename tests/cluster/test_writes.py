"""Writing over HTTP to an index on a real cluster: the same answers as on this machine, and nothing lost or mixed."""

from __future__ import annotations

import dataclasses
import threading
from collections.abc import Iterator
from contextlib import closing
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest
from flask.testing import FlaskClient
from werkzeug.test import TestResponse

import arsearch
from arsearch.backends import choose_backend
from arsearch.backends.opensearch import backend as backend_module
from arsearch.backends.opensearch.publish.lineage import publishing_alone
from arsearch.corpus import Article
from arsearch.errors import ClusterUnavailableError, ClusterWriteError, IndexLockedError
from arsearch.index import Changes
from arsearch.index.writes.apply import LogApplier
from arsearch.web.access_tokens import TokenFile
from arsearch.web.app import create_app

from .test_backend import index, record, settings, write

__all__ = ["settings"]

ARTICLES = "/api/v1/articles"
SHIP = {"title": "السفينة", "body": "دخلت السفينة الميناء ليلًا.", "tags": ["بحر"], "date": "2020-01-02"}


@dataclass
class Desk:
    """A newsroom's way to a server; nothing is published before :meth:`settle`."""

    client: FlaskClient
    settings: arsearch.Settings
    applier: LogApplier
    token: str

    def ask(self, method: str, path: str, value: Any = None, **headers: str) -> TestResponse:
        named = {name.replace("_", "-"): text for name, text in headers.items()}
        named["Authorization"] = f"Bearer {self.token}"
        options = {} if value is None else {"json": value}
        return self.client.open(path, method=method, headers=named, **options)

    def result(self, *asked: Any, **headers: str) -> tuple[int, str]:
        answer = self.ask(*asked, **headers)
        return answer.status_code, answer.get_json()["items"][0]["result"]

    def settle(self) -> int:
        return self.applier.apply_some()

    def found(self, query: str) -> list[str]:
        with arsearch.open_index(self.settings.index, settings=self.settings) as searcher:
            return sorted(hit.id for hit in searcher.search(query, mode="lexical"))


@pytest.fixture
def desk(settings: arsearch.Settings, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Desk]:
    monkeypatch.setattr(backend_module, "_REMEMBERED_SECONDS", -1.0)  # each request sees what is live now
    tokens = tmp_path / "tokens.json"
    settings = dataclasses.replace(
        settings, tokens=str(tokens), opensearch_replicas=0, opensearch_shards=1, keep_commits=4
    )
    token = TokenFile(tokens).create("desk", ["write"])
    index(settings, write(tmp_path / "corpus.jsonl", record("sea"), record("sky")))
    with closing(choose_backend(settings)) as backend:
        app = create_app(settings)
        yield Desk(app.test_client(), settings, LogApplier(settings, backend), token)
        app.extensions["arsearch"].close()


def test_articles_are_written_replaced_and_deleted_with_the_answers_of_a_local_index(desk: Desk) -> None:
    assert desk.result("PUT", f"{ARTICLES}/ship", SHIP) == (201, "created")
    assert desk.result("PUT", f"{ARTICLES}/ship", SHIP) == (200, "unchanged")
    assert desk.result("PATCH", f"{ARTICLES}/sky", {"title": "القمر"}) == (200, "replaced")  # what a source has
    assert desk.settle() == 2
    assert (desk.found("الميناء"), desk.found("القمر")) == (["sea", "ship"], ["sky"])
    version = desk.ask("GET", f"{ARTICLES}/ship").headers["ETag"]
    changed = desk.ask("PATCH", f"{ARTICLES}/ship", {"body": "خرجت السفينة من المرفأ."}, If_Match=version)
    assert changed.status_code == 200
    assert desk.ask("PATCH", f"{ARTICLES}/ship", {"body": "ضاعت."}, If_Match=version).status_code == 412
    assert desk.ask("PUT", f"{ARTICLES}/sky", SHIP, If_None_Match="*").status_code == 412
    assert desk.ask("DELETE", f"{ARTICLES}/nothing").status_code == 404
    many = desk.ask("POST", ARTICLES, [{"id": "one", "body": "خبز الفرن."}, {"title": "بلا نص"}, {"id": "two", **SHIP}])
    assert [item["result"] for item in many.get_json()["items"]] == ["created", "refused", "created"]
    desk.settle()
    assert (desk.found("المرفأ"), desk.found("خبز")) == (["ship"], ["one"])
    query = {"q": "السفينة", "dry_run": True}
    dry = desk.ask("POST", "/api/v1/delete", query).get_json()
    assert sorted(dry["ids"]) == ["sea", "ship", "two"]
    assert desk.found("السفينة") == ["sea", "ship", "two"]
    assert desk.ask("POST", "/api/v1/delete", query | {"dry_run": False}).get_json()["total"] == 3
    assert desk.result("DELETE", f"{ARTICLES}/one") == (200, "deleted")
    desk.settle()
    assert (desk.found("السفينة"), desk.found("خبز"), desk.found("القمر")) == ([], [], ["sky"])
    with closing(choose_backend(desk.settings)) as backend:
        assert backend.verify(sample=10).faults == ()
        backend.update(())  # what came over HTTP is left alone, and what was deleted stays away
    assert (desk.found("السفينة"), desk.found("القمر")) == ([], ["sky"])


def test_who_wants_to_wait_is_answered_when_it_is_found(desk: Desk) -> None:
    stop = threading.Event()
    thread = threading.Thread(target=desk.applier.run, args=(stop.is_set,))
    thread.start()
    try:
        answer = desk.ask("PUT", f"{ARTICLES}/ship?refresh=wait", SHIP)
        assert answer.get_json()["visible"] is True
        found = desk.ask("GET", "/api/v1/search?q=ليلا&mode=lexical").get_json()
        assert [hit["id"] for hit in found["hits"]] == ["ship"]
    finally:
        stop.set()
        thread.join()


def test_what_was_acknowledged_is_published_after_a_failure_too(
    desk: Desk, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    desk.result("PUT", f"{ARTICLES}/ship", SHIP)
    with monkeypatch.context() as broken:

        def fail(*_: Any, **__: Any) -> str:
            raise ClusterUnavailableError("No node answers.")

        broken.setattr("arsearch.backends.opensearch.publish.update.publish", fail)
        with pytest.raises(ClusterUnavailableError):
            desk.settle()
    assert desk.found("الميناء") == ["sea"]
    with closing(choose_backend(desk.settings)) as backend:  # as a process that begins anew
        assert LogApplier(desk.settings, backend).apply_some() == 1
    assert desk.found("الميناء") == ["sea", "ship"]
    # While somebody indexes and publishes all of it, writes wait, and come in afterwards.
    desk.result("PUT", f"{ARTICLES}/boat", SHIP | {"body": "أبحر القارب."})
    monkeypatch.setattr("arsearch.backends.opensearch.publish.lineage._A_COMMIT_OR_TWO", 0.2)
    with publishing_alone(choose_backend(desk.settings).local_directory, 0.0), pytest.raises(IndexLockedError):
        desk.settle()
    with closing(choose_backend(desk.settings)) as backend:
        backend.update([write(tmp_path / "corpus.jsonl", record("sea"), record("bread"))], full=False)
    desk.settle()
    assert desk.found("القارب") == ["boat"]
    assert desk.found("خبز") == ["bread"]


def test_machines_write_upon_what_others_have_written_or_gone_back_to(desk: Desk, tmp_path: Path) -> None:
    other = dataclasses.replace(desk.settings, index=tmp_path / "other")
    desk.result("PUT", f"{ARTICLES}/ship", SHIP)  # acknowledged, and not applied before another machine has published
    added(other, Article(id="boat", body="أبحر القارب."))  # of which this one has nothing
    desk.settle()
    assert desk.found("السفينة") == ["sea", "ship"]
    assert desk.found("القارب") == ["boat"]
    # What the other has written is known here as it was read.
    assert desk.ask("PUT", f"{ARTICLES}/boat", SHIP, If_None_Match="*").status_code == 412
    version = desk.ask("GET", f"{ARTICLES}/boat").headers["ETag"]
    assert desk.ask("PATCH", f"{ARTICLES}/boat", {"body": "عاد القارب."}, If_Match=version).status_code == 200
    # At once
    threads = [
        threading.Thread(target=desk.applier.apply_some, kwargs={"wait": 60.0}),
        threading.Thread(target=added, args=(other, Article(id="bread", body="خبز الفرن."))),
    ]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert (desk.found("عاد"), desk.found("خبز"), desk.found("السفينة")) == (["boat"], ["bread"], ["sea", "ship"])
    with closing(choose_backend(other)) as backend:
        backend.rollback()
        backend.rollback()
    assert (desk.found("عاد"), desk.found("خبز")) == ([], [])
    desk.result("DELETE", f"{ARTICLES}/sea")
    desk.settle()
    assert (desk.found("القارب"), desk.found("السفينة")) == (["boat"], ["ship"])
    assert desk.found("خبز") == [], "what was rolled back from stays away"
    with closing(choose_backend(desk.settings)) as backend:
        assert backend.verify(sample=10).faults == ()


def test_nobody_writes_upon_what_cannot_be_taken_over_or_was_made_by_other_rules(desk: Desk, tmp_path: Path) -> None:
    otherwise = dataclasses.replace(desk.settings, index=tmp_path / "otherwise", passage_words=40)
    with pytest.raises(ClusterWriteError, match=r"other settings: passage_words\. Nothing was changed"):
        added(otherwise, Article(id="boat", body="أبحر القارب."))
    alone = dataclasses.replace(desk.settings, index=tmp_path / "alone", opensearch_share_commits=False)
    desk.result("PUT", f"{ARTICLES}/ship", SHIP)
    added(alone, Article(id="bread", body="خبز الفرن."))
    with pytest.raises(ClusterWriteError, match="its files are not on the cluster"):
        desk.settle()
    answer = desk.ask("PUT", f"{ARTICLES}/boat", SHIP)
    assert (answer.status_code, answer.get_json()["type"].rpartition("/")[2]) == (403, "read-only")
    assert desk.found("خبز") == ["bread"]
    with closing(choose_backend(dataclasses.replace(alone, opensearch_share_commits=True))) as backend:
        backend.update(())
    desk.settle()
    assert (desk.found("خبز"), desk.found("السفينة")) == (["bread"], ["sea", "ship"])


def added(settings: arsearch.Settings, article: Article) -> None:
    """Add *article* from the machine of *settings*, after waiting for others."""
    with closing(choose_backend(settings)) as backend:
        backend.update((), changes=Changes(put=(article,)), wait=60.0)
