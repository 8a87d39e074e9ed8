"""Articles are compared by hashes as they would be by their words."""

from __future__ import annotations

import gzip
import itertools
import json
import random
from collections.abc import Sequence

import pytest

from arsearch.corpus import ReadingReport, read_source
from arsearch.corpus.cleaning.near_duplicates import Shingles, bands, shingle_hashes, similarity, similarity_of
from arsearch.lexical.segment.builder import ExactWords, SegmentBuilder

from ...conftest import CORPUS
from ...data import DATA, needs_data

_THRESHOLDS = (0.5, 0.7, 0.8, 0.9)


def words_of(bodies: Sequence[str]) -> list[ExactWords]:
    builder = SegmentBuilder()
    return [builder.exact_words([body])[0] for body in bodies]


def check_pairs(words: Sequence[ExactWords], pairs: Sequence[tuple[int, int]]) -> list[float]:
    """Compare *pairs* of bodies of these *words* in both ways, and return how similar they are."""
    shingles = [Shingles.of(shingle_hashes(each.hashes)) for each in words]
    found = []
    for one, other in pairs:
        expected = similarity(words[one].texts, words[other].texts)
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
    found = check_pairs(words_of(bodies), list(itertools.combinations_with_replacement(range(len(bodies)), 2)))
    assert len({each for each in found if 0 < each < 1}) > 20


@pytest.mark.slow
@needs_data("corpus/saudi-news.jsonl.gz")
def test_the_copies_of_real_newspapers_are_decided_as_by_words() -> None:
    with gzip.open(DATA / "corpus/saudi-news.jsonl.gz", "rt", encoding="utf-8") as lines:
        bodies = [json.loads(line)["body"] for line in itertools.islice(lines, 3000)]
    words = words_of(bodies)
    having: dict[int, list[int]] = {}
    for number, each in enumerate(words):
        for key in bands(each.texts):
            having.setdefault(key, []).append(number)
    pairs = {pair for some in having.values() for pair in itertools.combinations(some[:20], 2)}
    found = check_pairs(words, sorted(pairs))
    assert min(sum(each >= 0.8 for each in found), sum(0 < each < 0.8 for each in found)) > 10
