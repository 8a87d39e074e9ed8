"""Cross-encoders: models that read a query and a text together, slower and surer than vectors of each."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

import numpy as np

from arsearch.common.array_types import Vectors
from arsearch.errors import EncoderError
from arsearch.semantic.sentence_transformer import import_sentence_transformers

__all__ = ["Reranker"]


class Reranker:
    """A cross-encoder that sentence-transformers can load; importing this class does not import torch."""

    def __init__(self, name: str) -> None:
        """Load the model *name*, from disk or from the hub. Raises EncoderError if it cannot be had."""
        if Path(name).is_dir() and not Path(name, "config.json").is_file():  # told before seconds of imports
            raise EncoderError(
                f"The reranker {name!r} cannot be loaded: the folder has no config.json. Name the folder of a "
                "cross-encoder by the setting reranker."
            )
        library = import_sentence_transformers(f"The reranker {name!r}")
        try:
            self._model = library.CrossEncoder(name)
        except (OSError, ValueError, RuntimeError, ImportError) as error:
            reason = str(error).strip().splitlines()
            raise EncoderError(
                f"The reranker {name!r} cannot be loaded: {reason[0] if reason else type(error).__name__}. "
                "Check the setting reranker, or download the model to a folder and name its path."
            ) from error

    def score(self, query: str, texts: Sequence[str]) -> Vectors:
        """Return how well each of *texts* answers *query*, float32 (texts,): only their order means something."""
        if not texts:
            return np.empty(0, np.float32)
        scores = self._model.predict([(query, text) for text in texts], show_progress_bar=False)
        scores = np.asarray(scores, dtype=np.float32).reshape(len(texts), -1)
        return np.asarray(scores[:, -1], dtype=np.float32)  # of several classes the last is the one for "relevant"
