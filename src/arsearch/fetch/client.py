"""An HTTP client with manners and limits: public addresses only, robots.txt, a pause between requests, a size limit.

Connections are made by :mod:`arsearch.fetch.connections`, where one deadline holds for a whole exchange.
"""

from __future__ import annotations

import http.client
import re
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
from arsearch.fetch.connections import Dialer, HTTPHandler, HTTPSHandler

__all__ = ["FetchedPage", "PoliteClient", "StatusError", "UnreachableError"]

USER_AGENT = f"arsearch/{__version__}"
_ROBOTS_BYTES = 500 * 1024  # RFC 9309, section 2.5
_ROBOTS_SECONDS = 24 * 3600.0  # section 2.4
_BROKEN_ROBOTS_SECONDS = 600.0
_DIGITS = 9
_CHUNK = 64 * 1024
_HOST = re.compile(r"(\[[0-9A-Fa-f:.]+\]|[^\s\[\]@:/\\%]+)(:[0-9]+)?")
"""A name or an address, and a port; no name of a user before it."""
_LONGEST_PAUSE = 60.0
NOT_MODIFIED = 304
_TEMPORARY = (408, 425, 429)


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
        exchange_seconds: float = 120.0,
        sleep: Callable[[float], None] = time.sleep,
        clock: Callable[[], float] = time.monotonic,
        **network: Any,
    ) -> None:
        """Wait *pause* seconds between two requests to one host, longer if its robots.txt says so.

        A step of an exchange may take *timeout* seconds, the whole of it, redirects included, *exchange_seconds*.
        *network* are ``resolve`` and ``connect`` of a :class:`Dialer`.
        """
        self._pause = pause
        self._max_bytes = max_bytes
        self._sleep = sleep
        self._clock = clock
        self._robots: dict[str, tuple[Protego, float]] = {}
        """Of each host what its robots.txt says, and until when that holds."""
        self._asked: dict[str, float] = {}
        self._dialer = Dialer(clock, timeout, exchange_seconds, allow_private=allow_private, **network)
        self._opener = urllib.request.OpenerDirector()
        for handler in (
            urllib.request.UnknownHandler(),
            urllib.request.HTTPDefaultErrorHandler(),
            _Redirects(self),
            urllib.request.HTTPErrorProcessor(),
            HTTPHandler(self._dialer),
            HTTPSHandler(self._dialer),
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
        try:
            parts = urlsplit(url)
            parts.port  # noqa: B018  # raises ValueError if it is none
            known = parts.scheme in ("http", "https") and bool(parts.hostname)
            if known and not _HOST.fullmatch(parts.netloc):  # what is checked, and what is connected to, are the same
                raise ValueError(f"{parts.netloc} is no host")
        except ValueError as error:
            raise FetchError(f"The address {url} cannot be fetched: {error}.") from None
        if not known:
            raise FetchError(f"The address {url} cannot be fetched: only http and https addresses are.")
        if not self._robots_of(url).can_fetch(url, USER_AGENT):
            raise FetchError(f"The address {url} is not fetched: the site's robots.txt asks programs to keep off it.")

    def _robots_of(self, url: str) -> Protego:
        parts = urlsplit(url)
        known = self._robots.get(parts.netloc)
        if known is None or self._clock() >= known[1]:
            # While it is asked for itself.
            self._robots[parts.netloc] = Protego.parse("User-agent: *\nDisallow: /"), float("inf")
            try:
                rules, seconds = self._read_robots(urlunsplit((*parts[:2], "/robots.txt", "", "")))
            except BaseException:
                del self._robots[parts.netloc]
                raise
            known = self._robots[parts.netloc] = Protego.parse(rules), self._clock() + seconds
        return known[0]

    def _read_robots(self, url: str) -> tuple[str, float]:
        """Return what stands in the file at *url*, and for how many seconds that holds."""
        try:
            return self._get(url, {}, _ROBOTS_BYTES).body.decode("utf-8", "replace"), _ROBOTS_SECONDS
        except StatusError as error:
            # RFC 9309, section 2.3.1: without such a file all is allowed, with a broken server nothing is.
            if error.status < 500:
                return "", _ROBOTS_SECONDS
            return "User-agent: *\nDisallow: /", _BROKEN_ROBOTS_SECONDS

    def _get(self, url: str, headers: Mapping[str, str], limit: int) -> FetchedPage:
        self._wait(url)
        ours = {"User-Agent": USER_AGENT, "Accept-Encoding": "identity"}
        try:
            request = urllib.request.Request(url, headers={**headers, **ours})
            self._dialer.begin()
            with self._opener.open(request) as response:
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
            after = error.headers.get("Retry-After", "").strip() if error.headers else ""
            raise StatusError(
                f"The address {url} answers with {error.code} {error.reason}.",
                error.code,
                float(after) if after.isascii() and after.isdecimal() and len(after) < _DIGITS else 0.0,
            ) from None
        except (OSError, http.client.HTTPException, ValueError) as error:
            reason = getattr(error, "reason", None) or error
            raise UnreachableError(f"The address {url} cannot be fetched: {reason}.") from None

    def _wait(self, url: str) -> None:
        host = urlsplit(url).netloc
        rules = self._robots.get(host)
        wanted = max(self._pause, min((rules[0].crawl_delay(USER_AGENT) or 0.0) if rules else 0.0, _LONGEST_PAUSE))
        left = self._asked.get(host, float("-inf")) + wanted - time.monotonic()
        if left > 0:
            self._sleep(left)
        self._asked[host] = time.monotonic()


class UnreachableError(FetchError):
    """A server did not answer, or not in time."""


class StatusError(FetchError):
    """A server answered with an error."""

    def __init__(self, message: str, status: int, retry_after: float = 0.0) -> None:
        """*retry_after* is for how many seconds the server wants to be left alone, 0 if it does not say."""
        super().__init__(message)
        self.status = status
        self.retry_after = retry_after

    @property
    def is_temporary(self) -> bool:
        """Whether the same may be answered otherwise soon."""
        return self.status in _TEMPORARY or self.status >= 500


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


def _read(response: Any, limit: int, url: str) -> bytes:
    """Return the body. Raises FetchError beyond *limit*."""
    body = b""
    while chunk := response.read1(_CHUNK):
        body += chunk
        if len(body) > limit:
            raise FetchError(f"The address {url} answers with more than {limit >> 20} MiB; nothing was kept.")
    return body
