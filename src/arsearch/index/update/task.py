"""What an indexing run is asked for: one value, which every stage of it is given."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

from arsearch.corpus import ReadingReport
from arsearch.index.update.embed import EmbeddingPace
from arsearch.index.update.plan import Changes
from arsearch.semantic import Encoder, PassageCache
from arsearch.settings import Settings

__all__ = ["Progress", "Share", "UpdateTask"]

Progress = Callable[[str, int, int | None], None]
"""Called with the name of a stage, how much of it is done, and how much there is (None where that is not known).

Of ``reading`` that is bytes of files, of all other stages articles.
"""

Share = Callable[[Encoder], PassageCache]
"""Gives, for an encoder, one that lets other processes embed too."""


@dataclass(frozen=True, slots=True, kw_only=True)
class UpdateTask:
    """A run: :func:`arsearch.index.update_index` says what each part means."""

    sources: tuple[Path, ...]
    """Whole paths: a later run may start from another folder."""
    settings: Settings
    full: bool
    strict: bool
    wait: float
    """Seconds."""
    changes: Changes
    progress: Progress
    share: Share | None
    embed_seconds: float
    """How long embedding may keep a commit waiting; what is left after that waits for a later one."""
    on_pace: Callable[[EmbeddingPace], None]
    """Told when embedding takes longer than that."""
    encoder: Encoder | None
    """One that is loaded already, which is used if it is the one of the index."""
    report: ReadingReport
    """Problems and tallies, which all stages add to."""
