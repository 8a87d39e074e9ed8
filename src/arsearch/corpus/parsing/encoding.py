"""Which encoding a text is in: UTF-8 or UTF-16, with or without byte order mark, or one of eight bits for Arabic.

Arabic pages come in these. UTF-8 proves itself: a text with letters outside ASCII in any other encoding hardly ever is
well-formed UTF-8. UTF-16 shows in the zero bytes of its ASCII and in the high byte of its Arabic (U+06xx). Of eight
bits there are Windows-1256, ISO-8859-6, and those of the Macintosh and of DOS. What a document declares is tried first;
what counts is how much like Arabic the text is that comes out, since declarations are often wrong.
"""

from __future__ import annotations

import codecs
import re

from arsearch.corpus.parsing.twice_encoded import TOLD, decoded_once

__all__ = ["UTF_8", "declared_encoding", "decode", "looks_binary", "recognise_encoding"]

UTF_8 = "utf-8"
WINDOWS_1256 = "cp1256"
_BYTE_ORDER_MARKS = {codecs.BOM_UTF8: UTF_8, codecs.BOM_UTF16_LE: "utf-16", codecs.BOM_UTF16_BE: "utf-16"}
_UTF_8_SEQUENCE = re.compile(rb"[\xc2-\xdf][\x80-\xbf]|[\xe0-\xef][\x80-\xbf]{2}|[\xf0-\xf4][\x80-\xbf]{3}")
_BEYOND_ASCII = re.compile(rb"[\x80-\xff]")
_ARABIC_1256 = re.compile(rb"[\xc0-\xdf\xe1\xe3-\xe6\xec\xed]")  # the letters hamza to yeh in Windows-1256
_OF_EIGHT_BITS = (WINDOWS_1256, "iso8859_6", "mac_arabic", "cp720")
_JUDGED_BYTES = 16 * 1024
# Words and beginnings that a hundred words of Arabic have twenty of, and another order of the letters hardly any.
_ARABIC_WORDS = re.compile(
    "(?<![\u0600-\u06ff])(?:ال(?=[\u0621-\u064a]{2})|(?:في|من|على|إلى|عن|أن|هذا|هذه|التي|الذي|و?لا|ما|مع|كان)(?![\u0600-\u06ff]))"
)
_ARABIC_LETTER_RUN = re.compile("[\u0621-\u064a]+")
_STRAY = re.compile("[\x80-\x9f\ufffd\u00c0-\u024f\u2500-\u259f]")
"""Controls, accented letters and boxes: what letters become in a wrong encoding."""
_BETTER = 1.5
_DECLARED = re.compile(
    rb"""<\?xml[^>]{0,200}encoding\s*=\s*["']([\w.:-]{1,40})|<meta[^>]{1,300}charset\s*=\s*["']?\s*([\w.:-]{1,40})""",
    re.I,
)
_ARABIC_SHARE = 0.6
_UTF_16_SHARE = 0.6
_NUL_SHARE = 0.01
_MENDABLE_SHARE = 0.1


def declared_encoding(head: bytes) -> str:
    """Return the encoding that XML or HTML that begins with *head* declares, or an empty text."""
    match = _DECLARED.search(head[:4096])
    return (match[1] or match[2]).decode("ascii", "ignore") if match else ""


def recognise_encoding(head: bytes, declared: str = "") -> str:
    """Return the name of the encoding of a text that begins with *head* and that is *declared* to be in one.

    It is ``utf-8``, ``utf-16``, ``utf-16-le``, ``utf-16-be``, or one of eight bits.
    """
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
    return _of_eight_bits(head, declared or declared_encoding(head))


def _of_eight_bits(head: bytes, declared: str) -> str:
    """Return which encoding of eight bits makes the most of *head*; UTF-8, broken, if none makes Arabic of it."""
    sample = head[:_JUDGED_BYTES]
    scores = {encoding: _likeness(sample, encoding) for encoding in _OF_EIGHT_BITS}
    best = max(scores, key=lambda encoding: scores[encoding])
    name = _codec(declared)
    if name and name not in (UTF_8, "ascii", "iso8859-1", "cp1252") and not name.startswith("utf"):
        said = scores.get(name.replace("-", "_"), _likeness(sample, name))
        if said >= scores[best] or (
            said * _BETTER >= scores[best] and said >= 0 and "\ufffd" not in sample.decode(name, "replace")
        ):
            return name
    if scores[best] > 0:
        return best
    beyond = len(_BEYOND_ASCII.findall(head))
    return WINDOWS_1256 if len(_ARABIC_1256.findall(head)) >= _ARABIC_SHARE * beyond else UTF_8


def _likeness(sample: bytes, encoding: str) -> float:
    """Return how much like Arabic *sample* is in *encoding*: frequent words, less characters that Arabic lacks.

    In words of a hundred; below 0 it is no text in that encoding.
    """
    text = sample.decode(encoding, "replace")
    words = len(_ARABIC_LETTER_RUN.findall(text))
    stray = len(_STRAY.findall(text))
    if not words or stray > words:
        return -1.0
    return (len(_ARABIC_WORDS.findall(text)) - stray) / words * 100


def _codec(encoding: str) -> str:
    try:
        return codecs.lookup(encoding).name if encoding and _known(encoding) else ""
    except LookupError:
        return ""


def decode(data: bytes, declared: str = "") -> tuple[str, str]:
    """Return the text of *data*, without byte order mark, and what was mended, in words or empty.

    *declared* is what the document says of itself; it is believed where the text that comes out is no worse. Raises
    ValueError for what is no text, or in no encoding known here.
    """
    encoding = recognise_encoding(data, declared)
    if encoding == UTF_8:
        data = data.removeprefix(codecs.BOM_UTF8)
    if not encoding.startswith("utf-16") and looks_binary(data):
        raise ValueError("not text: it has NUL bytes")
    try:
        text = data.decode(encoding).removeprefix("\ufeff")
        once = decoded_once(text)
        return once, TOLD if once != text else ""
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
