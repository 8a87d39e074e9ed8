"""The third stage of a run: articles that have been read and prepared become words of segments, and passages.

A fast encoder makes vectors of the passages at once, while their texts are at hand.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Sequence
from concurrent.futures import Executor

import numpy as np
import numpy.typing as npt

from arsearch.article_fields import Keywords
from arsearch.common.array_types import UInt32s
from arsearch.corpus import Article
from arsearch.index.store.writer import StoreWriter
from arsearch.index.update.embed import NO_PASSAGES, passage_text
from arsearch.lexical import Document, LexicalWriter
from arsearch.semantic import Encoder, Passage, VectorsWriter, cut_passages

__all__ = ["Analysis"]

_EMBEDDED_AT_ONCE = 4096


class Analysis:
    """Adds the articles that are new to a commit to its words and vectors."""

    def __init__(
        self,
        lexical: LexicalWriter,
        vectors: VectorsWriter,
        encoder: Encoder | None,
        *,
        passage_words: int,
        threads: Executor | None = None,
    ) -> None:
        """Write into *lexical* and *vectors*; without an *encoder*, passages only go to :attr:`passages`.

        With *threads*, passages are embedded while the next articles are analysed.
        """
        self._threads = threads
        self._embedding: Callable[[], None] | None = None
        self._lexical = lexical
        self._vectors = vectors
        self._encoder = encoder
        self._passage_words = passage_words
        self._batch: list[tuple[int, Passage, str]] = []
        self._passages: list[tuple[int, int, int]] = []

    @property
    def passages(self) -> UInt32s:
        """Passages that nobody embedded: ordinal, start and end (passages, 3)."""
        return np.array(self._passages, dtype=np.uint32) if self._passages else NO_PASSAGES

    def add_new(self, store: StoreWriter, progress: Callable[[int, int], None]) -> None:
        """Add what is new in *store*; *progress* is told how many articles are done, and how many there are."""
        done, total = 0, store.count_new()
        for batch in store.new_articles():
            elsewhere = store.keywords_of_copies([ordinal for ordinal, _ in batch])
            for language, articles in _by_language(batch):
                documents = [_document(ordinal, article, elsewhere.get(ordinal, ())) for ordinal, article in articles]
                texts = self._lexical.add(documents, language)
                for number, (ordinal, article) in enumerate(articles):
                    first = self._lexical.texts_a_document * number
                    body = slice(*texts.offsets[first + 1 : first + 3])
                    self._embed(ordinal, article, texts.starts[body])
            done += len(batch)
            progress(done, total)
        self._encode_batch()
        self._take_vectors()

    def _embed(self, ordinal: int, article: Article, starts: npt.NDArray[np.int32]) -> None:
        passages = cut_passages(article.body, starts, size=self._passage_words)
        if self._encoder is None:
            self._passages += [(ordinal, *passage) for passage in passages]
            return
        for passage in passages:
            self._batch.append((ordinal, passage, passage_text(article.title, article.body, *passage)))
        if len(self._batch) >= _EMBEDDED_AT_ONCE:
            self._encode_batch()

    def _encode_batch(self) -> None:
        if self._batch and self._encoder is not None:
            ordinals = np.array([ordinal for ordinal, _, _ in self._batch], dtype=np.int64)
            spans = np.array([passage for _, passage, _ in self._batch], dtype=np.int64)
            texts = [text for _, _, text in self._batch]
            self._batch.clear()
            self._take_vectors()  # of the batch before, so that there are never more than two
            if self._threads is None:
                self._vectors.add(ordinals, spans, self._encoder.encode_passages(texts))
            else:
                vectors = self._threads.submit(self._encoder.encode_passages, texts)
                self._embedding = lambda: self._vectors.add(ordinals, spans, vectors.result())

    def _take_vectors(self) -> None:
        """Take in the vectors that are being made."""
        if self._embedding is not None:
            self._embedding()
            self._embedding = None


def _document(ordinal: int, article: Article, elsewhere: Iterable[Keywords]) -> Document:
    return Document(
        ordinal=ordinal,
        title=article.title,
        body=article.body,
        author=article.author,
        source=article.source,
        tags=article.tags,
        date=article.date,
        extra=article.extra,
        elsewhere=tuple(elsewhere),
    )


def _by_language(batch: Sequence[tuple[int, Article]]) -> Iterator[tuple[str, list[tuple[int, Article]]]]:
    """Yield the languages of *batch*, each with its articles."""
    for language in dict.fromkeys(article.language for _, article in batch):
        yield language, [(ordinal, article) for ordinal, article in batch if article.language == language]
