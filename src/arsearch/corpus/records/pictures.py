"""The picture of an article, as feeds, pages and exports name it: an address, and what it shows."""

from __future__ import annotations

from collections.abc import Mapping
from urllib.parse import urljoin, urlsplit

from arsearch.corpus.storable import storable_line

__all__ = ["picture_of"]

_LONGEST_ADDRESS = 2_000
_LONGEST_CAPTION = 500
_ADDRESSES = ("url", "contentUrl", "contentURL", "src", "href", "source_url")
_CAPTIONS = ("caption", "alt", "description", "name", "title")
_DEPTH = 4


def picture_of(image: object, caption: object = "", base: str = "") -> tuple[str, str]:
    """Return the address of *image* and its caption; empty texts where it has no address of the web.

    *image* is an address, an object that has one, or a list of either, of which the first counts. What it says of
    itself is the caption where *caption* is none. An address without a host is read from *base*.
    """
    address, own = _found(image, 0)
    address = urljoin(base, address.strip()) if base and address else address.strip()
    if not is_address(address):
        return "", ""
    said = caption if isinstance(caption, str) and caption.strip() else own
    return address, storable_line(said)[:_LONGEST_CAPTION]


def is_address(address: str) -> bool:
    """Whether *address* is one of the web, without blanks, controls or a password."""
    if len(address) > _LONGEST_ADDRESS or any(character.isspace() or ord(character) < 32 for character in address):
        return False
    try:
        parts = urlsplit(address)
        return parts.scheme in ("http", "https") and bool(parts.hostname) and "@" not in parts.netloc
    except ValueError:
        return False


def _found(image: object, depth: int) -> tuple[str, str]:
    if isinstance(image, str):
        return image, ""
    if depth > _DEPTH:
        return "", ""
    if isinstance(image, Mapping):
        address = next((url for name in _ADDRESSES if (url := _found(image.get(name), depth + 1)[0])), "")
        said = next((image[name] for name in _CAPTIONS if isinstance(image.get(name), str)), "")
        return address, said
    if isinstance(image, (list, tuple)):
        return next((found for each in image[:10] if (found := _found(each, depth + 1))[0]), ("", ""))
    return "", ""
