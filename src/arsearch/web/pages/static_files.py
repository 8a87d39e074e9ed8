"""The static files under names that hold a hash of their content, so that browsers may keep them for ever.

The name of a file changes when the file changes, or when one that it refers to does. Nothing is built beforehand:
the files are read once when the application starts, references between them are written anew, and text is compressed.
"""

from __future__ import annotations

import gzip
import hashlib
import mimetypes
import posixpath
import re
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from flask import Response, abort, current_app, request, url_for

__all__ = ["StaticFiles", "serve_static_file", "static_content", "static_link"]

_FOR_EVER = "public, max-age=31536000, immutable"
_HASH_DIGITS = 10
_TEXT = (".css", ".js", ".svg")
# A quoted name of a file, as in `import x from "./y.js"` and `url("fonts/z.woff2")`.
_REFERENCE = re.compile(r"""(?P<quote>["'])(?P<name>[\w./-]+\.(?:css|js|woff2|svg|png))(?P=quote)""")
_TYPES = {".js": "text/javascript; charset=utf-8", ".css": "text/css; charset=utf-8", ".woff2": "font/woff2"}


@dataclass(frozen=True, slots=True)
class StaticFile:
    """A file as it is served."""

    content: bytes
    compressed: bytes | None
    """With gzip, for text."""
    content_type: str


class StaticFiles:
    """All static files of a folder, and others, by the names under which they are served."""

    def __init__(self, folder: Path, others: Mapping[str, bytes] | None = None) -> None:
        """Read *folder*. Files refer to each other by relative names, and not in a circle.

        *others* are files by name, which come before those of the folder.
        """
        paths = sorted(path for path in folder.rglob("*") if path.is_file())
        self._contents = {path.relative_to(folder).as_posix(): path.read_bytes() for path in paths} | dict(others or {})
        self._hashed: dict[str, str] = {}
        self._files: dict[str, StaticFile] = {}
        for name in self._contents:
            self._add(name)

    def hashed(self, name: str) -> str:
        """Return the name under which the file *name* is served. Raises KeyError if there is no such file."""
        return self._hashed[name]

    def get(self, hashed: str) -> StaticFile | None:
        """Return the file that is served under this name, if there is one."""
        return self._files.get(hashed)

    def _add(self, name: str) -> str:
        if name not in self._hashed:
            content, suffix = self._contents[name], posixpath.splitext(name)[1]
            if suffix in (".css", ".js"):
                content = self._with_hashed_references(name, content.decode("utf-8")).encode()
            digest = hashlib.sha256(content).hexdigest()[:_HASH_DIGITS]
            hashed = f"{name.removesuffix(suffix)}.{digest}{suffix}"
            self._hashed[name] = hashed
            self._files[hashed] = StaticFile(
                content,
                gzip.compress(content, 9, mtime=0) if suffix in _TEXT else None,
                _TYPES.get(suffix) or mimetypes.guess_type(name)[0] or "application/octet-stream",
            )
        return self._hashed[name]

    def _with_hashed_references(self, name: str, text: str) -> str:
        folder = posixpath.dirname(name)

        def hashed(reference: re.Match[str]) -> str:
            other = posixpath.normpath(posixpath.join(folder, reference["name"]))
            if other not in self._contents:
                return reference[0]
            relative = posixpath.relpath(self._add(other), folder or ".")
            prefix = "./" if reference["name"].startswith("./") else ""
            return f"{reference['quote']}{prefix}{relative}{reference['quote']}"

        return _REFERENCE.sub(hashed, text)


def _static_files() -> StaticFiles:
    files: StaticFiles = current_app.extensions["arsearch-static"]
    return files


def static_link(name: str, *, external: bool = False) -> str:
    """Return the address of the static file *name*."""
    hashed = _static_files().hashed(name)
    return url_for("static", name=hashed, _external=True) if external else f"{request.script_root}/static/{hashed}"


def static_content(name: str) -> bytes:
    """Return what is in the static file *name*."""
    files = _static_files()
    file = files.get(files.hashed(name))
    assert file is not None
    return file.content


def serve_static_file(name: str) -> Response:
    """Answer with the static file that is served under *name*."""
    file = _static_files().get(name)
    if file is None:
        abort(404)
    response = Response(file.content, content_type=file.content_type)
    if file.compressed is not None:
        response.vary.add("Accept-Encoding")
        if request.accept_encodings["gzip"]:
            response.set_data(file.compressed)
            response.content_encoding = "gzip"
    response.headers["Cache-Control"] = _FOR_EVER
    return response
