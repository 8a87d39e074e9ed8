"""Fetching pages and the articles of feeds politely, to be indexed from files."""

from arsearch.fetch.client import PoliteClient
from arsearch.fetch.fetch import FetchSummary, fetch
from arsearch.fetch.follow import Stop, Stopped, follow

__all__ = ["FetchSummary", "PoliteClient", "Stop", "Stopped", "fetch", "follow"]
