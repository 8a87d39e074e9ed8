"""What a file is that no reader knows, as far as its first bytes and its suffix tell."""

from __future__ import annotations

__all__ = ["unknown_format"]

_UNKNOWN = "not a known format"
_BEGINNINGS = {
    b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1": "a document of Office before 2007; save it as .docx, .xlsx or .pdf",
    b"\x89PNG": "a picture",
    b"\xff\xd8\xff": "a picture",
    b"GIF8": "a picture",
    b"II*\x00": "a picture",
    b"MM\x00*": "a picture",
    b"BM": "a picture",
    b"ID3": "sound",
    b"OggS": "sound or a film",
    b"\x1aE\xdf\xa3": "a film",
    b"\x7fELF": "a program",
    b"MZ": "a program",
    b"Rar!": "a RAR archive; unpack it, or make it a ZIP file",
    b"7z\xbc\xaf": "a 7z archive; unpack it, or make it a ZIP file",
    b"\xfd7zXZ": "compressed with xz; unpack it, or compress it with zstd",
    b"PAR1": "Parquet",
}
_SUFFIXES = {
    ".js": "a script",
    ".css": "a style sheet",
    ".py": "a program",
    ".xml": "XML without articles",
    ".json": "JSON without articles",
    ".mp4": "a film",
    ".mp3": "sound",
    ".ttf": "a font",
    ".woff2": "a font",
    ".pptx": "slides; save them as .pdf",
}


def unknown_format(head: bytes, suffix: str) -> str:
    """Return why a file that begins with *head* and is called by *suffix* holds no articles, as a report says it."""
    if not head:
        return f"{_UNKNOWN}: empty"
    if head[:4] == b"RIFF":
        return f"{_UNKNOWN}: {'a picture' if head[8:12] == b'WEBP' else 'sound or a film'}"
    kind = next((kind for start, kind in _BEGINNINGS.items() if head.startswith(start)), "") or _SUFFIXES.get(
        suffix, ""
    )
    return f"{_UNKNOWN}: {kind}" if kind else _UNKNOWN
