"""Who asks, when proxies stand between: ``X-Forwarded-*`` counts only where a trusted proxy wrote it."""

from __future__ import annotations

import ipaddress
import re
from collections.abc import Iterable, Sequence
from typing import TYPE_CHECKING

from werkzeug.middleware.proxy_fix import ProxyFix

from arsearch.errors import SettingsError

if TYPE_CHECKING:
    from _typeshed.wsgi import StartResponse, WSGIApplication, WSGIEnvironment

__all__ = ["Networks", "behind_proxies", "parse_networks"]

Network = ipaddress.IPv4Network | ipaddress.IPv6Network
Networks = tuple[Network, ...]

_HOST = re.compile(r"[A-Za-z0-9.-]{1,253}(:\d{1,5})?|\[[0-9A-Fa-f:.]{2,45}\](:\d{1,5})?")


def parse_networks(texts: Sequence[str], setting: str) -> Networks:
    """Return the addresses and networks that *texts* are. Raises SettingsError for others."""
    try:
        return tuple(map(ipaddress.ip_network, texts))
    except ValueError as error:
        raise SettingsError(
            f"The setting {setting} is {', '.join(texts)!r}: {error}. Write addresses or networks, as in "
            "127.0.0.1, 10.0.0.0/8."
        ) from error


def contains(networks: Networks, address: str) -> bool:
    """Whether *address* is one of *networks*; what is no address is in none."""
    try:
        found = ipaddress.ip_address(address.partition("%")[0])
    except ValueError:
        return False
    if isinstance(found, ipaddress.IPv6Address) and found.ipv4_mapped is not None:
        found = found.ipv4_mapped
    return any(found in network for network in networks)


def behind_proxies(app: WSGIApplication, trusted: Sequence[str]) -> WSGIApplication:
    """Return *app* as it should see requests when *trusted* proxies stand before it.

    *trusted* is a number of proxies, whatever their address, or their addresses and networks.
    Without any, *app* sees who is connected, and ``X-Forwarded-*`` means nothing. Raises SettingsError for other texts.
    """
    if not trusted:
        return app
    if len(trusted) == 1 and trusted[0].isdecimal():
        count = int(trusted[0])
        return ProxyFix(app, x_for=count, x_proto=count, x_host=count)
    return _TrustedNetworks(app, parse_networks(trusted, "trusted_proxies"))


class _TrustedNetworks:
    """Takes over what proxies of known networks say; the client is the last address that is none of theirs."""

    def __init__(self, app: WSGIApplication, networks: Networks) -> None:
        self._app = app
        self._networks = networks

    def __call__(self, environ: WSGIEnvironment, start_response: StartResponse) -> Iterable[bytes]:
        if contains(self._networks, environ.get("REMOTE_ADDR", "")):
            for address in reversed(_values(environ, "HTTP_X_FORWARDED_FOR")):
                if not _is_address(address):
                    break
                environ["REMOTE_ADDR"] = address
                if not contains(self._networks, address):
                    break
            scheme = _values(environ, "HTTP_X_FORWARDED_PROTO")[-1:]
            if scheme in (["http"], ["https"]):
                environ["wsgi.url_scheme"] = scheme[0]
            host = _values(environ, "HTTP_X_FORWARDED_HOST")[-1:]
            if host and _HOST.fullmatch(host[0]):
                environ["HTTP_HOST"] = host[0]
        return self._app(environ, start_response)


def _values(environ: WSGIEnvironment, name: str) -> list[str]:
    return [value.strip() for value in environ.get(name, "").split(",") if value.strip()]


def _is_address(text: str) -> bool:
    try:
        ipaddress.ip_address(text)
    except ValueError:
        return False
    return True
