"""Text that was encoded as UTF-8 twice: the bytes of one encoding were taken for letters of another.

``الميناء`` becomes ``Ø§Ù„Ù……`` by way of Windows-1252 or Latin-1 (as in Facebook's exports), and ``ط§ظ„ظ……`` by way of
Windows-1256. Read back, such letters are the bytes of well-formed UTF-8, which those of a real text hardly ever are.
"""

from __future__ import annotations

import re

__all__ = ["TOLD", "decoded_once"]

TOLD = "was encoded as UTF-8 twice; it was decoded once more"
"""What reports say where that was so."""

_SIGNS = ("Ø", "Ù", "§", "„")
"""Alef and lam are in every text: their first bytes as Latin-1 and Windows-1252, their second ones as Windows-1256."""
_RUN = re.compile(r"[^\x00-\x7f](?:[^\x00-\x7f]|[ \n](?=[^\x00-\x7f]))*")
_ARABIC = re.compile("[\u0620-\u064a]")
_MIN_LETTERS = 3
_LATIN_1, _WINDOWS_1256 = 0, 1


def _table(encoding: str) -> dict[str, int]:
    """Return the byte of each character; where the encoding has none, the byte of the same number, as browsers do."""
    table = {}
    for byte in range(256):
        table[chr(byte)] = byte
    for byte in range(128, 256):
        character = bytes([byte]).decode(encoding, "ignore")
        if character:
            table[character] = byte
    return table


_TABLES = (_table("cp1252"), _table("cp1256"))


def decoded_once(text: str) -> str:
    """Return *text* with what was encoded twice as it was before, or *text* itself if nothing was."""
    one, two, three, four = _SIGNS
    if one not in text and two not in text and three not in text and four not in text:
        return text
    for table in _TABLES:
        mended, letters = _mended(text, table)
        if letters >= _MIN_LETTERS and letters * 2 > len(_ARABIC.findall(mended)):
            return mended
    return text


def _mended(text: str, table: dict[str, int]) -> tuple[str, int]:
    letters = 0

    def once(match: re.Match[str]) -> str:
        nonlocal letters
        run = match[0]
        try:
            found = bytes([table[character] for character in run]).decode()
        except (KeyError, UnicodeDecodeError):
            return run
        letters += len(_ARABIC.findall(found))
        return found

    return _RUN.sub(once, text), letters
