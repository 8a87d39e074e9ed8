"""Which encoding a text is in: UTF-8 or UTF-16, with or without byte order mark, or Windows-1256.

Arabic pages come in these. UTF-8 proves itself: a text with letters outside ASCII in any other encoding hardly ever is
well-formed UTF-8. UTF-16 shows in the zero bytes of its ASCII and in the high byte of its Arabic (U+06xx). What is
left and has Arabic letters when read as Windows-1256 is that.
"""

from __future__ import annotations

import codecs
import re

__all__ = ["UTF_8", "decode", "looks_binary", "recognise_encoding"]

UTF_8 = "utf-8"
WINDOWS_1256 = "cp1256"
_BYTE_ORDER_MARKS = {codecs.BOM_UTF8: UTF_8, codecs.BOM_UTF16_LE: "utf-16", codecs.BOM_UTF16_BE: "utf-16"}
_UTF_8_SEQUENCE = re.compile(rb"[\xc2-\xdf][\x80-\xbf]|[\xe0-\xef][\x80-\xbf]{2}|[\xf0-\xf4][\x80-\xbf]{3}")
_BEYOND_ASCII = re.compile(rb"[\x80-\xff]")
_ARABIC_1256 = re.compile(rb"[\xc0-\xdf\xe1\xe3-\xe6\xec\xed]")  # the letters hamza to yeh in Windows-1256
_ARABIC_SHARE = 0.6
_UTF_16_SHARE = 0.6
_NUL_SHARE = 0.01
_MENDABLE_SHARE = 0.1


def recognise_encoding(head: bytes) -> str:
    """Return ``utf-8``, ``utf-16``, ``utf-16-le``, ``utf-16-be`` or ``cp1256`` for a text that begins with *head*."""
    for mark, encoding in _BYTE_ORDER_MARKS.items():
        if head.startswith(mark):
            return encoding
    if b"\x00" not in head:
        try:
            codecs.utf_8_decode(head, "strict", False)  # what is cut off at the end may still be well-formed
        except UnicodeDecodeError:
            pass
        else:
            return UTF_8
    even, odd = head[0::2], head[1::2]
    # In UTF-16 nearly every high byte is that of ASCII or of the Arabic block.
    for high, low, encoding in ((odd, even, "utf-16-le"), (even, odd, "utf-16-be")):
        if high and b"\x00" in high + low and _share(high) > _UTF_16_SHARE > _share(low):
            return encoding
    beyond = len(_BEYOND_ASCII.findall(head))
    in_sequences = sum(map(len, _UTF_8_SEQUENCE.findall(head)))
    if in_sequences * 2 >= beyond:
        return UTF_8
    return WINDOWS_1256 if len(_ARABIC_1256.findall(head)) >= _ARABIC_SHARE * beyond else UTF_8


def decode(data: bytes, declared: str = "") -> tuple[str, str]:
    """Return the text of *data*, without byte order mark, and what was mended, in words or empty.

    *declared* is what the document says of itself; it is believed where the bytes do not show better. Raises ValueError
    for what is no text, or in no encoding known here.
    """
    encoding = recognise_encoding(data)
    if encoding == UTF_8:
        data = data.removeprefix(codecs.BOM_UTF8)
    if encoding in (UTF_8, WINDOWS_1256) and looks_binary(data):
        raise ValueError("not text: it has NUL bytes")
    try:
        return data.decode(encoding).removeprefix("\ufeff"), ""
    except UnicodeDecodeError as error:
        bad = error
    if declared and _known(declared):
        try:
            return data.decode(declared), ""
        except UnicodeDecodeError:
            pass
    text = data.decode(encoding, "replace").removeprefix("\ufeff")
    line = data.count(b"\n", 0, bad.start) + 1
    beyond = sum(character > "\x7f" for character in text)
    if text.count("\ufffd") > _MENDABLE_SHARE * beyond:
        raise ValueError(f"not UTF-8 (line {line}); convert the file to UTF-8")
    return text, f"broken {encoding.upper()} from line {line} on; what could not be read became U+FFFD"


def looks_binary(data: bytes) -> bool:
    """Whether *data* has more NUL bytes than a text with a slip in it."""
    return data.count(0) > _NUL_SHARE * len(data)


def _share(data: bytes) -> float:
    return (data.count(0) + data.count(6)) / len(data) if data else 0.0


def _known(encoding: str) -> bool:
    try:
        return codecs.lookup(encoding).name not in ("idna", "punycode", "unicode_escape", "raw_unicode_escape")
    except LookupError:
        return False
