"""Converters of pairs of texts, of judged words, and of questions with their passages."""

from __future__ import annotations

import csv
import gzip
import io
import itertools
import json
import random
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any

from benchmarks.data.articles import read_ant
from benchmarks.data.files import (
    ConversionError,
    members,
    parsed,
    write_evaluation,
    write_json_lines,
    write_pairs,
)

__all__ = [
    "convert_ant_pairs",
    "convert_arabizi",
    "convert_kaif",
    "convert_questions",
    "convert_saudi_titles",
    "convert_stance",
    "convert_stems",
    "convert_tydi",
]

SHORTEST_TITLE = 13
"""Characters of a title or an abstract that is worth a pair."""

ARABIZI_PAIRS = 6000

HEADLINES = 1000
SHORTEST_HEADLINE = 4
"""Words of a headline that is asked for."""


def convert_questions(source: Path, target: Path) -> int:
    """Q2Q of NSURL 2019, task 8: a table with the columns question1, question2 and label."""
    rows = _rows(source, ("question1", "question2", "label"), "*.tsv", "*.csv")
    return write_json_lines(target, ({"a": one, "b": other, "label": int(label)} for one, other, label in rows))


def convert_stance(source: Path, target: Path) -> int:
    """ANS: ``data/stance/*.csv`` with the columns s1, s2 and stance."""
    rows = _rows(source, ("s1", "s2", "stance"), "stance/*.csv")
    return write_json_lines(target, ({"a": one, "b": other, "label": label} for one, other, label in rows))


def convert_ant_pairs(source: Path, target: Path) -> int:
    """ANT once more: what is asked for by its title, and by its abstract."""
    seen: set[tuple[str, str]] = set()

    def pairs() -> Iterator[dict[str, str]]:
        for article in read_ant(source):
            for kind in ("title", "abstract"):
                pair = article[kind], article["body"]
                if len(pair[0]) >= SHORTEST_TITLE and len(pair[1]) > len(pair[0]) and pair not in seen:
                    seen.add(pair)
                    yield {"a": pair[0], "b": pair[1], "kind": kind}

    return write_json_lines(target, pairs())


def convert_arabizi(source: Path, target: Path) -> int:
    """Word pairs ``"latin","arabic"``, in tables without a header; each pair once, no more than were measured with."""

    def pairs() -> Iterator[tuple[str, str]]:
        for _, content in members(source, "data/*.csv", "*.csv"):
            for row in csv.reader(io.StringIO(content.decode("utf-8-sig"))):
                if len(row) == 2 and row[0].isascii() and not row[1].isascii():
                    yield row[0].strip(), row[1].strip()

    return write_pairs(target, itertools.islice(dict.fromkeys(pairs()), ARABIZI_PAIRS))


def convert_stems(source: Path, target: Path) -> int:
    """The golden corpus of arabicstemmer: an array of ``{root, stem, word}``, as it is."""
    [(name, content)] = members(source, "golden_corpus_arabic.json")
    entries = parsed(name, content)
    if not all({"root", "stem", "word"} <= entry.keys() for entry in entries):
        raise ConversionError(f"{name}: not every entry has root, stem and word")
    target.parent.mkdir(parents=True, exist_ok=True)
    target.write_text(json.dumps(entries, ensure_ascii=False), encoding="utf-8")
    return len(entries)


def convert_tydi(source: Path, target: Path) -> int:
    """The gold passages of TyDi QA, shaped as SQuAD is; ids of Arabic questions begin with "arabic"."""
    [(name, content)] = members(source, "tydiqa-goldp-*dev*.json")
    found = [
        (question["question"], paragraph["context"])
        for document in parsed(name, content)["data"]
        for paragraph in document["paragraphs"]
        for question in paragraph["qas"]
        if question["id"].startswith("arabic")
    ]
    return _write_questions(target, found, "tydi-ar-dev")


def convert_kaif(source: Path, target: Path) -> int:
    """KaifLematha: ``{data: [{title, context, qas: [{id, question, answers}]}]}``."""
    [(name, content)] = members(source, "KaifLematha/development.json", "development.json")
    found = [
        (question["question"], paragraph["context"])
        for document in parsed(name, content)["data"]
        for paragraph in document.get("paragraphs", [document])
        for question in paragraph["qas"]
    ]
    return _write_questions(target, found, "kaif-dev")


def convert_saudi_titles(source: Path, target: Path) -> int:
    """The converted saudi-news once more: titles blanked, 1,000 of them to be found by; drawn by a fixed rule."""
    with gzip.open(source, "rt", encoding="utf-8") as lines:
        articles = [json.loads(line) for line in lines]
    headlines = [(each["title"], each["id"]) for each in articles if len(each["title"].split()) >= SHORTEST_HEADLINE]
    drawn = random.Random(20150721).sample(headlines, min(HEADLINES, len(headlines)))
    corpus = ({"id": each["id"], "title": "", "body": each["body"]} for each in articles)
    return write_evaluation(target, corpus, drawn, "saudi-titles")


def _write_questions(target: Path, found: Sequence[tuple[str, str]], prefix: str) -> int:
    passages = {passage: f"{prefix}-{number}" for number, passage in enumerate(dict.fromkeys(p for _, p in found))}
    corpus = ({"id": name, "title": "", "body": passage} for passage, name in passages.items())
    return write_evaluation(target, corpus, ((question, passages[passage]) for question, passage in found), prefix)


def _rows(source: Path, columns: Sequence[str], *patterns: str) -> Iterator[list[Any]]:
    for name, content in members(source, *patterns):
        delimiter = "\t" if name.endswith(".tsv") else ","
        table = csv.DictReader(io.StringIO(content.decode("utf-8-sig")), delimiter=delimiter)
        if not set(columns) <= set(table.fieldnames or ()):
            raise ConversionError(f"{name} has not the columns {', '.join(columns)}")
        yield from ([row[column] for column in columns] for row in table)
