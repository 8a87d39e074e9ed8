"""What ranking needs to know about a generation, found out while it is built."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

import arsearch
from arsearch import CorruptIndexError, Settings
from arsearch.index import Generation
from arsearch.index.calibrate import read_grams
from arsearch.ranking import UNCALIBRATED
from arsearch.ranking.grams import find_grams

from ..conftest import WriteCorpus


def test_the_scale_of_the_encoder_is_found_out(corpus_index: Path) -> None:
    generation = Generation.open_live(corpus_index)
    scale = generation.manifest.semantic_scale
    generation.close()
    assert scale != UNCALIBRATED
    assert 0 < scale.weight < 100
    assert -0.2 < scale.chance < 0.3
    assert 0 < scale.spread < 0.3


def test_a_small_index_gets_what_is_usual(tmp_path: Path, tiny_encoder: str, write_corpus: WriteCorpus) -> None:
    corpus = write_corpus([{"id": "a", "body": "بحر " * 50}])
    arsearch.build_index([corpus], tmp_path / "index", model=tiny_encoder, settings=Settings())
    generation = Generation.open_live(tmp_path / "index")
    assert generation.manifest.semantic_scale == UNCALIBRATED
    generation.close()


def test_an_update_keeps_the_scale_until_the_index_has_doubled(
    tmp_path: Path, tiny_encoder: str, write_corpus: WriteCorpus
) -> None:
    def scale_with(count: int) -> float:
        words = ["بحر", "سفينة", "ميناء", "قمر", "نجم", "سماء", "خبز", "قمح", "فرن", "كتاب", "مكتبة", "قارئ"]
        chosen = np.random.default_rng(5).choice(words, (count, 60))
        corpus = write_corpus([{"id": str(number), "body": " ".join(text)} for number, text in enumerate(chosen)])
        arsearch.build_index([corpus], tmp_path / "index", model=tiny_encoder, settings=Settings())
        generation = Generation.open_live(tmp_path / "index")
        generation.close()
        return generation.manifest.semantic_scale.spread

    few = scale_with(40)
    assert scale_with(60) == few
    assert scale_with(200) != few


def test_how_rare_grams_are_comes_from_the_articles(
    tmp_path: Path, tiny_encoder: str, write_corpus: WriteCorpus
) -> None:
    corpus = write_corpus(
        [{"id": str(number), "body": f"قمر {number}" if number else "قمر سفينة"} for number in range(20)]
    )
    arsearch.build_index([corpus], tmp_path / "index", model=tiny_encoder, settings=Settings())
    generation = Generation.open_live(tmp_path / "index")
    common, rare = (generation.grams.idf_of(find_grams(word)[0]).max() for word in ("قمر\n", "سفينه\n"))
    generation.close()
    assert common < 0.1
    assert rare > 2


def test_a_missing_table_is_named(tmp_path: Path) -> None:
    with pytest.raises(CorruptIndexError, match="arsearch verify"):
        read_grams(tmp_path)
