"""From the boxes of the advanced form to a query and its filters."""

from __future__ import annotations

import re
from collections.abc import Iterator

from werkzeug.datastructures import MultiDict

from arsearch.web.api.parameters import OWN_FILTER

__all__ = ["BOXES", "composed_query", "kept_parameters"]

BOXES = ("all", "phrase", "any", "none", "in_title")
"""Parameters of the form that become parts of the query."""
_KEPT = ("mode", "sort", "size", "section", "source", "author", "tag", "from", "to")
_SIGNS = re.compile(r'["«»“”()]|(?<!\S)[-+]+|\*(?!\s|$)|:')
_OPERATORS = {"AND", "OR", "NOT", "و", "أو", "ليس"}


def composed_query(parameters: MultiDict[str, str]) -> str:
    """Return the query that the boxes ask for, empty if all are: signs and operators in a box are plain words."""
    boxes = {name: list(_words(parameters.get(name, ""))) for name in BOXES}
    needed = list(boxes["all"])
    if boxes["phrase"]:
        needed.append(f'"{" ".join(boxes["phrase"])}"')
    needed += [f"title:{word}" for word in boxes["in_title"]]
    either = " OR ".join(boxes["any"])
    if either:
        needed.append(f"({either})" if needed and len(boxes["any"]) > 1 else either)
    return " ".join(filter(None, (" AND ".join(needed), *(f"-{word}" for word in boxes["none"]))))


def kept_parameters(parameters: MultiDict[str, str]) -> MultiDict[str, str]:
    """Return the parameters of the form that are those of a search: filters, dates, order and mode."""
    return MultiDict(
        (name, value)
        for name, value in parameters.items(multi=True)
        if value.strip() and (name in _KEPT or name.startswith(OWN_FILTER))
    )


def _words(typed: str) -> Iterator[str]:
    for word in _SIGNS.sub(" ", typed).split():
        if word not in _OPERATORS and re.search(r"\w", word):
            yield word
