"""Pictures of articles, fetched and made small, to be served beside the pages. Needs the extra ``pictures``.

What servers answer with is recognised by its bytes, decoded by Pillow, and written anew: nothing of a file but its
pixels reaches a reader. Vector graphics are no pictures here, since they can hold programs.
"""

from __future__ import annotations

import importlib
import io
import time
import warnings
from collections.abc import Callable, Iterable
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from arsearch.corpus.records.picture_files import PictureSize, file_of_picture
from arsearch.errors import ArsearchError, FetchError
from arsearch.fetch.client import PoliteClient

__all__ = ["PictureSummary", "fetch_pictures", "made_small"]

_FORMATS = ("JPEG", "PNG", "WEBP", "GIF")
_MAX_PIXELS = 40_000_000
_MIN_SIDE = 32
"""Pictures that are smaller are signs and counters of readers."""
_LARGE = (1280, 1280)
_SMALL = (264, 176)
"""Twice what a list of results shows, for screens that have two points for each."""
_QUALITY = 78
_FORGET_SECONDS = 30 * 86_400.0
"""After so long a picture that could not be had is asked for again."""


@dataclass(slots=True)
class PictureSummary:
    """What a run did, by address."""

    saved: list[str] = field(default_factory=list)
    unchanged: list[str] = field(default_factory=list)
    """Those that were there, or could not be had lately."""
    failed: dict[str, str] = field(default_factory=dict)
    """Why each address that gave no picture did not."""


def fetch_pictures(
    addresses: Iterable[str], folder: Path, client: PoliteClient, on_failure: Callable[[str], None] | None = None
) -> PictureSummary:
    """Save the pictures at *addresses* in *folder*, each large and small; those that are there are not asked for.

    Addresses that fail are told to *on_failure* and do not stop the others. Raises ArsearchError if *folder* cannot be
    written to, or Pillow is not installed.
    """
    _pillow()
    summary = PictureSummary()
    try:
        folder.mkdir(parents=True, exist_ok=True)
        for address in dict.fromkeys(addresses):
            files: dict[PictureSize, Path] = {
                size: folder / file_of_picture(address, size) for size in ("large", "small")
            }
            refused = files["large"].with_suffix(".none")
            if all(file.is_file() for file in files.values()) or _is_recent(refused):
                summary.unchanged.append(address)
                continue
            try:
                made = made_small(client.get(address).body)
            except FetchError as error:
                summary.failed[address] = str(error)
                refused.touch()
                if on_failure is not None:
                    on_failure(f"{address}: {error}")
                continue
            for size, file in files.items():
                aside = file.with_suffix(".new")
                aside.write_bytes(made[size])
                aside.replace(file)
            refused.unlink(missing_ok=True)
            summary.saved.append(address)
    except OSError as error:
        raise ArsearchError(f"The folder {folder} cannot be written to: {error.strerror or error}.") from error
    return summary


def made_small(data: bytes) -> dict[PictureSize, bytes]:
    """Return the picture *data* as WebP: large, at most 1280 points wide and high, and small, cut to 264 by 176.

    Raises FetchError for what is no picture, or one too large or too small to be shown.
    """
    image_module, operations = _pillow()
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")  # of broken metadata, which is not kept
            with image_module.open(io.BytesIO(data), formats=_FORMATS) as opened:
                if opened.width * opened.height > _MAX_PIXELS:
                    raise FetchError(f"The picture has {opened.width} by {opened.height} points; that is too many.")
                if min(opened.size) < _MIN_SIDE:
                    raise FetchError(f"The picture has {opened.width} by {opened.height} points; that is too few.")
                opened.draft("RGB", _LARGE)
                upright = operations.exif_transpose(opened)
                plain = _on_white(upright, image_module)
        large = plain.copy()
        large.thumbnail(_LARGE)
        return {"large": _webp(large), "small": _webp(operations.fit(plain, _SMALL))}
    except FetchError:
        raise
    except Exception as error:  # decoders raise whatever broken files make them raise
        raise FetchError("What was answered is no JPEG, PNG, WebP or GIF that can be decoded.") from error


def _on_white(image: Any, image_module: Any) -> Any:
    """Return *image* without transparency."""
    if image.mode in ("RGBA", "LA", "PA") or "transparency" in image.info:
        coloured = image.convert("RGBA")
        white = image_module.new("RGBA", coloured.size, "white")
        return image_module.alpha_composite(white, coloured).convert("RGB")
    return image.convert("RGB")


def _webp(image: Any) -> bytes:
    data = io.BytesIO()
    image.save(data, "WEBP", quality=_QUALITY, method=4, exif=b"", icc_profile=None)
    return data.getvalue()


def _is_recent(file: Path) -> bool:
    return file.is_file() and time.time() - file.stat().st_mtime < _FORGET_SECONDS


def _pillow() -> tuple[Any, Any]:
    try:
        return importlib.import_module("PIL.Image"), importlib.import_module("PIL.ImageOps")
    except ImportError as error:
        raise ArsearchError(
            'Pictures need the extra "pictures"; install it with: pip install "arsearch[pictures]"'
        ) from error
