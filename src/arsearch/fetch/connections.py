"""Connections to public addresses only, on which a whole exchange has one deadline.

What a name resolves to is checked for every connection, redirects included, and the connection goes to the very
address that was checked, so that a name cannot answer differently the second time. The deadline holds for whatever is
read and written: a server that sends a byte now and then, in a header or the length of a chunk, gains nothing by it.
"""

from __future__ import annotations

import http.client
import io
import ipaddress
import socket
import ssl
import urllib.request
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

__all__ = ["Dialer", "HTTPHandler", "HTTPSHandler", "is_public"]

_GLOBAL_UNICAST = ipaddress.IPv6Network("2000::/3")
_NAT64 = ipaddress.IPv6Network("64:ff9b::/96")
"""RFC 6052: an address of IPv4 in its last 32 bits."""


def is_public(address: str) -> bool:
    """Whether *address* is one of the public Internet, and leads to no other through a translator or a tunnel."""
    place = ipaddress.ip_address(address.partition("%")[0])
    if isinstance(place, ipaddress.IPv4Address):
        return place.is_global and not place.is_multicast
    if place in _NAT64:
        return is_public(str(ipaddress.IPv4Address(int(place) & 0xFFFFFFFF)))
    inside = [place.sixtofour, *(place.teredo or ())]
    if any(each is not None and not is_public(str(each)) for each in inside):
        return False
    return place in _GLOBAL_UNICAST and place.is_global and not place.is_multicast


def _resolved(host: str, port: int) -> list[str]:
    return [str(info[4][0]) for info in socket.getaddrinfo(host, port, type=socket.SOCK_STREAM)]


def _connected(address: tuple[str, int], seconds: float) -> socket.socket:
    return socket.create_connection(address, seconds)


@dataclass(slots=True)
class Dialer:
    """Makes connections for one exchange after the other; :meth:`begin` gives each its deadline."""

    clock: Callable[[], float]
    step_seconds: float
    """How long a single step may take: to connect, or until something comes."""
    exchange_seconds: float
    allow_private: bool = False
    resolve: Callable[[str, int], list[str]] = _resolved
    connect: Callable[[tuple[str, int], float], socket.socket] = _connected
    _end: float = field(default=float("inf"), init=False)

    def begin(self) -> None:
        """Begin an exchange: from the first name that is resolved to the last byte that is read."""
        self._end = self.clock() + self.exchange_seconds

    def left(self) -> float:
        """Return the seconds that a step may take now. Raises TimeoutError if the exchange has had its time."""
        left = self._end - self.clock()
        if left <= 0:
            raise TimeoutError(f"it has not answered in full after {self.exchange_seconds:g} seconds")
        return min(left, self.step_seconds)

    def dial(self, host: str, port: int) -> socket.socket:
        """Return a socket to *host*, at an address that was checked. Raises OSError if it fails that."""
        addresses = self.resolve(host, port)
        for address in addresses:
            if not self.allow_private and not is_public(address):
                raise OSError(f"its host {host} is at {address}, which is no public address")
        if not addresses:
            raise OSError(f"its host {host} has no address")
        return self.connect((addresses[0], port), self.left())


class _TimedFile(io.RawIOBase):
    """What comes in on a socket; every read has what is left of the exchange."""

    def __init__(self, sock: socket.socket, dialer: Dialer) -> None:
        self._sock = sock
        self._dialer = dialer
        self._file = sock.makefile("rb", buffering=0)

    def readable(self) -> bool:
        return True

    def readinto(self, buffer: Any) -> int | None:
        self._sock.settimeout(self._dialer.left())
        return self._file.readinto(buffer)

    def close(self) -> None:
        self._file.close()
        super().close()


class _TimedSocket:
    """As much of a socket as http.client needs."""

    def __init__(self, sock: socket.socket, dialer: Dialer) -> None:
        self._sock = sock
        self._dialer = dialer

    def sendall(self, data: Any) -> None:
        self._sock.settimeout(self._dialer.left())
        self._sock.sendall(data)

    def makefile(self, *_: object, **__: object) -> io.BufferedReader:
        return io.BufferedReader(_TimedFile(self._sock, self._dialer))

    def close(self) -> None:
        self._sock.close()


class _Connection(http.client.HTTPConnection):
    def __init__(self, host: str, *, dialer: Dialer, **options: Any) -> None:
        super().__init__(host, **options)
        self._dialer = dialer

    def connect(self) -> None:
        """Connect to an address that was checked."""
        sock = self._dialer.dial(self.host, self.port or self.default_port)
        self.sock: Any = _TimedSocket(sock, self._dialer)


class _TLSConnection(http.client.HTTPSConnection):
    def __init__(self, host: str, *, dialer: Dialer, **options: Any) -> None:
        super().__init__(host, **options)
        self._dialer = dialer

    def connect(self) -> None:
        """Connect to an address that was checked, and have it prove that it is the host."""
        plain = self._dialer.dial(self.host, self.port or self.default_port)
        context: ssl.SSLContext = self._context  # type: ignore[attr-defined]  # typeshed leaves out what is private
        try:
            plain.settimeout(self._dialer.left())  # of the whole handshake
            sock = context.wrap_socket(plain, server_hostname=self.host)
        except BaseException:
            plain.close()
            raise
        self.sock: Any = _TimedSocket(sock, self._dialer)


class HTTPHandler(urllib.request.HTTPHandler):
    """Opens http addresses by way of *dialer*."""

    def __init__(self, dialer: Dialer) -> None:
        super().__init__()
        self._dialer = dialer

    def http_open(self, req: urllib.request.Request) -> Any:
        """Open the address of *req*."""
        return self.do_open(_Connection, req, dialer=self._dialer)  # type: ignore[arg-type]


class HTTPSHandler(urllib.request.HTTPSHandler):
    """Opens https addresses by way of *dialer*."""

    def __init__(self, dialer: Dialer) -> None:
        super().__init__()
        self._dialer = dialer

    def https_open(self, req: urllib.request.Request) -> Any:
        """Open the address of *req*."""
        return self.do_open(_TLSConnection, req, dialer=self._dialer)  # type: ignore[arg-type]
