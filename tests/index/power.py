"""A disk that loses power: what a run had synced is there afterwards, of the rest nobody knows what is.

The model is that of fsync(2) and no kinder: the content of a file counts from when the file was synced, its name from
when its folder was. Everything else may be there or not, name by name, in any order; a file that is there without
having been synced may have all of its bytes, none, some, zeros, or a wrong one.
"""

from __future__ import annotations

import os
import random
import stat
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from pathlib import Path

__all__ = ["FATES", "Disk", "Moment", "Tree", "write_tree"]

Inode = int
Entries = dict[str, Inode]
Tree = dict[str, bytes | None]
"""What there is, by path: the content of files, None for folders; each after the folder it is in."""
Fate = Callable[[bytes, random.Random], bytes]

FATES: dict[str, Fate] = {
    "written": lambda data, chance: data,
    "zeroed": lambda data, chance: bytes(len(data)),
    "truncated": lambda data, chance: data[: chance.randrange(len(data) + 1)],
    "bit flipped": lambda data, chance: _flipped(data, chance),
}
"""What may have become of the content of a file that was not synced. Deleting it is the fate of its name."""


def _flipped(data: bytes, chance: random.Random) -> bytes:
    if not data:
        return data
    changed = bytearray(data)
    changed[chance.randrange(len(data))] ^= 1 << chance.randrange(8)
    return bytes(changed)


@dataclass(frozen=True, slots=True)
class Moment:
    """The disk at one moment: the folders and files as programs see them, and those as they were last synced."""

    root: Inode
    folders: dict[Inode, Entries]
    files: dict[Inode, bytes]
    synced_folders: dict[Inode, Entries]
    synced_files: dict[Inode, bytes]

    def after(self, fate: Fate, chance: random.Random, *, kept: float) -> Tree:
        """Return what may be found when the power is back.

        Each name that was not synced is as programs saw it with the probability *kept*, else as it last was synced.
        """
        tree: Tree = {}
        self._restore(self.root, "", tree, fate, chance, kept)
        return tree

    def _restore(self, inode: Inode, path: str, tree: Tree, fate: Fate, chance: random.Random, kept: float) -> None:
        seen, synced = self.folders.get(inode, {}), self.synced_folders.get(inode, {})
        for name in sorted(seen.keys() | synced.keys()):
            child = (seen if seen.get(name) == synced.get(name) or chance.random() < kept else synced).get(name)
            if child is None:
                continue
            if child in self.folders or child in self.synced_folders:
                tree[f"{path}{name}"] = None
                self._restore(child, f"{path}{name}/", tree, fate, chance, kept)
            else:
                tree[f"{path}{name}"] = self._content(child, fate, chance)

    def _content(self, inode: Inode, fate: Fate, chance: random.Random) -> bytes:
        seen = self.files.get(inode, self.synced_files.get(inode, b""))
        return seen if self.synced_files.get(inode) == seen else fate(seen, chance)


def write_tree(tree: Tree, path: Path) -> None:
    """Write *tree* into the new folder *path*."""
    path.mkdir()
    for name, content in tree.items():
        if content is None:
            (path / name).mkdir()
        else:
            (path / name).write_bytes(content)


@dataclass
class Disk:
    """Watches the directory *root*, all of which is taken to be synced in the beginning."""

    root: Path
    moments: list[Moment] = field(default_factory=list)
    _synced_folders: dict[Inode, Entries] = field(default_factory=dict)
    _synced_files: dict[Inode, bytes] = field(default_factory=dict)
    _open: dict[Inode, int] = field(default_factory=dict)
    """A descriptor of every inode, so that no number is used twice."""

    _contents: dict[tuple[Inode, int, int], bytes] = field(default_factory=dict)

    def __post_init__(self) -> None:
        folders, files = self._look()
        self._synced_folders |= folders
        self._synced_files |= files

    def fsync(self, real: Callable[[int], None], descriptor: int) -> None:
        """Stand in for os.fsync: remember the disk as it was before, and what is synced from now on."""
        self.remember()
        real(descriptor)
        status = os.fstat(descriptor)
        folders, files = self._look()
        if stat.S_ISDIR(status.st_mode) and status.st_ino in folders:
            self._synced_folders[status.st_ino] = folders[status.st_ino]
        elif status.st_ino in files:
            self._synced_files[status.st_ino] = files[status.st_ino]

    def remember(self) -> None:
        """Remember the disk as it is now: power may go at this moment."""
        folders, files = self._look()
        root = self.root.stat().st_ino
        self.moments.append(Moment(root, folders, files, self._synced_folders.copy(), self._synced_files.copy()))

    def close(self) -> None:
        """Let go of all inodes."""
        for descriptor in self._open.values():
            os.close(descriptor)
        self._open.clear()

    def _look(self) -> tuple[dict[Inode, Entries], dict[Inode, bytes]]:
        folders: dict[Inode, Entries] = {}
        files: dict[Inode, bytes] = {}
        for folder, entries in self._walk(self.root):
            folders[folder] = {}
            for entry in entries:
                inode = entry.stat(follow_symlinks=False).st_ino
                folders[folder][entry.name] = inode
                self._hold(inode, entry.path)
                if entry.is_file():
                    files[inode] = self._read(inode, entry)
        return folders, files

    def _walk(self, path: Path) -> Iterator[tuple[Inode, list[os.DirEntry[str]]]]:
        entries = list(os.scandir(path))
        yield path.stat().st_ino, entries
        for entry in entries:
            if entry.is_dir():
                yield from self._walk(Path(entry.path))

    def _read(self, inode: Inode, entry: os.DirEntry[str]) -> bytes:
        status = entry.stat()
        stamp = (inode, status.st_mtime_ns, status.st_size)
        if stamp not in self._contents:
            self._contents[stamp] = Path(entry.path).read_bytes()
        return self._contents[stamp]

    def _hold(self, inode: Inode, path: str) -> None:
        if inode not in self._open:
            self._open[inode] = os.open(path, os.O_RDONLY)
