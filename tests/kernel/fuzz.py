"""Calls the compiled kernel with arguments nobody would pass: ``python -m tests.kernel.fuzz SECONDS [SEED]``.

Any error of Python's is an answer. What must not happen is that memory is touched which is not the arguments': run it
by ``python -m tests.kernel.sanitized --fuzz SECONDS``, where sanitizers watch.
"""

from __future__ import annotations

import random
import sys
import time
from collections import Counter
from collections.abc import Callable
from contextlib import suppress
from typing import Any

import numpy as np

from arsearch.common.hashing import MAX_CHARACTERS
from arsearch.kernel import native
from arsearch.lexical.segment.packing.bits import padded
from arsearch.ranking.features import FEATURES

__all__ = ["Fuzz", "fuzz"]

DTYPES = ("i1", "u1", "i2", "u2", "i4", "u4", "i8", "u8", "f2", "f4", "f8", "?", ">i4")
EXTREMES = (0, 1, -1, 2, 3, 7, 255, 256, 1 << 15, (1 << 31) - 1, -(1 << 31), 1 << 31, (1 << 32) - 1, (1 << 63) - 1)
ANSWERS = (ValueError, TypeError, OverflowError, IndexError, MemoryError, BufferError)


class Fuzz:
    """Makes arguments by chance; one *seed* always makes the same."""

    def __init__(self, seed: int) -> None:
        self.chance = random.Random(seed)
        self.random = np.random.default_rng(seed)
        self.calls = 0
        self.answered: Counter[str] = Counter()
        """Calls that raised nothing."""
        self.grams = np.zeros(1 << 20, np.float16)
        self.kinds = self.random.integers(0, 4, 1 << 16).astype(np.uint8)

    def number(self) -> int:
        """Return a number that is small, or at an edge."""
        return self.chance.choice(EXTREMES) if self.chance.random() < 0.3 else self.chance.randint(-3, 40)

    def below(self, end: int) -> int:
        """Return a number from 0 to *end*, mostly."""
        return self.number() if self.chance.random() < 0.05 else self.chance.randint(0, max(end, 0))

    def indices(self, size: int, end: int, dtype: str = "i4") -> Any:
        """Return *size* numbers below *end*, mostly."""
        if end <= 0 or self.chance.random() < 0.1:
            return self.array(dtype, length=size)
        return self.random.integers(0, end, size).astype(dtype)

    def real(self) -> float:
        """Return a number that may be none."""
        return self.chance.choice((0.0, 1.0, -1.0, 0.5, 1e300, -1e300, float("inf"), float("nan"), 3.7))

    def array(self, wanted: str = "i4", *, length: int | None = None) -> Any:
        """Return an array, mostly of the type *wanted*: random, sorted, extreme, empty, or none at all."""
        if self.chance.random() < 0.004:
            return self.chance.choice((None, 5, "text", [], (), b"bytes"))
        dtype = np.dtype(wanted if self.chance.random() < 0.99 else self.chance.choice(DTYPES))
        size = (
            length if length is not None and self.chance.random() < 0.97 else self.chance.choice((0, 1, 2, 5, 17, 64))
        )
        if dtype.kind == "f":
            values = self.random.normal(size=size).astype(dtype)
            if size and self.chance.random() < 0.3:
                values[self.chance.randrange(size)] = (
                    self.real() if dtype.itemsize > 4 else self.chance.choice((np.inf, np.nan, 0))
                )
        elif dtype.kind == "b":
            values = self.random.integers(0, 2, size).astype(dtype)
        else:
            limits = np.iinfo(dtype)
            low, high = (0, 20) if self.chance.random() < 0.75 else (limits.min, limits.max)
            low, high = max(low, limits.min), min(high, limits.max)
            values = np.array([self.chance.randint(low, high) for _ in range(size)], dtype)
            if size and self.chance.random() < 0.5:
                values = np.sort(values)
            if size and self.chance.random() < 0.3:
                values[0] = 0
        if self.chance.random() < 0.005:
            values = values[::2]
        if self.chance.random() < 0.005:
            values = values.reshape(1, -1)
        return values

    def offsets(self, size: int, parts: int, dtype: str = "i8") -> Any:
        """Return what cuts *size* things into *parts*, mostly as it should be."""
        if self.chance.random() < 0.1:
            return self.array(dtype, length=parts + 1)
        if not parts:
            return np.zeros(1, dtype)
        edges = np.sort(self.random.integers(0, size + 1, max(parts - 1, 0)))
        return np.concatenate([[0], edges, [size]]).astype(dtype)[: parts + 1]

    def bytes(self, size: int) -> Any:
        """Return packed bytes, of small numbers mostly, with the padding behind, mostly."""
        values = self.random.integers(0, 6 if self.chance.random() < 0.5 else 256, size).astype("u1")
        return padded(values) if self.chance.random() < 0.95 else values

    def code(self) -> Any:
        """Return the bits of the classes of words, mostly."""
        if self.chance.random() < 0.05:
            return self.array("u1", length=self.chance.randint(3, 5))
        return np.sort(self.random.integers(0, 6 if self.chance.random() < 0.9 else 34, 4)).astype("u1")

    def packing(self, native: Any) -> None:
        terms, size = self.chance.randint(0, 5), self.chance.randint(0, 60)
        counts = self.random.integers(0, 4, terms).astype("i8")
        total = int(counts.sum())
        if self.chance.random() < 0.1:
            counts[:] = [self.number() for _ in counts]
        ends = np.sort(self.random.integers(0, size + 1, terms)).astype("i8")
        begins = np.concatenate([[0], ends])[:-1].astype("i8") if self.chance.random() < 0.9 else ends[::-1].copy()
        way = self.chance.randint(0, 4)
        if way == 0:
            frequencies = self.random.integers(1, 3, total).astype("i4")
            native.pack_postings(
                np.concatenate([[0], np.cumsum(counts)]).astype("i8"),
                np.arange(total, dtype="i4") if self.chance.random() < 0.8 else self.array("i4", length=total),
                frequencies, np.zeros(terms + 1, "i8") if self.chance.random() < 0.5 else self.offsets(total, terms),
                self.array("u2", length=total), np.empty(terms, "i8"), self.bytes(self.chance.choice((0, 9, 999))),
            )  # fmt: skip
        elif way == 1:
            native.unpack_postings(
                self.bytes(size), begins, ends, counts, np.empty(total, "i4"), np.empty(total, "i4"),
                np.empty(terms, "i8"),
            )  # fmt: skip
        elif way == 2:
            frequencies = self.random.integers(1, 3, total).astype("i4")
            native.unpack_positions(
                self.bytes(size), begins, ends, counts, frequencies, np.empty(int(frequencies.sum()), "u4")
            )
        elif way == 3:
            native.pack_words(
                self.indices(total, 9), np.concatenate([[0], np.cumsum(counts)]).astype("i8"), self.code(),
                np.empty(terms, "i8"), self.bytes(self.chance.choice((0, 9, 999))),
            )  # fmt: skip
        elif self.chance.random() < 0.3:
            record = self.bytes(size), self.below(size // 2), self.below(size), self.below(30)
            native.occurrences(*record, self.chance.randint(0, 9))
            native.term_postings(*record)
        elif self.chance.random() < 0.5:
            native.unpack_words(self.bytes(size), begins, ends, counts, self.code(), np.empty(total, "i4"))
        else:
            asked = self.chance.randint(0, 5)
            native.words_at(
                self.bytes(size), self.offsets(size, terms, self.chance.choice(("i4", "i8"))),
                self.offsets(size, terms), self.code(), self.indices(asked, terms, "i8"),
                self.indices(asked, 5, "i8"), np.empty(asked * self.chance.randint(0, 3), "i4"),
            )  # fmt: skip

    def forward(self, native: Any) -> None:
        documents, tokens, words, terms = (self.chance.randint(0, 12) for _ in range(4))
        letters = self.chance.randint(0, 60)
        edges = sorted(self.below(terms) for _ in range(4))
        view = native.Forward(
            self.offsets(tokens, documents), self.offsets(tokens, documents), self.bytes(tokens), self.code(),
            self.indices(words, terms), self.indices(words, terms), self.array("u1", length=letters),
            self.offsets(letters, terms), *edges,
        )  # fmt: skip
        if self.chance.random() < 0.3:
            words = self.chance.randint(0, 4)
            asked_words = self.indices(words, terms), self.indices(words, terms)
            if self.chance.random() < 0.5:
                self.snippets(view, documents, tokens, asked_words)
            else:
                view.find_words(self.below(documents - 1), *asked_words, self.number())
            return
        asked = self.indices(self.chance.randint(0, 5), documents, "i8")
        view.view(
            asked,
            self.indices(self.chance.randint(0, 5), terms),
            tuple(self.number() for _ in range(3)),
            self.below(20),
        )

    def snippets(self, view: Any, documents: int, tokens: int, asked_words: tuple[Any, Any]) -> None:
        shown, spans = self.chance.randint(0, 4), self.chance.randint(0, 40)
        texts = tuple("".join(self.chance.choices("ab .،\n«»<\u2028", k=40)) for _ in range(shown))
        view.snippets(
            texts if self.chance.random() < 0.95 else self.chance.choice(((), (None,) * shown, None)),
            self.offsets(spans, documents, self.chance.choice(("i4", "i8"))), self.number(), self.below(9),
            self.indices(shown, documents, "i8"), self.array("i8", length=shown), *asked_words,
            self.indices(len(asked_words[0]), 4), self.array("f8", length=4), self.array("u1", length=tokens),
            self.array("u1", length=spans), self.indices(documents, 4, "u4"),
        )  # fmt: skip

    def postings(self, native: Any) -> None:
        documents, terms, count = self.chance.randint(0, 30), self.chance.randint(1, 6), self.chance.randint(0, 60)
        frequencies = self.chance.choice(("u1", "u2", "u4", "u8"))
        segments = tuple(
            (self.offsets(count, terms, self.chance.choice(("i4", "i8"))),
             np.minimum(self.random.integers(0, 4, terms), documents).astype(frequencies)
             if self.chance.random() < 0.7 else self.array(frequencies, length=terms),
             self.bytes(count), self.number() if self.chance.random() < 0.3 else documents)
            for _ in range(self.chance.randint(0, 2))
        )  # fmt: skip
        norms = tuple(self.array("f4", length=documents) for _ in range(self.chance.randint(0, 4)))
        live = self.array("?", length=documents) if self.chance.random() < 0.5 else None
        postings = native.Postings(segments, norms, live)
        if self.chance.random() < 0.3:
            given = self.chance.randint(0, 5)
            scores = np.abs(self.random.normal(size=given)).astype("f4")
            postings.list_of(np.unique(self.indices(given, documents, "i8")), scores).postings()
            return
        lists = []
        for _ in range(self.chance.randint(0, 3)):
            numbers = tuple(self.chance.randint(-1, terms) for _ in segments)
            term = (self.chance.randint(-1, 4), numbers, self.real(), self.real(), self.number())
            lists.append(postings.scored_list([term] * self.chance.randint(0, 3)))
        allowed = self.array("?", length=documents) if self.chance.random() < 0.5 else None
        matched = self.array("?", length=documents) if self.chance.random() < 0.5 else None
        postings.best(lists, self.number(), allowed, self.chance.random() < 0.5, matched)

    def features(self, native: Any) -> None:
        query, words, tokens, articles = (self.chance.randint(0, 8) for _ in range(4))
        gram_idf = self.grams if self.chance.random() < 0.9 else self.array("f2")
        owners = np.sort(self.indices(tokens, articles, "i8"))
        native.find_features(
            self.array("u2", length=query + 1), self.array("f4", length=words), self.array("i8", length=words),
            self.array("u2"), self.array("i8"), self.indices(tokens, 5, "i8"), owners,
            self.array("i8", length=tokens), self.array("i8", length=articles), gram_idf,
            self.array("f4", length=len(FEATURES) * articles), self.array("f4", length=words * articles), self.real(),
        )  # fmt: skip

    def grams_of_words(self, native: Any) -> None:
        buckets, words = self.chance.randint(0, 8), self.chance.randint(0, 8)
        grams = np.frombuffer(native.find_grams(self.array("u2")), np.uint64)
        offsets = self.offsets(words, buckets, "i4")
        table = self.array("i4", length=buckets) if self.chance.random() < 0.5 else self.buckets_of(grams, buckets)
        native.words_with_grams(grams, table, offsets, self.array("i4", length=words))

    @staticmethod
    def buckets_of(grams: Any, count: int) -> Any:
        """Return *count* buckets, such as *grams* have."""
        return np.sort(np.resize((grams * np.uint64(0x9E3779B97F4A7C15) >> np.uint64(44)).astype(np.int32), count))

    def alignment(self, native: Any) -> None:
        words, longest, letters, steps = (self.chance.randint(0, 5) for _ in range(4))
        kinds = self.random.integers(0, 3, (steps, 4)).astype(np.int32)
        kinds[:, 1] = np.sort(self.random.integers(0, 4, steps))
        native.align(
            self.indices(words * longest, max(letters, 1), "u1"), longest,
            self.array("f4", length=letters), self.array("f4", length=3 * letters),
            self.array("i4") if self.chance.random() < 0.1 else kinds.reshape(-1), self.array("f4", length=steps),
            self.below(5), self.below(600),
            self.real(),
        )  # fmt: skip

    def spelling(self, native: Any) -> None:
        size = self.chance.randint(0, 30)
        native.nearest_words(
            self.array("u8", length=size), self.array("f4", length=size), self.array("i8", length=size),
            self.array("u1", length=size), *(self.number() for _ in range(7)),
        )  # fmt: skip

    def spans(self, native: Any) -> None:
        size = self.chance.randint(0, 40)
        codes = self.array("u2", length=size)
        begins, ends = self.array("i8", length=size), self.array("i8", length=size)
        key, hashes = self.array("u8", length=MAX_CHARACTERS + 1), self.array("u8", length=size)
        if self.chance.random() < 0.5:
            native.hash_spans(codes, begins, ends, key, hashes)
        else:
            native.split_chunks(codes, self.kinds, begins, ends, key, hashes)

    def marks(self, native: Any) -> None:
        size, tokens = self.chance.randint(0, 12), self.chance.randint(0, 30)
        if self.chance.random() < 0.3:
            terms = self.chance.randint(0, 8)
            letters = self.array("u1", length=tokens)
            offsets = self.offsets(tokens, terms)
            native.first_not_before(letters, offsets, b"ab"[: size % 3], self.below(terms), self.below(terms))
            postings = self.array("u1", length=terms), self.offsets(size, terms), padded(self.array("u1", length=size))
            live = None if self.chance.random() < 0.3 else self.array("?")
            found = native.FieldTerms(
                ((letters, offsets, *postings, live, self.below(terms), self.below(terms)),) * (size % 3)
            )
            found.numbers(b"ab"[: size % 3])
            found.with_prefixes([b"ab"[: size % 3]], self.below(terms))
            found.find(b"ab"[: size % 3])
            found.frequency(b"ab"[: size % 3])
        elif self.chance.random() < 0.5:
            columns = np.arange(size), self.random.integers(0, 5, size), self.random.integers(0, 2, size)
            matches = np.column_stack(columns).astype(np.int32).reshape(-1)
            text = "".join(self.chance.choices('ab .،\n"«»<\u2028😀', k=self.chance.randint(0, 60)))
            spans = self.chance.choice(
                (np.sort(self.indices(2 * tokens, 70, "i8")), self.array("i8", length=2 * tokens))
            )
            weights, least = self.array("f8", length=5), (self.number(), self.number())
            native.cut_snippet(
                text, spans, self.array("i4") if self.chance.random() < 0.1 else matches, weights, *least
            )
        else:
            native.token_spans(
                self.bytes(tokens), self.below(tokens), self.below(tokens), self.code(), self.array("u1", length=size),
                self.array("u1", length=tokens), self.below(tokens), self.below(tokens), self.number(), self.number(),
            )  # fmt: skip

    def hashes(self, native: Any) -> None:
        size = self.chance.choice((0, 1, 2, 4, 8, 16, 5))
        native.find_hashes(
            self.array("u8"), self.array("u8", length=size), self.array("i4", length=size), self.array("i4")
        )

    def inversion(self, native: Any) -> None:
        size, terms = self.chance.randint(0, 30), self.chance.randint(0, 8)
        native.group_by_term(
            self.indices(size, terms), self.offsets(size, self.chance.randint(0, 5)), self.array("u1", length=size),
            self.array("i8", length=terms + 1), self.array("i4", length=size), self.array("u1", length=size),
        )  # fmt: skip

    def means(self, native: Any) -> None:
        rows, dimension, tokens, texts = (self.chance.randint(0, 9) for _ in range(4))
        native.mean_rows(
            self.array(self.chance.choice(("i1", "f4")), length=rows * dimension), self.array("f4", length=rows),
            self.indices(tokens, rows), self.offsets(tokens, texts), self.array("f4", length=texts * dimension),
        )  # fmt: skip

    def nearest(self, native: Any) -> None:
        rows, dimension, chosen = self.chance.randint(0, 70), self.chance.randint(0, 9), self.chance.randint(0, 9)
        codes = self.array("u1", length=rows * dimension)
        if self.chance.random() < 0.5:
            native.take_rows(codes, self.indices(chosen, rows, "i8"), self.array("f4", length=chosen * dimension))
            return
        allowed = self.array("?", length=rows) if self.chance.random() < 0.5 else None
        native.nearest_rows(codes, self.array("i1", length=dimension), allowed, self.number())

    def sketches(self, native: Any) -> None:
        hashes, texts, functions = (self.chance.randint(0, 9) for _ in range(3))
        native.minima(
            self.array("u8", length=hashes), self.offsets(hashes, texts), self.array("u8", length=functions),
            self.array("u8", length=functions), self.array("u8", length=texts * functions),
        )  # fmt: skip

    def call(self) -> None:
        """Call one function, whatever comes of it."""
        ways: tuple[Callable[[Any], None], ...] = (
            self.forward, self.postings, self.features, self.grams_of_words, self.spelling, self.alignment, self.spans,
            self.marks, self.hashes, self.inversion, self.means, self.packing, self.nearest, self.sketches,
        )  # fmt: skip
        one = self.chance.choice(ways)
        self.calls += 1
        with suppress(*ANSWERS):
            one(native)
            self.answered[one.__name__] += 1


def fuzz(seconds: float, seed: int) -> int:
    """Call for *seconds*; return how often."""
    made = Fuzz(seed)
    end = time.monotonic() + seconds
    while time.monotonic() < end:
        made.call()
    return made.calls


if __name__ == "__main__":
    chosen = int(sys.argv[2]) if len(sys.argv) > 2 else random.randrange(1 << 32)
    sys.stderr.write(f"seed {chosen}\n")
    sys.stderr.write(f"{fuzz(float(sys.argv[1]), chosen)} calls\n")
