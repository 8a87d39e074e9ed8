"""E-mail (``.eml``) and mailboxes (``.mbox``): one article a message, without what is attached to it."""

from __future__ import annotations

import re
from collections.abc import Iterator

from arsearch.corpus.detect_format import Head
from arsearch.corpus.parsing.messages import message_fields
from arsearch.corpus.source_document import Record, RecordFault, SourceDocument, too_long

__all__ = ["NAME", "SUFFIXES", "read", "recognises"]

NAME = "e-mail"
SUFFIXES = (".eml", ".mbox", ".mbx")

_SEPARATOR = re.compile(rb"From \S+.{0,40}\d\d:\d\d(?::\d\d)?.{0,40}\r?\n?$")
"""The line between the messages of a mailbox (RFC 4155)."""
_HEADER = re.compile(
    r"(?:return-path|received|from|to|subject|date|message-id|mime-version|delivered-to|x-[\w-]+|content-type|"
    r"dkim-signature|arc-[\w-]+|authentication-results|reply-to|cc|list-id)\s*:", re.I
)  # fmt: skip
_MIN_HEADERS = 3
_QUOTED = re.compile(rb"^>(>*From )", re.M)


def recognises(head: Head) -> bool:
    """Whether it begins as a mailbox does, or with the headers of a message and not those of a saved page."""
    if _SEPARATOR.match(head.data.partition(b"\n")[0][:200] + b"\n"):
        return True
    if not _HEADER.match(head.text):  # most documents end here, without their text being taken apart
        return False
    headers = head.text.replace("\r\n", "\n").partition("\n\n")[0]
    lines = [line for line in headers.split("\n") if line[:1] not in (" ", "\t")]
    known = sum(_HEADER.match(line) is not None for line in lines)
    return len(lines) >= _MIN_HEADERS and known == len(lines) and not is_saved_page(headers)


def is_saved_page(headers: str) -> bool:
    """Whether a message with these *headers* is a page that a browser saved."""
    lowered = headers.lower()
    return "multipart/related" in lowered and ("text/html" in lowered or "snapshot-content-location" in lowered)


def read(document: SourceDocument) -> Iterator[Record | RecordFault]:
    """Yield the messages; the line where one begins stands for it."""
    if not _SEPARATOR.match(document.head.partition(b"\n")[0][:200] + b"\n"):
        yield Record(message_fields(document.read_bytes()), default_id=document.default_id)
        return
    limit = document.options.max_record_bytes
    parts: list[bytes] = []
    size = 0
    began = 1
    after_blank = True
    for number, line in enumerate(_lines(document, limit), 1):
        if after_blank and _SEPARATOR.match(line):
            if number > 1:
                yield from _message(parts, size, limit, began)
            parts, size, began = [], 0, number
        else:
            size += len(line)
            if size <= limit:
                parts.append(line)
        after_blank = line in (b"\n", b"\r\n")
    yield from _message(parts, size, limit, began)


def _message(parts: list[bytes], size: int, limit: int, line: int) -> Iterator[Record | RecordFault]:
    if size > limit:
        yield RecordFault(too_long("message", limit), line)
    elif any(part.strip() for part in parts):
        yield Record(message_fields(_QUOTED.sub(rb"\1", b"".join(parts))), line)


def _lines(document: SourceDocument, limit: int) -> Iterator[bytes]:
    """Yield the lines with their ends; of one that is longer than a message may be only as much as shows that."""
    rest = b""
    for chunk in document.chunks():
        *lines, rest = (rest + chunk).split(b"\n")
        for line in lines:
            yield line + b"\n"
        if len(rest) > limit:
            yield rest
            rest = b""
    if rest:
        yield rest
