"""The live commit, opened for reading: its articles, words and vectors."""

from __future__ import annotations

import errno
from contextlib import ExitStack, closing
from pathlib import Path
from threading import Lock
from typing import Self

import numpy as np

from arsearch.common.array_types import Ordinals
from arsearch.common.system_limits import what_ran_out
from arsearch.errors import ArsearchError, CorruptIndexError, IndexStateError
from arsearch.index.grams import read_grams
from arsearch.index.layout import ARTICLES_FOLDER, LEXICAL_FOLDER, SEMANTIC_FOLDER, Layout
from arsearch.index.manifest import Manifest
from arsearch.index.reader_lock import ReaderLock
from arsearch.index.store.article_store import ArticleStore
from arsearch.lexical import LexicalIndex
from arsearch.semantic import PassageVectors

__all__ = ["Commit"]


class Commit:
    """One commit, complete and unchanging. Safe to use from several threads."""

    def __init__(self, folder: Path, *, manifest_sha256: str | None = None, words_first: bool = False) -> None:
        """Open the commit in *folder*, whose manifest has the SHA-256 *manifest_sha256* if that is given.

        As long as it is open, it is not deleted. With *words_first* the vectors are opened when they are first needed:
        who searches by words alone need not wait for FAISS. Raises an IndexStateError if it cannot be used.
        """
        self._vectors: PassageVectors | None = None
        self._vectors_lock = Lock()
        self.folder = folder
        with ExitStack() as opened:
            opened.enter_context(closing(ReaderLock(folder)))
            self.manifest = Manifest.read(folder, sha256=manifest_sha256)
            self.manifest.check_analysis()
            self.manifest.check_quickly(folder)
            self.articles = opened.enter_context(closing(ArticleStore(folder / ARTICLES_FOLDER)))
            self.words = opened.enter_context(closing(LexicalIndex(folder / LEXICAL_FOLDER)))
            if not self.articles.are_all(self.words.live_ordinals()):
                raise CorruptIndexError(
                    f"The words in {folder} are of other articles than those of its store. "
                    "Run `arsearch rollback`, or `arsearch index --full SOURCE...` with all your sources."
                )
            self.grams = read_grams(folder, self.words)
            opened.callback(vars(self).pop, "grams", None)  # it is mapped into memory
            opened.callback(self._close_vectors)
            if not words_first:
                self._vectors = self._open_vectors()
            self._opened = opened.pop_all()

    @property
    def vectors(self) -> PassageVectors:
        """The vectors of passages. Raises CorruptIndexError if they are opened now, and cannot be used."""
        with self._vectors_lock:
            if self._vectors is None:
                self._vectors = self._open_vectors()
            return self._vectors

    def _open_vectors(self) -> PassageVectors:
        vectors = PassageVectors(self.folder / SEMANTIC_FOLDER, self._numbers())
        if vectors.dimension != self.manifest.dimension:
            vectors.close()
            raise CorruptIndexError(
                f"The vectors in {self.folder} have {vectors.dimension} numbers each where its manifest says "
                f"{self.manifest.dimension}. Run `arsearch index --full SOURCE...` with all your sources."
            )
        return vectors

    def _close_vectors(self) -> None:
        if self._vectors is not None:
            self._vectors.close()

    def _numbers(self) -> Ordinals:
        """Return the document of each ordinal that was ever given, -1 where there is none."""
        numbers = self.words.numbers
        missing = self.articles.max_ordinal + 1 - len(numbers)
        return np.concatenate([numbers, np.full(max(0, missing), -1, np.int64)])

    @classmethod
    def open(cls, folder: Path, *, manifest_sha256: str | None = None, words_first: bool = False) -> Commit:
        """Open the commit in *folder*, as the constructor does, and tell what is wrong with it from what is not.

        Whatever its files hold, it is opened or there is an IndexStateError: CorruptIndexError unless something ran
        out, or is of another version.
        """
        try:
            return cls(folder, manifest_sha256=manifest_sha256, words_first=words_first)
        except Exception as error:
            if reason := what_ran_out(error, _RIGHTS):
                raise IndexStateError(f"The index in {folder} cannot be opened: {reason}") from error
            if isinstance(error, ArsearchError):
                raise
            raise CorruptIndexError(
                f"The index in {folder} cannot be opened ({type(error).__name__}: {error}). Run `arsearch verify`, "
                "then `arsearch rollback`, or `arsearch index --full SOURCE...` with all your sources."
            ) from error

    @classmethod
    def open_live(cls, index: Path, *, words_first: bool = False) -> Commit:
        """Open the live commit of the directory *index*, as :meth:`open` does a given one.

        Raises an IndexStateError if that is not possible.
        """
        layout = Layout(index)
        pointer = layout.pointer()
        try:
            folder = layout.commit(pointer.name)
            return cls.open(folder, manifest_sha256=pointer.manifest_sha256, words_first=words_first)
        except CorruptIndexError:
            if layout.pointer() == pointer:
                raise
        return cls.open_live(
            index, words_first=words_first
        )  # it was collected while being opened, because there is a newer one

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *error: object) -> None:
        self.close()

    def close(self) -> None:
        """Let go of the files; several times if you like. What it is, the manifest, can still be asked."""
        self._opened.close()


_NOT_ALLOWED = "its files may not be read. Check whose they are, and who runs this program."
_RIGHTS = {errno.EACCES: _NOT_ALLOWED, errno.EPERM: _NOT_ALLOWED}
"""What keeps a whole index from being opened, besides what the system runs out of."""
