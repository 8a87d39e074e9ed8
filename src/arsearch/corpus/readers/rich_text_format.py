"""Rich Text Format (``.rtf``): one article a file. Needs the extra ``documents``."""

from __future__ import annotations

import re
from collections.abc import Iterator

from arsearch.corpus.detect_format import Head
from arsearch.corpus.parsing.extras import import_extra
from arsearch.corpus.records.people import is_placeholder, named_title
from arsearch.corpus.source_document import Record, RecordFault, SourceDocument, UnreadableError

__all__ = ["NAME", "SUFFIXES", "read", "recognises"]

NAME = "RTF"
SUFFIXES: tuple[str, ...] = ()

_ABOUT = {
    name: re.compile(r"\{\\" + name + r"\b((?:[^{}]|\{[^{}]*\}){0,2000})\}") for name in ("title", "author", "keywords")
}
_MADE = re.compile(r"\{\\creatim\\yr(\d{1,4})\\mo(\d{1,2})\\dy(\d{1,2})")
_MAX_GROUPS = 500_000


def recognises(head: Head) -> bool:
    """Whether it begins as such a document does."""
    return head.data.startswith(b"{\\rtf")


def read(document: SourceDocument) -> Iterator[Record | RecordFault]:
    """Yield the one article of *document*."""
    to_text = import_extra("striprtf.striprtf", "documents", NAME).rtf_to_text
    # It is ASCII; bytes beyond are those of the code page that it names, as escapes are.
    code = "".join(chr(byte) if byte < 0x80 else f"\\'{byte:02x}" for byte in document.read_bytes())
    if code.count("{") > _MAX_GROUPS:
        raise UnreadableError("more groups than a text may have")

    def plain(part: str) -> str:
        page = re.search(r"\\ansicpg(\d{3,5})", code[:4096])
        try:
            return str(
                to_text(rf"{{\rtf1\ansi\ansicpg{page[1] if page else '1256'} {part}}}", errors="replace")
            ).strip()
        except (LookupError, ValueError, RecursionError):
            return ""

    try:
        text = str(to_text(code, errors="replace"))
    except Exception as error:  # whatever the library meets in a damaged file
        raise UnreadableError(f"the document is damaged: {str(error)[:200]}") from error
    head = code[: 64 * 1024]
    about = {name: plain(match[1]) if (match := pattern.search(head)) else "" for name, pattern in _ABOUT.items()}
    made = _MADE.search(head)
    lines = [line.replace("|", "\t").strip() if line.endswith("|") else line.strip() for line in text.split("\n")]
    lines = [line for line in lines if line]
    title = named_title(about["title"]) or next(iter(lines), "")
    if len(lines) > 1 and lines[0] == title:
        del lines[0]
    yield Record(
        {
            "title": title,
            "body": "\n\n".join(lines),
            "author": "" if is_placeholder(about["author"]) else about["author"],
            "date": "-".join(part.zfill(2) for part in made.groups()) if made else "",
            "tags": [tag.strip() for tag in re.split("[,،;؛]", about["keywords"]) if tag.strip()],
        },
        default_id=document.default_id,
    )
