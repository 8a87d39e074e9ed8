"""WordPress exports (WXR): the published posts and pages of a site."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from typing import Any

from arsearch.corpus.detect_format import Head
from arsearch.corpus.parsing.markup import html_of_post, text_of_html
from arsearch.corpus.parsing.page_blocks import read_fragment
from arsearch.corpus.parsing.xml_stream import child_text, elements, id_of_url, local_name, named_texts
from arsearch.corpus.records.pictures import picture_of
from arsearch.corpus.source_document import LeftOut, Record, RecordFault, SourceDocument

__all__ = ["NAME", "SUFFIXES", "read", "recognises"]

NAME = "WordPress export"
SUFFIXES: tuple[str, ...] = ()

_CONTENT = "{http://purl.org/rss/1.0/modules/content/}encoded"
_EXCERPT = "{http://wordpress.org/export/1.2/excerpt/}encoded"
_WAITING = 2_000
_MAX_PICTURES = 200_000
_KINDS = ("post", "page")
_ORIGINS = {
    "id": "link", "title": "title", "body": "content:encoded", "author": "dc:creator", "date": "wp:post_date",
    "source": "the channel's title", "url": "link", "tags": "category", "image": "_thumbnail_id",
}  # fmt: skip
_STATES = {
    "publish": "", "draft": "a draft", "auto-draft": "a draft", "pending": "pending",
    "private": "private", "trash": "deleted", "future": "scheduled",
}  # fmt: skip


def recognises(head: Head) -> bool:
    """Whether it declares the namespace of WordPress exports."""
    return head.text.startswith("<") and "<rss" in head.text and "wordpress.org/export/" in head.text


def read(document: SourceDocument) -> Iterator[Record | RecordFault | LeftOut]:
    """Yield the published posts and pages; attachments, menu items and what is not public are left out.

    A post whose picture is an attachment that has not come yet waits for it, up to ``_WAITING`` posts.
    """
    pictures: dict[str, tuple[str, str]] = {}
    waiting: list[tuple[str, Record]] = []
    for item in _items(document, pictures):
        if isinstance(item, tuple):
            waiting.append(item)
            if len(waiting) > _WAITING:
                yield _with_picture(*waiting.pop(0), pictures)
        else:
            yield item
    for named, record in waiting:
        yield _with_picture(named, record, pictures)


def _with_picture(named: str, record: Record, pictures: dict[str, tuple[str, str]]) -> Record:
    """Return *record* with the picture that the attachment *named* is."""
    image, caption = pictures.get(named, ("", ""))
    return replace(record, fields=record.fields | {"image": image, "caption": caption})


def _items(
    document: SourceDocument, pictures: dict[str, tuple[str, str]]
) -> Iterator[Record | RecordFault | LeftOut | tuple[str, Record]]:
    """Yield what :func:`read` does, and posts that wait for a picture with the id of that; put *pictures* by theirs."""
    site = ""
    names: dict[str, str] = {}
    for item in elements(document, frozenset({"item", "title", "author"})):
        if isinstance(item, RecordFault):
            yield item
            continue
        name, element = item
        line = element.sourceline or 0
        if name == "title":
            site = site or (element.text or "").strip()
        elif name == "author":
            names[child_text(element, "author_login")] = child_text(element, "author_display_name")
        elif why := _why_left_out(element):
            if child_text(element, "post_type") == "attachment" and len(pictures) < _MAX_PICTURES:
                pictures[child_text(element, "post_id")] = picture_of(
                    child_text(element, "attachment_url"), _caption(element)
                )
            yield LeftOut(why, child_text(element, "title") or child_text(element, "post_id"), line)
        else:
            record = Record(_fields(element, site, names), line, properties=_properties(element), origins=_ORIGINS)
            named = _meta(element, "_thumbnail_id")
            yield _with_picture(named, record, pictures) if named in pictures else (named, record) if named else record


def _caption(attachment: Any) -> str:
    return _meta(attachment, "_wp_attachment_image_alt") or text_of_html(attachment.findtext(_EXCERPT) or "")


def _meta(item: Any, name: str) -> str:
    """Return the custom field *name* of *item*."""
    for child in item:
        if local_name(child) == "postmeta" and child_text(child, "meta_key") == name:
            return child_text(child, "meta_value")
    return ""


def _why_left_out(item: Any) -> str:
    kind, status = child_text(item, "post_type"), child_text(item, "status")
    if kind not in _KINDS:
        return f"no article: {kind or 'nothing that is posted'}"
    if child_text(item, "post_password"):
        return "not public: has a password"
    why = _STATES.get(status, status or "without a status")
    return f"not public: {why}" if why else ""


def _fields(item: Any, site: str, names: dict[str, str]) -> dict[str, object]:
    url = child_text(item, "link")
    date = child_text(item, "post_date")
    creator = child_text(item, "creator")
    body, structure = read_fragment(html_of_post(item.findtext(_CONTENT) or ""))
    return {
        "id": id_of_url(url or child_text(item, "guid")),
        "title": text_of_html(child_text(item, "title")),
        "body": body,
        "structure": structure,
        "author": names.get(creator) or creator,
        "date": "" if date.startswith("0000") else date,
        "source": site,
        "url": url,
        "tags": [child.text.strip() for child in item if local_name(child) == "category" and child.text],
    }


def _properties(item: Any) -> list[tuple[str, str]]:
    """Return the custom fields of a post, the terms of its taxonomies, and whatever other text is in it."""
    properties = named_texts(item)
    for child in item:
        if local_name(child) == "postmeta":
            properties.append((child_text(child, "meta_key"), child_text(child, "meta_value")))
        elif local_name(child) == "category" and child.text:
            properties.append((f"category:{child.get('domain', '')}", child.text))
    return properties
