"""The names of the files in which pictures of articles are kept beside an index."""

from __future__ import annotations

import hashlib
import re
from typing import Literal

__all__ = ["PICTURES_FOLDER", "PICTURE_NAME", "PictureSize", "file_of_picture"]

PICTURES_FOLDER = "pictures"
"""Below the folder of an index."""
PictureSize = Literal["large", "small"]
PICTURE_NAME = re.compile(r"[0-9a-f]{32}\.(?:large|small)\.webp")


def file_of_picture(address: str, size: PictureSize) -> str:
    """Return the name of the file with the picture at *address* in a *size*."""
    return f"{hashlib.sha256(address.encode()).hexdigest()[:32]}.{size}.webp"
