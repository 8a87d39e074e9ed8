"""Vectors that were embedded before are not embedded again."""

from __future__ import annotations

import sqlite3
from collections.abc import Sequence
from contextlib import closing
from pathlib import Path

import numpy as np
import pytest

from arsearch.common.array_types import Vectors
from arsearch.semantic.cache import VectorCache


class CountingEncoder:
    """Gives every text a vector of its own, and remembers what it was asked for."""

    name = "counting/encoder"
    dimension = 8

    def __init__(self, fingerprint: str = "1") -> None:
        self.fingerprint = fingerprint
        self.encoded: list[str] = []
        self.fails_after = 1_000

    def encode_passages(self, texts: Sequence[str]) -> Vectors:
        if len(self.encoded) + len(texts) > self.fails_after:
            raise KeyboardInterrupt
        self.encoded.extend(texts)
        rows = np.array([np.random.default_rng(len(text)).random(8) for text in texts], dtype=np.float32)
        return np.asarray(rows / np.linalg.norm(rows, axis=1, keepdims=True), dtype=np.float32)

    def encode_queries(self, texts: Sequence[str]) -> Vectors:
        return -self.encode_passages(texts)


def test_a_passage_is_embedded_once(tmp_path: Path) -> None:
    encoder = CountingEncoder()
    cache = VectorCache(encoder, tmp_path)
    first = cache.encode_passages(["ا", "اب", "ا"])
    second = cache.encode_passages(["اب", "ابج"])
    cache.close()
    assert encoder.encoded == ["ا", "اب", "ابج"]
    np.testing.assert_array_equal(first[0], first[2])
    np.testing.assert_array_equal(first[1], second[0])
    np.testing.assert_allclose(second[1], CountingEncoder().encode_passages(["ابج"])[0], atol=1e-3)


def test_a_killed_run_goes_on_where_it_was(tmp_path: Path) -> None:
    texts = ["ا" * length for length in range(1, 7)]
    killed = CountingEncoder()
    killed.fails_after = 4
    cache = VectorCache(killed, tmp_path)
    cache.encode_passages(texts[:2])
    cache.encode_passages(texts[2:4])
    with pytest.raises(KeyboardInterrupt):
        cache.encode_passages(texts[4:])
    cache.close()
    encoder = CountingEncoder()
    cache = VectorCache(encoder, tmp_path)
    cache.encode_passages(texts)
    cache.close()
    assert encoder.encoded == texts[4:]


def test_another_model_has_other_vectors(tmp_path: Path) -> None:
    for fingerprint in ("1", "2"):
        encoder = CountingEncoder(fingerprint)
        cache = VectorCache(encoder, tmp_path)
        cache.encode_passages(["نص"])
        cache.close()
        assert encoder.encoded == ["نص"]


def test_what_no_article_has_any_more_is_forgotten(tmp_path: Path) -> None:
    cache = VectorCache(CountingEncoder(), tmp_path)
    cache.encode_passages(["قديم", "باق"])
    cache.close()
    encoder = CountingEncoder()
    cache = VectorCache(encoder, tmp_path)
    cache.encode_passages(["باق"])
    cache.forget_unused()
    cache.encode_passages(["قديم", "باق"])
    cache.close()
    assert encoder.encoded == ["قديم"]


def test_queries_are_left_to_the_encoder(tmp_path: Path) -> None:
    cache = VectorCache(CountingEncoder(), tmp_path)
    np.testing.assert_array_equal(cache.encode_queries(["سؤال"]), CountingEncoder().encode_queries(["سؤال"]))
    assert (cache.name, cache.fingerprint, cache.dimension) == ("counting/encoder", "1", 8)
    cache.close()


def test_a_damaged_vector_is_embedded_anew(tmp_path: Path) -> None:
    cache = VectorCache(CountingEncoder(), tmp_path)
    whole = cache.encode_passages(["ا", "اب", "ابج"])
    cache.close()
    [path] = tmp_path.glob("*.sqlite")
    with closing(sqlite3.connect(path)) as database, database:
        [(key, vector)] = database.execute("SELECT key, vector FROM vectors LIMIT 1").fetchall()
        flipped = bytes([vector[0] ^ 1]) + vector[1:]
        database.execute("UPDATE vectors SET vector = ? WHERE key = ?", (flipped, key))
    encoder = CountingEncoder()
    cache = VectorCache(encoder, tmp_path)
    np.testing.assert_array_equal(cache.encode_passages(["ا", "اب", "ابج"]), whole)
    cache.close()
    assert len(encoder.encoded) == 1


@pytest.mark.parametrize("damaged", [slice(0, 16), slice(4096, 8192)], ids=["header", "page"])
def test_a_file_that_is_no_database_any_more_is_begun_anew(tmp_path: Path, damaged: slice) -> None:
    texts = ["ا" * length for length in range(1, 60)]
    cache = VectorCache(CountingEncoder(), tmp_path)
    whole = cache.encode_passages(texts)
    cache.close()
    [path] = tmp_path.glob("*.sqlite")
    data = bytearray(path.read_bytes())
    data[damaged] = b"\xff" * len(data[damaged])
    path.write_bytes(data)
    cache = VectorCache(CountingEncoder(), tmp_path)
    np.testing.assert_array_equal(cache.encode_passages(texts), whole)
    cache.close()
    encoder = CountingEncoder()
    cache = VectorCache(encoder, tmp_path)
    np.testing.assert_array_equal(cache.encode_passages(texts), whole)
    cache.close()
    assert encoder.encoded == []
