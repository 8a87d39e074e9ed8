"""Bearer tokens: who may ask the API, kept as hashes in a file.

::

    {"tokens": [{"name": "newsroom", "hash": "…64 hexadecimal digits…", "scopes": ["search"], "created": "…"}]}

A token is 256 random bits, so nobody can try them all against its plain SHA-256: what slow hashes protect are passwords
that people choose.
"""

from __future__ import annotations

import datetime
import hashlib
import hmac
import json
import os
import re
import secrets
import tempfile
import threading
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import asdict, dataclass
from pathlib import Path

from filelock import FileLock

from arsearch.errors import SettingsError
from arsearch.index.durability import sync

__all__ = ["MAINTAIN", "SCOPES", "AccessToken", "TokenFile"]

MAINTAIN = "maintain"
"""The scope of tokens for the page of maintainers."""
SCOPES = ("search", "metrics", "write", MAINTAIN)
"""What a token may be good for: searching; the counts for Prometheus; writing articles, and searching too; the page of
maintainers."""

_PREFIX = "arsearch_"
"""So that programs that look for leaked secrets know what they see."""
_SECRET_BYTES = 32
_NAME = re.compile(r"[A-Za-z0-9._-]{1,64}")
_ONLY_OWNER = 0o600


@dataclass(frozen=True, slots=True)
class AccessToken:
    """A token as it is kept: *hash* is the SHA-256 of the token, *created* an instant in ISO 8601."""

    name: str
    hash: str
    scopes: tuple[str, ...]
    created: str


class TokenFile:
    """The tokens in the file *path*. Read again when the file changes. Safe to use from several threads."""

    def __init__(self, path: Path) -> None:
        self._path = path
        self._lock = threading.Lock()
        self._known: tuple[tuple[int, int, int], tuple[AccessToken, ...]] | None = None

    def tokens(self) -> tuple[AccessToken, ...]:
        """Return all tokens. Raises SettingsError if the file is missing or none of ours."""
        try:
            status = self._path.stat()
            stamp = status.st_mtime_ns, status.st_ino, status.st_size
            with self._lock:
                if self._known is None or self._known[0] != stamp:
                    self._known = stamp, _read(self._path)
                return self._known[1]
        except (OSError, ValueError, KeyError, TypeError) as error:
            raise SettingsError(
                f"The file of tokens {self._path} cannot be read: {error}. Make one with "
                f"`arsearch token create NAME --file {self._path}`."
            ) from error

    def find(self, presented: str) -> AccessToken | None:
        """Return the token that was *presented*, None if there is no such token.

        Takes as long whether it is the first, the last or none: every hash is compared, each in constant time.
        """
        digest = _digest(presented)
        found = None
        for token in self.tokens():
            if hmac.compare_digest(token.hash, digest):
                found = token
        return found

    def create(self, name: str, scopes: Sequence[str]) -> str:
        """Add a token and return it; it is nowhere else. Raises SettingsError for a name that is taken or none."""
        if not _NAME.fullmatch(name):
            raise SettingsError(f"The name {name!r} cannot be used. Take up to 64 letters, digits, dots and hyphens.")
        secret = _PREFIX + secrets.token_urlsafe(_SECRET_BYTES)
        created = datetime.datetime.now(datetime.UTC).isoformat(timespec="seconds")
        with self._changing():
            kept = self._there() if self._path.exists() else ()
            if any(token.name == name for token in kept):
                raise SettingsError(f"There is a token {name!r} already. Revoke it first, or take another name.")
            self._write([*kept, AccessToken(name, _digest(secret), tuple(scopes), created)])
        return secret

    def revoke(self, name: str) -> None:
        """Take the token *name* away. Raises SettingsError if there is none."""
        with self._changing():
            kept = self._there()
            if all(token.name != name for token in kept):
                known = ", ".join(token.name for token in kept) or "none"
                raise SettingsError(f"There is no token {name!r}. Known are: {known}.")
            self._write([token for token in kept if token.name != name])

    @contextmanager
    def _changing(self) -> Iterator[None]:
        """Keep all other processes and threads from changing the file meanwhile. What waits has its turn in the end."""
        try:
            self._path.parent.stat()  # the lock would make the folder
            with FileLock(self._path.with_name(f"{self._path.name}.lock"), mode=_ONLY_OWNER):
                yield
        except OSError as error:
            raise SettingsError(f"The file of tokens {self._path} cannot be written: {error}.") from error

    def _there(self) -> tuple[AccessToken, ...]:
        """Return the tokens as they are in the file now, whatever was known of it. Raises as :meth:`tokens` does."""
        with self._lock:
            self._known = None
        return self.tokens()

    def _write(self, tokens: Sequence[AccessToken]) -> None:
        """Let the file hold *tokens*, all or, whatever happens, what was there before. Raises OSError."""
        text = json.dumps({"tokens": [asdict(token) for token in tokens]}, indent=2)
        descriptor, name = tempfile.mkstemp(prefix=f"{self._path.name}.", dir=self._path.parent)  # for its owner only
        draft = Path(name)
        try:
            with os.fdopen(descriptor, "w", encoding="utf-8") as file:
                file.write(text + "\n")
                file.flush()
                os.fsync(descriptor)
            draft.replace(self._path)
            sync(self._path.parent)
        except BaseException:
            draft.unlink(missing_ok=True)
            raise


def _read(path: Path) -> tuple[AccessToken, ...]:
    rows = json.loads(path.read_text(encoding="utf-8"))["tokens"]
    return tuple(
        AccessToken(str(row["name"]), str(row["hash"]), tuple(map(str, row["scopes"])), str(row["created"]))
        for row in rows
    )


def _digest(secret: str) -> str:
    return hashlib.sha256(secret.encode("utf-8", "surrogatepass")).hexdigest()
