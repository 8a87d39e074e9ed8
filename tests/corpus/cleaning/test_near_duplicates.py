"""Articles are compared by hashes as they would be by their words."""

from __future__ import annotations

import gzip
import itertools
import json
import random
from collections.abc import Sequence

import pytest

from arsearch.arabic import analyze
from arsearch.common.array_types import UInt64s
from arsearch.corpus import ReadingReport, read_source
from arsearch.corpus.cleaning.near_duplicates import (
    Shingles,
    bands,
    shingle_hashes,
    similarity,
    similarity_of,
    word_hash,
)
from arsearch.lexical.segment.builder import SegmentBuilder

from ...conftest import CORPUS
from ...data import DATA, needs_data

_THRESHOLDS = (0.5, 0.7, 0.8, 0.9)


def hashes_of(bodies: Sequence[str]) -> list[UInt64s]:
    builder = SegmentBuilder()
    return [builder.exact_words([body], word_hash)[0] for body in bodies]


def keys_of(hashes: Sequence[UInt64s]) -> list[list[bytes]]:
    keys = bands(hashes, [shingle_hashes(each) for each in hashes])
    return [[each[at : at + 8] for at in range(0, len(each), 8)] for each in keys]


def check_pairs(bodies: Sequence[str], pairs: Sequence[tuple[int, int]]) -> list[float]:
    """Compare *pairs* of *bodies* in both ways, and return how similar they are."""
    words = [[token.folded for token in analyze(body)] for body in bodies]
    shingles = [Shingles.of(shingle_hashes(each)) for each in hashes_of(bodies)]
    found = []
    for one, other in pairs:
        expected = similarity(words[one], words[other])
        assert similarity_of(shingles[one], shingles[other]) == expected
        for least in _THRESHOLDS:
            assert (similarity_of(shingles[one], shingles[other], least) >= least) == (expected >= least)
        found.append(expected)
    return found


def test_hashes_give_the_similarity_of_words() -> None:
    bodies = [article.body for article in read_source(CORPUS, ReadingReport())][:40]
    chance = random.Random(7)
    for body in bodies[:20]:  # what somebody edited: words that go, come twice, or change places
        words = body.split()
        for _ in range(3):
            at = chance.randrange(len(words))
            words[at : at + chance.randrange(4)] = words[at - 2 : at + 1]
        bodies.append(" ".join(words))
    bodies += ["", "كلمة", "كلمة كلمة", "كلمة كلمة كلمة كلمة كلمة", "أولى ثانية ثالثة", "ثالثة ثانية أولى"]
    found = check_pairs(bodies, list(itertools.combinations_with_replacement(range(len(bodies)), 2)))
    assert len({each for each in found if 0 < each < 1}) > 20


@pytest.mark.slow
@needs_data("corpus/saudi-news.jsonl.gz")
def test_the_copies_of_real_newspapers_are_decided_as_by_words() -> None:
    with gzip.open(DATA / "corpus/saudi-news.jsonl.gz", "rt", encoding="utf-8") as lines:
        bodies = [json.loads(line)["body"] for line in itertools.islice(lines, 3000)]
    having: dict[bytes, list[int]] = {}
    for number, keys in enumerate(keys_of(hashes_of(bodies))):
        for key in keys:
            having.setdefault(key, []).append(number)
    pairs = {pair for some in having.values() for pair in itertools.combinations(some[:20], 2)}
    found = check_pairs(bodies, sorted(pairs))
    assert min(sum(each >= 0.8 for each in found), sum(0 < each < 0.8 for each in found)) > 10


def test_articles_share_a_key_the_likelier_the_more_similar_they_are() -> None:
    """Twelve bands of five: 1 - (1 - s**5)**12."""
    chance = random.Random(11)
    bodies = [" ".join(str(chance.randrange(10**9)) for _ in range(200)) for _ in range(150)]
    shared = {}
    for kept in (199, 190, 140):
        edited = [" ".join(body.split()[:kept] + [f"{number}x{at}" for at in range(200 - kept)])
                  for number, body in enumerate(bodies)]  # fmt: skip
        pairs = zip(keys_of(hashes_of(bodies)), keys_of(hashes_of(edited)), strict=True)
        shared[kept] = sum(not set(one).isdisjoint(other) for one, other in pairs) / len(bodies)
    assert shared[199] == 1.0  # of all shingles 98 in 100 are the same
    assert shared[190] > 0.98  # 0.90
    assert 0.3 < shared[140] < 0.85  # 0.53: 0.40 to be expected
    [[first, *_], [same, *_], [other, *_]] = keys_of(hashes_of(["سفينة في البحر", "سفينة, في البحر", "في سفينة البحر"]))
    assert first == same != other
