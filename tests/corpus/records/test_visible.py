"""Never index what is not public: whatever system exported it, and whatever the format."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from arsearch.corpus import ReadingOptions, ReadingReport, read_source

BODY = "نص لا يجوز أن يجده أحد قبل أن ينشر"
SHOWN = {"title": "منشور", "body": "نص منشور يقرؤه الناس"}


def read(path: Path, text: str, **options: Any) -> tuple[list[str], ReadingReport]:
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(text, encoding="utf-8")
    report = ReadingReport()
    return [article.title for article in read_source(path, report, ReadingOptions(**options))], report


def left_out(report: ReadingReport) -> dict[str, str]:
    return {item["name"]: item["why"] for tally in report.tallies for item in tally.left_out}


FLAGS: list[tuple[dict[str, Any], str]] = [
    ({"draft": True}, "a draft"),
    ({"isDraft": True, "is_draft": "true"}, "a draft"),
    ({"published": False}, "unpublished"),
    ({"published": "false"}, "unpublished"),
    ({"is_public": 0}, "unpublished"),
    ({"status": "draft"}, "a draft"),
    ({"status": "Pending Review"}, "pending"),
    ({"status": "private"}, "private"),
    ({"status": "trash"}, "deleted"),
    ({"status": "future"}, "scheduled"),
    ({"status": 0}, "unpublished"),
    ({"status": False}, "unpublished"),
    ({"status": [{"value": False}]}, "unpublished"),
    ({"post_status": "auto-draft"}, "a draft"),
    ({"moderation_state": "needs_review"}, "pending"),
    ({"visibility": "members"}, "protected"),
    ({"حالة النشر": "مسودة"}, "a draft"),
    ({"post_password": "سر"}, "has a password"),
    ({"deleted_at": "2021-01-01"}, "deleted"),
    ({"publishedAt": None, "createdAt": "2021-01-01"}, "a draft"),
]


@pytest.mark.parametrize(("fields", "why"), FLAGS, ids=lambda value: json.dumps(value, ensure_ascii=True)[:40])
@pytest.mark.parametrize("name", ["a.json", "a.jsonl"])
def test_a_record_that_is_not_public_is_left_out_and_named(
    tmp_path: Path, name: str, fields: dict[str, Any], why: str
) -> None:
    records = [SHOWN, {"title": "سر", "body": BODY, **fields}]
    text = json.dumps(records) if name == "a.json" else "\n".join(map(json.dumps, records))
    titles, report = read(tmp_path / name, text)
    assert titles == ["منشور"]
    assert left_out(report) == {"سر": f"not public: {why}"}
    assert report.problems == []  # an export may hold drafts: --strict does not stop at them
    assert dict(report.tallies[0].skipped) == {f"not public: {why}": 1}


@pytest.mark.parametrize(
    "fields",
    [
        {"status": "publish"},
        {"status": "published"},
        {"status": 1},
        {"draft": False},
        {"draft": ""},
        {"published": "2021-05-05"},
        {"published": True},
        {"post_password": ""},
        {"deleted_at": None},
        {"visibility": "public"},
        {"publishedAt": None},
    ],
    ids=str,
)
def test_a_record_that_is_public_is_read(tmp_path: Path, fields: dict[str, Any]) -> None:
    titles, _ = read(tmp_path / "a.json", json.dumps([SHOWN | fields]))
    assert titles == ["منشور"]


def test_a_name_that_the_settings_map_is_not_judged(tmp_path: Path) -> None:
    titles, _ = read(tmp_path / "a.json", json.dumps([SHOWN | {"status": "private"}]), fields={"status": "tags"})
    assert titles == ["منشور"]


@pytest.mark.parametrize(
    "front_matter",
    [
        "---\ntitle: سر\ndraft: true\n---\n",
        "---\ntitle: سر\npublished: false\n---\n",
        '+++\ntitle = "سر"\ndraft = true\n+++\n',
        '{\n"title": "سر",\n"draft": true\n}\n',
    ],
    ids=["yaml", "yaml-published", "toml", "json"],
)
def test_a_draft_in_markdown_is_left_out(tmp_path: Path, front_matter: str) -> None:
    titles, report = read(tmp_path / "a.md", f"{front_matter}\n{BODY}\n")
    assert titles == []
    assert list(left_out(report)) == ["سر"]


def test_the_folder_of_drafts_is_left_out(tmp_path: Path) -> None:
    (tmp_path / "_drafts").mkdir()
    (tmp_path / "_drafts" / "a.md").write_text(f"# سر\n\n{BODY}\n", encoding="utf-8")
    assert list(read_source(tmp_path, ReadingReport())) == []


def test_a_table_has_drafts_too(tmp_path: Path) -> None:
    titles, report = read(tmp_path / "a.csv", f"title,body,status\nمنشور,نص,publish\nسر,{BODY},draft\n")
    assert titles == ["منشور"]
    assert list(left_out(report)) == ["سر"]


def test_dates_to_come_are_left_out_by_setting(tmp_path: Path) -> None:
    text = json.dumps([SHOWN | {"date": "2999-01-01"}])
    assert read(tmp_path / "a.json", text)[0] == ["منشور"]
    titles, report = read(tmp_path / "a.json", text, withhold_future=True)
    assert titles == []
    assert left_out(report) == {"منشور": "dated in the future"}


def test_pages_that_ask_not_to_be_indexed_are_left_out_by_setting(tmp_path: Path) -> None:
    page = (
        f"<html><head><title>صفحة</title><meta name=robots content='NOINDEX, follow'></head><p>{BODY} {BODY}</p></html>"
    )
    assert len(read(tmp_path / "a.html", page)[0]) == 1
    assert read(tmp_path / "a.html", page, obey_noindex=True)[0] == []


# Whole exports


def test_a_wordpress_export_gives_only_what_anybody_may_read(tmp_path: Path) -> None:
    def item(title: str, status: str, kind: str = "post", password: str = "") -> str:
        return (
            f"<item><title>{title}</title><content:encoded><![CDATA[{BODY}]]></content:encoded>"
            f"<wp:post_password><![CDATA[{password}]]></wp:post_password><wp:status>{status}</wp:status>"
            f"<wp:post_type>{kind}</wp:post_type></item>"
        )

    hidden = [item(status, status) for status in ("draft", "pending", "private", "trash", "future", "auto-draft")]
    titles, report = read(
        tmp_path / "a.xml",
        '<rss version="2.0" xmlns:content="http://purl.org/rss/1.0/modules/content/" '
        'xmlns:wp="http://wordpress.org/export/1.2/"><channel>'
        + "".join(hidden)
        + item("مقفل", "publish", password="سر")
        + item("صورة", "inherit", "attachment")
        + item("منشور", "publish")
        + "</channel></rss>",
    )
    assert titles == ["منشور"]
    named = left_out(report)
    assert named["draft"] == "not public: a draft"
    assert named["مقفل"] == "not public: has a password"
    assert named["صورة"] == "no article: attachment"
    assert len(named) == 8


@pytest.mark.parametrize("made", ["2008", "2018"])
def test_a_blogger_export_gives_its_published_posts(tmp_path: Path, made: str) -> None:
    def entry(title: str, kind: str, extra: str = "") -> str:
        if made == "2008":
            mark = f"<category scheme='http://schemas.google.com/g/2005#kind' term='http://schemas.google.com/blogger/2008/kind#{kind}'/>"
        else:
            mark = f"<blogger:type>{kind.upper()}</blogger:type>" + (extra and "<blogger:status>DRAFT</blogger:status>")
            extra = ""
        return (
            f"<entry><id>{title}</id>{mark}{extra}<title>{title}</title><content type='html'>{BODY}</content></entry>"
        )

    draft = "<app:control><app:draft>yes</app:draft></app:control>"
    titles, report = read(
        tmp_path / "a.xml",
        "<feed xmlns='http://www.w3.org/2005/Atom' xmlns:app='http://purl.org/atom/app#' "
        "xmlns:blogger='http://schemas.google.com/blogger/2018'><title>م</title>"
        + entry("منشور", "post")
        + entry("صفحة", "page")
        + entry("سر", "post", draft)
        + entry("تعليق", "comment")
        + "</feed>",
    )
    assert titles == ["منشور", "صفحة"]
    assert left_out(report) == {"سر": "not public: a draft", "تعليق": "no article: a comment"}


def test_a_protected_post_of_wordpress_rest_is_left_out(tmp_path: Path) -> None:
    post = {"title": {"rendered": "سر"}, "content": {"rendered": f"<p>{BODY}</p>", "protected": True}}
    titles, report = read(tmp_path / "a.json", json.dumps([post]))
    assert titles == []
    assert left_out(report)
