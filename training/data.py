"""Reading the training text: files in, one flat array of word numbers and the spans of documents in it out.

Every distinct folded word is kept once, so that the text can be turned into the tokens of any vocabulary in a second.
"""

from __future__ import annotations

import gzip
import json
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt
import regex

from arsearch.arabic import fold
from arsearch.arabic import letters as ar

__all__ = ["Integers", "TrainingText", "read"]

Integers = npt.NDArray[np.int64]

WORD = r"[\p{L}\p{N}\p{M}]+"
"""A word of folded text: everything between two characters that are no letter, digit or mark."""

_WORDS = regex.compile(WORD)
_SENTENCE_END = regex.compile(rf"[.!?:\n{ar.ARABIC_QUESTION_MARK}{ar.ARABIC_SEMICOLON}]+")


@dataclass(frozen=True)
class TrainingText:
    """The training text as numbers. All positions are into *text*; spans end one past their last word.

    A document's sentences follow one another without gaps, from ``body[0]`` to ``body[1]``.
    """

    words: list[str]
    """Each distinct folded word, in the order met first."""
    text: Integers
    """Shape (running words,): a number into *words*."""
    sources: list[str]
    """Names of the sources; ``ant-title`` and ``ant-abstract`` are the two kinds of pairs of the ANT corpus."""
    source: Integers
    """Shape (documents,): a number into *sources*."""
    title: Integers
    """Shape (documents, 2): the span of the title, or of the abstract; empty where there is none."""
    body: Integers
    """Shape (documents, 2)."""
    sentences: Integers
    """Shape (sentences, 3): document, start, end."""
    pairs: Integers
    """Shape (labelled pairs, 5): 1 for the same meaning or 0, then two spans."""
    questions: Integers
    """Shape (questions, 2): the spans of all questions, for their opening words."""


def read(folder: Path) -> TrainingText:
    """Read the five training files in *folder* (``../shared/data/train``). Raises OSError if one is missing."""
    builder = _Builder()
    for article in _lines(folder / "periodicals.jsonl.gz"):
        builder.add_document(article["source"], article["title"], article["body"])
    for article in _lines(folder / "egyptian-wikipedia.jsonl.gz"):
        # The title stands again on the first line; left there, it would be the answer to itself.
        builder.add_document("egyptian-wikipedia", article["title"], article["body"].removeprefix(article["title"]))
    for pair in _lines(folder / "ant-pairs.jsonl.gz"):
        builder.add_document(f"ant-{pair['kind']}", pair["a"], pair["b"])
    for pair in _lines(folder / "q2q.jsonl.gz"):
        spans = builder.add_pair(pair["a"], pair["b"], same=pair["label"] == 1)
        builder.questions.extend(spans)
    for pair in _lines(folder / "news-title-stance.jsonl.gz"):
        # Headlines that disagree are about the same event, so they are no use as negatives for search.
        if pair["label"] == "agree":
            builder.add_pair(pair["a"], pair["b"], same=True)
    return builder.build()


def _lines(path: Path) -> Iterator[dict[str, Any]]:
    with gzip.open(path, "rt", encoding="utf-8") as lines:
        for line in lines:
            yield json.loads(line)


Span = tuple[int, int]


@dataclass
class _Builder:
    numbers: dict[str, int] = field(default_factory=dict)
    text: list[int] = field(default_factory=list)
    sources: dict[str, int] = field(default_factory=dict)
    source: list[int] = field(default_factory=list)
    title: list[Span] = field(default_factory=list)
    body: list[Span] = field(default_factory=list)
    sentences: list[tuple[int, int, int]] = field(default_factory=list)
    pairs: list[tuple[int, int, int, int, int]] = field(default_factory=list)
    questions: list[Span] = field(default_factory=list)

    def add_document(self, source: str, title: str, body: str) -> None:
        document = len(self.source)
        self.source.append(self.sources.setdefault(source, len(self.sources)))
        self.title.append(self._add(fold(title)))
        start = len(self.text)
        for sentence in _SENTENCE_END.split(fold(body)):
            span = self._add(sentence)
            if span[0] < span[1]:
                self.sentences.append((document, *span))
        self.body.append((start, len(self.text)))

    def add_pair(self, first: str, second: str, *, same: bool) -> tuple[Span, Span]:
        spans = self._add(fold(first)), self._add(fold(second))
        self.pairs.append((int(same), *spans[0], *spans[1]))
        return spans

    def _add(self, folded: str) -> Span:
        start = len(self.text)
        numbers = self.numbers
        self.text.extend(numbers.setdefault(word, len(numbers)) for word in _WORDS.findall(folded))
        return start, len(self.text)

    def build(self) -> TrainingText:
        return TrainingText(
            words=list(self.numbers),
            text=np.array(self.text, dtype=np.int64),
            sources=list(self.sources),
            source=np.array(self.source, dtype=np.int64),
            title=np.array(self.title, dtype=np.int64).reshape(-1, 2),
            body=np.array(self.body, dtype=np.int64).reshape(-1, 2),
            sentences=np.array(self.sentences, dtype=np.int64).reshape(-1, 3),
            pairs=np.array(self.pairs, dtype=np.int64).reshape(-1, 5),
            questions=np.array(self.questions, dtype=np.int64).reshape(-1, 2),
        )
