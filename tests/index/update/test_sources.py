"""Which files are read, what becomes of articles whose files go, and of ids that several records have."""

from __future__ import annotations

import json
import os
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

import arsearch
from arsearch import CorpusError, Settings
from arsearch.index import Changes, IndexSummary, Layout, stored_articles, update_index

SEA = {"id": "sea", "title": "البحر", "body": "سفينة تدخل الميناء"}
SKY = {"id": "sky", "title": "السماء", "body": "قمر ونجم"}
BREAD = {"id": "bread", "title": "الخبز", "body": "قمح من الفرن"}


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    path = tmp_path / "corpus"
    path.mkdir()
    return path


def write(path: Path, *records: dict[str, Any]) -> Path:
    path.write_text("".join(json.dumps(record, ensure_ascii=False) + "\n" for record in records), encoding="utf-8")
    return path


def ids(settings: Settings) -> list[str]:
    return [article.id for article in stored_articles(settings.index)]


def bodies(settings: Settings) -> dict[str, str]:
    return {article.id: article.body for article in stored_articles(settings.index)}


def counts(summary: IndexSummary) -> tuple[int, int, int, int]:
    return summary.added, summary.changed, summary.deleted, summary.unchanged


def test_a_run_over_what_has_not_changed_reads_nothing_and_writes_nothing(settings: Settings, folder: Path) -> None:
    write(folder / "a.jsonl", SEA)
    write(folder / "b.jsonl", SKY)
    update_index([folder], settings)
    summary = update_index([], settings)
    assert counts(summary) == (0, 0, 0, 2)
    assert (summary.files_read, summary.files_unchanged) == (0, 2)
    assert (summary.commit, Layout(settings.index).commits()) == ("00000001", ["00000001"])


def test_only_files_that_have_changed_are_read(settings: Settings, folder: Path) -> None:
    write(folder / "a.jsonl", SEA)
    write(folder / "b.jsonl", SKY)
    update_index([folder], settings)
    write(folder / "b.jsonl", SKY, BREAD)
    summary = update_index([], settings)
    assert counts(summary) == (1, 0, 0, 2)
    assert (summary.files_read, summary.files_unchanged) == (1, 1)
    assert [tally.read for tally in summary.tallies] == [2]


def test_lines_that_have_not_changed_are_not_even_parsed(
    settings: Settings, folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    from arsearch.corpus.readers import json_lines

    parsed: list[str] = []
    real = json_lines.parse_object

    def noting(line: str) -> dict[str, Any]:
        parsed.append(line)
        return real(line)

    path = write(folder / "a.jsonl", SEA, SKY)
    update_index([folder], settings)
    monkeypatch.setattr(json_lines, "parse_object", noting)
    write(path, SEA, SKY | {"body": "شمس"}, BREAD)
    assert counts(update_index([], settings)) == (1, 1, 0, 1)
    assert [json.loads(line)["id"] for line in parsed] == ["sky", "bread"]
    assert ids(settings) == ["bread", "sea", "sky"]


def test_a_line_that_is_there_twice_is_a_repeated_id(settings: Settings, folder: Path) -> None:
    path = write(folder / "a.jsonl", SEA, SKY)
    update_index([folder], settings)
    write(path, SEA, SKY, SEA)
    summary = update_index([], settings)
    assert (counts(summary), summary.duplicates, len(summary.problems)) == ((0, 0, 0, 2), 1, 1)
    assert summary.problems[0].line == 3


def test_a_file_of_the_same_size_and_time_written_within_the_same_moment_is_read(
    settings: Settings, folder: Path
) -> None:
    path = write(folder / "a.jsonl", SEA)
    update_index([folder], settings)
    before = path.stat()
    write(path, SEA | {"body": SEA["body"].replace("سفينة", "سفينه")})
    os.utime(path, ns=(before.st_atime_ns, before.st_mtime_ns))
    assert update_index([], settings).changed == 1


def test_a_file_that_was_only_touched_is_not_read(settings: Settings, folder: Path) -> None:
    path = write(folder / "a.jsonl", SEA)
    os.utime(path, (1_000_000_000, 1_000_000_000))
    update_index([folder], settings)
    os.utime(path, (1_500_000_000, 1_500_000_000))
    assert update_index([], settings).files_read == 0


def test_a_file_whose_time_is_known_is_not_even_opened(
    settings: Settings, folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    path = write(folder / "a.jsonl", SEA)
    os.utime(path, (1_000_000_000, 1_000_000_000))
    update_index([folder], settings)
    monkeypatch.setattr("arsearch.index.update.sources.observe", lambda *_, **__: pytest.fail("read"))
    assert update_index([], settings).files_read == 0


def test_other_limits_of_reading_have_files_read_again(settings: Settings, folder: Path) -> None:
    import dataclasses

    write(folder / "a.jsonl", SEA)
    update_index([folder], settings)
    summary = update_index([], dataclasses.replace(settings, max_record_mb=3))
    assert (summary.files_read, counts(summary)) == (1, (0, 0, 0, 1))
    assert summary.rebuilt_because == ""


def test_what_a_file_of_a_folder_had_goes_with_it(settings: Settings, folder: Path) -> None:
    write(folder / "a.jsonl", SEA)
    write(folder / "b.jsonl", SKY)
    update_index([folder], settings)
    (folder / "a.jsonl").unlink()
    assert counts(update_index([], settings)) == (0, 0, 1, 1)
    assert ids(settings) == ["sky"]


def test_a_renamed_file_changes_no_article(settings: Settings, folder: Path) -> None:
    write(folder / "a.jsonl", SEA)
    write(folder / "b.jsonl", SKY)
    update_index([folder], settings)
    (folder / "a.jsonl").rename(folder / "c.jsonl")
    assert counts(update_index([], settings)) == (0, 0, 0, 2)
    assert update_index([], settings).files_read == 0


def test_a_source_is_forgotten_by_name(settings: Settings, tmp_path: Path) -> None:
    one, two = write(tmp_path / "one.jsonl", SEA), write(tmp_path / "two.jsonl", SKY)
    update_index([one, two], settings)
    one.unlink()
    with pytest.raises(CorpusError, match=r"no source of this index.*one\.jsonl"):
        update_index([], settings, changes=Changes(forget=(tmp_path / "three.jsonl",)))
    assert counts(update_index([], settings, changes=Changes(forget=(one,)))) == (0, 0, 1, 1)
    summary = update_index([], settings)
    assert (summary.problems, ids(settings)) == ((), ["sky"])


def test_a_repeated_id_is_told_once_and_changes_nothing_later(settings: Settings, folder: Path) -> None:
    """The last record counts; that an earlier one differs from what is in the index is no change."""
    path = write(folder / "a.jsonl", SEA, SKY, SEA | {"body": "زورق صغير"})
    assert len(update_index([folder], settings).problems) == 1
    assert update_index([], settings).problems == ()
    write(path, SEA, SKY, SEA | {"body": "زورق صغير"}, BREAD)  # read again for the sake of another article
    summary = update_index([], settings)
    assert counts(summary) == (1, 0, 0, 2)
    [tally] = summary.tallies
    assert (tally.read, tally.added, tally.changed, tally.unchanged, tally.replaced) == (4, 1, 0, 2, 1)
    assert bodies(settings)["sea"] == "زورق صغير"


def test_of_an_id_in_several_files_the_last_file_counts_whichever_is_read(settings: Settings, folder: Path) -> None:
    write(folder / "a.jsonl", SEA)
    write(folder / "b.jsonl", SEA | {"body": "زورق صغير"})
    update_index([folder], settings)
    write(folder / "a.jsonl", SEA | {"body": "باخرة"}, SKY)
    assert counts(update_index([], settings)) == (1, 0, 0, 1)
    assert bodies(settings)["sea"] == "زورق صغير"
    (folder / "b.jsonl").unlink()  # what the other file says counts now, although that has not changed
    assert counts(update_index([], settings)) == (0, 1, 0, 1)
    assert bodies(settings)["sea"] == "باخرة"


def test_a_later_source_counts_before_an_earlier_one(settings: Settings, tmp_path: Path) -> None:
    one, two = write(tmp_path / "one.jsonl", SKY), write(tmp_path / "two.jsonl", SEA | {"body": "زورق صغير"})
    update_index([one, two], settings)
    write(one, SKY, SEA)
    [problem] = update_index([one], settings).problems
    assert "'sea' is also that of an article of a later file" in problem.message
    assert bodies(settings)["sea"] == "زورق صغير"


def test_problems_of_a_file_are_met_again_only_if_it_is_strict(settings: Settings, folder: Path) -> None:
    path = write(folder / "a.jsonl", SEA)
    path.write_text(path.read_text(encoding="utf-8") + "{broken\n", encoding="utf-8")
    assert update_index([folder], settings).skipped == 1
    assert update_index([], settings).skipped == 0
    with pytest.raises(CorpusError, match="--strict"):
        update_index([], settings, strict=True)


def test_an_index_that_was_moved_opens_and_says_which_sources_are_not_there(
    settings: Settings, folder: Path, tmp_path: Path
) -> None:
    write(folder / "a.jsonl", SEA)
    update_index([folder], settings)
    moved = tmp_path / "elsewhere" / "renamed"
    moved.parent.mkdir()
    settings.index.rename(moved)
    folder.rename(tmp_path / "corpus-elsewhere")
    there = Settings(index=moved, model=settings.model)
    with arsearch.open_index(moved, settings=there) as index:
        assert [hit.id for hit in index.search("سفينة").hits] == ["sea"]
    summary = update_index([], there)
    assert f"--forget {folder}" in summary.problems[0].message
    assert counts(update_index([tmp_path / "corpus-elsewhere"], there)) == (0, 0, 0, 1)
    assert counts(update_index([], there, changes=Changes(forget=(folder,)))) == (0, 0, 0, 1)
    assert ids(there) == ["sea"]


def test_an_index_inside_a_source_is_no_part_of_it(folder: Path, tiny_encoder: str) -> None:
    write(folder / "a.jsonl", SEA)
    write(folder / "index.jsonl", SKY)
    settings = Settings(index=folder / "index", model=tiny_encoder)
    update_index([folder], settings)
    assert sorted(ids(settings)) == ["sea", "sky"]
    summary = update_index([], settings)
    assert (summary.files_read, summary.files_unchanged, summary.problems) == (0, 2, ())
    assert Layout(settings.index).current() == "00000001"


def test_vectors_stored_otherwise_are_made_anew(settings: Settings, folder: Path) -> None:
    write(folder / "a.jsonl", SEA, SKY)
    update_index([folder], settings)
    write(folder / "a.jsonl", SEA, SKY, BREAD)
    summary = update_index([], replace(settings, vector_storage="float16"))
    assert "vectors are stored" in summary.rebuilt_because
    assert counts(summary) == (3, 0, 0, 0)
    assert not update_index([], replace(settings, vector_storage="float16"), full=True).rebuilt_because
