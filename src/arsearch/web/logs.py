"""What the server writes down: one line an event, with the id of its request.

No character gets into a line that could pass for the end of it, steer a terminal, or turn the text around.
"""

from __future__ import annotations

import datetime
import json
import logging
import re
import secrets
import time
from typing import Any

import orjson
from flask import Flask, Response, g, has_request_context, request

from arsearch.common.safe_text import escaped
from arsearch.settings import Settings

__all__ = ["JsonFormatter", "TextFormatter", "client_address", "configure_logging", "install_request_log", "request_id"]

access_log = logging.getLogger("arsearch.access")
slow_log = logging.getLogger("arsearch.slow")

_ID_HEADER = "X-Request-ID"
_ACCEPTED_ID = re.compile(r"[A-Za-z0-9._-]{8,64}")
_ID_BYTES = 8
_PATH_CHARACTERS = 1_000
"""How much of an address is logged: it may be refused for its length, and would fill the log."""
_QUIET = {"static", "healthz", "readyz", "metrics"}
"""Endpoints whose requests are only worth a line when something is wrong."""
_KNOWN = frozenset(vars(logging.makeLogRecord({}))) | {"message", "asctime"}


class JsonFormatter(logging.Formatter):
    """Writes a record as one line of JSON: time, level, logger, message, what was said beside it, and the request."""

    def format(self, record: logging.LogRecord) -> str:
        """Return the line."""
        line: dict[str, Any] = {
            "time": _moment(record),
            "level": record.levelname.lower(),
            "logger": record.name,
            "message": record.getMessage(),
        }
        line |= _beside(record)
        if record.exc_info:
            line["exception"] = self.formatException(record.exc_info)
        return escaped(_as_json(line), marks=True)


def _as_json(line: dict[str, Any]) -> str:
    try:
        return orjson.dumps(line, default=str).decode()
    except TypeError:  # of numbers of more than 64 bits, and of half of a character
        return json.dumps(line, ensure_ascii=False, default=str)


class TextFormatter(logging.Formatter):
    """Writes a record as a line for people; the lines of a traceback follow, indented, so that none passes for one."""

    def format(self, record: logging.LogRecord) -> str:
        """Return the line."""
        beside = " ".join(f"{name}={value}" for name, value in _beside(record).items())
        text = f"{_moment(record)} {record.levelname.lower()} {record.name}: {record.getMessage()} {beside}".rstrip()
        if record.exc_info:
            text += "\n" + self.formatException(record.exc_info)
        return "\n    ".join(escaped(line, marks=True) for line in text.split("\n"))


def _moment(record: logging.LogRecord) -> str:
    return datetime.datetime.fromtimestamp(record.created, datetime.UTC).isoformat(timespec="milliseconds")


def _beside(record: logging.LogRecord) -> dict[str, Any]:
    """Return what was logged as ``extra``, and the id of the request."""
    said = {name: value for name, value in vars(record).items() if name not in _KNOWN}
    if "request_id" not in said and has_request_context():
        said["request_id"] = request_id()
    return said


def configure_logging(settings: Settings) -> dict[str, Any]:
    """Return the configuration of :mod:`logging` for a server process: everything to standard error."""
    formatter = JsonFormatter if settings.log_format == "json" else TextFormatter
    level = settings.log_level.upper()
    return {
        "version": 1,
        "disable_existing_loggers": False,
        "formatters": {"line": {"()": f"{formatter.__module__}.{formatter.__qualname__}"}},
        "handlers": {"stderr": {"class": "logging.StreamHandler", "formatter": "line", "stream": "ext://sys.stderr"}},
        "root": {"level": "WARNING", "handlers": ["stderr"]},
        "loggers": {
            "arsearch": {"level": level, "handlers": ["stderr"], "propagate": False},
            "arsearch.access": {"level": "INFO" if settings.access_log else "CRITICAL"},
            "gunicorn.error": {"level": level, "handlers": ["stderr"], "propagate": False},
            "gunicorn.access": {"level": "CRITICAL", "handlers": [], "propagate": False},
        },
    }


def request_id() -> str:
    """Return the id of the current request: the client's, if it sent one that can be written anywhere, else a new one.

    A proxy sends ``X-Request-ID``; 8 to 64 letters, digits, dots, hyphens and underscores are taken over.
    """
    if "request_id" not in g:
        given = request.headers.get(_ID_HEADER, "")
        g.request_id = given if _ACCEPTED_ID.fullmatch(given) else secrets.token_hex(_ID_BYTES)
    identifier: str = g.request_id
    return identifier


def client_address() -> str:
    """Return the address of who asks; behind proxies that are not set as trusted, theirs."""
    return request.remote_addr or ""


def install_request_log(app: Flask) -> None:
    """Have *app* give every request an id and write a line about it."""

    @app.before_request
    def _begin() -> None:
        g.began = time.perf_counter()
        request_id()

    @app.after_request
    def _end(response: Response) -> Response:
        response.headers[_ID_HEADER] = request_id()
        worth_a_line = request.endpoint not in _QUIET or response.status_code >= 400
        if worth_a_line and access_log.isEnabledFor(logging.INFO):
            access_log.info(
                "%s %s %s",
                request.method,
                path := request.path[:_PATH_CHARACTERS],
                response.status_code,
                extra={
                    **({"token": g.token} if "token" in g else {}),
                    "client": client_address(),
                    "method": request.method,
                    "path": path,
                    "status": response.status_code,
                    "ms": round((time.perf_counter() - g.get("began", time.perf_counter())) * 1000, 1),
                    "bytes": response.calculate_content_length(),
                },
            )
        return response
