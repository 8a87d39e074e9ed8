"""What is judged as arrays is what the analysis of one text at a time says."""

from __future__ import annotations

import gzip
import json
import sys

import pytest
import regex
from hypothesis import example, given
from hypothesis import strategies as st

from arsearch.arabic import analyze
from arsearch.arabic import letters as ar
from arsearch.arabic.stem import FEMININES, GOD, LEXEMES, PREFIXES, SUFFIXES, WAW_STEMS, WHOLE_WORDS
from arsearch.arabic.stopwords import STOP_WORDS
from arsearch.common.text_spans import TextSpans
from arsearch.corpus import ReadingReport, read_source
from arsearch.lexical.analysis.bulk import BulkAnalyzer
from arsearch.lexical.analysis.single_words import near_own_hashes, single_words

from ...conftest import CORPUS
from ...data import DATA, needs_data

# Words built of what the rules look for, so that every rule meets every other.
PIECES = [
    *(prefix.letters for prefix in PREFIXES),
    *SUFFIXES,
    ar.ALEF,
    ar.TEH,
    ar.HAMZA,
    ar.WAW,
    ar.LAM,
    "كتب",
    "ر",
    "x",
    "7",
]
built_words = st.lists(st.sampled_from(PIECES), min_size=1, max_size=6).map("".join)
listed_words = st.sampled_from(sorted(STOP_WORDS | GOD | WAW_STEMS))
prefixes = st.sampled_from(["", *(prefix.letters for prefix in PREFIXES)])
whole_words = st.builds(str.__add__, prefixes, st.sampled_from(sorted(WHOLE_WORDS)))
lexemes = st.builds(
    lambda *parts: "".join(parts),
    prefixes,
    st.sampled_from(sorted({*LEXEMES, *FEMININES, *(word[:-1] for word in FEMININES)})),
    st.sampled_from(["", ar.TEH_MARBUTA, ar.TEH, *SUFFIXES]),
    st.sampled_from(["", *SUFFIXES]),
)
MARKED = [*"وكاليةىأؤئآٱةهنتء", "\u064b", "\u0651", ar.TATWEEL, ar.SMALL_WAW, "\u0301", "\u05b0", *"éßﻻ٣㎏"]
marked_words = st.text(st.sampled_from(MARKED), min_size=1)
any_words = st.text(st.characters(exclude_categories=["Zs", "Cc"]), min_size=1, max_size=8)


@pytest.fixture(autouse=True)
def warm() -> None:
    """The first few words of a process are judged one by one instead."""
    near_own_hashes()


def check(chunks: list[str], language: str = "ar") -> int:
    """Compare and return how many were judged."""
    found = single_words(TextSpans.of(chunks), arabic_only=language != "ar")
    judged = [chunk for chunk, is_single in zip(chunks, found.single.tolist(), strict=True) if is_single]
    for chunk, folded, stem in zip(judged, found.folded_words.texts(), found.stems.texts(), strict=True):
        assert [(chunk, folded, stem, 0, len(chunk))] == analyze(chunk, language)
    return len(judged)


@given(st.lists(built_words | listed_words | whole_words | lexemes | marked_words | any_words, min_size=1))
@example(["واللهم", "والله", "لله", "اللهم"])
@example(["ووزير", "والوزير", "وزيرهم", "وال", "الالتزام", "ااا", "مدرسته", "أصدقاء"])
def test_any_words(chunks: list[str]) -> None:
    check(chunks)


@given(st.lists(built_words | st.sampled_from(["running", "tables", "été", "ليبيا"]), min_size=1))
def test_words_of_another_language_are_left_to_its_stemmer(chunks: list[str]) -> None:
    check(chunks, "en")


def test_lists_of_the_language() -> None:
    words = sorted(STOP_WORDS | GOD | WAW_STEMS | WHOLE_WORDS | FEMININES | LEXEMES.keys())
    assert check(words) == len(words), "none of them needs to be looked at one by one"


@pytest.mark.slow
def test_every_character_alone_and_inside_a_word() -> None:
    for first in range(1, sys.maxunicode, 0x4000):
        if first > 0x30000:
            break
        characters = [chr(point) for point in range(first, first + 0x4000) if chr(point) != "\n"]
        check(characters)
        check([f"كتا{character}" for character in characters])


def test_the_first_few_words_of_a_process_need_no_table() -> None:
    near_own_hashes.cache_clear()
    check(["ووزير", "والوزير", "وزيرهم", "مدرسته", "أصدقاء", "لبنان", "والله", "running"])
    assert near_own_hashes.cache_info().currsize == 0


def check_texts(texts: list[str]) -> None:
    text = " ".join(texts)
    words = sorted(set(regex.findall(r"[^\s\p{P}]+", text)))
    assert check(words) > 0.9 * len(words), "nearly all words are judged as arrays"
    # And where they are cut.
    some = [text[first : first + 997] for first in range(0, len(text), min(100_000, len(text) // 10))]
    analyzer = BulkAnalyzer()
    analysed = analyzer.analyze(some)
    assert analyzer.exact_texts(analysed.words) == [token.folded for part in some for token in analyze(part)]


def test_the_vocabulary_of_the_own_corpus() -> None:
    articles = list(read_source(CORPUS, ReadingReport()))
    check_texts([text for article in articles for text in (article.title, article.body, article.author)])


@pytest.mark.slow
@needs_data("corpus/ant-news.jsonl.gz")
def test_the_vocabulary_of_a_news_corpus() -> None:
    with gzip.open(DATA / "corpus/ant-news.jsonl.gz", "rt", encoding="utf-8") as lines:
        check_texts([str(value) for line in lines for value in json.loads(line).values()])
