"""What ranking needs to know about a generation beforehand: how rare n-grams are, and what meaning is worth."""

from __future__ import annotations

import hashlib
import shutil
from collections.abc import Sequence
from contextlib import suppress
from itertools import pairwise
from pathlib import Path
from typing import NamedTuple

import numpy as np
import numpy.typing as npt

from arsearch import ranking
from arsearch.common.array_types import Vectors
from arsearch.common.numpy_files import write_array
from arsearch.corpus import Article
from arsearch.index.layout import GRAMS_FOLDER
from arsearch.index.store.article_store import ArticleStore
from arsearch.lexical.analysis.bulk import BulkAnalyzer
from arsearch.ranking import ClozeText, SemanticScale
from arsearch.semantic import Encoder

__all__ = ["calibrate"]

_VECTOR_FILES = ("cloze_hashes.npy", "cloze_vectors.npy")
_SAMPLE = 500
"""Articles that the encoder is tried on."""
_TEXT_WORDS = 100
_TEXT_CHARACTERS = 4_000
_BEGINNING = 1_000
"""Characters that mostly have so many words."""
_TAKEN = (16, 24)
"""Words that are taken out of a text as its query: eight, the length of a question, out of the middle."""
_SHORTEST = 32


def calibrate(
    folder: Path, store: ArticleStore, encoder: Encoder, known: tuple[str, SemanticScale], earlier: Path | None
) -> tuple[str, SemanticScale]:
    """Try *encoder* on articles of *store*; an index too small to tell gets what is usual. Raises EncoderError.

    Returns a hash of the articles and the scale. Which articles are taken depends on nothing but what is in the store,
    so that an updated index has the scale of one built anew; where they are those of the *known* hash, so is the scale.
    Vectors go into the generation in *folder*, and are taken over from the generation in *earlier*, if there is one,
    which was made with the same encoder: an update changes few of the texts.
    """
    articles = store.fetch(store.sample(_SAMPLE).tolist())
    texts_hash = _hash(*(article.body[:_TEXT_CHARACTERS] for article in articles), repr(ranking.shipped_weights()))
    if texts_hash == known[0] and earlier is not None:
        for name in _VECTOR_FILES:
            with suppress(FileNotFoundError):
                shutil.copyfile(earlier / GRAMS_FOLDER / name, folder / GRAMS_FOLDER / name)
        return known
    sample, queries, texts = _cloze(articles)
    if len(sample) < ranking.MIN_TEXTS:
        return texts_hash, ranking.UNCALIBRATED
    of_queries, of_texts = _vectors(folder, encoder, queries, texts, earlier)
    words = ranking.word_scores(sample, ranking.shipped_weights())
    return texts_hash, ranking.fit_scale(words, ranking.product(of_queries, of_texts.T))


def _vectors(
    folder: Path, encoder: Encoder, queries: Sequence[str], texts: Sequence[str], earlier: Path | None
) -> tuple[Vectors, Vectors]:
    """Return the vectors of *queries* and of *texts*, those that *earlier* does not have from *encoder*."""
    hashes = [_hash(query, text) for query, text in zip(queries, texts, strict=True)]
    known = _read_vectors(earlier) if earlier else {}
    missing = [place for place, key in enumerate(hashes) if key not in known]
    if missing:
        of_queries = encoder.encode_queries([queries[place] for place in missing])
        of_texts = encoder.encode_passages([texts[place] for place in missing])
        new = np.stack([of_queries, of_texts], axis=1).astype(np.float16)
        known |= {hashes[place]: pair for place, pair in zip(missing, new, strict=True)}
    vectors = np.stack([known[key] for key in hashes])
    for name, column in zip(_VECTOR_FILES, (np.array(hashes, dtype=np.bytes_), vectors), strict=True):
        write_array(folder / GRAMS_FOLDER / name, column)
    of_queries, of_texts = vectors.astype(np.float32).transpose(1, 0, 2)
    return of_queries, of_texts


def _read_vectors(folder: Path) -> dict[str, npt.NDArray[np.float16]]:
    """Return what was encoded for the generation in *folder*, by hash; nothing if it cannot be read."""
    try:
        keys, vectors = (np.load(folder / GRAMS_FOLDER / name, allow_pickle=False) for name in _VECTOR_FILES)
        return dict(zip(keys.astype(np.str_).tolist(), vectors, strict=True))
    except (OSError, ValueError):
        return {}


def _hash(*texts: str) -> str:
    return hashlib.sha256("\0".join(texts).encode()).hexdigest()


def _cloze(articles: Sequence[Article]) -> tuple[list[ClozeText], list[str], list[str]]:
    """Take a query out of each article that is long enough: as words, and both sides as they are written."""
    sample, queries, texts = [], [], []
    first, end = _TAKEN
    bodies = [article.body[:_TEXT_CHARACTERS] for article in articles]
    for body, tokens in zip(bodies, _first_tokens(bodies), strict=True):
        if len(tokens.words) < _SHORTEST:
            continue
        words, starts, ends = tokens
        sample.append(ClozeText(query=words[first:end], text=[*words[:first], *words[end:]]))
        queries.append(body[starts[first] : ends[end - 1]])
        texts.append(f"{body[: starts[first]]} {body[starts[end] : ends[-1]]}")
    return sample, queries, texts


class _Tokens(NamedTuple):
    """Tokens of a text: folded forms and stems, and where they begin and end."""

    words: list[tuple[str, str]]
    starts: list[int]
    ends: list[int]


def _first_tokens(bodies: Sequence[str]) -> list[_Tokens]:
    """Return the first ``_TEXT_WORDS`` tokens of each of *bodies*."""
    analyzer = BulkAnalyzer()
    found = _tokens(analyzer, [body[:_BEGINNING] for body in bodies])
    for number, body in enumerate(bodies):  # the last word of a beginning may be half a word
        if len(found[number].words) <= _TEXT_WORDS and len(body) > _BEGINNING:
            found[number] = _tokens(analyzer, [body])[0]
    first = slice(_TEXT_WORDS)
    return [_Tokens(words[first], starts[first], ends[first]) for words, starts, ends in found]


def _tokens(analyzer: BulkAnalyzer, texts: Sequence[str]) -> list[_Tokens]:
    analysed = analyzer.analyze(texts)
    words = list(zip(analyzer.exact_texts(analysed.words), analyzer.stem_texts(analysed.words), strict=True))
    starts, ends = analysed.starts.tolist(), analysed.ends.tolist()
    spans = [slice(first, end) for first, end in pairwise(analysed.offsets.tolist())]
    return [_Tokens(words[span], starts[span], ends[span]) for span in spans]
