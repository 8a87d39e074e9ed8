r"""Names of files as text that can be stored, shown and traced back to the file.

The name of a file is bytes: any but a slash and NUL. Python has those that are no UTF-8 as lone surrogates, which
neither UTF-8, JSON nor SQLite take. Here each such byte is written ``\xHH``, and so is each byte of a control
character, of one that turns text around, and of what separates lines, so that a name is always one line that steers
nothing. A backslash that would read as the beginning of such an escape is escaped too: :func:`path_of` undoes it all.
"""

from __future__ import annotations

import os
import re
from pathlib import Path, PurePath

__all__ = ["is_plain", "path_of", "path_text"]

# Controls; lone surrogates; the characters that embed, override and isolate directions; separators of lines.
_UNSAFE = re.compile(r"[\x00-\x1f\x7f-\x9f\ud800-\udfff\u202a-\u202e\u2066-\u2069\u2028\u2029]|\\(?=x[0-9a-f]{2})")
_ESCAPE = re.compile(rb"\\x([0-9a-f]{2})")


def path_text(path: PurePath | str) -> str:
    """Return the name *path* as text without anything that could not be stored or that steers a terminal."""
    return _UNSAFE.sub(_escaped, str(path))


def is_plain(path: PurePath | str) -> bool:
    """Whether *path* is its own :func:`path_text`."""
    return _UNSAFE.search(str(path)) is None


def path_of(text: str) -> Path:
    """Return the path whose :func:`path_text` is *text*."""
    if "\\x" not in text:
        return Path(text)
    return Path(os.fsdecode(_ESCAPE.sub(lambda match: bytes([int(match[1], 16)]), os.fsencode(text))))


def _escaped(match: re.Match[str]) -> str:
    return "".join(f"\\x{byte:02x}" for byte in match[0].encode("utf-8", "surrogateescape"))
