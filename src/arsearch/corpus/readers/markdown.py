"""Markdown (``.md``) with YAML front matter: one article a file.

The front matter holds the fields of the article; the body is the text a reader would see, parsed by markdown-it-py.
Without a ``title`` the first heading is the title. The path of the file below the source is the id unless
the front matter has one.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Any

from arsearch.corpus.detect_format import Head
from arsearch.corpus.parsing.markup import text_of_html
from arsearch.corpus.source_document import Record, RecordFault, SourceDocument

__all__ = ["NAME", "SUFFIXES", "read", "recognises"]

NAME = "Markdown"
SUFFIXES = (".md", ".markdown")

_OPENINGS = "[<`>"
_MAX_OPENINGS = 100_000
_LINE_BREAKS = ("softbreak", "hardbreak")
_FRONT_MATTER = re.compile(r"---[ \t]*\r?\n(?:[^\n]*\n){0,40}?[\w-]+[ \t]*:[^\n]*\n(?:[^\n]*\n){0,80}?---[ \t]*\r?\n")


def recognises(head: Head) -> bool:
    """Whether there is front matter."""
    return head.text.startswith("---") and _FRONT_MATTER.match(head.text) is not None


def read(document: SourceDocument) -> Iterator[Record | RecordFault]:
    """Yield the one article of *document*."""
    text, faults = document.read_text()
    yield from faults
    yield Record(_fields(text), default_id=document.default_id)


def _fields(text: str) -> dict[str, object]:
    # Imported here: only a corpus with Markdown in it pays for the parsers.
    import yaml
    from markdown_it import MarkdownIt
    from mdit_py_plugins.front_matter import front_matter_plugin

    if sum(map(text.count, _OPENINGS)) > _MAX_OPENINGS:
        raise ValueError("more markup than a text may have")
    record: dict[str, Any] = {}
    paragraphs: list[str] = []
    heading: str | None = None
    tokens = MarkdownIt("commonmark").use(front_matter_plugin).parse(text)
    for before, token in zip([None, *tokens], tokens, strict=False):
        if token.type == "front_matter":
            try:
                # Every value as it is written: a date that does not exist is mended later, a tag "2015" stays a text.
                record = yaml.load(token.content, Loader=yaml.BaseLoader) or {}
            except yaml.YAMLError as error:
                raise ValueError(f"the front matter is not YAML: {' '.join(str(error).split())}") from None
            except RecursionError:
                raise ValueError("the front matter is nested too deeply") from None
            if not isinstance(record, dict):
                raise ValueError("the front matter is not a list of fields, each with its value")
        elif token.type == "inline":
            shown = "".join(
                "\n" if child.type in _LINE_BREAKS else child.content
                for child in token.children or ()
                if child.type != "html_inline"
            )
            if heading is None and before is not None and before.type == "heading_open" and "title" not in record:
                heading = shown
            else:
                paragraphs.append(shown)
        elif token.type in ("fence", "code_block"):
            paragraphs.append(token.content)
        elif token.type == "html_block" and (shown := text_of_html(token.content)):
            paragraphs.append(shown)
    if heading is not None:
        record = {"title": heading} | record
    return record | {"body": "\n\n".join(paragraphs)}
