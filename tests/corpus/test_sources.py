from __future__ import annotations

import gzip
import json
from pathlib import Path

import pytest

from arsearch.corpus import (
    Article,
    CorpusProblem,
    FileReading,
    KnownRecord,
    Origin,
    ReadArticle,
    ReadingReport,
    check_sources,
    read_records,
    read_source,
)
from arsearch.errors import CorpusError

from ..scraped import SCRAPED_PAGES, ScrapedPage


def write(path: Path, text: str) -> Path:
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(text, encoding="utf-8")
    return path


def read(source: Path) -> list[Article]:
    report = ReadingReport()
    articles = list(read_source(source, report))
    assert report.problems == []
    return articles


def line(body: str) -> str:
    return json.dumps({"id": body, "body": body}) + "\n"


def test_a_folder_of_every_format_gives_its_articles_in_the_order_of_file_names(tmp_path: Path) -> None:
    write(tmp_path / "a.jsonl", line("أول") + line("ثان"))
    (tmp_path / "b.jsonl.gz").write_bytes(gzip.compress(line("ثالث").encode()))
    write(tmp_path / "c.txt", "عنوان من ثلاث كلمات\n\nالرابع\n")
    write(tmp_path / "d.md", "# عنوان\n\nالخامس\n")
    write(tmp_path / "e.markdown", "السادس\n")
    assert [article.body for article in read(tmp_path)] == ["أول", "ثان", "ثالث", "الرابع", "الخامس", "السادس"]


def test_folders_inside_a_folder_are_read(tmp_path: Path) -> None:
    write(tmp_path / "2015" / "07" / "a.txt", "خبر")
    assert [article.id for article in read(tmp_path)] == ["2015/07/a"]


def test_a_single_file_is_read(tmp_path: Path) -> None:
    assert [article.body for article in read(write(tmp_path / "a.jsonl", line("خبر")))] == ["خبر"]


@pytest.mark.parametrize("name", ["A.JSONL", "A.JSONL.GZ", "A.TXT", "A.MD"])
def test_the_case_of_a_suffix_does_not_matter(tmp_path: Path, name: str) -> None:
    text = line("خبر") if "JSONL" in name else "خبر\n"
    data = gzip.compress(text.encode()) if name.endswith("GZ") else text.encode()
    (tmp_path / name).write_bytes(data)
    check_sources([tmp_path / name])
    assert [article.body.strip() for article in read(tmp_path / name)] == ["خبر"]


@pytest.mark.parametrize(
    "name", ["README.md", "readme.txt", "LICENSE.txt", "CHANGELOG.md", "CONTRIBUTING.md", ".hidden.txt", ".git/a.txt"]
)
def test_files_about_the_folder_and_hidden_files_are_not_articles(tmp_path: Path, name: str) -> None:
    write(tmp_path / name, "ليس مقالا")
    write(tmp_path / "a.txt", "خبر")
    assert [article.id for article in read(tmp_path)] == ["a"]


def test_a_folder_below_a_hidden_folder_is_read(tmp_path: Path) -> None:
    write(tmp_path / ".home" / "corpus" / "a.txt", "خبر")
    assert [article.id for article in read(tmp_path / ".home" / "corpus")] == ["a"]


def test_files_of_other_formats_in_a_folder_are_passed_over(tmp_path: Path) -> None:
    write(tmp_path / "a.txt", "خبر")
    write(tmp_path / "b.pdf", "ليس مقالا")
    check_sources([tmp_path])
    assert [article.id for article in read(tmp_path)] == ["a"]


def test_good_sources_pass_the_check(tmp_path: Path) -> None:
    check_sources([tmp_path / "..", write(tmp_path / "a.txt", "خبر"), tmp_path])


@pytest.mark.parametrize("name", ["article.pdf", "article", "articles.json", "articles.gz"])
def test_a_file_of_unknown_format_is_refused_by_name(tmp_path: Path, name: str) -> None:
    path = write(tmp_path / name, "خبر")
    with pytest.raises(CorpusError) as refused:
        check_sources([path])
    assert str(path) in str(refused.value)
    assert ".jsonl" in str(refused.value)


def test_a_missing_path_is_refused_by_name(tmp_path: Path) -> None:
    with pytest.raises(CorpusError) as refused:
        check_sources([tmp_path / "nowhere"])
    assert str(tmp_path / "nowhere") in str(refused.value)


def test_an_empty_folder_is_refused_by_name(tmp_path: Path) -> None:
    with pytest.raises(CorpusError) as refused:
        check_sources([tmp_path])
    assert str(tmp_path) in str(refused.value)


def test_a_folder_with_only_a_readme_is_refused(tmp_path: Path) -> None:
    write(tmp_path / "README.md", "ليس مقالا")
    with pytest.raises(CorpusError, match="no article"):
        check_sources([tmp_path])


def test_one_bad_source_among_good_ones_is_refused(tmp_path: Path) -> None:
    with pytest.raises(CorpusError, match="nowhere"):
        check_sources([write(tmp_path / "a.txt", "خبر"), tmp_path / "nowhere"])


@pytest.mark.parametrize("name", ["gone.jsonl", "gone.jsonl.gz", "gone.txt", "gone.md"])
def test_a_file_that_cannot_be_opened_is_an_error_with_its_name(tmp_path: Path, name: str) -> None:
    with pytest.raises(CorpusError) as refused:
        list(read_source(tmp_path / name, ReadingReport()))
    assert str(tmp_path / name) in str(refused.value)


def test_the_corpus_of_this_project_has_no_problem() -> None:
    folder = Path(__file__).parents[2] / "corpus"
    check_sources([folder])
    articles = read(folder)
    assert len({article.id for article in articles}) == len(articles) > 20
    assert all(article.title and article.body for article in articles)


@pytest.mark.parametrize("page", SCRAPED_PAGES)
def test_a_scraped_page_has_its_title_and_author(page: ScrapedPage) -> None:
    (article,) = read(page.path)
    assert article.title == page.title
    assert article.author == page.author
    assert article.id == "scraped-article"
    assert article.body.startswith(page.opening)
    assert "Menu" not in article.body


def test_a_problem_is_written_with_its_file_and_line() -> None:
    assert str(CorpusProblem(Path("news.jsonl"), 7, "not JSON", True)) == "news.jsonl:7: not JSON (skipped)"
    assert str(CorpusProblem(Path("news.md"), 0, "no date", False)) == "news.md: no date"


def test_a_report_counts_what_was_skipped_and_tells_each_problem_at_once() -> None:
    told: list[CorpusProblem] = []
    report = ReadingReport(told.append)
    origin = Origin(Path("a"), Path("a"), "JSON lines")
    report.add(origin.at(1), "mended", skipped=False)
    assert [problem.message for problem in told] == ["mended"]
    report.add(origin.at(2), "lost", skipped=True)
    assert told == report.problems
    assert report.skipped == 1
    assert report.tally(origin).skipped == {"lost": 1}


def test_a_record_carries_its_origin(tmp_path: Path) -> None:
    (tmp_path / "a.jsonl").write_text('{"body": "نص"}\n\n{"body": "آخر"}\n', encoding="utf-8")
    (tmp_path / "b.txt").write_text("عنوان\nوبعده متن", encoding="utf-8")
    with gzip.open(tmp_path / "c.jsonl.gz", "wt", encoding="utf-8") as file:
        file.write('{"body": "ثالث"}\n')
    records = list(read_records(tmp_path, ReadingReport()))
    origins = [record.origin for record in records]
    assert [(origin.path.name, origin.line, origin.format) for origin in origins] == [
        ("a.jsonl", 1, "JSON lines"),
        ("a.jsonl", 3, "JSON lines"),
        ("b.txt", 0, "plain text"),
        ("c.jsonl.gz", 1, "JSON lines"),
    ]
    assert {origin.source for origin in origins} == {tmp_path}
    assert [len(origin.digest) for origin in origins] == [16, 16, 0, 16]
    known = {origins[1].digest}
    reading = FileReading(tmp_path / "a.jsonl", tmp_path, ReadingReport(), known_lines=known)
    first, second = reading
    assert isinstance(first, ReadArticle)
    assert second == KnownRecord(origins[1])
    assert reading.position == (tmp_path / "a.jsonl").stat().st_size


def test_only_files_about_the_folder_are_left_out(tmp_path: Path) -> None:
    for name in ("README.md", "LICENSE.txt", "licenses-in-libya.txt"):
        (tmp_path / name).write_text("نص من ثلاث كلمات\nوبعده متن", encoding="utf-8")
    assert [article.id for article in read_source(tmp_path, ReadingReport())] == ["licenses-in-libya"]
