"""The server over HTTP: who may ask, how often, and how much at once."""

from __future__ import annotations

import json
from collections.abc import Awaitable, Callable, MutableMapping
from pathlib import Path
from typing import Any

from mcp.server import MCPServer
from mcp.server.transport_security import TransportSecuritySettings

from arsearch.errors import SettingsError
from arsearch.settings import Settings
from arsearch.web import metrics
from arsearch.web.access_tokens import TokenFile
from arsearch.web.rate_limits import RateLimits

__all__ = ["PATH", "application", "serve_http"]

PATH = "/mcp"
_KIB = 1024
_BEARER = "bearer "

Scope = MutableMapping[str, Any]
Receive = Callable[[], Awaitable[MutableMapping[str, Any]]]
Send = Callable[[MutableMapping[str, Any]], Awaitable[None]]
App = Callable[[Scope, Receive, Send], Awaitable[None]]


def application(server: MCPServer[Any], settings: Settings) -> App:
    """Return *server* as an ASGI application at ``/mcp`` that wants a token. Raises SettingsError without a file."""
    if not settings.tokens:
        raise SettingsError(
            "Over HTTP the MCP server takes a token. Make one with `arsearch token create NAME --file tokens.json`, "
            "and name the file with --tokens or the setting tokens."
        )
    hosts = None
    if settings.trusted_hosts:
        names = [name.removeprefix(".") for name in settings.trusted_hosts]
        hosts = TransportSecuritySettings(allowed_hosts=[each for name in names for each in (name, f"{name}:*")])
    inner = server.streamable_http_app(
        streamable_http_path=PATH,
        stateless_http=True,
        json_response=True,
        max_request_body_size=settings.max_body_kb * _KIB,
        transport_security=hosts,
        host=settings.host,
    )
    return _Guard(inner, settings)


def serve_http(server: MCPServer[Any], settings: Settings) -> None:
    """Serve until the process is told to stop. Raises SettingsError without a file of tokens."""
    import uvicorn

    app: Any = application(server, settings)
    uvicorn.run(app, host=settings.host, port=settings.mcp_port, log_level="warning", access_log=False, ws="none")


class _Guard:
    """Lets through who has a token of the scope ``search`` and has not asked too often."""

    def __init__(self, inner: Any, settings: Settings) -> None:
        self._inner = inner
        self._tokens = TokenFile(Path(settings.tokens))
        self._tokens.tokens()  # what is wrong with the file is said now
        self._rates = RateLimits(settings)

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http":
            await self._inner(scope, receive, send)
            return
        if scope["path"] == "/healthz":
            await _answer(send, 200, {"status": "ok"})
            return
        headers = {name.decode("latin-1").lower(): value.decode("latin-1") for name, value in scope["headers"]}
        wanted = "metrics" if scope["path"] == "/metrics" else "search"
        address = (scope.get("client") or ("", 0))[0]
        if wait := self._rates.seconds_to_wait(address):
            metrics.REFUSED.labels("rate").inc()
            await _answer(send, 429, {"error": "too many requests"}, ("retry-after", str(wait)))
            return
        presented = headers.get("authorization", "")
        is_bearer = presented[: len(_BEARER)].lower() == _BEARER
        token = self._tokens.find(presented[len(_BEARER) :].strip()) if is_bearer else None
        if token is None:
            metrics.REFUSED.labels("token").inc()
            challenge = 'Bearer realm="arsearch MCP"' + (', error="invalid_token"' if presented else "")
            await _answer(send, 401, {"error": "a token is required"}, ("www-authenticate", challenge))
            return
        if wanted not in token.scopes and not (wanted == "search" and "write" in token.scopes):
            metrics.REFUSED.labels("token").inc()
            await _answer(send, 403, {"error": f"the token lacks the scope {wanted}"})
            return
        if wanted == "metrics":
            await _send(send, 200, metrics.exposition(), ("content-type", metrics.CONTENT_TYPE_LATEST))
            return
        await self._inner(scope, receive, send)


async def _answer(send: Send, status: int, value: dict[str, str], *headers: tuple[str, str]) -> None:
    await _send(send, status, json.dumps(value).encode(), ("content-type", "application/json"), *headers)


async def _send(send: Send, status: int, body: bytes, *headers: tuple[str, str]) -> None:
    sent = [(name.encode("latin-1"), value.encode("latin-1")) for name, value in headers]
    await send({"type": "http.response.start", "status": status, "headers": sent})
    await send({"type": "http.response.body", "body": body})
