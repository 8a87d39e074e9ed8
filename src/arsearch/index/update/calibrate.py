"""What ranking needs to know about a commit beforehand: how rare n-grams are, and what meaning is worth."""

from __future__ import annotations

import hashlib
import shutil
from collections.abc import Sequence
from contextlib import suppress
from dataclasses import replace
from importlib import resources
from pathlib import Path

import numpy as np
import numpy.typing as npt

from arsearch import ranking
from arsearch.common.array_types import Vectors
from arsearch.common.numpy_files import read_array, write_array
from arsearch.index.layout import GRAMS_FOLDER
from arsearch.index.store.article_store import ArticleStore
from arsearch.index.update.cloze import take_queries
from arsearch.index.update.probes import NONSENSE, PROBES
from arsearch.ranking import SemanticScale
from arsearch.semantic import Encoder

__all__ = ["calibrate", "rules", "write_probe_vectors"]

_VECTOR_FILES = {"calibration_hashes.npy": ("S64", 1), "calibration_vectors.npy": ("f2", 2)}
_SHIPPED = Path(str(resources.files("arsearch.index.update") / "probe_vectors"))
"""What encoders that ship make of the probes, by their fingerprints."""
_SAMPLE = 500
"""Articles that the encoder is tried on."""
_TEXT_CHARACTERS = 4_000


def calibrate(
    folder: Path,
    store: ArticleStore,
    encoder: Encoder,
    known: tuple[str, SemanticScale],
    earlier: Path | None,
    *,
    in_a_hurry: bool = False,
) -> tuple[str, SemanticScale]:
    """Find out what cosines of *encoder* are worth, and what they are among articles of *store*. Raises EncoderError.

    Returns a hash of the articles and the scale. Which articles are taken depends on nothing but what is in the store,
    so that an updated index has the scale of one built anew; where they are those of the *known* hash, so is the scale.
    Vectors go into the commit in *folder*, and are taken over from the commit in *earlier*, if there is one,
    which was made with the same encoder: an update changes few of the texts.

    If it is *in_a_hurry*, the encoder is tried on the questions alone, and the hash is empty: it is to be tried again.
    """
    bodies = (
        []
        if in_a_hurry
        else [article.body[:_TEXT_CHARACTERS] for article in store.fetch(store.sample(_SAMPLE).tolist())]
    )
    texts_hash = "" if in_a_hurry else _hash(*bodies, rules())
    if texts_hash and texts_hash == known[0] and earlier is not None:
        for name in _VECTOR_FILES:
            with suppress(FileNotFoundError):
                shutil.copyfile(earlier / GRAMS_FOLDER / name, folder / GRAMS_FOLDER / name)
        return known
    sample, queries, texts = take_queries(bodies)
    questions, answers = map(list, zip(*PROBES, strict=True))
    of_queries, of_passages = _vectors(folder, encoder, [*questions, *NONSENSE, *queries], [*answers, *texts], earlier)
    of_questions, of_nonsense, of_taken = np.split(of_queries, np.cumsum([len(questions), len(NONSENSE)]))
    of_answers, of_texts = np.split(of_passages, [len(answers)])
    words = ranking.word_scores(sample, ranking.shipped_weights()) if sample else np.zeros((0, 0), np.float32)
    trial = ranking.Trial(questions=of_questions, answers=of_answers, queries=of_taken, texts=of_texts, words=words)
    scale = ranking.fit_scale(trial)
    if not scale.spread:  # it knows no word of them
        return texts_hash, ranking.UNCALIBRATED
    centre = trial.unrelated.mean(axis=0)
    above = ranking.product(of_nonsense, (trial.unrelated - centre).T) / np.float32(scale.spread)
    return texts_hash, replace(
        scale,
        centre=tuple(round(value, 4) for value in centre.tolist()),
        nonsense=ranking.fit_nonsense(above.max(axis=1), len(above.T)),
    )


def rules() -> str:
    """Return what a scale depends on besides the texts and the encoder: under others it is found out anew."""
    return f"version {ranking.CALIBRATION_VERSION} {ranking.shipped_weights()!r}"


def _vectors(
    folder: Path, encoder: Encoder, queries: Sequence[str], passages: Sequence[str], earlier: Path | None
) -> tuple[Vectors, Vectors]:
    """Return the vectors of *queries* and of *passages*, encoding those that *earlier* does not have."""
    asked = [("query", text) for text in queries] + [("passage", text) for text in passages]
    hashes = [_hash(*each) for each in asked]
    known = _read_vectors(_SHIPPED / encoder.fingerprint) | (_read_vectors(earlier / GRAMS_FOLDER) if earlier else {})
    for kind, encode in (("query", encoder.encode_queries), ("passage", encoder.encode_passages)):
        missing = {key: text for key, (of, text) in zip(hashes, asked, strict=True) if of == kind and key not in known}
        if missing:
            known |= zip(missing, encode(list(missing.values())).astype(np.float16), strict=True)
    vectors = np.stack([known[key] for key in hashes])
    _write_vectors(folder / GRAMS_FOLDER, hashes, vectors)
    of_queries, of_passages = np.split(vectors.astype(np.float32), [len(queries)])
    return of_queries, of_passages


def write_probe_vectors(encoder: Encoder, folder: Path = _SHIPPED) -> Path:
    """Write what *encoder* makes of the questions, their answers and nonsense, and return the folder below *folder*.

    An encoder of which these are known gives an index its scale without embedding them. Raises EncoderError.
    """
    questions, answers = map(list, zip(*PROBES, strict=True))
    queries = [*questions, *NONSENSE]
    own = folder / encoder.fingerprint
    own.mkdir(parents=True, exist_ok=True)
    vectors = np.concatenate([encoder.encode_queries(queries), encoder.encode_passages(answers)])
    hashes = [_hash("query", text) for text in queries] + [_hash("passage", text) for text in answers]
    _write_vectors(own, hashes, vectors.astype(np.float16))
    return own


def _write_vectors(folder: Path, hashes: list[str], vectors: npt.NDArray[np.float16]) -> None:
    for name, column in zip(_VECTOR_FILES, (np.array(hashes, dtype=np.bytes_), vectors), strict=True):
        (folder / name).unlink(missing_ok=True)  # it may be shared with the commit before
        write_array(folder / name, column)


def _read_vectors(folder: Path) -> dict[str, npt.NDArray[np.float16]]:
    """Return the vectors in *folder* by the hashes of their texts; nothing if they cannot be read."""
    try:
        keys, vectors = (
            read_array(folder / name, types, dimensions, mapped=False)
            for name, (types, dimensions) in _VECTOR_FILES.items()
        )
        return dict(zip(keys.astype(np.str_).tolist(), vectors, strict=True))
    except (OSError, ValueError):
        return {}


def _hash(*texts: str) -> str:
    return hashlib.sha256("\0".join(texts).encode()).hexdigest()
