"""Markdown (``.md``) with YAML front matter: one article a file.

The front matter holds the fields of the article; the body is the text a reader would see, parsed by markdown-it-py.
Without a ``title`` the first heading is the title. The path of the file below the source is the id unless
the front matter has one.
"""

from __future__ import annotations

import html
import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from arsearch.corpus.article import Article, article_from_mapping
from arsearch.corpus.report import ReadingReport
from arsearch.corpus.text import read_text

__all__ = ["SUFFIXES", "read"]

SUFFIXES = (".md", ".markdown")

_LINE_BREAKS = ("softbreak", "hardbreak")
_HTML = re.compile(r"<!--.*?-->|<(script|style)\b.*?</\1\s*>|<[^>]*>", re.DOTALL | re.IGNORECASE)


def read(path: Path, report: ReadingReport) -> Iterator[Article]:
    """Yield the one article of *path*, or none if it cannot be read, which is reported."""
    text = read_text(path, report)
    if text is None:
        return
    try:
        article, mended = article_from_mapping(_record(text), default_id=report.default_id(path))
    except ValueError as error:
        report.add(path, 0, str(error), skipped=True)
        return
    for message in mended:
        report.add(path, 0, message, skipped=False)
    report.path, report.line = path, 0
    yield article


def _record(text: str) -> dict[str, Any]:
    # Imported here: only a corpus with Markdown in it pays for the parsers.
    import yaml
    from markdown_it import MarkdownIt
    from mdit_py_plugins.front_matter import front_matter_plugin

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
        elif token.type == "html_block" and (shown := html.unescape(_HTML.sub("", token.content)).strip()):
            paragraphs.append(shown)
    if heading is not None:
        record = {"title": heading} | record
    return record | {"body": "\n\n".join(paragraphs)}
