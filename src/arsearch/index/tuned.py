"""The weights that were learnt for an index, beside its generations: they outlive them."""

from __future__ import annotations

from pathlib import Path

from arsearch.errors import CorruptIndexError
from arsearch.index.durable import replace_file
from arsearch.index.layout import Layout
from arsearch.index.sealed import seal, unseal
from arsearch.ranking import RankingWeights

__all__ = ["forget_weights", "read_weights", "write_weights"]


def read_weights(index: Path) -> RankingWeights | None:
    """Return the weights that were learnt for *index*, None if none were. Raises CorruptIndexError."""
    path = Layout(index).weights
    try:
        return RankingWeights.from_record(unseal(path.read_bytes()))
    except FileNotFoundError:
        return None
    except (OSError, ValueError) as error:
        raise CorruptIndexError(
            f"The weights {path} cannot be read: {error}. Run `arsearch tune` again, or `arsearch tune --forget`."
        ) from error


def write_weights(index: Path, weights: RankingWeights) -> None:
    """Replace the weights of *index* in one step."""
    replace_file(Layout(index).weights, seal(weights.as_record()))


def forget_weights(index: Path) -> None:
    """Go back to the weights that ship."""
    Layout(index).weights.unlink(missing_ok=True)
