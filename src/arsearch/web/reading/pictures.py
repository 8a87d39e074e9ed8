"""Pictures of articles: where a page shows one from, and those that are kept beside the index."""

from __future__ import annotations

import fnmatch
from dataclasses import dataclass
from pathlib import Path
from urllib.parse import urlsplit

from flask import Blueprint, Response, abort, request, send_from_directory

from arsearch.corpus import Article
from arsearch.corpus.records.picture_files import PICTURE_NAME, PICTURES_FOLDER, PictureSize, file_of_picture
from arsearch.settings import Settings
from arsearch.web.live import live_index

__all__ = ["ShownPicture", "picture_of_article", "pictures"]

pictures = Blueprint("pictures", __name__)

_WEEK = 7 * 86_400
_SIDES = slice(26, 30)
"""Where the frame of a lossy WebP file has its width and height (RFC 9649, section 2.5; RFC 6386, section 9.1)."""


@dataclass(frozen=True, slots=True)
class ShownPicture:
    """A picture that a page shows."""

    address: str
    is_own: bool
    """Whether it comes from this server."""
    width: int = 0
    height: int = 0
    """In points; 0 where it is not known."""


def picture_of_article(article: Article, size: PictureSize) -> ShownPicture | None:
    """Return the picture of *article* as a page may show it.

    That is the file that is kept beside the index, or else the original, if the setting ``image_hosts`` has its host.
    """
    if not article.image:
        return None
    settings = live_index().settings
    name = file_of_picture(article.image, size)
    file = _folder(settings) / name
    if file.is_file():
        width, height = _sides(file) if size == "large" else (0, 0)
        return ShownPicture(f"{request.script_root}/pictures/{name}", True, width, height)
    return ShownPicture(article.image, False) if _is_allowed(article.image, settings.image_hosts) else None


def _is_allowed(address: str, hosts: tuple[str, ...]) -> bool:
    """Whether the Content-Security-Policy that names *hosts* lets browsers load *address*."""
    if not hosts:
        return False
    parts = urlsplit(address)
    place = parts.netloc.lower()
    return parts.scheme == "https" and any(fnmatch.fnmatchcase(place, host) for host in hosts)


def _folder(settings: Settings) -> Path:
    return settings.index.absolute() / PICTURES_FOLDER


def _sides(file: Path) -> tuple[int, int]:
    with file.open("rb") as opened:
        sides = opened.read(_SIDES.stop)[_SIDES]
    return int.from_bytes(sides[:2], "little") & 0x3FFF, int.from_bytes(sides[2:], "little") & 0x3FFF


@pictures.get("/pictures/<name>")
def show(name: str) -> Response:
    """Answer with a picture that is kept beside the index."""
    if not PICTURE_NAME.fullmatch(name):
        abort(404)
    response = send_from_directory(
        _folder(live_index().settings), name, mimetype="image/webp", conditional=True, max_age=_WEEK
    )
    response.headers["Cache-Control"] = f"public, max-age={_WEEK}"
    return response
