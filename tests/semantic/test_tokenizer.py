"""Tokenising chunk by chunk gives what tokenising the whole text gives."""

from __future__ import annotations

import itertools
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from tokenizers import Regex, Tokenizer, models, normalizers, pre_tokenizers

from arsearch.corpus import ReadingReport, read_source
from arsearch.semantic.load import shipped_encoder_path
from arsearch.semantic.tokenizer import BulkTokenizer, CachingTokenizer

from ..conftest import CORPUS

BUNDLED = Tokenizer.from_file(str(shipped_encoder_path("fast") / "tokenizer.json"))
BUNDLED.no_padding()
MARK = CachingTokenizer(BUNDLED).mark
TRICKY = "الوبه \n\t\u00a0\u064b\u0640ﷺ\u200f12٣.,'a\u0301é\u2003\u2028\x1c=\u0338-،؟"


def whole(text: str) -> list[int]:
    ids: list[int] = BUNDLED.encode(text, add_special_tokens=False).ids
    return ids


def in_bulk(tokenizer: BulkTokenizer, texts: list[str]) -> list[list[int]]:
    ids, offsets = tokenizer.encode(texts)
    return [ids[first:last].tolist() for first, last in itertools.pairwise(offsets.tolist())]


def test_texts_that_have_the_mark_between_chunks() -> None:
    assert MARK is not None
    tokenizer = BulkTokenizer(CachingTokenizer(BUNDLED))
    for texts in ([f"سفينة {MARK[0]} قمر", MARK[0]], [f"ميناء.{MARK[0]}،{MARK[0]}{MARK[0]}", "", "..", "قمر"]):
        assert in_bulk(tokenizer, texts) == [whole(text) for text in texts]


@given(st.lists(st.text() | st.text(alphabet=st.sampled_from(TRICKY)), max_size=5))
def test_any_texts(texts: list[str]) -> None:
    expected = [whole(text) for text in texts]
    tokenizer = CachingTokenizer(BUNDLED)
    assert tokenizer.encode(texts) == expected
    assert in_bulk(BulkTokenizer(tokenizer), texts) == expected


def test_real_texts_met_again(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("arsearch.semantic.tokenizer._REMEMBERED", 3000)  # so that it forgets, too
    monkeypatch.setattr("arsearch.semantic.tokenizer._REMEMBERED_IN_BULK", 3000)
    tokenizer = CachingTokenizer(BUNDLED)
    bulk = BulkTokenizer(tokenizer)
    bodies = [article.body for article in read_source(CORPUS, ReadingReport())][:30]
    for first in (0, 10, 5, 20):
        expected = [whole(body) for body in bodies[first : first + 10]]
        assert tokenizer.encode(bodies[first : first + 10]) == expected
        assert in_bulk(bulk, bodies[first : first + 10]) == expected


@pytest.mark.parametrize(
    ("change", "by_chunk"),
    [
        ({}, True),
        ({"normalizer": normalizers.Replace(Regex("[اأ]"), "ا")}, True),
        ({"normalizer": normalizers.Replace("أ", "ا")}, True),
        ({"normalizer": normalizers.Replace(" و ", " ")}, False),
        ({"normalizer": normalizers.Replace(Regex("[ا] [ب]"), "")}, False),
        ({"normalizer": normalizers.Replace(Regex("[\\s]"), "")}, False),
        ({"normalizer": normalizers.Strip()}, False),
        ({"pre_tokenizer": pre_tokenizers.WhitespaceSplit()}, True),
        ({"pre_tokenizer": pre_tokenizers.Metaspace()}, False),
        ({"pre_tokenizer": pre_tokenizers.Split(" ", "isolated")}, False),
        ({"pre_tokenizer": pre_tokenizers.Split(Regex("[^a-z]+"), "removed")}, True),
    ],
)
def test_only_tokenizers_that_look_at_no_neighbours_are_taken_apart(change: dict[str, Any], by_chunk: bool) -> None:
    tokenizer = Tokenizer(models.WordLevel({"[UNK]": 0, "ب": 1, "ت": 2}, unk_token="[UNK]"))
    tokenizer.pre_tokenizer = pre_tokenizers.Whitespace()
    for name, value in change.items():
        setattr(tokenizer, name, value)
    caching = CachingTokenizer(tokenizer)
    texts = ["ب.ت", "ب ت", "ب,ت\n\x1cت", "", "1.2"]
    assert in_bulk(BulkTokenizer(caching), texts) == caching.encode_whole(texts)
    caching.encode(["ا ب"])
    assert bool(caching._ids) == by_chunk
