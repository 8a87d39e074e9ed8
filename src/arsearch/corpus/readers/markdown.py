"""Markdown (``.md``) with front matter in YAML, TOML or JSON: one article a file.

The front matter holds the fields of the article; the body is the text a reader would see, parsed by markdown-it-py.
Without a ``title`` the first heading is the title. The path of the file below the source is the id unless
the front matter has one.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from typing import Any

from arsearch.corpus.detect_format import Head
from arsearch.corpus.parsing.markup import text_of_html
from arsearch.corpus.parsing.structure import Block, BlockKind, structure_of
from arsearch.corpus.source_document import Record, RecordFault, SourceDocument

__all__ = ["NAME", "SUFFIXES", "read", "recognises"]

NAME = "Markdown"
SUFFIXES = (".md", ".markdown")

_OPENINGS = "[<`>"
_MAX_OPENINGS = 100_000
_LINE_BREAKS = ("softbreak", "hardbreak")
_TOML = re.compile(r"\s*\+\+\+[ \t]*\n((?:[^\n]*\n){0,400}?)\+\+\+[ \t]*(?:\n|$)")
_LIQUID = re.compile(r"\{\{[<%](?:[^<>{}]|\{(?!\{)){0,2000}[%>]\}\}|\{%[^{}]{0,2000}%\}|\{\{[^{}<%]{0,500}\}\}")
"""Shortcodes of Hugo, and tags and values of Jekyll."""
_DRAFTS = "_drafts"
"""The folder where Jekyll has what is not published."""
_FRONT_MATTER = re.compile(r"---[ \t]*\r?\n(?:[^\n]*\n){0,40}?[\w-]+[ \t]*:[^\n]*\n(?:[^\n]*\n){0,80}?---[ \t]*\r?\n")


def recognises(head: Head) -> bool:
    """Whether there is front matter in YAML or TOML."""
    if head.text.startswith("+++"):
        return _TOML.match(head.text) is not None
    return head.text.startswith("---") and _FRONT_MATTER.match(head.text) is not None


def read(document: SourceDocument) -> Iterator[Record | RecordFault]:
    """Yield the one article of *document*."""
    text, faults = document.read_text()
    yield from faults
    record = _fields(text)
    if _DRAFTS in document.id_path.parts:
        record.setdefault("draft", "true")
    yield Record(record, default_id=document.default_id)


def _fields(text: str) -> dict[str, object]:
    # Imported here: only a corpus with Markdown in it pays for the parsers.
    import yaml
    from markdown_it import MarkdownIt
    from mdit_py_plugins.front_matter import front_matter_plugin

    if sum(map(text.count, _OPENINGS)) > _MAX_OPENINGS:
        raise ValueError("more markup than a text may have")
    record, text = _other_front_matter(text)
    paragraphs: list[str] = []
    blocks: list[Block] = []
    around = _Around()
    row: list[str] = []
    heading: str | None = None
    tokens = MarkdownIt("commonmark").enable("table").use(front_matter_plugin).parse(_LIQUID.sub("", text))
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
        elif around.takes(token):
            pass
        elif token.type == "inline":
            shown = "".join(
                "\n" if child.type in _LINE_BREAKS else child.content
                for child in token.children or ()
                if child.type != "html_inline"
            )
            if before is not None and before.type in ("th_open", "td_open"):
                row.append(shown)
            elif heading is None and before is not None and before.type == "heading_open" and "title" not in record:
                heading = shown
            else:
                paragraphs.append(shown)
                blocks.append(around.block(shown, before))
        elif token.type == "tr_close":
            paragraphs.append("\t".join(row))
            blocks.append(Block("row", "".join(row), heads=around.in_head))
            row = []
        elif token.type in ("fence", "code_block"):
            paragraphs.append(token.content)
        elif token.type == "html_block" and (shown := text_of_html(token.content)):
            paragraphs.append(shown)
    if heading is not None:
        record = {"title": heading} | record
    body = "\n\n".join(filter(None, paragraphs))
    return record | {"body": body, "structure": structure_of(body, blocks)}


class _Around:
    """The lists, quotations and tables that stand open around a token."""

    def __init__(self) -> None:
        self._lists: list[BlockKind] = []
        self._quotes = 0
        self._begins_item = False
        self.in_head = False

    def takes(self, token: Any) -> bool:
        """Take in what *token* opens or closes; return whether it does."""
        kind, _, end = str(token.type).rpartition("_")
        if end not in ("open", "close"):
            return False
        if kind in ("bullet_list", "ordered_list"):
            if end == "open":
                self._lists.append("item" if kind == "bullet_list" else "numbered")
            else:
                self._lists.pop()
        elif kind == "list_item":
            self._begins_item = end == "open"
        elif kind == "blockquote":
            self._quotes += 1 if end == "open" else -1
        elif kind == "thead":
            self.in_head = end == "open"
        else:
            return False
        return True

    def block(self, text: str, before: Any) -> Block:
        """Return the paragraph *text*, which the token *before* opens, as it stands in all that."""
        if before is not None and before.type == "heading_open":
            return Block("heading", text, int(before.tag[1:]))
        if self._lists:
            begins, self._begins_item = self._begins_item, False
            return Block(self._lists[-1] if begins else "continued", text, len(self._lists))
        return Block("quote", text, self._quotes) if self._quotes else Block("", text)


def _other_front_matter(text: str) -> tuple[dict[str, Any], str]:
    """Return the front matter in TOML or JSON, as Hugo knows them besides YAML, and the text after it."""
    if match := _TOML.match(text):
        import tomllib

        try:
            record = tomllib.loads(match[1])
        except (tomllib.TOMLDecodeError, RecursionError) as error:
            raise ValueError(f"the front matter is not TOML: {' '.join(str(error).split())[:200]}") from None
        for group in ("taxonomies", "params", "extra"):  # where Zola and Hugo have some of them
            if isinstance(record.get(group), dict):
                record = record.pop(group) | record
        return record, text[match.end() :]
    if text.startswith("{") and (end := text.find("\n}\n")) > 0:
        try:
            found = json.loads(text[: end + 2])
        except (ValueError, RecursionError):
            return {}, text
        return found, text[end + 3 :]
    return {}, text
