"""Counting on the page, and the page of maintainers: behind a token, and from a query to a rule in one step."""

from __future__ import annotations

import json
from base64 import b64encode
from collections.abc import Iterator
from pathlib import Path

import pytest
from flask import Flask
from werkzeug.test import TestResponse

from arsearch import Settings
from arsearch.cli.run import run_indexing
from arsearch.insights import report, store_of
from arsearch.web.access_tokens import TokenFile
from arsearch.web.app import create_app

from ..page import Page

ARTICLES = [
    {"id": "sea", "title": "السفينة", "body": "سفينة في البحر وميناء"},
    {"id": "bread", "title": "الخبز", "body": "خبز من قمح الفرن"},
    {"id": "broken", "title": "بلا نص"},
]


class Office:
    """A server that counts, and who asks it."""

    def __init__(self, settings: Settings, token: str) -> None:
        self.settings = settings
        self.app: Flask = create_app(settings)
        self._token = token

    def get(self, path: str, reader: int = 1, **headers: str) -> TestResponse:
        return self.app.test_client().get(path, environ_base={"REMOTE_ADDR": f"192.0.2.{reader}"}, headers=headers)

    def maintain(self, path: str = "/maintenance", *, token: str = "", **form: str) -> TestResponse:
        secret = b64encode(f"anybody:{token or self._token}".encode()).decode()
        headers = {"Authorization": f"Basic {secret}", "Sec-Fetch-Site": "same-origin"}
        client = self.app.test_client()
        return client.post(path, data=form, headers=headers) if form else client.get(path, headers=headers)

    def close(self) -> None:
        self.app.extensions["arsearch"].close()
        if recorder := self.app.extensions["arsearch-insights"]:
            recorder.close()


@pytest.fixture
def office(tmp_path: Path, tiny_encoder: str) -> Iterator[Office]:
    (tmp_path / "corpus.jsonl").write_text("\n".join(map(json.dumps, ARTICLES)), encoding="utf-8")
    token = TokenFile(tmp_path / "tokens.json").create("editor", ["maintain"])
    settings = Settings(
        index=tmp_path / "index",
        model=tiny_encoder,
        tokens=str(tmp_path / "tokens.json"),
        insights=True,
        insights_file=str(tmp_path / "insights.sqlite"),
        insights_readers=2,
        curations=str(tmp_path / "curations.txt"),
        synonyms=str(tmp_path / "synonyms.txt"),
    )
    (tmp_path / "curations.txt").touch()
    (tmp_path / "synonyms.txt").touch()
    run_indexing((tmp_path / "corpus.jsonl",), settings)
    office = Office(settings, token)
    yield office
    office.close()


def test_what_readers_ask_and_open_is_counted(office: Office) -> None:
    for reader in (1, 2, 3, 4):
        page = Page(office.get("/search?q=البحر", reader))  # type: ignore[arg-type]  # it has a text too
        [link] = [link for link in page.links() if link.startswith("/article/sea")]
        assert "place=1" in link
        office.get(link, reader, **{"Sec-Fetch-Site": "same-origin"})
        office.get(link, reader)  # a robot
    office.get("/search?q=البحر&page=2", 1)
    office.get("/feed.atom?q=البحر", 1)
    office.close()
    [shown] = report(store_of(office.settings)).popular
    assert (shown.query, shown.asked, shown.opened) == ("البحر", 4, {"sea": 4})


def test_by_default_nothing_is_counted(tmp_path: Path, office: Office) -> None:
    quiet = create_app(Settings(index=office.settings.index, insights_file=str(tmp_path / "none.sqlite")))
    answer = quiet.test_client().get("/search?q=البحر")
    assert "place=" not in answer.text
    quiet.extensions["arsearch"].close()
    assert not (tmp_path / "none.sqlite").exists()


def test_the_page_shows_the_index_the_runs_and_the_queries(office: Office) -> None:
    for reader in (1, 2, 3, 4):
        office.get("/search?q=زخرفشقبطل", reader)
    recorder = office.app.extensions["arsearch-insights"]
    recorder.close()
    shown = office.maintain().text
    assert "corpus.jsonl" in shown
    assert "1 × there is no &#34;body&#34;, or it is empty" in shown
    assert "زخرفشقبطل" in shown
    assert '<meta name="robots" content="noindex">' in shown


def test_one_step_makes_a_rule_that_is_obeyed_at_once(office: Office) -> None:
    assert "الخبز" not in office.get("/search?q=البحر&mode=lexical").text
    answer = office.maintain("/maintenance/rules", rule="pin", query="البحر", value="bread")
    assert answer.status_code == 303
    page = office.get("/search?q=البحر&mode=lexical").text
    assert page.index("/article/bread") < page.index("/article/sea")
    assert office.maintain("/maintenance/rules", rule="synonym", query="الدقيق", value="قمح").status_code == 303
    assert "/article/bread" in office.get("/search?q=الدقيق&mode=lexical").text
    assert office.maintain("/maintenance/rules", rule="block", query="الدقيق", value="bread").status_code == 303
    assert "/article/bread" not in office.get("/search?q=الدقيق&mode=lexical").text


def test_nobody_else_comes_in(office: Office, tmp_path: Path) -> None:
    refused = office.get("/maintenance")
    assert (refused.status_code, refused.headers["WWW-Authenticate"][:5]) == (401, "Basic")
    assert office.maintain(token="arsearch_wrong").status_code == 401
    reader = TokenFile(tmp_path / "tokens.json").create("reader", ["search"])
    assert office.maintain(token=reader).status_code == 403
    with_token = {"Authorization": "Basic " + b64encode(f":{office._token}".encode()).decode()}
    elsewhere = office.app.test_client().post(
        "/maintenance/rules", data={"rule": "pin"}, headers=with_token | {"Sec-Fetch-Site": "cross-site"}
    )
    assert elsewhere.status_code == 403
    open_to_all = create_app(Settings(index=office.settings.index))
    assert open_to_all.test_client().get("/maintenance").status_code == 404
    open_to_all.extensions["arsearch"].close()


def test_what_is_no_rule_is_refused(office: Office) -> None:
    assert office.maintain("/maintenance/rules", rule="delete", query="x", value="y").status_code == 400
    answer = office.maintain("/maintenance/rules", rule="pin", query="؟", value="bread")
    assert answer.status_code == 400
    assert "A rule needs a query with a word" in answer.text
