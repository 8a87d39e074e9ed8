"""What ranking needs to know about a commit, found out while it is built."""

from __future__ import annotations

import itertools
from collections.abc import Callable, Sequence
from contextlib import suppress
from pathlib import Path

import numpy as np
import pytest

import arsearch
from arsearch import CorruptIndexError, Settings
from arsearch.common.array_types import Vectors
from arsearch.index import Commit, Layout
from arsearch.index.grams import MAX_CHANGED_SHARE, read_grams
from arsearch.index.update.calibrate import _VECTOR_FILES
from arsearch.index.update.probes import NONSENSE, PROBES
from arsearch.ranking import UNCALIBRATED, USUAL_STRENGTH, SemanticScale
from arsearch.ranking.ngrams import find_grams
from arsearch.semantic.static_encoder import StaticEncoder

from ...conftest import WriteCorpus

Encoding = Callable[[StaticEncoder, Sequence[str]], Vectors]


def test_the_scale_of_the_encoder_is_found_out(corpus_index: Path) -> None:
    with Commit.open_live(corpus_index) as commit:
        scale = commit.manifest.semantic_scale
    assert scale != UNCALIBRATED
    assert 0 < scale.weight < 100
    assert -0.2 < scale.chance < 0.3
    assert 0 < scale.spread < 0.3


def test_an_encoder_that_knows_no_word_of_it_gets_what_is_usual(
    tmp_path: Path, tiny_encoder: str, write_corpus: WriteCorpus
) -> None:
    corpus = write_corpus([{"id": "a", "body": "بحر " * 50}])
    arsearch.build_index([corpus], tmp_path / "index", model=tiny_encoder, settings=Settings())
    with Commit.open_live(tmp_path / "index") as commit:
        scale = commit.manifest.semantic_scale
    assert scale.weight * scale.spread == pytest.approx(USUAL_STRENGTH, rel=0.01)


WORDS = ["بحر", "سفينة", "ميناء", "قمر", "نجم", "سماء", "خبز", "قمح", "فرن", "كتاب", "مكتبة", "قارئ"]


def scale_with(count: int, index: Path, model: str, write_corpus: WriteCorpus, renamed: int = -1) -> SemanticScale:
    chosen = np.random.default_rng(5).choice(WORDS, (count, 60))
    records = [{"id": str(number), "body": " ".join(text)} for number, text in enumerate(chosen)]
    if renamed >= 0:
        records[renamed]["url"] = "https://example.org/"
    arsearch.build_index([write_corpus(records)], index, model=model, settings=Settings())
    with Commit.open_live(index) as commit:
        return commit.manifest.semantic_scale


def test_an_updated_index_has_the_scale_of_one_built_anew(
    tmp_path: Path, tiny_encoder: str, write_corpus: WriteCorpus
) -> None:
    few = scale_with(40, tmp_path / "updated", tiny_encoder, write_corpus)
    updated = scale_with(90, tmp_path / "updated", tiny_encoder, write_corpus)
    assert updated == scale_with(90, tmp_path / "anew", tiny_encoder, write_corpus) != few


def test_the_encoder_is_not_tried_again_where_its_texts_are_the_same(
    tmp_path: Path, tiny_encoder: str, write_corpus: WriteCorpus, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("arsearch.index.update.calibrate._SAMPLE", 5)
    before = scale_with(40, tmp_path / "index", tiny_encoder, write_corpus)
    monkeypatch.setattr("arsearch.index.update.calibrate._vectors", lambda *_: pytest.fail("tried again"))
    for number in range(9):  # one article or another is not among those that are tried
        with suppress(pytest.fail.Exception):
            assert scale_with(40, tmp_path / "index", tiny_encoder, write_corpus, number) == before
            return
    pytest.fail("every change was taken for one of the texts")


def test_only_texts_that_are_new_are_encoded_again(
    tmp_path: Path, tiny_encoder: str, write_corpus: WriteCorpus, monkeypatch: pytest.MonkeyPatch
) -> None:
    asked: dict[str, list[int]] = {}
    for kind in ("encode_queries", "encode_passages"):
        counted = asked.setdefault(kind, [])
        monkeypatch.setattr(StaticEncoder, kind, counting(getattr(StaticEncoder, kind), counted))
    scale_with(40, tmp_path / "index", tiny_encoder, write_corpus)
    updated = scale_with(43, tmp_path / "index", tiny_encoder, write_corpus)
    scale_with(43, tmp_path / "index", tiny_encoder, write_corpus, renamed=3)  # takes over the scale, and the vectors
    scale_with(44, tmp_path / "index", tiny_encoder, write_corpus)
    assert asked["encode_queries"] == [len(PROBES) + len(NONSENSE) + 40, 3, 1]
    # Those of the index, and those that the encoder is tried on, which are one text an article.
    assert asked["encode_passages"] == [40, len(PROBES) + 40, 3, 3, 1, 2, 1]
    assert updated == scale_with(43, tmp_path / "anew", tiny_encoder, write_corpus)


def counting(encode: Encoding, asked: list[int]) -> Encoding:
    """Return *encode* that notes in *asked* how many texts it is given."""

    def encoding(self: StaticEncoder, texts: Sequence[str]) -> Vectors:
        asked.append(len(texts))
        return encode(self, texts)

    return encoding


def test_how_rare_grams_are_comes_from_the_articles(
    tmp_path: Path, tiny_encoder: str, write_corpus: WriteCorpus
) -> None:
    corpus = write_corpus(
        [{"id": str(number), "body": f"قمر {number}" if number else "قمر سفينة"} for number in range(20)]
    )
    arsearch.build_index([corpus], tmp_path / "index", model=tiny_encoder, settings=Settings())
    with Commit.open_live(tmp_path / "index") as commit:
        common, rare = (commit.grams.idf_of(find_grams(word)[0]).max() for word in ("قمر\n", "سفينه\n"))
    assert common < 0.1
    assert rare > 2


def test_a_missing_table_is_named(tmp_path: Path, corpus_index: Path) -> None:
    with Commit.open_live(corpus_index) as commit, pytest.raises(CorruptIndexError, match="arsearch verify"):
        read_grams(tmp_path, commit.words)


def test_how_rare_grams_are_is_as_of_late_and_not_far_off(
    tmp_path: Path, tiny_encoder: str, write_corpus: WriteCorpus
) -> None:
    """It is found out again when more than one article in 64 has changed; a change of one costs nothing there."""
    chance = np.random.default_rng(7)
    records = [{"id": str(n), "body": " ".join(chance.choice(WORDS, 4))} for n in range(200)]
    live, found_out = tmp_path / "index", []
    for count in range(200, 206):
        records += [{"id": str(count), "body": f"قمر {count}"}] if count > 200 else []
        arsearch.build_index([write_corpus(records)], live, model=tiny_encoder, settings=Settings())
        arsearch.build_index([write_corpus(records)], tmp_path / f"{count}", model=tiny_encoder, settings=Settings())
        with Commit.open_live(live) as updated, Commit.open_live(tmp_path / f"{count}") as anew:
            frequencies, exact = (count / np.exp(table.grams.idf.astype(np.float64)) for table in (updated, anew))
        assert (np.abs(frequencies - exact) <= MAX_CHANGED_SHARE * count + 0.02 * exact).all()
        folder = Layout(live).commit(Layout(live).current())
        found_out.append((folder / "ranking" / "grams_idf.npy").stat().st_ino)
    assert [later != before for before, later in itertools.pairwise(found_out)] == [
        False, False, False, True, False,
    ]  # fmt: skip


def test_how_rare_grams_are_does_not_depend_on_segments_and_deletions(
    tmp_path: Path, tiny_encoder: str, write_corpus: WriteCorpus
) -> None:
    records = [{"id": str(number), "body": f"قمر سفينة {WORDS[number % 12]}"} for number in range(12)]

    def grams_of(index: Path) -> list[list[float]]:
        words = ("قمر", "سفينه", "مكتبه")
        with Commit.open_live(index) as commit:
            return [commit.grams.idf_of(find_grams(f"{word}\n")[0]).tolist() for word in words]

    for kept in (records[:9], records[:8], records[:8] + records[9:11]):
        arsearch.build_index([write_corpus(kept)], tmp_path / "updated", model=tiny_encoder, settings=Settings())
    arsearch.build_index([write_corpus(kept)], tmp_path / "anew", model=tiny_encoder, settings=Settings())
    assert grams_of(tmp_path / "updated") == grams_of(tmp_path / "anew")


def test_words_that_share_letters_are_met_in_every_segment_of_an_updated_index(
    tmp_path: Path, tiny_encoder: str, write_corpus: WriteCorpus
) -> None:
    records = [{"id": str(number), "body": f"استثمار {WORDS[number % 12]}"} for number in range(12)]
    changed = [{"id": "0", "body": "آلات مستثمرين"}, *records[1:]]
    for version in (records, changed):
        arsearch.build_index([write_corpus(version)], tmp_path / "index", model=tiny_encoder, settings=Settings())
    with Commit.open_live(tmp_path / "index") as commit:
        assert len(commit.words.segments) == 2
        wanted = commit.grams.words_with(find_grams("مستثمر\n")[0])
        view = commit.words.forward(np.arange(13), wanted, [], longest=100)
    met = {(owner, view.words.split("\n")[token]) for owner, token in zip(view.owners, view.tokens, strict=True)}
    assert met == {(owner, "استثمار") for owner in range(12)} | {(12, "مستثمرين")}


@pytest.mark.parametrize("spoilt", [b"", b"PK\x03\x04" + bytes(100), b"\x93NUMPY" + bytes(range(256))])
def test_vectors_that_cannot_be_read_are_made_anew(
    tmp_path: Path, tiny_encoder: str, write_corpus: WriteCorpus, spoilt: bytes
) -> None:
    scale_with(40, tmp_path / "index", tiny_encoder, write_corpus)
    for name in _VECTOR_FILES:
        [path] = (tmp_path / "index").rglob(name)
        path.write_bytes(spoilt)
    updated = scale_with(43, tmp_path / "index", tiny_encoder, write_corpus)
    assert updated == scale_with(43, tmp_path / "anew", tiny_encoder, write_corpus)
