"""The weights that were learnt for an index, beside its generations: they outlive them."""

from __future__ import annotations

import json
import os
from pathlib import Path

from arsearch.errors import CorruptIndexError
from arsearch.index.layout import Layout
from arsearch.ranking import RankingWeights

__all__ = ["forget_weights", "read_weights", "write_weights"]


def read_weights(index: Path) -> RankingWeights | None:
    """Return the weights that were learnt for *index*, None if none were. Raises CorruptIndexError."""
    path = Layout(index).weights
    try:
        return RankingWeights.from_record(json.loads(path.read_text(encoding="utf-8")))
    except FileNotFoundError:
        return None
    except (OSError, ValueError) as error:
        raise CorruptIndexError(
            f"The weights {path} cannot be read: {error}. Run `arsearch tune` again, or `arsearch tune --forget`."
        ) from error


def write_weights(index: Path, weights: RankingWeights) -> None:
    """Replace the weights of *index* in one step."""
    path = Layout(index).weights
    draft = path.with_suffix(".draft")
    draft.write_text(json.dumps(weights.as_record(), indent=1) + "\n", encoding="utf-8")
    with draft.open("rb+") as file:
        os.fsync(file.fileno())
    draft.replace(path)


def forget_weights(index: Path) -> None:
    """Go back to the weights that ship."""
    Layout(index).weights.unlink(missing_ok=True)
