"""Messages of e-mail (RFC 5322 and MIME): their text, their headers as people read them, the page that one is."""

from __future__ import annotations

import email
import re
from email.errors import MessageError
from email.header import decode_header, make_header
from email.message import Message
from email.utils import parseaddr
from typing import Any

from arsearch.corpus.parsing.encoding import decode
from arsearch.corpus.parsing.markup import text_of_html

__all__ = ["header_text", "message_fields", "page_of"]

_MAX_PARTS = 1_000
_MAX_HEADER = 10_000
_REPLY = re.compile(r"(?:(?:re|fwd?|رد|تحويل)\s*:\s*)+", re.I)
_COMMA = re.compile("[,،;؛]")
_BLANK_LINE = re.compile(r"\n[^\S\n]*\n\s*")


def header_text(message: Message, name: str) -> str:
    """Return the text of the first header called *name*, decoded (RFC 2047), on one line; empty if there is none."""
    # The raw value: what get() returns has replaced bytes beyond ASCII, which no header should have.
    value = next((str(raw) for key, raw in message.raw_items() if key.lower() == name.lower()), "")[:_MAX_HEADER]
    try:
        text = str(make_header(decode_header(value))) if value.isascii() else value
    except (LookupError, ValueError, MessageError):
        text = value
    if any("\udc80" <= character <= "\udcff" for character in text):
        try:
            text = decode(text.encode("utf-8", "surrogateescape"))[0]
        except ValueError:
            text = text.encode("utf-8", "surrogateescape").decode("utf-8", "replace")
    return " ".join(text.split())


def message_fields(data: bytes) -> dict[str, Any]:
    """Return the fields of the article that the message *data* is: its text, else that of its HTML. Never raises."""
    message = email.message_from_bytes(data)
    plain: list[str] = []
    markup: list[str] = []
    for number, part in enumerate(message.walk()):
        if number >= _MAX_PARTS:
            break
        kind = part.get_content_type()
        if part.is_multipart() or part.get_filename() or part.get_content_disposition() == "attachment":
            continue
        if kind == "text/plain":
            plain.append(_payload(part))
        elif kind == "text/html":
            markup.append(text_of_html(_payload(part)))
    body = "\n\n".join(filter(None, map(str.strip, plain))) or "\n\n".join(filter(None, markup))
    name, address = parseaddr(header_text(message, "From"))
    return {
        "id": header_text(message, "Message-ID").strip("<>"),
        "title": _REPLY.sub("", header_text(message, "Subject"), count=1),
        "body": _BLANK_LINE.sub("\n\n", body.replace("\r\n", "\n")),
        "author": "" if name == address or "@" in name else name,
        "date": header_text(message, "Date"),
        "source": header_text(message, "List-Id").partition("<")[0].strip(' "'),
        "tags": [tag.strip() for tag in _COMMA.split(header_text(message, "Keywords")) if tag.strip()],
    }


def page_of(data: bytes) -> tuple[str, str, str] | None:
    """Return the HTML, the address and the subject of the page that the message *data* holds, None if it holds none."""
    message = email.message_from_bytes(data)
    for number, part in enumerate(message.walk()):
        if number >= _MAX_PARTS:
            return None
        if part.get_content_type() in ("text/html", "application/xhtml+xml"):
            url = header_text(message, "Snapshot-Content-Location") or header_text(part, "Content-Location")
            return _payload(part), url if url.startswith(("http:", "https:")) else "", header_text(message, "Subject")
    return None


def _payload(part: Message) -> str:
    try:
        data = part.get_payload(decode=True)
    except (ValueError, LookupError):  # a broken transfer encoding
        data = None
    if not isinstance(data, bytes):
        return ""
    try:
        return decode(data, part.get_content_charset() or "")[0]
    except ValueError:
        return data.decode("utf-8", "replace").replace("\x00", "")
