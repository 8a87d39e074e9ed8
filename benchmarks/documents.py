"""The documents that are measured: a corpus of articles as it is, and beyond its size new ones made of real sentences.

Nothing but the number asked for decides what is made: the first *n* documents are the same for every size.
"""

from __future__ import annotations

import json
import mmap
import re
from array import array
from collections.abc import Iterable, Iterator
from dataclasses import asdict, dataclass
from itertools import islice, pairwise
from pathlib import Path
from random import Random

from arsearch.corpus import ReadingReport, read_source
from arsearch.lexical.analysis.bulk import BulkAnalyzer

__all__ = ["PreparedDocuments", "SourceArticle", "documents", "prepare_documents"]

FIRST_SOURCE = "saudi-news.jsonl.gz"
"""Its articles come first, as they are."""

_SEED = 20150721
_SENTENCE_END = re.compile(r"[.!؟?\n]+")
_SENTENCE_WORDS = range(4, 61)
_DOCUMENT_WORDS = (60, 180)
"""A made document ends with the sentence that reaches a number of words drawn from here: 120 on average, and a bit."""
_TITLE_WORDS = 9
_BATCH = 2000


@dataclass(frozen=True, slots=True)
class SourceArticle:
    """What is indexed of an article. *id* is its number, so that all engines call it the same."""

    id: str
    title: str
    body: str
    source: str = ""
    date: str = ""
    url: str = ""


@dataclass(frozen=True, slots=True)
class PreparedDocuments:
    """The same documents in the forms that engines read: one document a line, in the same order.

    *articles*: JSON lines. *texts*: title, tab, body. *stems*: the stems of title and body with spaces between.
    """

    folder: Path

    @property
    def articles(self) -> Path:
        """Articles for the whole of arsearch."""
        return self.folder / "articles.jsonl"

    @property
    def texts(self) -> Path:
        """Raw text for engines that analyse Arabic."""
        return self.folder / "texts.tsv"

    @property
    def stems(self) -> Path:
        """Stems for engines that do not."""
        return self.folder / "stems.txt"

    @property
    def description(self) -> dict[str, int]:
        """How much there is: *documents*, *stems* (words that are no stop words), *bytes* of raw text."""
        facts: dict[str, int] = json.loads((self.folder / "documents.json").read_text(encoding="utf-8"))
        return facts


def documents(sources: Path, size: int, scratch: Path) -> Iterator[SourceArticle]:
    """Yield the first *size* documents made from the corpora in the folder *sources*.

    Sentences are kept in a file in *scratch*, so memory does not grow with the size.
    """
    given = 0
    for article in islice(_articles([sources / FIRST_SOURCE]), size):
        given += 1
        yield article
    if given < size:
        pool = _SentencePool(_articles(sorted(sources.glob("*.jsonl.gz"))), scratch / "sentences.txt")
        yield from islice(_recombined(pool, first=given), size - given)


def prepare_documents(sources: Path, size: int, folder: Path) -> PreparedDocuments:
    """Write the first *size* documents into *folder*, unless they are there already."""
    prepared = PreparedDocuments(folder)
    if (folder / "documents.json").exists():
        return prepared
    folder.mkdir(parents=True, exist_ok=True)
    analyzer = BulkAnalyzer()
    made = documents(sources, size, folder)
    count = words = 0
    with (
        prepared.articles.open("w", encoding="utf-8") as articles,
        prepared.texts.open("w", encoding="utf-8") as texts,
        prepared.stems.open("w", encoding="utf-8") as stems,
    ):
        while batch := list(islice(made, _BATCH)):
            tokens = analyzer.analyze([f"{article.title}\n{article.body}" for article in batch])
            batch_stems = analyzer.stem_texts(tokens.words)
            for article, (first, last) in zip(batch, pairwise(tokens.offsets.tolist()), strict=True):
                found = [stem for stem in batch_stems[first:last] if stem]
                articles.write(json.dumps(asdict(article), ensure_ascii=False) + "\n")
                texts.write(f"{_one_line(article.title)}\t{_one_line(article.body)}\n")
                stems.write(" ".join(found) + "\n")
                words += len(found)
            count += len(batch)
    facts = {"documents": count, "stems": words, "bytes": prepared.texts.stat().st_size}
    (folder / "documents.json").write_text(json.dumps(facts), encoding="utf-8")
    return prepared


def _articles(paths: Iterable[Path]) -> Iterator[SourceArticle]:
    number = 0
    for path in paths:
        for article in read_source(path, ReadingReport()):
            yield SourceArticle(str(number), article.title, article.body, article.source, article.date, article.url)
            number += 1


def _one_line(text: str) -> str:
    return " ".join(text.split())


class _SentencePool:
    """All sentences of *articles*, in the file *path*, read where they stand."""

    def __init__(self, articles: Iterable[SourceArticle], path: Path) -> None:
        self._starts = array("q", [0])
        with path.open("wb") as file:
            for article in articles:
                for piece in _SENTENCE_END.split(article.body):
                    words = piece.split()
                    if len(words) in _SENTENCE_WORDS:
                        sentence = " ".join(words).encode("utf-8", "surrogatepass")
                        file.write(sentence)
                        self._starts.append(self._starts[-1] + len(sentence))
        with path.open("rb") as file:
            self._bytes = mmap.mmap(file.fileno(), 0, access=mmap.ACCESS_READ)

    def __len__(self) -> int:
        return len(self._starts) - 1

    def __getitem__(self, number: int) -> str:
        return self._bytes[self._starts[number] : self._starts[number + 1]].decode("utf-8", "surrogatepass")


def _recombined(pool: _SentencePool, *, first: int) -> Iterator[SourceArticle]:
    random = Random(_SEED)
    number = first
    while True:
        wanted = random.randint(*_DOCUMENT_WORDS)
        sentences: list[str] = []
        words = 0
        while words < wanted:
            sentences.append(pool[random.randrange(len(pool))])
            words += sentences[-1].count(" ") + 1
        title = " ".join(sentences[0].split()[:_TITLE_WORDS])
        yield SourceArticle(str(number), title, ". ".join(sentences) + ".")
        number += 1
