"""The live generation, opened for reading: its articles, words and vectors."""

from __future__ import annotations

from pathlib import Path

from arsearch.errors import CorruptIndexError
from arsearch.index.calibrate import read_grams
from arsearch.index.layout import ARTICLES_FILE, LEXICAL_FOLDER, SEMANTIC_FOLDER, Layout
from arsearch.index.manifest import Manifest
from arsearch.index.store import ArticleStore
from arsearch.lexical import LexicalIndex
from arsearch.semantic import PassageVectors

__all__ = ["Generation"]


class Generation:
    """One generation, complete and unchanging. Safe to use from several threads."""

    def __init__(self, folder: Path, manifest: Manifest) -> None:
        """Open the generation in *folder*. Raises an IndexStateError if it cannot be used."""
        manifest.check_analysis()
        _check_sizes(folder, manifest)
        self.manifest = manifest
        self.articles = ArticleStore(folder / ARTICLES_FILE)
        self.words = LexicalIndex(folder / LEXICAL_FOLDER)
        self.grams = read_grams(folder)
        self.vectors = PassageVectors(folder / SEMANTIC_FOLDER, self.words.numbers)

    @classmethod
    def open_live(cls, index: Path) -> Generation:
        """Open the live generation of the directory *index*. Raises an IndexStateError if that is not possible."""
        layout = Layout(index)
        name = layout.current()
        folder = layout.generation(name)
        try:
            return cls(folder, Manifest.read(folder))
        except CorruptIndexError:
            if layout.current() == name:
                raise
        return cls.open_live(index)  # it was collected while being opened, because there is a newer one

    def close(self) -> None:
        """Let go of the files."""
        self.articles.close()
        self.words.close()


def _check_sizes(folder: Path, manifest: Manifest) -> None:
    """The quick check on opening; ``arsearch verify`` reads every byte."""
    for name, record in manifest.files.items():
        path = folder / name
        if not path.is_file() or path.stat().st_size != record.size:
            raise CorruptIndexError(
                f"The index file {path} is missing or has another size than was written. "
                "Run `arsearch rollback` to serve the generation before, or `arsearch index --full` to build anew."
            )
