"""Converters of collections of articles. Bodies under 150 characters, and those that came before, are left out."""

from __future__ import annotations

import html
import json
import re
from collections.abc import Iterable, Iterator
from pathlib import Path, PurePosixPath
from typing import Any
from xml.etree import ElementTree

from benchmarks.data.files import ConversionError, members, parsed, write_json_lines

__all__ = ["convert_ant", "convert_egyptian", "convert_khaleej", "convert_periodicals", "convert_saudi", "read_ant"]

Record = dict[str, Any]

SHORTEST = 150
SHORTEST_OF_WIKIPEDIA = 301
SHORTEST_OF_PERIODICALS = 200
_TEI = "{http://www.tei-c.org/ns/1.0}"


def convert_saudi(source: Path, target: Path) -> int:
    """SaudiNewsNet: a ZIP a day with an array of ``{source, url, date_extracted, title, author, content}``."""
    return write_json_lines(target, _long_and_once(_read_saudi(source), SHORTEST))


def _read_saudi(source: Path) -> Iterator[Record]:
    for name, content in members(source, "20??-??-??.json"):
        day = PurePosixPath(name).stem
        for number, article in enumerate(parsed(name, content)):
            yield {
                "id": f"saudinewsnet:{day}-{number}",
                "title": (article.get("title") or "").strip(),
                "body": (article.get("content") or "").strip(),
                "source": article.get("source") or "",
                "url": article.get("url") or "",
                "date": (article.get("date_extracted") or day)[:10],
            }


def read_ant(source: Path) -> Iterator[Record]:
    """ANT: a text file an article, marked up as the collections of TREC are; with its *abstract*, if it has one.

    Raises:
        ConversionError: if a file has no DOCNO or no TEXT.
    """
    for name, content in members(source, "*/JA-*.txt", "JA-*.txt"):
        text = content.decode("utf-8-sig", errors="replace")
        fields = {
            tag: html.unescape(found[1]).strip() if (found := re.search(rf"<{tag}>(.*?)</{tag}>", text, re.S)) else ""
            for tag in ("DOCNO", "URL", "CAT", "TITLE", "TIME", "ABSTRACT", "TEXT")
        }
        if not fields["DOCNO"]:
            raise ConversionError(f"{name} has no <DOCNO>")
        yield {
            "id": f"ant:{fields['DOCNO']}",
            "title": fields["TITLE"],
            "body": fields["TEXT"],
            "tags": [fields["CAT"]] if fields["CAT"] else [],
            "url": fields["URL"],
            "date": fields["TIME"],
            "abstract": fields["ABSTRACT"],
        }


def convert_ant(source: Path, target: Path) -> int:
    """The articles of ANT, without their abstracts."""
    articles = ({name: value for name, value in each.items() if name != "abstract"} for each in read_ant(source))
    return write_json_lines(target, _long_and_once(articles, SHORTEST))


def convert_khaleej(source: Path, target: Path) -> int:
    """SANAD: a text file an article, ``Khaleej/Culture/0000.txt``, the section being the folder."""
    articles = (
        {
            "id": f"sanad-khaleej:{path.parent.name}/{path.stem}",
            "title": "",
            "body": content.decode("utf-8-sig", errors="replace").strip(),
            "tags": [path.parent.name],
        }
        for path, content in ((PurePosixPath(name), content) for name, content in members(source, "Khaleej/*/*.txt"))
    )
    return write_json_lines(target, _long_and_once(articles, SHORTEST))


def convert_egyptian(source: Path, target: Path) -> int:
    """What WikiExtractor writes: files ``wiki_00`` of JSON lines ``{id, url, text, title}``."""
    articles = (
        {"title": article["title"], "body": article["text"].strip()}
        for name, content in members(source, "wiki_??")
        for article in (json.loads(line) for line in content.decode().splitlines() if line.startswith("{"))
    )
    return write_json_lines(target, _long_and_once(articles, SHORTEST_OF_WIKIPEDIA))


def convert_periodicals(source: Path, target: Path) -> int:
    """TEI editions in folders ``journal_al-manar`` and the like, an issue a file: titled articles, without notes."""
    return write_json_lines(target, _long_and_once(_read_periodicals(source), SHORTEST_OF_PERIODICALS))


def _read_periodicals(source: Path) -> Iterator[Record]:
    for name, content in members(source, "*-i_*.TEIP5.xml"):
        journal = re.search(r"(?:journal|newspaper)_([a-z-]+)", f"{source.as_posix()}/{name}")
        if journal is None:
            raise ConversionError(f"{name} is in no folder named after its journal, such as journal_al-manar")
        try:
            root = ElementTree.fromstring(content)
        except ElementTree.ParseError as error:
            raise ConversionError(f"{name} is not XML: {error}") from error
        for article in root.iter(f"{_TEI}div"):
            if "article" in (article.get("type"), article.get("subtype")):
                head = article.find(f"{_TEI}head")
                title = "" if head is None else _text(head)
                body = " ".join(filter(None, map(_text, article.iter(f"{_TEI}p"))))
                if title:
                    yield {"source": journal[1].removesuffix("-master"), "title": title, "body": body}


def _text(element: ElementTree.Element) -> str:
    """What an element says, without the notes of its editors."""
    parts = [element.text or ""]
    for child in element:
        if child.tag != f"{_TEI}note":
            parts.append(_text(child))
        parts.append(child.tail or "")
    return " ".join("".join(parts).split())


def _long_and_once(records: Iterable[Record], shortest: int) -> Iterator[Record]:
    seen: set[str] = set()
    for record in records:
        if len(record["body"]) >= shortest and record["body"] not in seen:
            seen.add(record["body"])
            yield record
