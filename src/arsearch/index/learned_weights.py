"""The weights that were learnt for an index, beside its commits: they outlive them."""

from __future__ import annotations

from pathlib import Path

from arsearch.errors import CorruptIndexError, IndexStateError
from arsearch.index.checksummed import add_checksum, check_and_load
from arsearch.index.durability import replace_file, sync
from arsearch.index.layout import Layout
from arsearch.ranking import RankingWeights

__all__ = ["forget_weights", "read_weights", "write_weights"]


_PATIENCE = 600.0
"""Seconds that a writer is waited for: what was learnt in minutes is not to be lost because of an update."""


def read_weights(index: Path) -> RankingWeights | None:
    """Return the weights that were learnt for *index*, None if none were. Raises CorruptIndexError."""
    path = Layout(index).weights
    try:
        return RankingWeights.from_record(check_and_load(path.read_bytes()))
    except FileNotFoundError:
        return None
    except (OSError, ValueError) as error:
        raise CorruptIndexError(
            f"The weights {path} cannot be read: {error}. Run `arsearch tune` again, or `arsearch tune --forget`."
        ) from error


def write_weights(index: Path, weights: RankingWeights) -> None:
    """Replace the weights of *index* in one step, after waiting for whoever writes to it.

    Raises IndexLockedError if that takes more than ten minutes, IndexStateError if the index cannot be written.
    """
    from arsearch.index.lock import locked  # searching reads weights, and locks nothing

    layout = Layout(index)
    try:
        with locked(layout, wait=_PATIENCE):
            replace_file(layout.weights, add_checksum(weights.as_record()))
    except OSError as error:
        raise _not_written(layout, error) from error


def forget_weights(index: Path) -> None:
    """Go back to the weights that ship. Raises as :func:`write_weights` does."""
    from arsearch.index.lock import locked

    layout = Layout(index)
    if not layout.weights.exists():
        return
    try:
        with locked(layout, wait=_PATIENCE):
            layout.weights.unlink(missing_ok=True)
            sync(layout.root)
    except OSError as error:
        raise _not_written(layout, error) from error


def _not_written(layout: Layout, error: OSError) -> IndexStateError:
    return IndexStateError(
        f"The weights {layout.weights} cannot be written: {error}. Check that there is room on the disk and that the "
        "folder may be written to. They are as they were."
    )
