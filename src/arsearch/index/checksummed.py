"""JSON files that carry their own checksum: a changed byte is noticed by reading the file, whichever byte it is.

::

    {
     "checksum": "SHA-256, in hexadecimal, of everything after this line",
     "key": "value",
     ...
"""

from __future__ import annotations

import hashlib
import json
import re
from typing import Any

__all__ = ["ChecksumError", "add_checksum", "check_and_load", "has_checksum"]

_OPENING = re.compile(rb'\{\n "checksum": "([0-9a-f]{64})",\n')


class ChecksumError(ValueError):
    """The text is not what was checksummed."""


def add_checksum(record: dict[str, Any]) -> bytes:
    """Return *record*, which has at least one key and none called ``checksum``, as the text of a checksummed file."""
    rest = json.dumps(record, ensure_ascii=False, indent=1).encode()[2:] + b"\n"
    return b'{\n "checksum": "%s",\n' % hashlib.sha256(rest).hexdigest().encode() + rest


def has_checksum(data: bytes) -> bool:
    """Whether *data* begins as checksummed files do."""
    return _OPENING.match(data) is not None


def check_and_load(data: bytes) -> dict[str, Any]:
    """Return the record in *data*. Raises ChecksumError if a byte of it was changed, lost or added."""
    opening = _OPENING.match(data)
    if opening is None:
        raise ChecksumError("it does not begin with its checksum")
    rest = data[opening.end() :]
    if hashlib.sha256(rest).hexdigest().encode() != opening[1]:
        raise ChecksumError("its checksum differs")
    record: dict[str, Any] = json.loads(b"{" + rest)
    return record
