"""Ids of articles as the end of an address."""

from __future__ import annotations

from werkzeug.routing import PathConverter

__all__ = ["ArticleIdConverter"]


class ArticleIdConverter(PathConverter):
    """Any path, but for one that is the address of the articles similar to another: that cannot be written to."""

    regex = r"[^/].*?(?<!/similar)"
