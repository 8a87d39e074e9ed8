"""A file in, its articles out; and a page for it."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from arsearch.corpus import Article, ReadingOptions, ReadingReport, check_sources, read_source

BODY = "افتتحت وزيرة الثقافة معرض الكتاب في المدينة القديمة أمس، وحضر الافتتاح جمع من الكتاب والناشرين والقراء."
MORE = "ويستمر المعرض عشرة أيام، وتشارك فيه ثلاثون دارا للنشر من خمسة بلدان، ويصاحبه برنامج ثقافي للأطفال والشباب."


def read(path: Path, data: bytes | str, **options: Any) -> list[Article]:
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_bytes(data.encode() if isinstance(data, str) else data)
    report = ReadingReport()
    check_sources([path])
    articles = list(read_source(path, report, ReadingOptions(**options)))
    assert report.problems == []
    return articles


def read_one(path: Path, data: bytes | str, **options: Any) -> Article:
    [article] = read(path, data, **options)
    return article


PAGE = f"""<!DOCTYPE html><html lang="ar"><head><title>معرض الكتاب - جريدة الواحة</title>
<meta property="og:title" content="معرض الكتاب يفتح أبوابه"><meta property="og:site_name" content="جريدة الواحة">
<meta property="article:published_time" content="2015-07-20"><meta property="article:section" content="ثقافة">
<meta property="article:tag" content="كتب"><link rel="canonical" href="https://example.org/2015/fair">
%s</head><body><nav><ul><li><a href="/">الرئيسية</a></li><li><a href="/s">رياضة</a></li></ul></nav>
<article><h1>معرض الكتاب يفتح أبوابه</h1><p>{BODY} {BODY}</p><h2>ثلاثون دارا للنشر</h2><p>{MORE} {MORE}</p></article>
<footer><p>جميع الحقوق محفوظة</p></footer></body></html>"""
LINKED = """<script type="application/ld+json">{"@context": "https://schema.org", "@graph": [
{"@type": "WebSite", "name": "س"},
{"@type": "NewsArticle", "headline": "معرض الكتاب: الافتتاح", "datePublished": "2015-07-21T10:00:00+02:00",
"author": [{"@type": "Person", "name": "سلمى الشريف"}], "publisher": {"name": "الواحة"},
"keywords": "كتب, معارض"}]}</script>"""
