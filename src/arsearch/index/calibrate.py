"""What ranking needs to know about a generation beforehand: how rare n-grams are, and what meaning is worth."""

from __future__ import annotations

import hashlib
from collections.abc import Sequence
from pathlib import Path

import numpy as np

from arsearch import ranking
from arsearch.arabic import Token, analyze
from arsearch.arrays import write_array
from arsearch.corpus import Article
from arsearch.errors import CorruptIndexError
from arsearch.index.layout import GRAMS_FOLDER
from arsearch.index.store import ArticleStore
from arsearch.lexical import LexicalIndex
from arsearch.lexical.forward import Vocabulary
from arsearch.lexical.livecounts import live_frequencies
from arsearch.lexical.schema import TEXT_EXACT
from arsearch.ranking import ClozeText, GramTable, SemanticScale
from arsearch.ranking.grams import WORD_END
from arsearch.semantic import Encoder

__all__ = ["calibrate", "read_grams", "write_grams"]

_GRAM_COLUMNS = ("idf", "offsets", "words")
_SAMPLE = 250
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
    vocabulary = _live_vocabulary(words)
    table = GramTable.of(vocabulary.words, vocabulary.frequencies, len(words))
    (folder / GRAMS_FOLDER).mkdir(exist_ok=True)
    for name in _GRAM_COLUMNS:
        write_array(folder / GRAMS_FOLDER / f"grams_{name}.npy", getattr(table, name))


def _live_vocabulary(words: LexicalIndex) -> Vocabulary:
    """Return each exact form once, in order, with the number of live documents that have it.

    However many segments there are and whatever was deleted, it is that of an index built anew.
    """
    if len(words.segments) == 1 and not words.segments[0].has_deletions:
        return words.vocabulary()
    counts = live_frequencies(words, TEXT_EXACT)
    texts = sorted(counts)
    frequencies = np.array([counts[text] for text in texts], dtype=np.int64)
    return Vocabulary("".join(text + WORD_END for text in texts), frequencies)


def read_grams(folder: Path) -> GramTable:
    """Open the table of n-grams of the generation in *folder*. Raises CorruptIndexError."""
    try:
        columns = {
            name: np.load(folder / GRAMS_FOLDER / f"grams_{name}.npy", mmap_mode="r", allow_pickle=False)
            for name in _GRAM_COLUMNS
        }
        return GramTable(**{name: column.view(np.ndarray) for name, column in columns.items()})
    except (OSError, ValueError) as error:
        raise CorruptIndexError(
            f"The table of n-grams in {folder / GRAMS_FOLDER} cannot be read ({error}). Run `arsearch verify`, then "
            "`arsearch index --full`."
        ) from error


def calibrate(store: ArticleStore, encoder: Encoder, known: tuple[str, SemanticScale]) -> tuple[str, SemanticScale]:
    """Try *encoder* on articles of *store*; an index too small to tell gets what is usual. Raises EncoderError.

    Returns a hash of the articles and the scale. Which articles are taken depends on nothing but what is in the store,
    so that an updated index has the scale of one built anew; where they are those of the *known* hash, so is the scale.
    """
    articles = store.fetch(store.sample(_SAMPLE).tolist())
    texts_hash = hashlib.sha256("\0".join(article.body[:_TEXT_CHARACTERS] for article in articles).encode()).hexdigest()
    if texts_hash == known[0]:
        return known
    return texts_hash, _scale_of(encoder, articles)


def _scale_of(encoder: Encoder, articles: Sequence[Article]) -> SemanticScale:
    sample, queries, texts = _cloze(articles)
    if len(sample) < ranking.FEWEST:
        return ranking.UNCALIBRATED
    cosines = ranking.product(encoder.encode_queries(queries), encoder.encode_passages(texts).T)
    return ranking.fit_scale(ranking.word_scores(sample, ranking.shipped_weights()), cosines)


def _cloze(articles: Sequence[Article]) -> tuple[list[ClozeText], list[str], list[str]]:
    """Take a query out of each article that is long enough: as words, and both sides as they are written."""
    sample, queries, texts = [], [], []
    first, end = _TAKEN
    for article in articles:
        body = article.body[:_TEXT_CHARACTERS]
        tokens = _first_tokens(body)
        if len(tokens) < _SHORTEST:
            continue
        words = [(token.exact, token.stem) for token in tokens]
        sample.append(ClozeText(query=words[first:end], text=[*words[:first], *words[end:]]))
        queries.append(body[tokens[first].start : tokens[end - 1].end])
        texts.append(f"{body[: tokens[first].start]} {body[tokens[end].start : tokens[-1].end]}")
    return sample, queries, texts


def _first_tokens(body: str) -> list[Token]:
    """Return what ``analyze(body)[:_TEXT_WORDS]`` does, sooner where the beginning is enough."""
    tokens = analyze(body[:_BEGINNING])
    if len(tokens) <= _TEXT_WORDS and len(body) > _BEGINNING:
        tokens = analyze(body)
    return tokens[:_TEXT_WORDS]
