"""What systems export as JSON, from the user's side: the objects as they write them, the articles that come out."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from arsearch.corpus import Article, ReadingReport, read_source

BODY = "عاد الصيادون إلى المرفأ القديم بعد أسبوع من الرياح"


def read(path: Path, text: str) -> list[Article]:
    path.write_text(text, encoding="utf-8")
    report = ReadingReport()
    articles = list(read_source(path, report))
    assert report.problems == []
    return articles


def only(path: Path, value: Any) -> Article:
    [article] = read(path, json.dumps(value))
    return article


def test_wordpress_rest(tmp_path: Path) -> None:
    post = {
        "id": 7, "date": "2021-02-03T10:00:00", "link": "https://x.example/7", "status": "publish", "author": 4,
        "title": {"rendered": "عودة &#8211; الصيادين"}, "content": {"rendered": f"<p>{BODY}</p>", "protected": False},
        "tags": [3, 4], "_embedded": {"author": [{"name": "هناء"}], "wp:term": [[{"name": "بحر"}], [{"name": "صيد"}]]},
    }  # fmt: skip
    assert only(tmp_path / "a.json", [post]) == Article(
        id="7", title="عودة – الصيادين", body=BODY, author="هناء", date="2021-02-03T10:00:00",
        url="https://x.example/7", tags=("بحر", "صيد"),
    )  # fmt: skip
    without = only(tmp_path / "a.json", [{key: value for key, value in post.items() if key != "_embedded"}])
    assert (without.author, without.tags) == ("", ())  # the numbers of another table are no names


def test_json_api_of_drupal(tmp_path: Path) -> None:
    node = {"type": "node--article", "id": "u1", "attributes": {"title": "عودة", "created": "2021-02-03T10:00:00+00:00",
            "status": True, "body": {"value": f"<p>{BODY}</p>", "format": "basic_html", "summary": ""}}}  # fmt: skip
    hidden = {
        "type": "node--article",
        "id": "u2",
        "attributes": {"title": "سر", "status": False, "body": {"value": BODY}},
    }
    user = {"type": "user--user", "id": "u3", "attributes": {"display_name": "هناء"}}
    path = tmp_path / "a.json"
    for document in ({"data": [node, hidden], "included": [user]}, {"data": node}):
        article = only(path, document)
        assert (article.id, article.title, article.body, article.date[:10]) == ("u1", "عودة", BODY, "2021-02-03")


def test_fields_of_drupal_that_are_lists(tmp_path: Path) -> None:
    node = {
        "nid": [{"value": 5}],
        "title": [{"value": "عودة"}],
        "body": [{"value": f"<p>{BODY}</p>", "format": "html"}],
    }
    assert only(tmp_path / "a.json", [node]).body == BODY


def test_ghost(tmp_path: Path) -> None:
    post = {
        "id": "g1",
        "title": "عودة",
        "html": f"<p>{BODY}</p>",
        "published_at": "2021-04-04T00:00:00Z",
        "status": "published",
    }
    export = {"db": [{"meta": {}, "data": {"posts": [post], "tags": [{"id": 1, "name": "بحر", "description": "وصف"}],
              "users": [{"id": 2, "name": "هناء"}]}}]}  # fmt: skip
    assert only(tmp_path / "a.json", export).id == "g1"


def test_facebook_encodes_twice(tmp_path: Path) -> None:
    path = tmp_path / "a.json"
    garbled = BODY.encode().decode("latin-1")
    path.write_text(
        json.dumps([{"timestamp": 1600000000, "data": [{"post": garbled}], "title": "x"}]), encoding="utf-8"
    )
    report = ReadingReport()
    [article] = read_source(path, report)
    assert (article.body, article.date[:10]) == (BODY, "2020-09-13")
    assert [problem.message for problem in report.problems] == ["was encoded as UTF-8 twice; it was decoded once more"]


def test_telegram(tmp_path: Path) -> None:
    chat = {
        "name": "قناة", "type": "public_channel", "id": 12,
        "messages": [
            {"id": 1, "type": "service", "action": "create_channel", "text": ""},
            {"id": 2, "type": "message", "date": "2022-01-02T10:00:00", "from": "قناة",
             "text": ["عاد ", {"type": "bold", "text": "الصيادون"}, " أمس ", {"type": "hashtag", "text": "#بحر"}]},
            {"id": 3, "type": "message", "date": "2022-01-03T10:00:00", "from": "هناء", "text": BODY},
        ],
    }  # fmt: skip
    for document in (chat, {"about": "…", "chats": {"about": "…", "list": [chat]}}):
        first, second = read(tmp_path / "a.json", json.dumps(document))
        assert (first.body, first.tags, first.author) == ("عاد الصيادون أمس #بحر", ("بحر",), "")
        assert (second.body, second.author) == (BODY, "هناء")
    assert first.source == "قناة" or document is not chat


def test_the_archive_of_twitter(tmp_path: Path) -> None:
    tweet = {"id_str": "148", "created_at": "Mon Jan 10 12:00:00 +0000 2022", "full_text": BODY, "lang": "ar",
             "entities": {"hashtags": [{"text": "بحر"}]}}  # fmt: skip
    [article] = read(tmp_path / "tweets.js", f"window.YTD.tweets.part0 = {json.dumps([{'tweet': tweet}])};\n")
    assert (article.id, article.body, article.date[:10], article.tags) == ("148", BODY, "2022-01-10", ("بحر",))


def test_a_script_is_no_corpus(tmp_path: Path) -> None:
    (tmp_path / "a.js").write_text("window.x = function() { return 1 }", encoding="utf-8")
    report = ReadingReport()
    assert list(read_source(tmp_path, report)) == []
    assert dict(report.tallies[0].skipped) == {"not a known format: a script": 1}


def test_mongodb(tmp_path: Path) -> None:
    documents = [
        {"_id": {"$oid": "5f"}, "content": BODY, "publishedAt": {"$date": "2020-07-24T09:00:00Z"}},
        {"_id": {"$oid": "60"}, "content": BODY, "publishedAt": {"$date": {"$numberLong": "1595580000000"}}},
    ]
    articles = read(tmp_path / "a.json", "\n".join(map(json.dumps, documents)))
    assert [(article.id, article.date[:10]) for article in articles] == [("5f", "2020-07-24"), ("60", "2020-07-24")]


def test_elasticsearch(tmp_path: Path) -> None:
    lines = [{"index": {"_index": "n", "_id": "e1"}}, {"title": "عودة", "body": BODY}, {"delete": {"_id": "e0"}},
             {"update": {"_id": "e2"}}, {"doc": {"title": "أخرى", "body": BODY}}]  # fmt: skip
    articles = read(tmp_path / "a.ndjson", "\n".join(map(json.dumps, lines)))
    assert [article.id for article in articles] == ["e1", "e2"]
    dump = {
        "took": 3,
        "hits": {"total": {"value": 1}, "hits": [{"_index": "n", "_id": "e1", "_source": {"body": BODY}}]},
    }
    assert only(tmp_path / "b.json", dump).id == "e1"
    assert only(tmp_path / "c.jsonl", {"_index": "n", "_id": "e1", "_source": {"body": BODY}}).id == "e1"


def test_a_json_feed_names_its_site(tmp_path: Path) -> None:
    feed = {"version": "https://jsonfeed.org/version/1.1", "title": "خلاصة", "items": [
            {"id": "1", "content_html": f"<p>{BODY}</p>", "authors": [{"name": "ريم"}], "tags": ["بحر"]}]}  # fmt: skip
    article = only(tmp_path / "a.json", feed)
    assert (article.body, article.source, article.author, article.tags) == (BODY, "خلاصة", "ريم", ("بحر",))


@pytest.mark.parametrize(
    "body",
    [
        {"blocks": [{"key": "a", "text": "أول", "type": "unstyled"}, {"key": "b", "text": "ثان", "type": "unstyled"}]},
        {"blocks": [{"type": "paragraph", "data": {"text": "أول"}}, {"type": "paragraph", "data": {"text": "ثان"}}]},
        {"type": "doc", "content": [{"type": "paragraph", "content": [{"type": "text", "text": "أ"}, {"type": "text", "text": "ول"}]},  # noqa: E501
                                    {"type": "paragraph", "content": [{"type": "text", "text": "ثان"}]}]},
        [{"_type": "block", "children": [{"_type": "span", "text": "أول"}]}, {"_type": "block", "children": [{"_type": "span", "text": "ثان"}]}],  # noqa: E501
        {"root": {"children": [{"type": "paragraph", "children": [{"type": "text", "text": "أول"}]},
                               {"type": "paragraph", "children": [{"type": "text", "text": "ثان"}]}]}},
        {"ar": "أول\n\nثان", "en": "x"},
    ],
    ids=["draft", "editor.js", "prosemirror", "portable-text", "lexical", "languages"],
)  # fmt: skip
def test_rich_text_is_text(tmp_path: Path, body: object) -> None:
    assert only(tmp_path / "a.json", [{"title": "عودة", "body": body}]).body == "أول\n\nثان"


@pytest.mark.parametrize(
    "wrapped",
    [
        {"articles": [{"headline": "عودة", "text": BODY, "published": {"year": 2021, "month": 2}}]},
        [{"node": {"title": "عودة", "text": BODY, "date": "2021-02"}}],
        {"data": {"site": {"posts": [{"title": "عودة", "text": BODY, "date": "2021-02"}]}}},
        [
            {
                "sys": {"id": "c", "createdAt": "x"},
                "fields": {"title": {"ar": "عودة"}, "body": {"ar": BODY}, "date": {"ar": "2021-02"}},
            }
        ],
        [{"model": "news.story", "pk": 3, "fields": {"title": "عودة", "body": BODY, "date": "2021-02"}}],
    ],
    ids=["list", "node", "deep", "contentful", "django"],
)
@pytest.mark.parametrize("indent", [None, 1])
def test_wrappings_are_taken_off(tmp_path: Path, wrapped: object, indent: int | None) -> None:
    [article] = read(tmp_path / "a.json", json.dumps(wrapped, indent=indent))
    assert (article.title, article.body) == ("عودة", BODY)
    assert article.date in ("2021-02", "")


def test_a_line_that_holds_several_gives_several(tmp_path: Path) -> None:
    line = json.dumps({"count": 2, "items": [{"title": "أ", "text": BODY}, {"title": "ب", "text": BODY}]})
    assert [article.title for article in read(tmp_path / "a.jsonl", line + "\n")] == ["أ", "ب"]


@pytest.mark.parametrize("encoding", ["latin-1", "cp1256"])
def test_utf_8_read_as_another_encoding_is_mended(tmp_path: Path, encoding: str) -> None:
    path = tmp_path / "a.txt"
    title, body = "عنوان من كلمات", f"{BODY}، كما قال الربابنة في الميناء."
    text = f"{title}\n{body}".encode().decode(encoding, "replace")
    if "\ufffd" in text:
        pytest.skip("cannot be garbled so")
    path.write_text(text, encoding="utf-8")
    report = ReadingReport()
    [article] = read_source(path, report)
    assert (article.title, article.body) == (title, body)
    assert len(report.problems) == 1


def test_latin_and_arabic_are_left_as_they_are(tmp_path: Path) -> None:
    for body in ("Østfold ligger i Norge, Ålesund og Ærø også", "طظ طظ ط§ظ", "Ã la carte — señor Ñandú", BODY):
        assert only(tmp_path / "a.json", [{"body": body}]).body == body
