"""Fetching pages and the articles of feeds politely, to be indexed from files."""

from arsearch.fetch.client import PoliteClient
from arsearch.fetch.fetch import FetchSummary, fetch

__all__ = ["FetchSummary", "PoliteClient", "fetch"]
