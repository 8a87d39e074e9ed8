"""Word documents (``.docx``): one article a file.

The text is what a reader sees if all changes are accepted: insertions and moved text, but nothing deleted; with the
text of content controls and boxes, and with foot- and endnotes behind it. Comments in the margin come with a setting.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Any, NamedTuple

from arsearch.corpus.detect_format import Head
from arsearch.corpus.parsing.office_file import OfficeFile, about_fields, open_office_file
from arsearch.corpus.parsing.structure import Block, structure_of
from arsearch.corpus.parsing.xml_stream import local_name
from arsearch.corpus.source_document import Record, RecordFault, SourceDocument, UnreadableError

__all__ = ["NAME", "SUFFIXES", "read", "recognises"]

NAME = "Word"
SUFFIXES: tuple[str, ...] = ()

_TITLE_STYLES = ("title", "heading 1")
_DELETED = frozenset(("del", "moveFrom", "delText", "instrText", "delInstrText", "pPr", "rPr", "Fallback", "sectPr"))
_BREAKS = {"tab": "\t", "br": "\n", "cr": "\n", "noBreakHyphen": "-", "ptab": "\t"}
_NOTES = ("word/footnotes.xml", "word/endnotes.xml")
_MAX_DEPTH = 200
_HEADING = re.compile(r"heading ([1-6])$")
_LIST_STYLE = re.compile(r"list (bullet|number)(?: ([2-5]))?$")
_QUOTE_STYLES = ("quote", "intense quote", "block text")


class _Line(NamedTuple):
    """A paragraph, or a row of a table: the name of its style, its text, and the list it is an item of."""

    style: str
    text: str
    list_id: str = ""
    depth: int = 0
    is_row: bool = False
    heads: bool = False

    def block(self, ordered: frozenset[tuple[str, int]]) -> Block:
        """Return what it is, if the levels of lists that have numbers are *ordered*."""
        if self.is_row:
            return Block("row", self.text, heads=self.heads)
        if match := _HEADING.match(self.style):
            return Block("heading", self.text, int(match[1]))
        if self.list_id:
            kind = "numbered" if (self.list_id, self.depth) in ordered else "item"
            return Block(kind, self.text, self.depth + 1)  # type: ignore[arg-type]  # mypy widens the texts
        if match := _LIST_STYLE.match(self.style):
            return Block("item" if match[1] == "bullet" else "numbered", self.text, int(match[2] or 1))
        return Block("quote" if self.style in _QUOTE_STYLES else "", self.text)


def recognises(head: Head) -> bool:
    """Whether it is a ZIP file of an office program, and a text rather than a sheet or slides."""
    if not ((head.data.startswith(b"PK\x03\x04") and b"[Content_Types].xml" in head.data) or head.suffix == ".docx"):
        return False
    return head.data.startswith(b"PK\x03\x04") and (b"word/" in head.data or head.suffix == ".docx")


def read(document: SourceDocument) -> Iterator[Record | RecordFault]:
    """Yield the one article of *document*."""
    with open_office_file(document) as file:
        main = "word/document.xml"
        if not file.has(main):  # other programs may call it otherwise; the relations say how
            relations = file.xml("_rels/.rels")
            targets = [
                node.get("Target", "").lstrip("/")
                for node in (relations if relations is not None else ())
                if str(node.get("Type")).endswith("/officeDocument")
            ]
            main = next(iter(targets), main)
        tree = file.xml(main)
        if tree is None:
            raise UnreadableError("the document is damaged: it has no text part")
        yield Record(_fields(file, tree, document), default_id=document.default_id)


def _fields(file: OfficeFile, tree: Any, document: SourceDocument) -> dict[str, object]:
    fields = about_fields(file.xml("docProps/core.xml"))
    styles = _styles(file)
    notes = {name: _notes(file, name) for name in _NOTES}
    lines: list[_Line] = []
    body = next((node for node in tree.iter() if local_name(node) == "body"), tree)
    _collect(body, styles, lines, 0)
    texts = []
    ordered = _ordered(file) if any(line.list_id for line in lines) else frozenset()
    blocks = []
    for line in lines:
        text = line.text.strip()
        if not fields["title"] and line.style in _TITLE_STYLES and text:
            fields["title"] = text
        elif text:
            texts.append(text)
            blocks.append(line.block(ordered))
    for name in _NOTES:
        texts += notes[name]
    if document.options.word_comments:
        texts += _notes(file, "word/comments.xml")
    if texts and fields["title"] and texts[0] == fields["title"] and len(texts) > 1:
        del texts[0]
    fields["title"] = fields["title"] or next(iter(texts), "")
    body_text = "\n\n".join(texts)
    return fields | {"body": body_text, "structure": structure_of(body_text, blocks)}


def _ordered(file: OfficeFile) -> frozenset[tuple[str, int]]:
    """Return which levels of lists have numbers, by the list and how deep the level is."""
    tree = file.xml("word/numbering.xml")
    kinds: dict[str, set[int]] = {}
    ordered = set()
    for node in tree if tree is not None else ():
        name = local_name(node)
        if name == "abstractNum":
            kinds[_attribute(node, "abstractNumId")] = {
                _whole(_attribute(level, "ilvl"))
                for level in node
                if local_name(level) == "lvl"
                and any(local_name(each) == "numFmt" and _attribute(each, "val") != "bullet" for each in level)
            }
        elif name == "num":
            of = next((_attribute(each, "val") for each in node if local_name(each) == "abstractNumId"), "")
            ordered |= {(_attribute(node, "numId"), depth) for depth in kinds.get(of, ())}
    return frozenset(ordered)


def _whole(text: str) -> int:
    return int(text) if re.fullmatch("[0-8]", text) else 0


def _styles(file: OfficeFile) -> dict[str, str]:
    """Return the names of styles by their ids, which each language of Word has its own of."""
    names = {}
    # A whole parser for the largest part of most documents would take longer than all the rest.
    data = file.read("word/styles.xml").decode("utf-8", "replace") if file.has("word/styles.xml") else ""
    for match in re.finditer(
        r'<w:style\b[^>]{0,200}?w:styleId="([^"]{1,100})"[^>]{0,200}>\s*<w:name w:val="([^"]{1,100})"', data
    ):
        names[match[1]] = match[2].lower()
    return names


def _notes(file: OfficeFile, name: str) -> list[str]:
    tree = file.xml(name)
    notes: list[str] = []
    for note in tree if tree is not None else ():
        if _attribute(note, "type") in ("separator", "continuationSeparator", "continuationNotice"):
            continue
        lines: list[_Line] = []
        _collect(note, {}, lines, 0)
        notes.append(" ".join(line.text.strip() for line in lines if line.text.strip()))
    return [note for note in notes if note]


def _collect(element: Any, styles: dict[str, str], lines: list[_Line], depth: int) -> None:
    """Put the paragraphs and the rows of tables below *element* into *lines*, each with the name of its style."""
    if depth > _MAX_DEPTH:
        raise UnreadableError("nested too deeply")
    for child in element:
        name = local_name(child)
        if name == "p":
            boxes: list[_Line] = []
            text = _text(child, styles, boxes, depth + 1)
            lines.append(_Line(_style(child, styles), text, *_list_of(child)))
            lines += boxes
        elif name == "tbl":
            for row in child.iter(f"{child.tag.rpartition('}')[0]}}}tr"):
                if next((a for a in row.iterancestors() if local_name(a) == "tbl"), None) is child:
                    heads = any(local_name(node) == "tblHeader" for part in row for node in part)
                    text = "\t".join(_cells(row, styles, depth + 1))
                    lines.append(_Line("", text, is_row=True, heads=heads))
        elif name and name not in _DELETED:
            _collect(child, styles, lines, depth + 1)


def _cells(row: Any, styles: dict[str, str], depth: int) -> Iterator[str]:
    for cell in row:
        lines: list[_Line] = []
        if local_name(cell) in ("tc", "sdt", "ins"):
            _collect(cell, styles, lines, depth + 1)
            yield " ".join(line.text.strip() for line in lines if line.text.strip())


def _text(element: Any, styles: dict[str, str], boxes: list[_Line], depth: int) -> str:
    """Return the text of a paragraph or of a part of one; the paragraphs of boxes in it go into *boxes*."""
    if depth > _MAX_DEPTH:
        raise UnreadableError("nested too deeply")
    parts = []
    for child in element:
        name = local_name(child)
        if name == "t":
            parts.append(child.text or "")
        elif name in _BREAKS:
            parts.append(_BREAKS[name])
        elif name == "txbxContent":
            _collect(child, styles, boxes, depth + 1)
        elif name == "sym":
            parts.append(" ")
        elif name and name not in _DELETED and len(child):
            parts.append(_text(child, styles, boxes, depth + 1))
    return "".join(parts)


def _style(paragraph: Any, styles: dict[str, str]) -> str:
    for child in paragraph:
        if local_name(child) == "pPr":
            for item in child:
                if local_name(item) == "pStyle":
                    style = _attribute(item, "val")
                    return styles.get(style, re.sub(r"(?<=[a-z])(?=\d)", " ", style.lower()))
    return ""


def _list_of(paragraph: Any) -> tuple[str, int]:
    """Return the list of which a paragraph is an item, and how deep; an empty text where it is none."""
    for properties in paragraph:
        if local_name(properties) == "pPr":
            for item in properties:
                if local_name(item) == "numPr":
                    said = {local_name(each): _attribute(each, "val") for each in item}
                    list_id = said.get("numId", "")
                    return ("", 0) if list_id in ("", "0") else (list_id, _whole(said.get("ilvl", "0")))
    return "", 0


def _attribute(element: Any, name: str) -> str:
    return next((str(value) for key, value in element.attrib.items() if key.rpartition("}")[2] == name), "")
