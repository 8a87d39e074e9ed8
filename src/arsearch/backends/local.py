"""The index in a directory of this machine: commits on disk."""

from __future__ import annotations

from collections.abc import Sequence
from contextlib import closing
from pathlib import Path
from typing import TYPE_CHECKING, Any

from arsearch.backends.sharing import sharing
from arsearch.corpus import Article
from arsearch.errors import CorruptIndexError, NoIndexError
from arsearch.index import Layout, forget_weights, read_weights, write_weights
from arsearch.ranking import RankingWeights
from arsearch.settings import Settings

if TYPE_CHECKING:
    from arsearch.backends.local_index import LocalIndex
    from arsearch.index import IndexSummary, Progress, Verification

__all__ = ["LocalBackend"]


class LocalBackend:
    """The commits in the directory ``settings.index``."""

    def __init__(self, settings: Settings) -> None:
        self._settings = settings
        self._layout = Layout(settings.index)
        # A server asks for these with every request.
        self._pointer_file, self._weights_file = self._layout.pointer_file, self._layout.weights
        self._max_prefix_words = settings.max_prefix_words
        self._read: tuple[tuple[int, int], str] | None = None

    def current(self) -> str:
        """Return the name of the live commit. Raises NoIndexError or CorruptIndexError."""
        stamp = _stamp(self._pointer_file)
        if stamp is None:
            return self._layout.current()  # which says what is wrong
        if self._read is None or self._read[0] != stamp:
            self._read = stamp, self._layout.current()
        return self._read[1]

    def open(self, commit: str | None = None) -> LocalIndex:
        """Open the live commit, or the one named *commit*. Raises an IndexStateError if that is not possible.

        Raises NoIndexError for a commit that is not kept.
        """
        from arsearch.backends.local_index import LocalIndex  # writing needs none of this
        from arsearch.index import Commit

        words_first = self._settings.mode == "lexical"
        if commit is None:
            return LocalIndex(Commit.open_live(self._layout.root, words_first=words_first), self._max_prefix_words)
        gone = NoIndexError(f"The commit {commit!r} of {self._layout.root} is not kept. Search the live one.")
        if commit not in self._layout.commits():  # so that nobody's text becomes a path
            raise gone
        try:
            opened = Commit.open(self._layout.commit(commit), words_first=words_first)
            return LocalIndex(opened, self._max_prefix_words)
        except CorruptIndexError:
            if commit in self._layout.commits():
                raise
            raise gone from None  # a writer has just collected it

    def read_weights(self) -> RankingWeights | None:
        """Return the weights that were learnt for the index, None if none were. Raises CorruptIndexError."""
        return read_weights(self._layout.root)

    def weights_stamp(self) -> tuple[int, int] | None:
        """Return what changes when the weights do."""
        return _stamp(self._weights_file)

    def write_weights(self, weights: RankingWeights) -> None:
        """Replace the weights of the index in one step."""
        write_weights(self._layout.root, weights)

    def forget_weights(self) -> None:
        """Go back to the weights that ship."""
        forget_weights(self._layout.root)

    # Looking after the index

    @property
    def name(self) -> str:
        """The directory."""
        return str(self._layout.root)

    @property
    def local_directory(self) -> Path:
        """The directory."""
        return self._layout.root

    def update(self, sources: Sequence[Path], **options: Any) -> IndexSummary:
        """Build the index from *sources*, or bring it up to date; *options* and errors are update_index's."""
        from arsearch.index import update_index

        return update_index(sources, self._settings, share=sharing(self._settings), **options)

    def log_position(self) -> int:
        """Return the number of the last write of the log that is in the live commit. Raises an IndexStateError."""
        return self._layout.live_manifest().log_position

    def write_obstacle(self) -> str:
        """Nothing keeps anybody from writing who may write to the directory."""
        return ""

    def catch_up(self) -> None:
        """What is live is nowhere else."""

    def has_live(self) -> bool:
        """It has always."""
        return True

    def as_read(self, identifier: str) -> Article | None:
        """Return the article with this id as it was read or written last; None if there is none."""
        with closing(self.open()) as index:
            return index.as_read(identifier)

    def condition(self) -> dict[str, Any]:
        """Nothing but this process is needed."""
        return {}

    def facts(self) -> dict[str, Any]:
        """Return what is in the live commit and what made it, as JSON types. Raises an IndexStateError."""
        from arsearch.index import Owner

        manifest = self._layout.live_manifest()
        owner = Owner.at_work(self._layout)
        return {
            "index": self.name,
            "commit": manifest.commit,
            "commits": self._layout.commits(),
            "created": manifest.created,
            "articles": manifest.articles,
            "passages": manifest.passages,
            "articles_without_vectors": manifest.waiting,
            "encoder": manifest.encoder,
            "dimension": manifest.dimension,
            "format_version": manifest.format_version,
            "analysis_version": manifest.analysis_version,
            "bytes": sum(record.size for record in manifest.files.values()),
            "sources": list(manifest.sources),
            "writer": owner and {"pid": owner.pid, "host": owner.host, "since": owner.since, "seconds": owner.seconds},
        }

    def verify(self, *, sample: int, progress: Progress | None = None) -> Verification:
        """Check every byte, and *sample* articles against their texts. Raises an IndexStateError."""
        from arsearch.index import inspect_index

        return inspect_index(self._layout.root, sample=sample, progress=progress)

    def rollback(self, commit: str | None = None, *, wait: float = 0.0) -> str:
        """Make *commit*, or the whole one before the live one, the live one; return its name."""
        from arsearch.index import rollback

        return rollback(self._layout.root, commit, wait=wait)

    def close(self) -> None:
        """Nothing is open."""


def _stamp(path: Path) -> tuple[int, int] | None:
    """Return what changes when another file is put in the place of the one at *path*; None if there is none."""
    try:
        status = path.stat()
    except OSError:
        return None
    return status.st_mtime_ns, status.st_ino
