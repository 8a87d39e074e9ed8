"""How fast each format is read, and how fast copies are found, on articles made up for it.

Usage: python benchmarks/reading.py [ARTICLES]
"""

from __future__ import annotations

import csv
import gzip
import html
import io
import json
import random
import sqlite3
import sys
import tempfile
import time
import zipfile
from collections.abc import Callable
from pathlib import Path

from arsearch.corpus import Article, ReadingReport, read_source, zstd
from arsearch.corpus.cleaning.near_duplicates import bands, shingle_hashes, word_hash
from arsearch.lexical.segment.builder import SegmentBuilder

CORPUS = Path(__file__).parents[1] / "corpus"
WORDS = 250


def main() -> None:
    count = int(sys.argv[1]) if len(sys.argv) > 1 else 2_000
    articles = made_up(count)
    print(f"{count} articles of {WORDS} words")
    print(f"{'format':<18}{'articles/s':>12}{'MB/s':>8}   (of CPU time)")
    with tempfile.TemporaryDirectory() as folder:
        for name, (suffix, write, share) in FORMATS.items():
            some = articles[: max(count // share, 20)]
            path = Path(folder) / f"articles{suffix}"
            path.write_bytes(write(some[:1]))
            list(read_source(path, ReadingReport()))  # what is imported when the first one is read is no reading
            path.write_bytes(write(some))
            began = time.process_time()
            read = sum(1 for _ in read_source(path, ReadingReport()))
            seconds = time.process_time() - began
            assert read == len(some), name
            size = sum(len(article.body.encode()) for article in some)
            print(f"{name:<18}{read / seconds:>12,.0f}{size / seconds / 1e6:>8.1f}")
    builder = SegmentBuilder()
    words = builder.exact_words([article.body for article in articles], word_hash)
    began = time.process_time()
    bands(words, [shingle_hashes(each) for each in words])
    print(f"\nMinHash of folded words: {count / (time.process_time() - began):,.0f} articles a CPU second")


def made_up(count: int) -> list[Article]:
    source = [word for path in sorted(CORPUS.glob("features/*.txt")) for word in path.read_text("utf-8").split()]
    chance = random.Random(1436)
    bodies = (" ".join(chance.choices(source, k=WORDS)) for _ in range(count))
    return [Article(id=f"{number}", title=f"خبر رقم {number}", body=body) for number, body in enumerate(bodies)]


def json_lines(articles: list[Article]) -> bytes:
    return "".join(json.dumps(article.as_dict(), ensure_ascii=False) + "\n" for article in articles).encode()


def table(articles: list[Article]) -> bytes:
    file = io.StringIO()
    csv.writer(file).writerows([["id", "title", "body"], *((a.id, a.title, a.body) for a in articles)])
    return file.getvalue().encode()


def page(article: Article) -> str:
    head = f"<!doctype html><html><head><title>{article.title}</title></head>"
    return f"{head}<body><article><p>{html.escape(article.body)}</p></article></body></html>"


def zipped(suffix: str, text: Callable[[Article], str]) -> Callable[[list[Article]], bytes]:
    def write(articles: list[Article]) -> bytes:
        file = io.BytesIO()
        with zipfile.ZipFile(file, "w", zipfile.ZIP_DEFLATED) as archive:
            for article in articles:
                archive.writestr(f"{article.id}{suffix}", text(article))
        return file.getvalue()

    return write


def feed(articles: list[Article]) -> bytes:
    items = "".join(
        f"<item><guid>{a.id}</guid><title>{a.title}</title><description>{html.escape(a.body)}</description></item>"
        for a in articles
    )
    return f"<rss><channel>{items}</channel></rss>".encode()


def wiki(articles: list[Article]) -> bytes:
    pages = "".join(
        f"<page><title>{a.title}</title><ns>0</ns><id>{a.id}</id>"
        f"<revision><text>{html.escape(a.body)} [[رابط]]</text></revision></page>"
        for a in articles
    )
    return f"<mediawiki>{pages}</mediawiki>".encode()


def warc(articles: list[Article]) -> bytes:
    file = []
    for article in articles:
        answer = b"HTTP/1.1 200 OK\r\nContent-Type: text/html; charset=utf-8\r\n\r\n" + page(article).encode()
        head = f"WARC/1.0\r\nWARC-Type: response\r\nWARC-Target-URI: https://example.org/{article.id}\r\n"
        file.append(f"{head}Content-Length: {len(answer)}\r\n\r\n".encode() + answer + b"\r\n\r\n")
    return b"".join(file)


def bulk(articles: list[Article]) -> bytes:
    lines = ({"index": {"_id": a.id}, "body": {"title": a.title, "body": a.body}} for a in articles)
    return "".join(
        json.dumps({"index": line["index"]}) + "\n" + json.dumps(line["body"]) + "\n" for line in lines
    ).encode()


def plain_xml(articles: list[Article]) -> bytes:
    items = "".join(
        f"<a><id>{a.id}</id><title>{a.title}</title><body>{html.escape(a.body)}</body></a>" for a in articles
    )
    return f"<articles>{items}</articles>".encode()


def mailbox(articles: list[Article]) -> bytes:
    head = (
        "From a@example.org Mon Jan 10 12:00:00 2022\nMessage-ID: <{}@x>\nContent-Type: text/plain; charset=utf-8\n\n"
    )
    return "".join(head.format(a.id) + a.body + "\n\n" for a in articles).encode()


def database(articles: list[Article]) -> bytes:
    connection = sqlite3.connect(":memory:")
    connection.execute("CREATE TABLE articles (id, title, body)")
    connection.executemany("INSERT INTO articles VALUES (?, ?, ?)", [(a.id, a.title, a.body) for a in articles])
    connection.commit()
    return connection.serialize()


def workbook(articles: list[Article]) -> bytes:
    import openpyxl

    book = openpyxl.Workbook(write_only=True)
    sheet = book.create_sheet()
    for row in [("id", "title", "body"), *((a.id, a.title, a.body) for a in articles)]:
        sheet.append(row)
    file = io.BytesIO()
    book.save(file)
    return file.getvalue()


# Suffix, writer, and how many times fewer articles are enough: pages take longer than lines.
FORMATS: dict[str, tuple[str, Callable[[list[Article]], bytes], int]] = {
    "JSON lines": (".jsonl", json_lines, 1),
    "JSON lines, gzip": (".jsonl.gz", lambda articles: gzip.compress(json_lines(articles)), 1),
    "JSON lines, zstd": (".jsonl.zst", lambda articles: zstd.compress(json_lines(articles)), 1),
    "JSON": (".json", lambda articles: json.dumps([article.as_dict() for article in articles]).encode(), 1),
    "CSV": (".csv", table, 1),
    "plain text, ZIP": (".zip", zipped(".txt", lambda a: f"{a.title}\n{a.body}"), 1),
    "Markdown, ZIP": (".zip", zipped(".md", lambda a: f"# {a.title}\n\n{a.body}"), 4),
    "feed": (".xml", feed, 1),
    "MediaWiki dump": (".xml", wiki, 4),
    "HTML, ZIP": (".zip", zipped(".html", page), 10),
    "WARC": (".warc", warc, 10),
    "bulk request": (".ndjson", bulk, 1),
    "XML": (".xml", plain_xml, 1),
    "mailbox": (".mbox", mailbox, 4),
    "SQLite": (".sqlite", database, 1),
    "Excel": (".xlsx", workbook, 4),
}

if __name__ == "__main__":
    main()
