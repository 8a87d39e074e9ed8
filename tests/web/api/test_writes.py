"""Writing over HTTP: who may, what becomes of it, and that it is found."""

from __future__ import annotations

import json
import threading
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest
from flask.testing import FlaskClient
from werkzeug.test import TestResponse

import arsearch
from arsearch import Settings
from arsearch.index import update_index, verify
from arsearch.index.writes.apply import LogApplier
from arsearch.web.access_tokens import TokenFile
from arsearch.web.app import create_app

ARTICLES = "/api/v1/articles"
SEA = {"title": "السفينة", "body": "دخلت السفينة الميناء.", "tags": ["بحر"], "date": "2020-01-02", "source": "المرفأ"}


@dataclass
class Desk:
    """A newsroom's way to a server, with a token of the scope ``write``; nothing is indexed before :meth:`settle`."""

    client: FlaskClient
    settings: Settings
    applier: LogApplier
    tokens: dict[str, str]

    def ask(self, method: str, path: str, value: Any = None, *, token: str = "writer", **options: Any) -> TestResponse:
        headers = {"Authorization": f"Bearer {self.tokens[token]}"} | options.pop("headers", {})
        if value is not None:
            options |= {"json": value}
        return self.client.open(path, method=method, headers=headers, **options)

    def put(self, identifier: str, record: dict[str, Any], **headers: str) -> TestResponse:
        sent = {name.replace("_", "-"): value for name, value in headers.items()}
        return self.ask("PUT", f"{ARTICLES}/{identifier}", record, headers=sent)

    def settle(self) -> None:
        while self.applier.apply_some():
            pass

    def found(self, query: str) -> list[str]:
        answer = self.ask("GET", "/api/v1/search", query_string={"q": query, "mode": "lexical"}).get_json()
        return sorted(hit["id"] for hit in answer["hits"])


@pytest.fixture
def desk(tmp_path: Path, tiny_encoder: str) -> Iterator[Desk]:
    corpus = tmp_path / "corpus.jsonl"
    corpus.write_text(json.dumps({"id": "sky", "title": "القمر", "body": "قمر ونجم في السماء"}), encoding="utf-8")
    file = tmp_path / "tokens.json"
    tokens = {name: TokenFile(file).create(name, scopes) for name, scopes in SCOPES.items()}
    settings = Settings(index=tmp_path / "index", model=tiny_encoder, tokens=str(file), extra_fields=("pages=number",))
    update_index([corpus], settings)
    app = create_app(settings)
    yield Desk(app.test_client(), settings, LogApplier(settings), tokens)
    app.extensions["arsearch"].close()


SCOPES = {"writer": ["write"], "reader": ["search"], "prometheus": ["metrics"]}


def test_an_article_is_written_found_replaced_and_deleted(desk: Desk) -> None:
    answer = desk.put("sea", SEA)
    assert (answer.status_code, answer.get_json()["items"][0]["result"]) == (201, "created")
    assert answer.get_json()["visible"] is False
    assert desk.found("السفينة") == []
    desk.settle()
    assert desk.found("السفينة") == ["sea"]
    stored = desk.ask("GET", f"{ARTICLES}/sea").get_json()
    assert {name: stored[name] for name in SEA} == SEA
    again = desk.put("sea", SEA)
    assert (again.status_code, again.get_json()["items"][0]["result"]) == (200, "unchanged")
    assert desk.put("sea", SEA | {"body": "غادرت الباخرة."}).get_json()["items"][0]["result"] == "replaced"
    desk.settle()
    assert (desk.found("دخلت"), desk.found("الباخرة")) == ([], ["sea"])
    assert desk.ask("DELETE", f"{ARTICLES}/sea").get_json()["items"][0]["result"] == "deleted"
    assert desk.ask("DELETE", f"{ARTICLES}/sea").status_code == 404
    desk.settle()
    assert desk.found("الباخرة") == []
    assert desk.ask("GET", f"{ARTICLES}/sea").status_code == 404
    assert verify(desk.settings.index) == []


def test_what_waits_counts_for_what_comes_after_it(desk: Desk) -> None:
    """Nothing has been indexed in between."""
    first = desk.put("sea", SEA)
    patched = desk.ask("PATCH", f"{ARTICLES}/sea", {"title": "الباخرة", "date": None, "pages": 7})
    assert patched.status_code == 200
    assert desk.put("sea", SEA, If_Match=first.headers["ETag"]).status_code == 412
    assert desk.put("sea", SEA, If_None_Match="*").status_code == 412
    desk.settle()
    stored = desk.ask("GET", f"{ARTICLES}/sea")
    assert (stored.get_json()["title"], stored.get_json()["date"], stored.get_json()["extra"]) == (
        "الباخرة",
        "",
        {"pages": 7},
    )
    assert desk.put("sea", SEA, If_Match=stored.headers["ETag"]).status_code == 200
    assert desk.put("sea", SEA | {"title": "أخرى"}, If_Match=stored.headers["ETag"]).status_code == 412


def test_a_patch_is_of_what_was_written_and_not_of_what_cleaning_left(desk: Desk) -> None:
    body = "دخلت السفينة الميناء.\nاقرأ أيضاً"
    desk.put("sea", SEA | {"body": body})
    desk.settle()
    desk.ask("PATCH", f"{ARTICLES}/sea", {"title": "أخرى"})
    desk.settle()
    [article] = [each for each in arsearch.index.stored_articles(desk.settings.index) if each.id == "sea"]
    assert (article.title, article.body) == ("أخرى", body)


@pytest.mark.parametrize("form", ["list", "lines"])
def test_many_at_once_have_an_answer_each(desk: Desk, form: str) -> None:
    records: list[Any] = [SEA | {"id": "a"}, {"id": "b"}, SEA | {"id": "sky"}, 7, SEA, SEA | {"id": "a"}]
    if form == "list":
        answer = desk.ask("POST", ARTICLES, records)
    else:
        lines = "\n".join([*map(json.dumps, records), "", "{"])
        answer = desk.ask("POST", ARTICLES, data=lines, content_type="application/x-ndjson")
    items = answer.get_json()["items"]
    statuses = [201, 400, 200, 400, 201, 200, *([400] if form == "lines" else [])]
    assert [item["status"] for item in items] == statuses
    assert [item["result"] for item in items[:3]] == ["created", "refused", "replaced"]
    assert "body" in items[1]["problem"]["detail"]
    assert items[5]["result"] == "unchanged"
    desk.settle()
    assert len(desk.found("السفينة")) == 1  # all of them say the same
    task = desk.ask("GET", f"/api/v1/tasks/{answer.get_json()['task']}").get_json()
    assert task == {"task": answer.get_json()["task"], "state": "done", "waiting": 0}


def test_a_task_waits_until_its_writes_are_found(desk: Desk) -> None:
    task = desk.put("sea", SEA).get_json()["task"]
    assert desk.ask("GET", f"/api/v1/tasks/{task}").get_json() == {"task": task, "state": "waiting", "waiting": 1}
    desk.settle()
    assert desk.ask("GET", f"/api/v1/tasks/{task}").get_json()["state"] == "done"
    assert desk.ask("GET", "/api/v1/tasks/none").status_code == 404


def test_who_waits_is_answered_when_it_is_found(desk: Desk) -> None:
    stop = threading.Event()
    thread = threading.Thread(target=desk.applier.run, args=(stop.is_set,))
    thread.start()
    try:
        answer = desk.ask("PUT", f"{ARTICLES}/sea", SEA, query_string={"refresh": "wait"})
        assert answer.get_json()["visible"] is True
        assert desk.found("السفينة") == ["sea"]
    finally:
        stop.set()
        thread.join()


def test_deleting_by_a_query(desk: Desk) -> None:
    desk.ask("POST", ARTICLES, [SEA | {"id": f"{number}", "body": f"السفينة رقم {number}"} for number in range(5)])
    desk.settle()
    dry = desk.ask("POST", "/api/v1/delete", {"q": "السفينة", "dry_run": True}).get_json()
    assert (dry["total"], sorted(dry["ids"]), dry["task"]) == (5, list("01234"), "")
    desk.settle()
    assert len(desk.found("السفينة")) == 5
    done = desk.ask("POST", "/api/v1/delete", {"q": "السفينة", "source": ["المرفأ"]}).get_json()
    assert done["total"] == 5
    desk.settle()
    assert desk.found("السفينة") == []
    assert desk.found("قمر") == ["sky"]


@pytest.mark.parametrize(
    ("method", "path"),
    [("PUT", f"{ARTICLES}/a"), ("PATCH", f"{ARTICLES}/sky"), ("DELETE", f"{ARTICLES}/sky"), ("POST", ARTICLES),
     ("POST", "/api/v1/delete"), ("GET", "/api/v1/tasks/w1"), ("PUT", "/api/v1/article?id=a")],
)  # fmt: skip
def test_only_a_token_of_its_own_scope_may_write(desk: Desk, method: str, path: str) -> None:
    for token in ("reader", "prometheus"):
        answer = desk.ask(method, path, SEA, token=token)
        assert (answer.status_code, answer.get_json()["type"].rpartition("/")[2]) == (403, "token-not-for-this")
    assert desk.client.open(path, method=method, json=SEA).status_code == 401
    assert desk.ask("GET", "/api/v1/search?q=قمر").status_code == 200
    open_app = create_app(Settings(index=desk.settings.index))
    answer = open_app.test_client().open(path, method=method, json=SEA)
    assert (answer.status_code, answer.get_json()["type"].rpartition("/")[2]) == (403, "read-only")
    open_app.extensions["arsearch"].close()
    assert not (desk.settings.index / "writes").exists()


def test_what_cannot_be_an_article_is_refused(desk: Desk) -> None:
    for record, word in (({"title": "بلا نص"}, "body"), ({**SEA, "id": "other"}, "address"), ([], "object")):
        answer = desk.ask("PUT", f"{ARTICLES}/sea", record)
        assert answer.status_code == 400
        assert word in answer.get_json()["detail"]
    assert desk.ask("PUT", f"{ARTICLES}/sea", data="x", content_type="text/plain").status_code == 415
    assert desk.ask("PATCH", f"{ARTICLES}/none", {"title": "x"}).status_code == 404
    assert desk.ask("PUT", f"{ARTICLES}/sea?refresh=soon", SEA).status_code == 400
    item = desk.put("sea", SEA | {"colour": "أزرق", "date": "يوما ما"}).get_json()["items"][0]
    assert len(item["notes"]) == 2


def test_ids_may_hold_anything(desk: Desk) -> None:
    for identifier in ("a/b", "../x", "مقال ١", "x/similar"):
        answer = desk.ask("PUT", "/api/v1/article", SEA, query_string={"id": identifier})
        assert answer.status_code == 201, answer.get_json()
    desk.settle()
    answer = desk.ask("GET", "/api/v1/article", query_string={"id": "../x"})
    assert answer.get_json()["title"] == SEA["title"]
    assert desk.ask("DELETE", "/api/v1/article", query_string={"id": "../x"}).status_code == 200


def test_too_many_writes_are_told_to_come_back(desk: Desk, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("arsearch.web.writing._MAX_PENDING_BYTES", 100)
    desk.put("sea", SEA)
    answer = desk.put("other", SEA)
    assert (answer.status_code, answer.get_json()["type"].rpartition("/")[2]) == (503, "too-many-writes")
    assert int(answer.headers["Retry-After"]) > 0
    desk.settle()
    assert desk.put("other", SEA | {"title": "أخرى"}).status_code == 201


def test_every_write_is_written_down(desk: Desk, caplog: pytest.LogCaptureFixture) -> None:
    with caplog.at_level("INFO", "arsearch.audit"):
        desk.put("sea", SEA)
        desk.ask("DELETE", f"{ARTICLES}/none")
    first, second = [record for record in caplog.records if record.name == "arsearch.audit"]
    assert vars(first)["token"] == "writer"
    assert (vars(first)["action"], vars(first)["ids"]) == ("put", ["sea"])
    assert (vars(second)["action"], vars(second)["refused"]) == ("delete", 1)


def test_the_backlog_is_told_in_metrics(desk: Desk, monkeypatch: pytest.MonkeyPatch) -> None:
    def told() -> dict[str, float]:
        lines = desk.ask("GET", "/metrics", token="prometheus").text.splitlines()
        pairs = (line.split() for line in lines if line.startswith("arsearch_writes_"))
        return {name.removeprefix("arsearch_writes_"): float(value) for name, value in pairs}

    assert told() == {"waiting_articles": 0, "waiting_bytes": 0, "oldest_seconds": 0}
    monkeypatch.setattr("arsearch.index.writes.log.time.time", lambda: 1000.0)
    desk.put("ship", SEA)
    monkeypatch.setattr("arsearch.index.writes.log.time.time", lambda: 1030.0)
    desk.put("boat", SEA)
    monkeypatch.setattr("arsearch.web.metrics.time.time", lambda: 1060.0)
    waiting = told()
    assert waiting["waiting_articles"] == 2
    assert waiting["waiting_bytes"] > 200
    assert waiting["oldest_seconds"] == 60
    desk.settle()
    settled = told()
    assert (settled["waiting_articles"], settled["waiting_bytes"], settled["oldest_seconds"]) == (0, 0, 0)
    assert settled["commit_seconds"] > 0
