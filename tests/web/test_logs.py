"""The log: one line an event, whatever a client sends, and every line with the id of its request."""

from __future__ import annotations

import io
import json
import logging
import logging.config
import unicodedata
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from arsearch import Settings
from arsearch.settings import LogFormat
from arsearch.web.access_tokens import TokenFile
from arsearch.web.app import create_app
from arsearch.web.logs import JsonFormatter, TextFormatter, configure_logging

SEARCH = "/api/v1/search"
TRICKS = "x\r\n2026-01-01 forged\x1b[2J\x7f\u0085\u2028\u2029\u202e\u2066\u200f\u061c\ufeff\U000e0041"
"""Ends of lines, a terminal's commands, and characters that turn text around or hide it."""


def is_safe(character: str) -> bool:
    return unicodedata.category(character) not in ("Cc", "Cf", "Cs", "Zl", "Zp")


@contextmanager
def logging_as(settings: Settings) -> Iterator[Callable[[], str]]:
    """Log as a server with *settings* does, and give what it wrote."""
    loggers = [
        logging.getLogger(name) for name in ("", "arsearch", "arsearch.access", "gunicorn.error", "gunicorn.access")
    ]
    before = [(logger, logger.level, logger.handlers[:], logger.propagate) for logger in loggers]
    written = io.StringIO()
    configuration = configure_logging(settings)
    configuration["handlers"]["stderr"]["stream"] = written
    logging.config.dictConfig(configuration)
    try:
        yield written.getvalue
    finally:
        for logger, level, handlers, propagate in before:
            logger.setLevel(level)
            logger.handlers[:] = handlers
            logger.propagate = propagate


def lines(text: str) -> list[dict[str, Any]]:
    return [json.loads(line) for line in text.splitlines()]


def test_every_request_has_a_line_with_its_id_and_without_what_was_asked(corpus_index: Path) -> None:
    settings = Settings(index=corpus_index, slow_query_ms=0)
    with logging_as(settings) as written:
        client = create_app(settings).test_client()
        response = client.get(SEARCH, query_string={"q": "القهوة"}, headers={"X-Request-ID": "from-nginx.0123"})
        client.get("/nowhere")
        client.get("/healthz")
    access = [line for line in lines(written()) if line["logger"] == "arsearch.access"]
    first, second = access
    assert response.headers["X-Request-ID"] == first["request_id"] == "from-nginx.0123"
    assert (first["method"], first["path"], first["status"], first["client"]) == ("GET", SEARCH, 200, "127.0.0.1")
    assert first["ms"] > 0
    assert first["bytes"] > 100
    assert "القهوة" not in written()
    assert second["status"] == 404
    assert len(second["request_id"]) == 16


def test_the_line_of_a_request_with_a_token_says_whose_and_not_which(corpus_index: Path, tmp_path: Path) -> None:
    secret = TokenFile(tmp_path / "tokens.json").create("newsroom", ["search"])
    settings = Settings(index=corpus_index, tokens=str(tmp_path / "tokens.json"))
    with logging_as(settings) as written:
        client = create_app(settings).test_client()
        client.get(SEARCH, query_string={"q": "قمر"}, headers={"Authorization": f"Bearer {secret}"})
        client.get(SEARCH, query_string={"q": "قمر"}, headers={"Authorization": "Bearer guessed-secret"})
    first, second = [line for line in lines(written()) if line["logger"] == "arsearch.access"]
    assert (first["token"], first["status"]) == ("newsroom", 200)
    assert "token" not in second
    assert second["status"] == 401
    assert secret not in written()
    assert "guessed-secret" not in written()


@pytest.mark.parametrize(
    "given", ["", "short", "x" * 65, "with space12", "new\nline1234", "<script>alert", "عربية-عربية"]
)
def test_an_id_that_could_not_be_written_anywhere_is_not_taken_over(given: str) -> None:
    app = create_app(Settings())
    response = app.test_client().get("/healthz", environ_overrides={"HTTP_X_REQUEST_ID": given})
    assert response.headers["X-Request-ID"] != given
    assert response.headers["X-Request-ID"].isalnum()


def test_a_problem_tells_the_id_under_which_it_is_logged(corpus_index: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def broken(*_: object) -> None:
        raise RuntimeError("broken")

    settings = Settings(index=corpus_index)
    monkeypatch.setattr("arsearch.web.api.routes.answer_search", broken)
    with logging_as(settings) as written:
        problem = create_app(settings).test_client().get(SEARCH, query_string={"q": "قمر"}).get_json()
    [failure] = [line for line in lines(written()) if line["level"] == "error"]
    assert failure["request_id"] == problem["request_id"]
    assert "RuntimeError: broken" in failure["exception"]


def test_slow_queries_are_logged_with_words_and_stages_from_the_time_on_that_is_set(corpus_index: Path) -> None:
    for slow_query_ms, expected in ((1, 1), (0, 0), (600_000, 0)):
        settings = Settings(index=corpus_index, slow_query_ms=slow_query_ms, access_log=False)
        with logging_as(settings) as written:
            create_app(settings).test_client().get(SEARCH, query_string={"q": f"القهوة في اليمن {TRICKS}"})
        slow = [line for line in lines(written()) if line["logger"] == "arsearch.slow"]
        assert len(slow) == expected
        for line in slow:
            assert line["query"].startswith("القهوة في اليمن")
            assert line["ms"] >= slow_query_ms
            assert {"parse", "lexical", "rescore", "fetch"} <= set(line["stages"])
            assert "request_id" in line


@pytest.mark.parametrize("log_format", ["json", "text"])
def test_nothing_a_client_sends_makes_a_line_of_its_own(corpus_index: Path, log_format: LogFormat) -> None:
    settings = Settings(index=corpus_index, log_format=log_format, slow_query_ms=1)
    with logging_as(settings) as written:
        client = create_app(settings).test_client()
        for path in (f"/{TRICKS}", f"/article/{TRICKS}", SEARCH):
            client.get(path.encode("utf-8", "replace").decode(), query_string={"q": TRICKS.encode("utf-8", "replace")})
    for line in written().split("\n"):
        assert all(map(is_safe, line)), line
        assert not line.startswith("2026-01-01 forged")
    if log_format == "json":
        assert all(lines(written()))


@given(st.text(), st.text())
def test_whatever_is_logged_is_one_line_without_unsafe_characters_and_loses_nothing(message: str, value: str) -> None:
    record = logging.makeLogRecord({"name": "arsearch", "levelname": "INFO", "msg": "%s", "args": (message,)})
    record.query = value
    line = JsonFormatter().format(record)
    assert all(map(is_safe, line))
    assert json.loads(line)["message"] == message
    assert json.loads(line)["query"] == value
    text = TextFormatter().format(record)
    assert all(map(is_safe, text.replace("\n", "")))
    assert all(rest.startswith("    ") for rest in text.split("\n")[1:])


def test_the_level_and_the_lines_of_requests_are_settings(corpus_index: Path) -> None:
    settings = Settings(index=corpus_index, log_level="warning", access_log=False)
    with logging_as(settings) as written:
        client = create_app(settings).test_client()
        client.get(SEARCH, query_string={"q": "قمر"})
    assert written() == ""
