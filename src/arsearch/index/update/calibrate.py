"""What ranking needs to know about a generation beforehand: how rare n-grams are, and what meaning is worth."""

from __future__ import annotations

import hashlib
import shutil
from collections.abc import Sequence
from contextlib import suppress
from dataclasses import replace
from itertools import pairwise
from pathlib import Path
from typing import NamedTuple

import numpy as np
import numpy.typing as npt

from arsearch import ranking
from arsearch.common.array_types import Vectors
from arsearch.common.numpy_files import read_array, write_array
from arsearch.corpus import Article
from arsearch.errors import CorruptIndexError
from arsearch.index.layout import GRAMS_FOLDER
from arsearch.index.store.article_store import ArticleStore
from arsearch.index.update.probes import NONSENSE, PROBES
from arsearch.lexical import LexicalIndex
from arsearch.lexical.analysis.bulk import BulkAnalyzer
from arsearch.lexical.segment.live_vocabulary import live_vocabulary
from arsearch.ranking import ClozeText, GramTable, SemanticScale
from arsearch.ranking.ngrams import GRAM_BUCKETS
from arsearch.semantic import Encoder

__all__ = ["calibrate", "read_grams", "rules", "write_grams"]

_GRAM_COLUMNS = {"idf": "f2", "offsets": "i8", "words": "i4"}
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


def write_grams(folder: Path, words: LexicalIndex) -> None:
    """Write the table of n-grams of the generation in *folder*."""
    vocabulary = live_vocabulary(words)
    table = GramTable.of(vocabulary.words, vocabulary.frequencies, len(words))
    (folder / GRAMS_FOLDER).mkdir(exist_ok=True)
    for name in _GRAM_COLUMNS:
        write_array(folder / GRAMS_FOLDER / f"grams_{name}.npy", getattr(table, name))


def read_grams(folder: Path) -> GramTable:
    """Open the table of n-grams of the generation in *folder*. Raises CorruptIndexError."""
    try:
        columns = {
            name: read_array(folder / GRAMS_FOLDER / f"grams_{name}.npy", types, 1)
            for name, types in _GRAM_COLUMNS.items()
        }
        idf, offsets, words = columns.values()
        if len(offsets) != len(idf) + 1 or offsets[0] != 0 or offsets[-1] != len(words) or len(idf) != GRAM_BUCKETS:
            raise ValueError("its columns have different lengths")
        return GramTable(**columns)
    except (OSError, ValueError) as error:
        raise CorruptIndexError(
            f"The table of n-grams in {folder / GRAMS_FOLDER} cannot be read ({error}). Run `arsearch verify`, then "
            "`arsearch index --full`."
        ) from error


def calibrate(
    folder: Path, store: ArticleStore, encoder: Encoder, known: tuple[str, SemanticScale], earlier: Path | None
) -> tuple[str, SemanticScale]:
    """Try *encoder* on articles of *store*, and on other texts where these are too few. Raises EncoderError.

    Returns a hash of the articles and the scale. Which articles are taken depends on nothing but what is in the store,
    so that an updated index has the scale of one built anew; where they are those of the *known* hash, so is the scale.
    Vectors go into the generation in *folder*, and are taken over from the generation in *earlier*, if there is one,
    which was made with the same encoder: an update changes few of the texts.
    """
    articles = store.fetch(store.sample(_SAMPLE).tolist())
    texts_hash = _hash(*(article.body[:_TEXT_CHARACTERS] for article in articles), rules())
    if texts_hash == known[0] and earlier is not None:
        for name in _VECTOR_FILES:
            with suppress(FileNotFoundError):
                shutil.copyfile(earlier / GRAMS_FOLDER / name, folder / GRAMS_FOLDER / name)
        return known
    sample, queries, texts = _cloze(articles)
    if len(sample) < ranking.MIN_TEXTS:
        sample, queries, texts = _probes()
    of_queries, of_texts, of_nonsense = _vectors(folder, encoder, queries, texts, earlier)
    words = ranking.word_scores(sample, ranking.shipped_weights())
    scale = ranking.fit_scale(words, ranking.product(of_queries, of_texts.T))
    if not scale.spread:  # it knows no word of them
        return texts_hash, ranking.UNCALIBRATED
    centre = of_texts.mean(axis=0)
    above = ranking.product(of_nonsense, (of_texts - centre).T) / np.float32(scale.spread)
    return texts_hash, replace(
        scale,
        centre=tuple(round(value, 4) for value in centre.tolist()),
        nonsense=ranking.fit_nonsense(above.max(axis=1), len(texts)),
    )


def rules() -> str:
    """Return what a scale depends on besides the texts and the encoder: under others it is found out anew."""
    return f"version {ranking.CALIBRATION_VERSION}, {ranking.shipped_weights()!r}"


def _vectors(
    folder: Path, encoder: Encoder, queries: Sequence[str], texts: Sequence[str], earlier: Path | None
) -> tuple[Vectors, Vectors, Vectors]:
    """Return the vectors of *queries*, of *texts* and of ``NONSENSE``, those that *earlier* has from *encoder*.

    They are kept as pairs of query and text, by hash; a query that means nothing has zeros for its text.
    """
    hashes = [_hash(query, text) for query, text in zip(queries, texts, strict=True)] + list(map(_hash, NONSENSE))
    known = _read_vectors(earlier) if earlier else {}
    missing = [place for place, key in enumerate(hashes) if key not in known]
    if missing:
        asked = [*queries, *NONSENSE]
        of_queries = encoder.encode_queries([asked[place] for place in missing])
        new = np.zeros((len(missing), 2, of_queries.shape[1]), dtype=np.float16)
        new[:, 0] = of_queries
        if paired := [texts[place] for place in missing if place < len(texts)]:
            new[: len(paired), 1] = encoder.encode_passages(paired)
        known |= {hashes[place]: pair for place, pair in zip(missing, new, strict=True)}
    vectors = np.stack([known[key] for key in hashes])
    for name, column in zip(_VECTOR_FILES, (np.array(hashes, dtype=np.bytes_), vectors), strict=True):
        write_array(folder / GRAMS_FOLDER / name, column)
    of_queries, of_texts = vectors.astype(np.float32).transpose(1, 0, 2)
    return of_queries[: len(texts)], of_texts[: len(texts)], of_queries[len(texts) :]


def _read_vectors(folder: Path) -> dict[str, npt.NDArray[np.float16]]:
    """Return what was encoded for the generation in *folder*, by hash; nothing if it cannot be read."""
    try:
        keys, vectors = (np.load(folder / GRAMS_FOLDER / name, allow_pickle=False) for name in _VECTOR_FILES)
        return dict(zip(keys.astype(np.str_).tolist(), vectors, strict=True))
    except (OSError, ValueError):
        return {}


def _hash(*texts: str) -> str:
    return hashlib.sha256("\0".join(texts).encode()).hexdigest()


def _probes() -> tuple[list[ClozeText], list[str], list[str]]:
    """Return questions and sentences that answer them, for an index with too few texts of its own."""
    queries, texts = map(list, zip(*PROBES, strict=True))
    analyzer = BulkAnalyzer()
    analysed = (_tokens(analyzer, side) for side in (queries, texts))
    sample = [ClozeText(query=query.words, text=text.words) for query, text in zip(*analysed, strict=True)]
    return sample, queries, texts


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
