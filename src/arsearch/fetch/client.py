"""An HTTP client with manners and limits: public addresses only, robots.txt, a pause between requests, a size limit.

What a name resolves to is checked for every connection, redirects included, and the connection goes to the very
address that was checked, so that a name cannot answer differently the second time.
"""

from __future__ import annotations

import http.client
import ipaddress
import socket
import ssl
import time
import urllib.error
import urllib.request
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import IO, Any
from urllib.parse import urlsplit, urlunsplit

from protego import Protego

from arsearch import __version__
from arsearch.errors import FetchError

__all__ = ["FetchedPage", "PoliteClient"]

USER_AGENT = f"arsearch/{__version__}"
_ROBOTS_BYTES = 500 * 1024  # RFC 9309, section 2.5
_CHUNK = 64 * 1024
_SECONDS_AN_ANSWER = 120.0
_LONGEST_PAUSE = 60.0
NOT_MODIFIED = 304


@dataclass(frozen=True, slots=True)
class FetchedPage:
    """What a server answered: *body* is empty if nothing has changed since (*status* 304)."""

    url: str
    """Where redirects led to."""
    status: int
    headers: Mapping[str, str]
    """With their names in lower case."""
    body: bytes


class PoliteClient:
    """Asks servers, one request at a time."""

    def __init__(
        self,
        *,
        pause: float = 1.0,
        timeout: float = 20.0,
        max_bytes: int = 16 << 20,
        allow_private: bool = False,
        sleep: Callable[[float], None] = time.sleep,
    ) -> None:
        """Wait *pause* seconds between two requests to one host, longer if its robots.txt says so."""
        self._pause = pause
        self._timeout = timeout
        self._max_bytes = max_bytes
        self._sleep = sleep
        self._robots: dict[str, Protego] = {}
        self._asked: dict[str, float] = {}
        checked: dict[str, Any] = {"allow_private": allow_private}
        self._opener = urllib.request.OpenerDirector()
        for handler in (
            urllib.request.UnknownHandler(),
            urllib.request.HTTPDefaultErrorHandler(),
            _Redirects(self),
            urllib.request.HTTPErrorProcessor(),
            _HTTP(**checked),
            _HTTPS(**checked),
        ):
            self._opener.add_handler(handler)

    def get(self, url: str, headers: Mapping[str, str] | None = None) -> FetchedPage:
        """Return what the server answers for *url*.

        Raises FetchError if it may not be asked, does not answer in time, answers with an error or with too much.
        """
        self.check_allowed(url)
        return self._get(url, headers or {}, self._max_bytes)

    def check_allowed(self, url: str) -> None:
        """Raise FetchError if *url* is not of the web, or its robots.txt does not want it asked for."""
        if urlsplit(url).scheme not in ("http", "https") or not urlsplit(url).hostname:
            raise FetchError(f"The address {url} cannot be fetched: only http and https addresses are.")
        if not self._robots_of(url).can_fetch(url, USER_AGENT):
            raise FetchError(f"The address {url} is not fetched: the site's robots.txt asks programs to keep off it.")

    def _robots_of(self, url: str) -> Protego:
        parts = urlsplit(url)
        if parts.netloc not in self._robots:
            self._robots[parts.netloc] = Protego.parse("User-agent: *\nDisallow: /")  # while it is asked for itself
            try:
                answer = self._get(urlunsplit((*parts[:2], "/robots.txt", "", "")), {}, _ROBOTS_BYTES)
                rules = answer.body.decode("utf-8", "replace")
            except _StatusError as error:
                # RFC 9309, section 2.3.1: without such a file all is allowed, with a broken server nothing is.
                rules = "" if error.status < 500 else "User-agent: *\nDisallow: /"
            self._robots[parts.netloc] = Protego.parse(rules)
        return self._robots[parts.netloc]

    def _get(self, url: str, headers: Mapping[str, str], limit: int) -> FetchedPage:
        self._wait(url)
        ours = {"User-Agent": USER_AGENT, "Accept-Encoding": "identity"}
        request = urllib.request.Request(url, headers={**headers, **ours})
        try:
            with self._opener.open(request, timeout=self._timeout) as response:
                return FetchedPage(
                    response.url,
                    response.status,
                    {name.lower(): value for name, value in response.headers.items()},
                    _read(response, limit, url),
                )
        except urllib.error.HTTPError as error:
            error.close()
            if error.code == NOT_MODIFIED:
                return FetchedPage(url, NOT_MODIFIED, {}, b"")
            raise _StatusError(f"The address {url} answers with {error.code} {error.reason}.", error.code) from None
        except (OSError, http.client.HTTPException, ValueError) as error:
            reason = getattr(error, "reason", None) or error
            raise FetchError(f"The address {url} cannot be fetched: {reason}.") from None

    def _wait(self, url: str) -> None:
        host = urlsplit(url).netloc
        rules = self._robots.get(host)
        wanted = max(self._pause, min((rules.crawl_delay(USER_AGENT) or 0.0) if rules else 0.0, _LONGEST_PAUSE))
        left = self._asked.get(host, float("-inf")) + wanted - time.monotonic()
        if left > 0:
            self._sleep(left)
        self._asked[host] = time.monotonic()


class _StatusError(FetchError):
    def __init__(self, message: str, status: int) -> None:
        super().__init__(message)
        self.status = status


class _Redirects(urllib.request.HTTPRedirectHandler):
    """Follows redirects where robots.txt lets it: each target is asked for like an address of its own."""

    max_redirections = 5

    def __init__(self, client: PoliteClient) -> None:
        self._client = client

    def redirect_request(
        self,
        req: urllib.request.Request,
        fp: IO[bytes],
        code: int,
        msg: str,
        headers: http.client.HTTPMessage,
        newurl: str,
    ) -> urllib.request.Request | None:
        if not newurl.endswith("/robots.txt"):
            self._client.check_allowed(newurl)
        return super().redirect_request(req, fp, code, msg, headers, newurl)


def _connected(connection: http.client.HTTPConnection, *, allow_private: bool) -> socket.socket:
    """Return a socket to the host of *connection*, at an address that was checked. Raises OSError if it fails that."""
    port = connection.port or connection.default_port
    addresses = [info[4][0] for info in socket.getaddrinfo(connection.host, port, type=socket.SOCK_STREAM)]
    for address in addresses:
        place = ipaddress.ip_address(str(address).partition("%")[0])
        if not allow_private and (place.is_multicast or not place.is_global):
            raise OSError(f"its host {connection.host} is at {address}, which is no public address")
    return socket.create_connection((str(addresses[0]), port), connection.timeout)


class _CheckedConnection(http.client.HTTPConnection):
    allow_private = False

    def connect(self) -> None:
        """Connect to an address that was checked."""
        self.sock = _connected(self, allow_private=self.allow_private)


class _CheckedTLSConnection(http.client.HTTPSConnection):
    allow_private = False

    def connect(self) -> None:
        """Connect to an address that was checked, and have it prove that it is the host."""
        plain = _connected(self, allow_private=self.allow_private)
        context: ssl.SSLContext = self._context  # type: ignore[attr-defined]  # typeshed leaves out what is private
        self.sock = context.wrap_socket(plain, server_hostname=self.host)


class _HTTP(urllib.request.HTTPHandler):
    def __init__(self, *, allow_private: bool) -> None:
        super().__init__()
        self._connection: Any = type("Connection", (_CheckedConnection,), {"allow_private": allow_private})

    def http_open(self, req: urllib.request.Request) -> Any:
        return self.do_open(self._connection, req)


class _HTTPS(urllib.request.HTTPSHandler):
    def __init__(self, *, allow_private: bool) -> None:
        super().__init__()
        self._connection: Any = type("Connection", (_CheckedTLSConnection,), {"allow_private": allow_private})

    def https_open(self, req: urllib.request.Request) -> Any:
        return self.do_open(self._connection, req)


def _read(response: Any, limit: int, url: str) -> bytes:
    """Return the body. Raises FetchError beyond *limit*, or if it trickles in for too long."""
    body = b""
    began = time.monotonic()
    while chunk := response.read1(_CHUNK):
        body += chunk
        if len(body) > limit:
            raise FetchError(f"The address {url} answers with more than {limit >> 20} MiB; nothing was kept.")
        if time.monotonic() - began > _SECONDS_AN_ANSWER:
            raise FetchError(f"The address {url} has not answered in full after {_SECONDS_AN_ANSWER:.0f} seconds.")
    return body
