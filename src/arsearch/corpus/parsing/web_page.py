"""A web page: its article and what it says of itself."""

from __future__ import annotations

import json
import logging
from collections.abc import Iterable, Iterator, Mapping, Sequence
from types import MappingProxyType
from typing import Any, NamedTuple

from arsearch.arabic.fold import fold
from arsearch.corpus.dates import parse_date
from arsearch.corpus.fields import known_fields
from arsearch.corpus.parsing.markup import MAX_ELEMENTS, parse_html, text_of_tree, without_shortcodes
from arsearch.corpus.parsing.page_blocks import blocks_of
from arsearch.corpus.parsing.page_lines import PageLines, date_of_url, read_lines
from arsearch.corpus.parsing.structure import structure_of
from arsearch.corpus.records.pictures import picture_of
from arsearch.corpus.storable import storable_line

__all__ = ["WebPage", "read_page"]

_MAX_ENTITIES = 1_000_000
"""Arabic pages of the nineties have every letter as one."""

_ARTICLE_TYPES = ("Article", "Posting", "Report", "Review", "Critique", "Recipe")
_LINKED_DATA = (
    "headline",
    "author",
    "datePublished",
    "dateCreated",
    "publisher",
    "url",
    "articleSection",
    "keywords",
    "articleBody",
)
_DATES = (
    "article:published_time", "og:article:published_time", "datepublished", "rnews:datepublished", "article.published",
    "publish_date", "publishdate", "published_date", "date_published", "pub_date", "pubdate", "parsely-pub-date",
    "sailthru.date", "cxenseparse:recs:publishtime", "dc.date.issued", "dcterms.issued", "dc.date.created",
    "dcterms.created", "dc.date", "dcterms.date", "citation_publication_date", "citation_online_date", "date",
)  # fmt: skip
"""Names of ``meta`` tags that say when an article was published, the surest first."""
_IMAGES = ("og:image:secure_url", "og:image", "og:image:url", "twitter:image", "twitter:image:src")
_CAPTIONS = ("og:image:alt", "twitter:image:alt")
_OPEN_GRAPH = {
    "og:title": "title",
    "og:url": "url",
    "og:site_name": "source",
    "article:author": "author",
    "article:section": "section",
    "author": "author",
}


class WebPage(NamedTuple):
    """What a page gives: the fields of its article, under the names of an article, and what its ``meta`` tags say."""

    fields: dict[str, Any]
    properties: Sequence[tuple[str, str]] = ()
    origins: Mapping[str, str] = MappingProxyType({})
    """Where the values of fields were found."""


def read_page(text: str, url: str = "") -> WebPage:
    """Return what the page *text* at *url* gives.

    Raises ValueError if the page has more elements than an honest one.
    """
    if text.count("&") > _MAX_ENTITIES:  # what they cost, they cost before there is a tree to be counted
        raise ValueError(f"more than {_MAX_ENTITIES} entities on the page; no article was looked for")
    tree = parse_html(text)
    if tree is None:
        return WebPage({})
    if sum(1 for _ in tree.iter()) > MAX_ELEMENTS:
        raise ValueError(f"more than {MAX_ELEMENTS} elements on the page; no article was looked for")
    properties = _properties(tree)
    linked, graph = _linked_data(tree), _open_graph(properties)
    canonical = next((link.get("href") for link in tree.iterfind(".//link[@rel='canonical']")), None)
    lines = read_lines(tree)
    found = _extract(tree, url)
    # The body as the page's machine-readable description has it may lack its paragraphs; what was extracted has them.
    described, described_image = linked.pop("body", ""), linked.pop("image", None)
    body = str(found.pop("body", "") or "")
    blocks = found.pop("blocks", ())
    if len(body) < len(described) / 2:
        body = described
    fields: dict[str, Any] = {}
    origins: dict[str, str] = {}
    for name in ("title", "author", "source", "url", "tags"):
        values = (
            ("JSON-LD", linked.get(name)),
            ("meta", graph.get(name)),
            ("link rel=canonical", canonical if name == "url" else None),
            (f"the line {lines.author_from!r}", lines.author if name == "author" else None),
            ("the page, by trafilatura", found.get(name)),
        )
        origins[name], fields[name] = next((pair for pair in values if pair[1]), ("", None))
    fields["url"] = fields["url"] or url
    base = str(fields["url"] or "")
    origins["image"], (fields["image"], fields["caption"]) = _picture(described_image, properties, base)
    origins["date"], fields["date"] = _date(linked, properties, lines, str(fields["url"] or ""))
    title, _, rest = body.partition("\n")
    if fields["title"] and fold(title).strip() == fold(str(fields["title"])).strip() and rest.strip():
        body = rest.strip()
    first, *others = body.split("\n")
    if others and first.strip()[:80] in (lines.date_from, lines.author_from):  # of which the fields are made
        body = "\n".join(others).strip()
    fields["body"] = without_shortcodes(body) if "[" in body else body
    fields["structure"] = structure_of(fields["body"], blocks)
    return WebPage(fields, properties, {name: origin for name, origin in origins.items() if origin})


def _date(
    linked: Mapping[str, Any], properties: Iterable[tuple[str, str]], lines: PageLines, url: str
) -> tuple[str, str]:
    """Return where the page says when it was published, and what it says; nothing where it does not say so."""
    if date := parse_date(str(linked.get("date") or "")):
        return "JSON-LD", date
    named: dict[str, str] = {}
    for name, value in properties:
        named.setdefault(name.lower(), value)
    for name in _DATES:
        if date := parse_date(named.get(name, "")):
            return f"meta {name}", date
    in_url = date_of_url(url)
    if lines.date and lines.date_is_marked:
        return lines.date_from, lines.date
    if len(in_url) > len("2015-07"):
        return "the address", in_url
    if lines.date:
        return f"the line {lines.date_from!r}", lines.date
    return ("the address", in_url) if in_url else ("", "")


def _properties(tree: Any) -> list[tuple[str, str]]:
    """Return the names and contents of the ``meta`` tags; one with both a property and a name goes by the property."""
    named = (
        (meta.get("property") or meta.get("name") or meta.get("itemprop") or "", meta.get("content").strip())
        for meta in tree.iterfind(".//meta[@content]")
    )
    return [(name.strip(), value) for name, value in named if name.strip() and value]


def _linked_data(tree: Any) -> dict[str, Any]:
    """Return the fields of the first article that the page describes in JSON-LD."""
    for script in tree.iterfind(".//script[@type='application/ld+json']"):
        try:
            described = json.loads(script.text or "", strict=False)
        except (ValueError, RecursionError):
            continue
        for node in _nodes(described):
            kinds = node.get("@type")
            kinds = kinds if isinstance(kinds, list) else [kinds]
            if any(isinstance(kind, str) and kind.endswith(_ARTICLE_TYPES) for kind in kinds):
                fields = known_fields({name: node[name] for name in _LINKED_DATA if node.get(name)}, {})
                tags = [*_list(node.get("articleSection")), *_list(node.get("keywords"))]
                fields["tags"] = list(dict.fromkeys(tags))
                found = {name: value for name, value in fields.items() if name == "tags" or isinstance(value, str)}
                return found | {"image": node.get("image") or node.get("thumbnailUrl")}
    return {}


def _picture(described: object, properties: Iterable[tuple[str, str]], base: str) -> tuple[str, tuple[str, str]]:
    """Return where the page names a picture of its article, and the picture with its caption; nothing for none.

    *described* is what JSON-LD has of it; an address without a host is one of the page at *base*.
    """
    named: dict[str, str] = {}
    for name, value in properties:
        named.setdefault(name.lower(), value)
    said = next((named[name] for name in _CAPTIONS if name in named), "")
    if (picture := picture_of(described, base=base))[0]:
        return "JSON-LD", (picture[0], picture[1] or storable_line(said))
    for name in _IMAGES:
        if (picture := picture_of(named.get(name, ""), said, base))[0]:
            return f"meta {name}", picture
    return "", ("", "")


def _nodes(described: Any) -> Iterator[dict[str, Any]]:
    waiting = [described]
    while waiting:
        node = waiting.pop(0)
        if isinstance(node, list):
            waiting.extend(node)
        elif isinstance(node, dict):
            yield node
            waiting.extend(node[key] for key in ("@graph", "mainEntity") if key in node)


def _list(value: Any) -> list[str]:
    if isinstance(value, str):
        value = known_fields({"keywords": value}, {})["tags"]
    return [tag.strip() for tag in value if isinstance(tag, str) and tag.strip()] if isinstance(value, list) else []


def _open_graph(properties: Iterable[tuple[str, str]]) -> dict[str, Any]:
    fields: dict[str, Any] = {}
    tags = []
    for name, value in properties:
        if name.lower() == "article:tag":
            tags.append(value)
        field = _OPEN_GRAPH.get(name.lower())
        # Facebook wants the author to be an address; a reader wants a name.
        if field and not (field == "author" and "://" in value):
            fields.setdefault(field, value)
    section = fields.pop("section", None)
    fields["tags"] = list(dict.fromkeys(filter(None, [section, *tags])))
    return fields


def _without_bars(line: str) -> str:
    """Return *line* with tabs between its cells, if it is the row of a table; nothing for the rule below heads."""
    if not (line.startswith("|") and line.endswith("|") and len(line) > 1):
        return line
    cells = [cell.strip() for cell in line[1:-1].split("|")]
    return "" if all(cells) and not set("".join(cells)) - {"-"} else "\t".join(cells)


def _extract(tree: Any, url: str) -> dict[str, Any]:
    """Return what trafilatura finds; the whole text of the page if it finds no article in it."""
    import trafilatura

    logging.getLogger("trafilatura").setLevel(logging.CRITICAL)  # what it cannot read is told in the report
    found: Any = trafilatura.bare_extraction(
        tree,
        url=url or None,
        with_metadata=True,
        include_comments=False,
        include_tables=True,
        fast=True,
        # It would take any year on the page for the date of the article; what the page says is looked for here.
        date_extraction_params={"extensive_search": False},
    )
    if found is None:
        return {"body": text_of_tree(tree)}
    return {
        "body": "\n\n".join(filter(None, (_without_bars(line.strip()) for line in (found.text or "").split("\n")))),
        "blocks": blocks_of(found.body),
        "title": found.title,
        "author": found.author,
        "source": found.sitename,
        "url": found.url,
        "tags": [*(found.categories or []), *(found.tags or [])],
    }
