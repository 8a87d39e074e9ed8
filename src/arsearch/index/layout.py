"""Where things stand in an index directory, and the one step that makes a commit the live one.

::

    index/
      CURRENT                  the live commit, and the checksum of its manifest; replaced by an atomic rename
      write.lock  writer.json  held by the process that writes, and what it says of itself
      weights.json             what `arsearch tune` learnt, if it was run
      embedded/                vectors of passages, for models that are slow: see semantic/cache.py
      writes/                  writes that came over HTTP and may not be in a commit yet: see writes/log.py
      commits/
        00000007/              manifest.json  articles/  lexical/  semantic/  ranking/
        00000008.building/     one being written: never read, swept up by the next writer if its own died
        00000005.collected/    one being deleted: likewise
"""

from __future__ import annotations

import logging
import re
import shutil
from dataclasses import dataclass
from pathlib import Path

from arsearch.errors import CorruptIndexError, IncompatibleIndexError, IndexStateError, NoIndexError
from arsearch.index.durability import draft_of, flush, make_folder, replace_file, sync
from arsearch.index.fault_points import fault_point
from arsearch.index.manifest import MANIFEST_FILE, POINTER_FILE, Manifest, checksum
from arsearch.index.reader_lock import unused

__all__ = ["ARTICLES_FOLDER", "GRAMS_FOLDER", "LEXICAL_FOLDER", "SEMANTIC_FOLDER", "Layout", "Pointer"]

ARTICLES_FOLDER = "articles"
LEXICAL_FOLDER = "lexical"
SEMANTIC_FOLDER = "semantic"
GRAMS_FOLDER = "ranking"

_EARLIER_FOLDER = "generations"
"""What the folder of commits was called up to format version 7."""
_BUILDING = ".building"
_COLLECTED = ".collected"
_POINTER = re.compile(r"([0-9]{8,})(?: ([0-9a-f]{64}))?\n")

_log = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True)
class Pointer:
    """What ``CURRENT`` says: the *name* of the live commit, and the SHA-256 of its manifest.

    The latter is empty in indexes of format version 5.
    """

    name: str
    manifest_sha256: str


@dataclass(frozen=True, slots=True)
class Layout:
    """The paths of the index directory *root*."""

    root: Path

    @property
    def weights(self) -> Path:
        """The weights of the ranking that were learnt for this index."""
        return self.root / "weights.json"

    @property
    def embedded(self) -> Path:
        """The folder of vectors that are kept from one run to the next."""
        return self.root / "embedded"

    @property
    def writes(self) -> Path:
        """The folder of the log of writes; see writes/log.py."""
        return self.root / "writes"

    @property
    def lock(self) -> Path:
        """The lock file of the writer."""
        return self.root / "write.lock"

    @property
    def owner(self) -> Path:
        """What the writer says of itself."""
        return self.root / "writer.json"

    @property
    def pointer_file(self) -> Path:
        """The file that says which commit is live."""
        return self.root / POINTER_FILE

    @property
    def commits_folder(self) -> Path:
        """The folder of all commits."""
        return self.root / "commits"

    def commit(self, name: str) -> Path:
        """The folder of commit *name*."""
        return self.root / "commits" / name

    def commits(self) -> list[str]:
        """The names of all complete commits, oldest first."""
        if not self.commits_folder.is_dir():
            return []
        complete = (path for path in self.commits_folder.iterdir() if (path / MANIFEST_FILE).is_file())
        return sorted(path.name for path in complete if path.name.isdigit())

    def current(self) -> str:
        """Return the name of the live commit. Raises NoIndexError or CorruptIndexError."""
        return self.pointer().name

    def pointer(self) -> Pointer:
        """Return what says which commit is live. Raises NoIndexError or CorruptIndexError."""
        try:
            text = self.pointer_file.read_text(encoding="ascii")
        except FileNotFoundError:
            raise NoIndexError(
                f"There is no index in {self.root}. Run `arsearch index SOURCE... --index {self.root}` to make one, "
                "or name another directory with --index."
            ) from None
        except (OSError, UnicodeDecodeError) as error:
            raise CorruptIndexError(f"{self.pointer_file} cannot be read: {error}. Run `arsearch rollback`.") from error
        written = _POINTER.fullmatch(text)
        if written is None:
            raise CorruptIndexError(f"{self.pointer_file} is not what was written. Run `arsearch rollback`.")
        if not self.commit(written[1]).is_dir():
            if (self.root / _EARLIER_FOLDER / written[1]).is_dir():
                raise IncompatibleIndexError(
                    f"The index {self.root} was made by an earlier version of arsearch. Run `arsearch index` to bring "
                    "it up to date."
                )
            raise CorruptIndexError(
                f"{self.pointer_file} names a commit that is not there. "
                "Run `arsearch rollback`, or `arsearch index --full SOURCE...` with all your sources."
            )
        return Pointer(written[1], written[2] or "")

    def live_manifest(self) -> Manifest:
        """Return the manifest of the live commit. Raises an IndexStateError if it cannot be used."""
        pointer = self.pointer()
        return Manifest.read(self.commit(pointer.name), sha256=pointer.manifest_sha256)

    def take_over(self) -> None:
        """Give the folder of commits of an earlier version the name that it has now; needs the lock."""
        earlier = self.root / _EARLIER_FOLDER
        if earlier.is_dir() and not self.commits_folder.exists():
            earlier.rename(self.commits_folder)
            sync(self.root)

    def sweep(self) -> None:
        """Delete what writers left that were killed; needs the lock.

        Complete commits stay, those too that were never switched to: names are not to be used twice.
        """
        draft_of(self.pointer_file).unlink(missing_ok=True)
        for path in self.commits_folder.iterdir() if self.commits_folder.is_dir() else ():
            is_torn = path.name.isdigit() and not (path / MANIFEST_FILE).exists()
            if path.name.endswith((_BUILDING, _COLLECTED)) or is_torn:
                shutil.rmtree(path) if path.is_dir() else path.unlink()
        fault_point("leftovers swept")

    def start(self) -> tuple[str, Path]:
        """Return the name of the next commit and an empty folder to write it in; needs the lock."""
        make_folder(self.commits_folder)
        numbers = [int(path.name) for path in self.commits_folder.iterdir() if path.name.isdigit()]
        self.sweep()
        name = f"{max(numbers, default=0) + 1:08d}"
        building = self.commit(name + _BUILDING)
        building.mkdir()
        fault_point("folder made")
        return name, building

    def publish(self, name: str, building: Path) -> None:
        """Make the finished folder *building* the commit *name* and the live one; needs the lock.

        Raises OSError; the commit is then gone, unless it is live all the same.
        """
        flush(building)
        fault_point("commit flushed")
        building.rename(self.commit(name))
        sync(self.commits_folder)
        fault_point("commit renamed")
        try:
            self.switch(name)
        except OSError:
            if not self._is_live(name):
                self._delete(name)
            raise

    def _is_live(self, name: str) -> bool:
        try:
            return self.current() == name
        except IndexStateError:
            return False

    def switch(self, name: str) -> None:
        """Make *name* the live commit, by one atomic rename."""
        manifest = checksum(self.commit(name) / MANIFEST_FILE)
        replace_file(self.pointer_file, f"{name} {manifest.sha256}\n".encode("ascii"))
        fault_point("pointer switched")

    def collect(self, keep: int, *, before: str) -> None:
        """Delete old commits that nobody reads, all but *keep*, the live one included; needs the lock.

        *before* is the commit that was live before this one. Those between the two were rolled back from: they
        are deleted first, and never rolled back to. What cannot be deleted now is left to the next writer.
        """
        live = self.current()
        others = [name for name in self.commits() if name != live]
        abandoned = [name for name in others if before and name > before]
        kept = [name for name in others if name not in abandoned][::-1][: keep - 1]
        for name in others:
            if name not in kept:
                try:
                    self._delete(name)
                except OSError as error:
                    _log.warning("The old commit %s was not deleted: %s.", self.commit(name), error)
        fault_point("old commits collected")

    def _delete(self, name: str) -> None:
        folder = self.commit(name)
        doomed = self.commit(name + _COLLECTED)
        with unused(folder) as free:
            if not free:
                return
            # Half a commit must not look like one.
            folder.rename(doomed)
        fault_point("old commit renamed")
        shutil.rmtree(doomed)
