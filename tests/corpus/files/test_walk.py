"""Links that lead out of a source are told of and not read, whenever they come."""

from __future__ import annotations

import sys
from pathlib import Path

import pytest

from arsearch import Settings
from arsearch.corpus import FileReading, ReadingOptions, ReadingReport, read_records
from arsearch.index import Changes, stored_articles, update_index

pytestmark = pytest.mark.skipif(sys.platform == "win32", reason="links need rights on Windows")


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """A folder with links of every kind, and beside it what none of its links may reach."""
    secret = tmp_path / "private"
    secret.mkdir()
    (secret / "passwords.txt").write_text("كلمة السر", encoding="utf-8")
    folder = tmp_path / "corpus"
    (folder / "below").mkdir(parents=True)
    (folder / "own.txt").write_text("سفينة في البحر", encoding="utf-8")
    (folder / "below" / "other.txt").write_text("قمر في السماء", encoding="utf-8")
    (folder / "inside.txt").symlink_to("below/other.txt")
    (folder / "absolute.txt").symlink_to(secret / "passwords.txt")
    (folder / "relative.txt").symlink_to("../private/passwords.txt")
    (folder / "twice.txt").symlink_to("absolute.txt")
    (folder / "private").symlink_to(secret)
    (folder / "nowhere.txt").symlink_to(tmp_path / "nothing")
    (folder / "round.txt").symlink_to("round.txt")
    return folder


OUT = {"absolute.txt", "nowhere.txt", "private", "relative.txt", "twice.txt"}


def ids(settings: Settings) -> set[str]:
    return {article.id for article in stored_articles(settings.index)}


@pytest.mark.parametrize("pattern", ["", "*.txt", "**/*.txt"])
def test_what_is_outside_is_not_indexed(folder: Path, tmp_path: Path, tiny_encoder: str, pattern: str) -> None:
    settings = Settings(index=tmp_path / "index", model=tiny_encoder, duplicates="separate")
    (folder / "private.txt").write_text("نص لا سر فيه", encoding="utf-8")
    sources = [folder / pattern, folder / "own.txt"] if pattern else [folder]
    summary = update_index(sources, settings)
    assert not any("كلمة السر" in article.body for article in stored_articles(settings.index))
    told = {problem.path.name for problem in summary.problems if "leads out" in problem.message}
    links = {"absolute.txt", "relative.txt", "twice.txt"}
    assert told == {"": OUT, "*.txt": links, "**/*.txt": {*links, "passwords.txt"}}[pattern]
    if not pattern:
        assert ids(settings) == {"own", "below/other", "inside", "private"}
        assert summary.skipped == len(OUT)


def test_a_setting_follows_links_to_files_and_folders(folder: Path, tmp_path: Path, tiny_encoder: str) -> None:
    (tmp_path / "private" / "ring").symlink_to(folder)
    (tmp_path / "private" / "again").symlink_to(tmp_path / "private")
    settings = Settings(index=tmp_path / "index", model=tiny_encoder, follow_links=True, duplicates="separate")
    update_index([folder], settings)
    assert ids(settings) == {"own", "below/other", "inside", "absolute", "relative", "twice", "private/passwords"}
    update_index([folder], Settings(index=tmp_path / "index", model=tiny_encoder, duplicates="separate"))
    assert ids(settings) == {"own", "below/other", "inside"}


def test_what_is_added_by_hand_is_held_to_the_same(folder: Path, tmp_path: Path, tiny_encoder: str) -> None:
    settings = Settings(index=tmp_path / "index", model=tiny_encoder, duplicates="separate")
    update_index([], settings, changes=Changes(add=(folder,)))
    assert ids(settings) == {"own", "below/other", "inside"}


def test_a_file_that_became_a_link_since_is_not_read(folder: Path) -> None:
    report = ReadingReport()
    reading = FileReading(folder / "own.txt", folder, report)
    (folder / "own.txt").unlink()
    (folder / "own.txt").symlink_to("../private/passwords.txt")
    assert list(reading) == []
    assert [problem.path.name for problem in report.problems] == ["own.txt"]
    assert list(FileReading(folder / "own.txt", folder, report, ReadingOptions(follow_links=True)))


def test_a_source_that_is_a_link_is_what_it_leads_to(folder: Path, tmp_path: Path) -> None:
    (tmp_path / "named").symlink_to(tmp_path / "private")
    (tmp_path / "named.txt").symlink_to(tmp_path / "private" / "passwords.txt")
    for source in (tmp_path / "named", tmp_path / "named.txt"):
        report = ReadingReport()
        assert [item.article.body for item in read_records(source, report)] == ["كلمة السر"]
        assert report.problems == []
