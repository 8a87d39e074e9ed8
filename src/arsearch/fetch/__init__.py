"""Fetching pages and the articles of feeds politely, to be indexed from files."""

from arsearch.fetch.client import Client
from arsearch.fetch.fetch import FetchSummary, fetch

__all__ = ["Client", "FetchSummary", "fetch"]
