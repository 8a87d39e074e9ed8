"""Batches: pairs of a query and a passage that belong together, drawn afresh at every step.

All pairs of a batch come from one source, because a passage of the same magazine is a harder negative than one from
another century. Kinds of pairs:

* title: a title (or abstract) and a passage of its article, most often the first;
* sentence: some words of a sentence, and either a passage around them or the text right after them. The first kind
  teaches which words matter, the second what goes together without sharing words;
* neighbours: two adjacent passages;
* labelled: pairs that people judged to mean the same, with questions judged to mean something else as further
  negatives.

A query often gets the opening words of some question put before it ("how many", "who is"), so that the model learns
how little they say, and loses some of its tokens.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np

from training.data import Integers, TrainingText

__all__ = ["NO_NEGATIVES", "Bags", "Batch", "Negatives", "Sampler", "TokenText", "gather"]

_WEIGHTS = {
    "al-manar": 2.0,
    "al-muqtabas": 1.5,
    "lughat-al-arab": 1.0,
    "al-zuhur": 0.25,
    "al-haqaiq": 0.15,
    "al-ustadh": 0.15,
    "egyptian-wikipedia": 2.0,
}
"""Share of a source in the batches; less than proportional to its size."""
_KINDS = {"sentence": 2.0, "title": 0.6, "neighbours": 0.4}
_NEWS = {"ant-title": 3.0, "ant-abstract": 1.0}
_LABELLED = 1.0

_SHORTEST_SENTENCE = 4
_LONGEST_QUERY = 16
_LEAD = 0.6  # how often a title is paired with the beginning of its article


@dataclass(frozen=True)
class TokenText:
    """The training text in the tokens of one vocabulary. Spans are positions in *tokens*."""

    tokens: Integers
    text: TrainingText
    title: Integers
    body: Integers
    sentences: Integers
    pairs: Integers
    questions: Integers

    @classmethod
    def of(cls, text: TrainingText, pieces: list[list[int]]) -> TokenText:
        """Write *text* in tokens; ``pieces[i]`` are the tokens of ``text.words[i]``."""
        lengths = np.array([len(piece) for piece in pieces], dtype=np.int64)
        flat = np.array([token for piece in pieces for token in piece], dtype=np.int64)
        starts = np.cumsum(lengths) - lengths
        at = np.concatenate([[0], np.cumsum(lengths[text.text])])
        sentences = text.sentences.copy()
        sentences[:, 1:] = at[sentences[:, 1:]]
        pairs = text.pairs.copy()
        pairs[:, 1:] = at[pairs[:, 1:]]
        return cls(
            tokens=gather(flat, starts[text.text], lengths[text.text]),
            text=text,
            title=at[text.title],
            body=at[text.body],
            sentences=sentences,
            pairs=pairs,
            questions=at[text.questions],
        )


@dataclass(frozen=True)
class Bags:
    """Texts as tokens one after another: text *i* is ``tokens[offsets[i]:offsets[i + 1]]``."""

    tokens: Integers
    offsets: Integers


@dataclass(frozen=True)
class Batch:
    """Query *i* belongs to passage *i*; passages beyond the queries are negatives only."""

    queries: Bags
    passages: Bags
    documents: Integers | None
    """Shape (passages,): two of the same document are no negatives of each other. None if each stands alone."""


@dataclass(frozen=True)
class Negatives:
    """What shares words with a query and does not answer it; -1 where there is nothing."""

    titles: Integers
    """Shape (documents, n): documents that do not belong to the title of each."""
    questions: Integers
    """Shape (labelled pairs, n): pairs whose second text does not mean the same as the first of each."""


NO_NEGATIVES = Negatives(np.zeros((0, 0), dtype=np.int64), np.zeros((0, 0), dtype=np.int64))
"""For a sampler that is to add none."""


def gather(values: Integers, starts: Integers, lengths: Integers) -> Integers:
    """Return ``values[starts[i]:starts[i] + lengths[i]]`` for every i, one after another."""
    offsets = np.cumsum(lengths) - lengths
    return values[np.repeat(starts - offsets, lengths) + np.arange(int(lengths.sum()))]


@dataclass(frozen=True)
class _Spans:
    query: Integers
    passage: Integers
    documents: Integers


class Sampler:
    """Draws batches; the same seed gives the same batches."""

    def __init__(
        self,
        text: TokenText,
        negatives: Negatives,
        *,
        seed: int,
        size: int,
        passage: int,
        overlap: float,
        opening: float,
        dropped: float,
        hard: float,
    ) -> None:
        """Sample *size* pairs a batch, with passages of *passage* tokens.

        *overlap* is how often a sentence stands in its own passage, *opening* how often a query gets the opening of
        a question, *dropped* the mean share of its tokens that it loses, *hard* how many passages of *negatives*
        are added for each title or question.
        """
        self._text = text
        self._rng = np.random.default_rng(seed)
        self._size = size
        self._passage = passage
        self._overlap = overlap
        self._opening = opening
        self._dropped = dropped
        self._negatives = negatives
        self._hard = hard
        pools = list(self._pools())
        weights = np.array([weight for weight, _ in pools])
        self._draws = [draw for _, draw in pools]
        self._shares = weights / weights.sum()

    def batch(self) -> Batch:
        """Draw the next batch."""
        return self._draws[self._rng.choice(len(self._draws), p=self._shares)]()

    def _pools(self) -> list[tuple[float, Callable[[], Batch]]]:
        text = self._text
        long = text.body[:, 1] - text.body[:, 0]
        titled = (text.title[:, 1] - text.title[:, 0] >= 2) & (long >= 16)
        pools: list[tuple[float, Callable[[], Batch]]] = []
        for number, name in enumerate(text.text.sources):
            mine = text.text.source == number
            if name in _NEWS:
                self._add(pools, _NEWS[name], self._titles, np.flatnonzero(mine & titled))
                continue
            weight = _WEIGHTS[name]
            self._add(pools, weight * _KINDS["title"], self._titles, np.flatnonzero(mine & titled))
            document, start, end = text.sentences.T
            usable = mine[document] & (long[document] >= 32) & (end - start >= _SHORTEST_SENTENCE)
            self._add(pools, weight * _KINDS["sentence"], self._sentences, np.flatnonzero(usable))
            self._add(pools, weight * _KINDS["neighbours"], self._neighbours, np.flatnonzero(mine & (long >= 64)))
        if len(text.pairs):
            pools.append((_LABELLED, self._labelled))
        return pools

    def _add(
        self,
        pools: list[tuple[float, Callable[[], Batch]]],
        weight: float,
        draw: Callable[[Integers], _Spans],
        members: Integers,
    ) -> None:
        if len(members):
            pools.append((weight, lambda: self._spans_to_batch(draw(self._choose(members, self._size)))))

    def _choose(self, members: Integers, count: int) -> Integers:
        return self._rng.choice(members, count, replace=len(members) < count)

    def _uniform(self, count: Integers) -> Integers:
        """Return a number from 0 to ``count[i] - 1`` for every i."""
        return (self._rng.random(len(count)) * count).astype(np.int64)

    def _titles(self, documents: Integers) -> _Spans:
        passages = np.concatenate([documents, self._harder(self._negatives.titles, documents)])
        start, end = self._text.body[passages].T
        length = np.minimum(self._passage, end - start)
        anywhere = start + self._uniform(end - start - length + 1)
        at = np.where(self._rng.random(len(passages)) < _LEAD, start, anywhere)
        return _Spans(self._text.title[documents], np.stack([at, at + length], axis=1), passages)

    def _harder(self, negatives: Integers, queries: Integers) -> Integers:
        """Draw one of the row of *negatives* of each of *queries*, for a share of them."""
        if not self._hard:
            return np.zeros(0, dtype=np.int64)
        rows = queries[self._rng.random(len(queries)) < self._hard]
        drawn = negatives[rows, self._rng.integers(negatives.shape[1], size=len(rows))]
        return drawn[drawn >= 0]

    def _sentences(self, sentences: Integers) -> _Spans:
        documents, start, end = self._text.sentences[sentences].T
        wanted = self._rng.integers(_SHORTEST_SENTENCE, _LONGEST_QUERY, len(sentences))
        length = np.minimum(end - start, wanted)
        query = start + self._uniform(end - start - length + 1)
        first, last = self._text.body[documents].T
        width = np.minimum(self._passage, last - first)
        around = np.clip(query - self._uniform(width), first, last - width)
        after = query + length
        keep = (self._rng.random(len(sentences)) < self._overlap) | (last - after < 16)
        passage = np.where(keep, around, after)
        passage_end = np.where(keep, around + width, np.minimum(after + self._passage, last))
        return _Spans(np.stack([query, query + length], axis=1), np.stack([passage, passage_end], axis=1), documents)

    def _neighbours(self, documents: Integers) -> _Spans:
        start, end = self._text.body[documents].T
        half = np.minimum(self._passage, (end - start) // 2)
        at = start + self._uniform(end - start - 2 * half + 1)
        middle = at + half
        return _Spans(np.stack([at, middle], axis=1), np.stack([middle, middle + half], axis=1), documents)

    def _spans_to_batch(self, spans: _Spans) -> Batch:
        return Batch(self._query_bags(spans.query), self._bags(spans.passage), spans.documents)

    def _labelled(self) -> Batch:
        pairs = self._text.pairs
        same = self._choose(np.flatnonzero(pairs[:, 0] == 1), min(self._size, int(pairs[:, 0].sum())))
        others = np.flatnonzero(pairs[:, 0] == 0)
        other = self._choose(others, min(self._size // 2, len(others)))
        harder = self._harder(self._negatives.questions, same)
        passages = np.concatenate([pairs[same, 3:5], pairs[other, 1:3], pairs[other, 3:5], pairs[harder, 3:5]])
        return Batch(self._bags(pairs[same, 1:3]), self._bags(passages), None)

    def _bags(self, spans: Integers) -> Bags:
        lengths = spans[:, 1] - spans[:, 0]
        return Bags(gather(self._text.tokens, spans[:, 0], lengths), np.cumsum(lengths) - lengths)

    def _query_bags(self, spans: Integers) -> Bags:
        count = len(spans)
        opening = np.zeros((count, 2), dtype=np.int64)
        if len(self._text.questions):
            opening = self._text.questions[self._rng.integers(len(self._text.questions), size=count)]
            words = self._rng.integers(1, 4, count) * (self._rng.random(count) < self._opening)
            opening = np.stack([opening[:, 0], np.minimum(opening[:, 0] + words, opening[:, 1])], axis=1)
        parts = np.stack([opening, spans], axis=1)  # (queries, 2 parts, 2 ends)
        lengths = parts[:, :, 1] - parts[:, :, 0]
        tokens = gather(self._text.tokens, parts[:, :, 0].ravel(), lengths.ravel())
        bag = np.repeat(np.arange(count), lengths.sum(axis=1))
        share = 2 * self._dropped * self._rng.random(count)
        keep = self._rng.random(len(tokens)) >= share[bag]
        kept = np.bincount(bag[keep], minlength=count)
        keep |= kept[bag] == 0  # a query that would lose everything keeps everything
        kept = np.bincount(bag[keep], minlength=count)
        return Bags(tokens[keep], np.cumsum(kept) - kept)
