"""Where things stand in an index directory, and the one step that makes a generation the live one.

::

    index/
      CURRENT                  the name of the live generation; replaced by an atomic rename
      write.lock               held by the process that writes
      weights.json             what `arsearch tune` learnt, if it was run
      embedded/                vectors of passages, for models that are slow: see semantic/cache.py
      generations/
        00000007/              manifest.json  articles.sqlite  lexical/  semantic/  ranking/
        00000008.building/     one being written: never read, swept up by the next writer if its own died
"""

from __future__ import annotations

import os
import shutil
from dataclasses import dataclass
from pathlib import Path

from arsearch.errors import CorruptIndexError, NoIndexError
from arsearch.index.manifest import MANIFEST_FILE

__all__ = ["ARTICLES_FILE", "GRAMS_FOLDER", "LEXICAL_FOLDER", "SEMANTIC_FOLDER", "Layout", "flush"]

ARTICLES_FILE = "articles.sqlite"
LEXICAL_FOLDER = "lexical"
SEMANTIC_FOLDER = "semantic"
GRAMS_FOLDER = "ranking"

_CURRENT = "CURRENT"
_BUILDING = ".building"


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
    def lock(self) -> Path:
        """The lock file of the writer."""
        return self.root / "write.lock"

    def generation(self, name: str) -> Path:
        """The folder of generation *name*."""
        return self.root / "generations" / name

    def generations(self) -> list[str]:
        """The names of all complete generations, oldest first."""
        folder = self.root / "generations"
        if not folder.is_dir():
            return []
        complete = (path for path in folder.iterdir() if (path / MANIFEST_FILE).is_file())
        return sorted(path.name for path in complete if path.name.isdigit())

    def current(self) -> str:
        """Return the name of the live generation. Raises NoIndexError or CorruptIndexError."""
        try:
            name = (self.root / _CURRENT).read_text(encoding="ascii").strip()
        except FileNotFoundError:
            raise NoIndexError(
                f"There is no index in {self.root}. Run `arsearch index SOURCE... --index {self.root}` to make one, "
                "or name another directory with --index."
            ) from None
        except (OSError, UnicodeDecodeError) as error:
            raise CorruptIndexError(
                f"{self.root / _CURRENT} cannot be read: {error}. Run `arsearch rollback`."
            ) from error
        if not name.isdigit() or not self.generation(name).is_dir():
            raise CorruptIndexError(
                f"{self.root / _CURRENT} names a generation that is not there. "
                "Run `arsearch rollback`, or `arsearch index --full SOURCE...` with all your sources."
            )
        return name

    def start(self) -> tuple[str, Path]:
        """Return the name of the next generation and an empty folder to write it in; needs the lock."""
        folder = self.root / "generations"
        folder.mkdir(parents=True, exist_ok=True)
        for leftover in folder.glob(f"*{_BUILDING}"):
            shutil.rmtree(leftover) if leftover.is_dir() else leftover.unlink()
        numbers = [int(path.name) for path in folder.iterdir() if path.name.isdigit()]
        name = f"{max(numbers, default=0) + 1:08d}"
        building = self.generation(name + _BUILDING)
        building.mkdir()
        return name, building

    def publish(self, name: str, building: Path) -> None:
        """Make the finished folder *building* the generation *name* and the live one."""
        flush(building)
        building.rename(self.generation(name))
        _sync(self.root / "generations")
        self.switch(name)

    def switch(self, name: str) -> None:
        """Make *name* the live generation, by one atomic rename."""
        temporary = self.root / (_CURRENT + ".new")
        temporary.write_text(name + "\n", encoding="ascii")
        _sync(temporary)
        temporary.replace(self.root / _CURRENT)
        _sync(self.root)

    def collect(self, keep: int, *, before: str) -> None:
        """Delete old generations, all but *keep*, the live one included; needs the lock.

        *before* is the generation that was live before this one. Those between the two were rolled back from: they
        are deleted first, and never rolled back to.
        """
        live = self.current()
        others = [name for name in self.generations() if name != live]
        abandoned = [name for name in others if before and name > before]
        kept = [name for name in others if name not in abandoned][::-1][: keep - 1]
        for name in others:
            if name not in kept:
                shutil.rmtree(self.generation(name))


def flush(folder: Path) -> None:
    """Write every file and folder under *folder* through to the disk."""
    for parent, _, files in os.walk(folder):
        for file in files:
            _sync(Path(parent, file))
        _sync(Path(parent))


def _sync(path: Path) -> None:
    if path.is_dir() and os.name == "nt":
        return  # Windows cannot open folders; its renames are journalled
    descriptor = os.open(path, os.O_RDONLY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)
