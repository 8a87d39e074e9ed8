"""Verifying an index: every byte against its checksum, the stores against each other, a sample against its text."""

from __future__ import annotations

import random
import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import closing, nullcontext
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from arsearch.arabic import analyze
from arsearch.common.array_types import UInt32s, Vectors
from arsearch.corpus import Article
from arsearch.errors import ArsearchError, CorruptIndexError, EncoderError, IncompatibleIndexError
from arsearch.index.commit import Commit
from arsearch.index.layout import Layout
from arsearch.index.learned_weights import read_weights
from arsearch.index.manifest import MANIFEST_FILE, Manifest, checksum, differs
from arsearch.index.reader_lock import ReaderLock
from arsearch.index.update.embed import passage_text, read_waiting
from arsearch.index.writes.log import WriteLog
from arsearch.semantic import cut_passages, load_encoder

__all__ = ["SAMPLE", "Verification", "inspect_index", "verify"]

SAMPLE = 200
"""Articles that are analysed and embedded again, unless it is said how many."""

_MIN_COSINE = 0.99
"""Vectors embedded again are nearer than this to those that were stored as int8; those of other texts hardly ever."""

Progress = Callable[[str, int, int | None], None]
"""Called with ``verifying``, how many files have been read, and None."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Verification:
    """What was looked at, and what is wrong with it."""

    commit: str
    """The live one."""
    faults: tuple[str, ...]
    """What is wrong with what is being served, one sentence a fault."""
    older_faults: tuple[str, ...]
    """What is wrong with the commits that are kept for a rollback."""
    files: int
    bytes: int
    """Read, each file once, however many commits share it."""
    articles: int
    sampled: int
    """Articles whose postings were compared with their texts."""
    passages: int
    """Passages whose vectors were compared with their texts."""
    notice: str
    """What could not be looked at, or empty."""
    seconds: float


def verify(index: Path) -> list[str]:
    """Return what is wrong with what *index* serves, one sentence a fault; an empty list means that all is well.

    :func:`inspect_index` tells more. Raises an IndexStateError if there is no commit to check.
    """
    return list(inspect_index(index).faults)


def inspect_index(index: Path, *, sample: int = SAMPLE, progress: Progress | None = None) -> Verification:
    """Read every file of *index*; compare the stores with each other, and *sample* articles with their texts.

    The articles are chosen by chance: who verifies every night sees them all in time. Raises NoIndexError or
    IncompatibleIndexError if there is nothing that could be checked.
    """
    began = time.perf_counter()
    layout = Layout(index)
    live, reader_lock, faults = _claim_live(layout)
    with closing(reader_lock) if reader_lock else nullcontext():
        faults += [*_weights_faults(index), *WriteLog(index).faults()]
        older_faults: list[str] = []
        reading = _Reading(layout, progress or _silent)
        for name in layout.commits():
            (faults if name == live else older_faults).extend(reading.faults(name))
        depth = _Depth()
        if reader_lock and not faults:
            faults += depth.look_into(layout.commit(live), sample)
    return Verification(
        commit=live,
        faults=tuple(dict.fromkeys(faults)),
        older_faults=tuple(older_faults),
        files=reading.files,
        bytes=reading.bytes,
        articles=depth.articles,
        sampled=depth.sampled,
        passages=depth.passages,
        notice=depth.notice,
        seconds=time.perf_counter() - began,
    )


def _claim_live(layout: Layout) -> tuple[str, ReaderLock | None, list[str]]:
    """Return the name of the live commit, a reader_lock of it, and what is wrong with what says which one it is.

    The name is empty if that is not known; there is no reader_lock of a commit that cannot be read at all.
    """
    try:
        pointer = layout.pointer()
    except CorruptIndexError as error:
        return "", None, [str(error)]
    try:
        reader_lock = ReaderLock(layout.commit(pointer.name))
    except CorruptIndexError as error:
        if pointer != layout.pointer():
            return _claim_live(layout)  # there is a newer one, and a writer has collected this one
        return pointer.name, None, [str(error)]
    try:
        Manifest.read(layout.commit(pointer.name), sha256=pointer.manifest_sha256)
    except CorruptIndexError as error:
        return pointer.name, reader_lock, [str(error)]
    except BaseException:
        reader_lock.close()
        raise
    return pointer.name, reader_lock, []


def _weights_faults(index: Path) -> list[str]:
    try:
        read_weights(index)
    except CorruptIndexError as error:
        return [str(error)]
    return []


class _Reading:
    """Reads the files of commits, each once, however many of them share it."""

    def __init__(self, layout: Layout, progress: Progress) -> None:
        self._layout = layout
        self._progress = progress
        self._known: dict[tuple[int, int], str] = {}
        self.files = self.bytes = 0

    def faults(self, name: str) -> list[str]:
        """Return what is wrong with the files of commit *name*."""
        folder = self._layout.commit(name)
        try:
            reader_lock = ReaderLock(folder)
        except CorruptIndexError:
            return []  # a writer has just collected it
        try:
            manifest = Manifest.read(folder)
        except IncompatibleIndexError:
            return []  # of another program: nothing is known of its files
        except CorruptIndexError as error:
            return [str(error)]
        else:
            return [*self._damage(folder, manifest), *_strangers(folder, manifest)]
        finally:
            reader_lock.close()

    def _damage(self, folder: Path, manifest: Manifest) -> Iterator[str]:
        for name, record in manifest.files.items():
            path = folder / name
            try:
                status = path.stat()
                identity = status.st_dev, status.st_ino
                if identity not in self._known:
                    self._known[identity] = checksum(path).sha256
                    self.files += 1
                    self.bytes += status.st_size
                    self._progress("verifying", self.files, None)
            except FileNotFoundError:
                yield f"{path} is missing."
            except OSError as error:
                yield f"{path} cannot be read: {error}."
            else:
                if self._known[identity] != record.sha256:
                    yield differs(path)


def _strangers(folder: Path, manifest: Manifest) -> Iterator[str]:
    for path in sorted(folder.rglob("*")):
        name = path.relative_to(folder).as_posix()
        if path.is_file() and name != MANIFEST_FILE and name not in manifest.files:
            yield f"{path} does not belong to the commit."


class _Depth:
    """Compares the stores of a commit, all of whose files are what was written."""

    def __init__(self) -> None:
        self.articles = self.sampled = self.passages = 0
        self.notice = ""

    def look_into(self, folder: Path, sample: int) -> list[str]:
        """Return how the stores disagree, with each other and with *sample* of the articles."""
        try:
            commit = Commit.open(folder)
        except ArsearchError as error:
            return [str(error)]
        with commit:
            self.articles = commit.manifest.articles
            try:
                waiting = read_waiting(folder)
            except CorruptIndexError as error:
                return [str(error)]
            return _different_articles(folder, commit, waiting) or [*self._different_texts(commit, waiting, sample)]

    def _different_texts(self, commit: Commit, waiting: UInt32s, sample: int) -> Iterator[str]:
        ordinals = commit.articles.ordinals().tolist()
        chosen = sorted(random.sample(ordinals, min(sample, len(ordinals))))
        own = commit.manifest.own_fields
        articles = dict(zip(chosen, commit.articles.fetch(chosen), strict=True))
        for ordinal, article in articles.items():
            number = int(commit.words.numbers[ordinal])
            difference = commit.words.disagreement(
                number,
                article.title,
                article.body,
                article.language,
                article.prose(own),
            )
            self.sampled += 1
            if difference:
                yield f"The words of the article {article.id!r} do not agree with its text: {difference}."
        yield from self._different_vectors(commit, waiting, articles)

    def _different_vectors(self, commit: Commit, waiting: UInt32s, articles: Mapping[int, Article]) -> Iterator[str]:
        manifest = commit.manifest
        try:
            encoder = load_encoder(manifest.encoder)
        except EncoderError as error:
            self.notice = f"The vectors were not compared with their texts: {error}"
            return
        if encoder.fingerprint != manifest.encoder_fingerprint:
            self.notice = f"The vectors were not compared with their texts: the model {encoder.name} is another now."
            return
        numbers = commit.words.numbers[list(articles)]
        owners, spans, vectors = commit.vectors.decoded_rows(numbers)
        for number, (ordinal, article) in zip(numbers.tolist(), articles.items(), strict=True):
            if self.passages >= len(articles):
                return  # a few long articles must not take a large model the whole night
            rows = owners == number
            starts = np.array([token.start for token in analyze(article.body, article.language)], dtype=np.int64)
            passages = cut_passages(article.body, starts, size=manifest.passage_words)
            known = spans[rows].tolist() + waiting[waiting[:, 0] == ordinal, 1:].tolist()
            if sorted(map(tuple, known)) != sorted(map(tuple, passages)):
                yield f"The passages of the article {article.id!r} are not those of its text."
                continue
            texts = [passage_text(article.title, article.body, *span) for span in spans[rows].tolist()]
            self.passages += len(texts)
            if not texts:
                continue
            if _min_cosine(encoder.encode_passages(texts), vectors[rows]) < _MIN_COSINE:
                yield f"The vectors of the article {article.id!r} are not those of its text."


def _different_articles(folder: Path, commit: Commit, waiting: UInt32s) -> list[str]:
    counts = {
        "the manifest": commit.manifest.articles,
        "the article store": len(commit.articles.ordinals()),
        "the lexical index": len(commit.words),
        "the vectors": commit.vectors.count_articles() + _count_without_any(commit, waiting),
    }
    faults = []
    if len(set(counts.values())) > 1:
        listed = ", ".join(f"{count} in {place}" for place, count in counts.items())
        faults.append(f"The stores of {folder} hold different numbers of articles: {listed}.")
    if not np.array_equal(commit.articles.ordinals(), commit.words.live_ordinals()):
        faults.append(f"The article store and the lexical index of {folder} hold different articles.")
    return faults


def _count_without_any(commit: Commit, waiting: UInt32s) -> int:
    """Return how many articles of the passages *waiting* have no vector at all."""
    numbers = commit.words.numbers[np.unique(waiting[:, 0])].tolist()
    return sum(not len(commit.vectors.passages_of(number)[1]) for number in numbers)


def _min_cosine(some: Vectors, others: Vectors) -> float:
    """Return the least cosine of a row of *some* with that of *others*, (n, dimension) each; of zeros it is 1."""
    norms = np.linalg.norm(some, axis=1), np.linalg.norm(others, axis=1)
    nothing = (norms[0] == 0) & (norms[1] == 0)
    cosines = (some * others).sum(axis=1) / np.maximum(norms[0] * norms[1], np.finfo(np.float32).tiny)
    return float(np.where(nothing, 1.0, cosines).min(initial=1.0))


def _silent(stage: str, done: int, total: int | None) -> None:
    """Show no progress."""
