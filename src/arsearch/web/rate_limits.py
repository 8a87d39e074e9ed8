"""How often one client may ask."""

from __future__ import annotations

import ipaddress
import logging
import math
import time
from functools import lru_cache
from typing import TYPE_CHECKING

from arsearch.errors import SettingsError
from arsearch.web.proxies import contains, parse_networks

if TYPE_CHECKING:
    from arsearch.settings import Settings

__all__ = ["RateLimits", "client_of"]

_log = logging.getLogger(__name__)

_NONE = "none"
_REMEMBERED = 1 << 12
"""Addresses of clients that are not read anew with each of their requests."""
_IPV6_PREFIX = 64
"""Who has one address of IPv6 usually has the whole network of this length (RFC 6177)."""


class RateLimits:
    """Counts the requests of each client by a sliding window, in memory or in Redis as is set."""

    def __init__(self, settings: Settings) -> None:
        """Raises SettingsError for rates, storages and networks that are none."""
        from limits import parse_many
        from limits.errors import ConfigurationError
        from limits.storage import storage_from_string
        from limits.strategies import SlidingWindowCounterRateLimiter

        self._exempt = parse_networks(settings.rate_limit_exempt, "rate_limit_exempt")
        try:
            self._limits = [] if settings.rate_limit.strip() in ("", _NONE) else parse_many(settings.rate_limit)
        except ValueError as error:
            raise SettingsError(
                f"The setting rate_limit is {settings.rate_limit!r}; write a number and a unit of time, as in "
                "1200/minute, several with semicolons between, or none."
            ) from error
        try:
            storage = storage_from_string(settings.rate_limit_storage, wrap_exceptions=True)
            self._limiter = SlidingWindowCounterRateLimiter(storage)
        except (ConfigurationError, ValueError) as error:
            raise SettingsError(
                f"The setting rate_limit_storage is {settings.rate_limit_storage!r}: {error}. "
                'Write memory:// or redis://HOST:PORT; Redis needs: pip install "arsearch[redis]"'
            ) from error

    def seconds_to_wait(self, address: str, units: int = 1) -> int:
        """Count a request from *address*; return 0 if it may be answered, else after how many seconds the next may.

        It counts as many as it has *units*.
        Where the storage cannot be reached every request is answered: a limit is no reason to stop searching.
        """
        from limits.errors import StorageError

        if not self._limits or contains(self._exempt, address):
            return 0
        client = client_of(address)
        try:
            for limit in self._limits:
                if not self._limiter.hit(limit, client, cost=units):
                    resets_at = self._limiter.get_window_stats(limit, client).reset_time
                    return max(1, math.ceil(resets_at - time.time()))
        except StorageError as error:
            _log.warning("Requests are not counted: the storage of rate_limit_storage fails: %s", error)
        return 0


@lru_cache(maxsize=_REMEMBERED)
def client_of(address: str) -> str:
    """Return what stands for the client with this address: of IPv6 the network, of others the address itself."""
    try:
        found = ipaddress.ip_address(address.partition("%")[0])
    except ValueError:
        return address
    if isinstance(found, ipaddress.IPv6Address):
        if found.ipv4_mapped is not None:
            return str(found.ipv4_mapped)
        return str(ipaddress.ip_network((found, _IPV6_PREFIX), strict=False))
    return str(found)
