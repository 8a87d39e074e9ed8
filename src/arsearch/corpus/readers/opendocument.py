"""OpenDocument texts (``.odt``): one article a file, with its notes; what was deleted is not read."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from arsearch.corpus.detect_format import Head
from arsearch.corpus.parsing.office_file import about_fields, open_office_file
from arsearch.corpus.parsing.xml_stream import local_name
from arsearch.corpus.source_document import Record, RecordFault, SourceDocument, UnreadableError

__all__ = ["NAME", "SUFFIXES", "read", "recognises"]

NAME = "OpenDocument"
SUFFIXES: tuple[str, ...] = ()

_MIME_TYPE = b"application/vnd.oasis.opendocument.text"
_UNREAD = frozenset(
    ("tracked-changes", "forms", "sequence-decls", "variable-decls", "note-citation", "creator", "date", "script",
     "desc", "title", "event-listeners", "table-of-content", "alphabetical-index")
)  # fmt: skip
_BREAKS = {"tab": "\t", "line-break": "\n"}
_MAX_DEPTH = 200


def recognises(head: Head) -> bool:
    """Whether it is a ZIP file whose first member, not compressed, names the type; or one with that suffix."""
    return head.data.startswith(b"PK\x03\x04") and (_MIME_TYPE in head.data[:160] or head.suffix in (".odt", ".ott"))


def read(document: SourceDocument) -> Iterator[Record | RecordFault]:
    """Yield the one article of *document*."""
    with open_office_file(document) as file:
        tree = file.xml("content.xml")
        if tree is None:
            raise UnreadableError("the document is damaged: it has no content.xml; it may be locked with a password")
        text = next((node for node in tree.iter() if local_name(node) == "text" and "office" in node.tag), None)
        if text is None:
            raise UnreadableError("the document is damaged: it holds no text")
        fields = about_fields(file.xml("meta.xml"))
    reading = _Reading(comments=document.options.word_comments)
    reading.collect(text, 0)
    lines = [line.strip() for line in (*reading.lines, *reading.notes) if line.strip()]
    title = fields["title"] or reading.heading or next(iter(lines), "")
    if lines and lines[0] == title and len(lines) > 1:
        del lines[0]
    yield Record(fields | {"title": title, "body": "\n\n".join(lines)}, default_id=document.default_id)


class _Reading:
    def __init__(self, *, comments: bool) -> None:
        self._comments = comments
        self.lines: list[str] = []
        self.notes: list[str] = []
        self.heading = ""
        """The first one."""

    def collect(self, element: Any, depth: int) -> None:
        """Put the paragraphs and the rows of tables below *element* into the lines."""
        if depth > _MAX_DEPTH:
            raise UnreadableError("nested too deeply")
        for child in element:
            name = local_name(child)
            if name in ("p", "h"):
                place = len(self.lines)
                text = self._text(child, depth + 1)
                self.lines.insert(place, text)  # before the boxes that are anchored in it
                if name == "h" and not self.heading:
                    self.heading = text.strip()
            elif name == "table-row":
                cells = []
                for cell in child:
                    inner = _Reading(comments=self._comments)
                    inner.collect(cell, depth + 1)
                    cells.append(" ".join(line.strip() for line in inner.lines if line.strip()))
                    self.notes += inner.notes
                self.lines.append("\t".join(cells).rstrip("\t"))
            elif name and name not in _UNREAD and name != "annotation":
                self.collect(child, depth + 1)

    def _text(self, element: Any, depth: int) -> str:
        if depth > _MAX_DEPTH:
            raise UnreadableError("nested too deeply")
        parts = [element.text or ""]
        for child in element:
            name = local_name(child)
            if name == "s":
                parts.append(" " * min(_count(child), 100))
            elif name in _BREAKS:
                parts.append(_BREAKS[name])
            elif name in ("text-box", "annotation", "note"):
                inner = _Reading(comments=self._comments)
                if name != "annotation" or self._comments:
                    inner.collect(child, depth + 1)
                target = self.lines if name == "text-box" else self.notes
                target.extend([*inner.lines, *inner.notes])
            elif name and name not in _UNREAD:
                parts.append(self._text(child, depth + 1))
            parts.append(child.tail or "")
        return "".join(parts).replace("\n", " ") if depth == 1 else "".join(parts)


def _count(space: Any) -> int:
    written = next((value for key, value in space.attrib.items() if key.endswith("}c")), "1")
    return int(written) if written.isdecimal() and len(written) < 6 else 1
