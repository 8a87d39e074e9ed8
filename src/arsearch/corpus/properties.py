"""What markup says of an article beside its fields: which of it the settings ask for, and what is worth naming.

Pages, exports and feeds name values in their own vocabularies: ``<meta name="country">``, custom fields of WordPress,
``<media:credit>``. A reader yields all of them as pairs; they are chosen here, for every format alike.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping, Sequence

from arsearch.article_fields import OwnFields
from arsearch.corpus.fields import FIELDS, field_of, name_key

__all__ = ["chosen_properties", "unknown_properties"]

Properties = Iterable[tuple[str, str]]

_LONGEST_NAME = 100
_PREFIX = re.compile(r".*[:.]")
_OF_A_VOCABULARY = re.compile(r"_|.*[:.-]")
"""Names of programs: ``_edit_last``, ``og:image``, ``dc.rights``, ``google-site-verification``."""
# Of pages: https://html.spec.whatwg.org/multipage/semantics.html#standard-metadata-names, and what robots read.
_OF_PAGES = (
    "viewport generator robots description keywords author referrer googlebot bingbot yandex google news_keywords "
    "copyright abstract rating distribution language subject topic handheldfriendly mobileoptimized theme msvalidate "
    "progid originator pagename url owner directory category coverage identifier image thumbnail date title"
)
# Of feeds: https://www.rssboard.org/rss-specification and RFC 4287.
_OF_FEEDS = (
    "link guid id pubdate published updated issued modified created content summary comments enclosure source "
    "contributor rights logo icon ttl cloud docs"
)
_WELL_KNOWN = frozenset(f"{_OF_PAGES} {_OF_FEEDS}".split())


def chosen_properties(
    properties: Properties, names: Mapping[str, str], declared: OwnFields
) -> dict[str, str | list[str]]:
    """Return the *properties* that *names* (name to field) or the *declared* fields ask for.

    A property answers to its whole name, or to what follows its prefix (``article:country`` to ``country``); the whole
    name goes first. One that stands there several times is a list for tags, authors and keyword fields, and else its
    first value.
    """
    if not names and not declared:
        return {}
    whole: dict[str, list[str]] = {}
    without_prefix: dict[str, list[str]] = {}
    for name, value in _usable(properties):
        whole.setdefault(name_key(name), []).append(value)
        without_prefix.setdefault(name_key(_PREFIX.sub("", name)), []).append(value)
    several = {"tags", "author", *(field.name for field in declared if field.kind == "keyword")}
    chosen: dict[str, str | list[str]] = {}
    for name in (*names, *(field.name for field in declared)):
        values = whole.get(name_key(name)) or without_prefix.get(name_key(name))
        if values:
            values = list(dict.fromkeys(values))
            chosen[name] = values if len(values) > 1 and names.get(name, name) in several else values[0]
    return chosen


def unknown_properties(properties: Properties, names: Mapping[str, str], declared: OwnFields) -> Sequence[str]:
    """Return the names of *properties* that nothing asks for and that a maintainer may have made.

    Those of well-known vocabularies are not among them: every page has a dozen.
    """
    asked = {name_key(name) for name in (*names, *FIELDS, *(field.name for field in declared))}
    found = {
        name: None
        for name, _ in _usable(properties)
        if not _OF_A_VOCABULARY.match(name)
        and (key := name_key(name)) not in asked
        and key not in _WELL_KNOWN
        and not field_of(name)
    }
    return list(found)


def _usable(properties: Properties) -> Iterator[tuple[str, str]]:
    for name, value in properties:
        if value.strip() and 0 < len(name) <= _LONGEST_NAME:
            yield name, value.strip()
