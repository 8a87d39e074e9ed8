"""Building and updating an index: what ends up in it, and that nothing is lost when something fails."""

from __future__ import annotations

import dataclasses
import json
import shutil
from pathlib import Path

import pytest

import arsearch
from arsearch import CorpusError, EncoderError, IncompatibleIndexError, NoIndexError, Settings
from arsearch.corpus import Article
from arsearch.index import update_index, verify

from ..conftest import WriteCorpus
from .small_index import BREAD, SEA, SKY, counts, edit_manifest, found


def test_only_new_and_changed_articles_are_worked_on(settings: Settings, write_corpus: WriteCorpus) -> None:
    corpus = write_corpus([SEA, SKY])
    assert counts(update_index([corpus], settings)) == (2, 0, 0, 0)
    write_corpus([SEA, SKY | {"body": "شمس"}, BREAD])
    assert counts(update_index([corpus], settings)) == (1, 1, 0, 1)
    assert found(settings, "شمس") == ["sky"]
    assert found(settings, "قمر") == []
    assert found(settings, "فرن") == ["bread"]
    assert verify(settings.index) == []


def test_what_left_the_source_leaves_the_index(settings: Settings, write_corpus: WriteCorpus) -> None:
    corpus = write_corpus([SEA, SKY])
    update_index([corpus], settings)
    write_corpus([SKY])
    assert counts(update_index([corpus], settings)) == (0, 0, 1, 1)
    assert found(settings, "سفينة") == []
    assert found(settings, "نجم") == ["sky"]
    assert verify(settings.index) == []


def test_another_source_is_added_to_the_first(settings: Settings, tmp_path: Path, write_corpus: WriteCorpus) -> None:
    update_index([write_corpus([SEA])], settings)
    other = tmp_path / "other.jsonl"
    other.write_text(json.dumps(SKY), encoding="utf-8")
    assert counts(update_index([other], settings)) == (1, 0, 0, 0)
    assert found(settings, "سفينة نجم") == ["sea", "sky"]


def test_without_sources_the_known_ones_are_read_again(settings: Settings, write_corpus: WriteCorpus) -> None:
    update_index([write_corpus([SEA])], settings)
    write_corpus([SEA, BREAD])
    assert counts(update_index([], settings)) == (1, 0, 0, 1)


def test_an_updated_index_scores_as_one_built_anew(
    settings: Settings, tmp_path: Path, tiny_encoder: str, write_corpus: WriteCorpus
) -> None:
    corpus = write_corpus([SEA, SKY, SEA | {"id": "old", "body": "كتاب قديم في مكتبة"}])
    update_index([corpus], settings)
    write_corpus([SKY | {"body": "قمر ونجم وكتاب"}, SEA, BREAD])
    update_index([corpus], settings)
    fresh = Settings(index=tmp_path / "fresh", model=tiny_encoder)
    update_index([corpus], fresh)
    with arsearch.open_index(settings.index) as updated_index, arsearch.open_index(fresh.index) as fresh_index:
        for query in ("كتاب", "قمر البحر", "خبز وكتاب", "سفينة"):
            for mode in ("lexical", "semantic", "hybrid"):
                updated_scores, fresh_scores = (
                    {hit.id: hit.score for hit in each.search(query, mode=mode).hits}
                    for each in (updated_index, fresh_index)
                )
                assert updated_scores == pytest.approx(fresh_scores, abs=1e-6)


def test_full_forgets_what_is_not_in_the_sources(settings: Settings, tmp_path: Path, write_corpus: WriteCorpus) -> None:
    update_index([write_corpus([SEA])], settings)
    other = tmp_path / "other.jsonl"
    other.write_text(json.dumps(SKY), encoding="utf-8")
    assert update_index([other], settings, full=True).articles == 1


def test_of_the_same_id_twice_the_last_wins(settings: Settings, write_corpus: WriteCorpus) -> None:
    summary = update_index([write_corpus([SEA, SKY, SEA | {"body": "زورق صغير"}])], settings)
    assert (summary.articles, summary.duplicates) == (2, 1)
    assert found(settings, "زورق") == ["sea"]
    assert found(settings, "سفينة") == []


def test_an_article_in_two_places_alike_is_one(settings: Settings, write_corpus: WriteCorpus) -> None:
    summary = update_index([write_corpus([SEA, SEA])], settings)
    assert (summary.articles, summary.added, summary.duplicates) == (1, 1, 1)


def test_broken_lines_are_skipped_and_counted(settings: Settings, tmp_path: Path) -> None:
    corpus = tmp_path / "corpus.jsonl"
    corpus.write_bytes(json.dumps(SEA).encode() + b'\n{broken\n{"title": "x"}\n\xff\xfe\n')
    summary = update_index([corpus], settings)
    assert (summary.articles, summary.skipped) == (1, 3)
    assert [problem.line for problem in summary.problems] == [2, 3, 4]


def test_strict_refuses_the_lot_and_leaves_the_index(settings: Settings, write_corpus: WriteCorpus) -> None:
    corpus = write_corpus([SEA])
    update_index([corpus], settings)
    corpus.write_text(corpus.read_text(encoding="utf-8") + "{broken\n" + json.dumps(SKY) + "\n", encoding="utf-8")
    with pytest.raises(CorpusError, match="--strict"):
        update_index([corpus], settings, strict=True)
    assert found(settings, "سفينة") == ["sea"]
    assert found(settings, "نجم") == []


def test_a_corpus_without_articles_changes_nothing(settings: Settings, write_corpus: WriteCorpus) -> None:
    corpus = write_corpus([SEA])
    update_index([corpus], settings)
    corpus.write_text("\n", encoding="utf-8")
    with pytest.raises(CorpusError, match="No article"):
        update_index([corpus], settings)
    assert found(settings, "سفينة") == ["sea"]


def test_a_missing_source_is_named(settings: Settings, tmp_path: Path) -> None:
    with pytest.raises(CorpusError, match=r"nowhere\.jsonl does not exist"):
        update_index([tmp_path / "nowhere.jsonl"], settings)
    assert not settings.index.exists()


def test_a_missing_model_is_named(tmp_path: Path, write_corpus: WriteCorpus) -> None:
    corpus = write_corpus([SEA])
    with pytest.raises(EncoderError, match="no model in"):
        update_index([corpus], Settings(index=tmp_path / "index", model=str(tmp_path / "nowhere")))


def test_no_sources_and_no_index(settings: Settings) -> None:
    with pytest.raises(NoIndexError, match="arsearch index SOURCE"):
        update_index([], settings)


def test_another_model_rebuilds_and_says_so(
    settings: Settings, tmp_path: Path, tiny_encoder: str, write_corpus: WriteCorpus
) -> None:
    corpus = write_corpus([SEA, SKY])
    update_index([corpus], settings)
    other = tmp_path / "other-model"
    shutil.copytree(tiny_encoder, other)
    summary = update_index([corpus], dataclasses.replace(settings, model=str(other)))
    assert summary.added == 2
    assert "encoder" in summary.rebuilt_because
    unnamed = update_index([corpus], dataclasses.replace(settings, model=""))
    assert (unnamed.rebuilt_because, unnamed.unchanged) == ("", 2)


@pytest.mark.parametrize("field", ["format_version", "analysis_version"])
def test_an_index_of_another_version_is_refused_and_rebuilt(
    settings: Settings, write_corpus: WriteCorpus, field: str
) -> None:
    corpus = write_corpus([SEA])
    update_index([corpus], settings)
    edit_manifest(settings, "", **{field: 999})
    with pytest.raises(IncompatibleIndexError, match="Run `arsearch index`"):
        arsearch.open_index(settings.index)
    assert update_index([corpus], settings).rebuilt_because
    assert found(settings, "سفينة") == ["sea"]


def test_no_index_says_what_to_run(tmp_path: Path) -> None:
    with pytest.raises(NoIndexError, match="arsearch index SOURCE"):
        arsearch.open_index(tmp_path)


def test_articles_come_back_as_they_were(settings: Settings, write_corpus: WriteCorpus) -> None:
    record = SEA | {
        "author": "أ. ب.", "date": "2020-01-31", "source": "س", "url": "https://example.org/1", "tags": ["أ", "ب"],
        "language": "ar",
    }  # fmt: skip
    update_index([write_corpus([record])], settings)
    with arsearch.open_index(settings.index) as index:
        assert index.article("sea") == Article(**(record | {"tags": ("أ", "ب")}))  # type: ignore[arg-type]
        assert index.article("sea").as_dict() == record


def test_long_articles_are_found_by_any_passage(settings: Settings, write_corpus: WriteCorpus) -> None:
    filler = "كلام " * 150
    update_index([write_corpus([{"id": "long", "body": f"{filler} سماء {filler}"}, SEA])], settings)
    with arsearch.open_index(settings.index) as index:
        [first, *_] = index.search("سماء", mode="semantic").hits
    assert first.id == "long"


def test_a_rebuild_keeps_what_came_from_other_sources(
    settings: Settings, tmp_path: Path, tiny_encoder: str, write_corpus: WriteCorpus
) -> None:
    corpus = write_corpus([SEA])
    other = tmp_path / "other.jsonl"
    other.write_text(json.dumps(SKY), encoding="utf-8")
    update_index([corpus], settings)
    update_index([other], settings)
    model = shutil.copytree(tiny_encoder, tmp_path / "model")
    assert update_index([other], dataclasses.replace(settings, model=str(model))).articles == 2
    edit_manifest(settings, analysis_version=999)
    assert update_index([other], settings).articles == 2
    assert update_index([], settings, full=True).articles == 2
    assert update_index([other], settings, full=True).articles == 1


def test_a_source_that_went_away_is_named_as_one_of_the_index(settings: Settings, tmp_path: Path) -> None:
    for name, record in (("a", SEA), ("b", SKY)):
        (tmp_path / f"{name}.jsonl").write_text(json.dumps(record), encoding="utf-8")
    update_index([tmp_path / "a.jsonl", tmp_path / "b.jsonl"], settings)
    (tmp_path / "b.jsonl").unlink()
    [problem] = update_index([], settings).problems
    assert "is not there any more" in problem.message
    assert f"--forget {tmp_path / 'b.jsonl'}" in problem.message
    assert update_index([tmp_path / "a.jsonl"], settings).problems == ()
    with pytest.raises(CorpusError, match="--strict"):
        update_index([], settings, strict=True)
    assert found(settings, "نجم") == ["sky"]


def test_files_of_one_name_in_several_folders_are_several_articles(settings: Settings, tmp_path: Path) -> None:
    folder = tmp_path / "corpus"
    for year in ("2023", "2024"):
        (folder / year).mkdir(parents=True)
        (folder / year / "01.txt").write_text(f"نص من عام {year}", encoding="utf-8")
    summary = update_index([folder], settings)
    assert (summary.articles, summary.duplicates) == (2, 0)


def test_a_repeated_id_is_named_with_its_place(settings: Settings, write_corpus: WriteCorpus) -> None:
    corpus = write_corpus([SEA, SKY, SEA])
    [problem] = update_index([corpus], settings).problems
    assert (problem.path, problem.line, problem.skipped) == (corpus, 3, False)
    assert "'sea' was read before" in problem.message


def test_a_model_named_by_a_relative_path_is_found_from_another_folder(
    settings: Settings, tmp_path: Path, tiny_encoder: str, write_corpus: WriteCorpus, monkeypatch: pytest.MonkeyPatch
) -> None:
    shutil.copytree(tiny_encoder, tmp_path / "model")
    corpus = write_corpus([SEA])
    monkeypatch.chdir(tmp_path)
    update_index([corpus], dataclasses.replace(settings, model="model"))
    (tmp_path / "elsewhere").mkdir()
    monkeypatch.chdir(tmp_path / "elsewhere")
    with arsearch.open_index(settings.index) as index:
        assert index.search("سفينة", mode="semantic").mode == "semantic"
