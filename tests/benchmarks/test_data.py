"""A line or two of every source, in the shape in which it is published, becomes what the project reads."""

from __future__ import annotations

import gzip
import io
import json
import re
import tarfile
import zipfile
from pathlib import Path
from typing import Any

import pytest

from benchmarks.data import articles, pairs
from benchmarks.data.__main__ import main
from benchmarks.data.catalogue import DATA_SETS
from benchmarks.data.files import ConversionError, members

from ..conftest import ROOT

LONG = "نص طويل عن السوق والمدينة. " * 8
LONGER = "مقال من موسوعة حرة عن النهر والجسر. " * 12


def write(path: Path, text: str) -> Path:
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(text, encoding="utf-8")
    return path


def lines(path: Path) -> list[dict[str, Any]]:
    with gzip.open(path, "rt", encoding="utf-8") as file:
        return [json.loads(line) for line in file]


def ant(number: str, body: str, abstract: str = "") -> str:
    return (
        f"<DOC>\n<DOCNO>JA-culture-{number}</DOCNO>\n<URL>http://www.example.org/ar/article/95/{number}</URL> \n"
        f"<SRC>Jawhara FM</SRC>\n<CAT>culture</CAT>\n<TITLE>عنوان المقال رقم {number} &amp; غيره</TITLE>\n"
        f"<TIME>2017-01-20T21:43:00+01:00</TIME>\n<ABSTRACT>\n{abstract}\n</ABSTRACT>\n<TEXT>\n{body}\n</TEXT>\n</DOC>"
    )


def test_saudi_news(tmp_path: Path) -> None:
    day = [
        {"source": "okaz", "url": "http://example.org/1", "date_extracted": "2015-07-21 02:51:32", "title": " عنوان ",
         "author": "", "content": f"{LONG}\n"},
        {"source": "okaz", "url": "http://example.org/2", "date_extracted": "2015-07-21 02:51:33", "title": "قصير",
         "author": "", "content": "قصير"},
        {"source": "was", "url": "http://example.org/3", "date_extracted": "2015-07-21 02:51:34", "title": "تكرار",
         "author": "", "content": LONG},
        {"source": "was", "url": "http://example.org/4", "date_extracted": "2015-07-22 00:00:01", "title": None,
         "author": "", "content": LONG + "آخر"},
    ]  # fmt: skip
    packed = io.BytesIO()
    with zipfile.ZipFile(packed, "w") as archive:
        archive.writestr("2015-07-21.json", json.dumps(day))
    with zipfile.ZipFile(tmp_path / "SaudiNewsNet-master.zip", "w") as archive:
        archive.writestr("SaudiNewsNet-master/README.md", "# Saudi Newspapers Corpus")
        archive.writestr("SaudiNewsNet-master/dataset/2015-07-21.zip", packed.getvalue())
    assert articles.convert_saudi(tmp_path / "SaudiNewsNet-master.zip", tmp_path / "out.jsonl.gz") == 2
    first, second = lines(tmp_path / "out.jsonl.gz")
    assert first == {
        "id": "saudinewsnet:2015-07-21-0", "title": "عنوان", "body": LONG.strip(), "source": "okaz",
        "url": "http://example.org/1", "date": "2015-07-21",
    }  # fmt: skip
    assert (second["id"], second["title"], second["date"]) == ("saudinewsnet:2015-07-21-3", "", "2015-07-22")

    assert pairs.convert_saudi_titles(tmp_path / "out.jsonl.gz", tmp_path / "eval") == 0  # no title has four words


def test_headlines_are_asked_for(tmp_path: Path) -> None:
    records = [{"id": f"a{n}", "title": f"افتتاح مكتبة جديدة رقم {n}", "body": f"{LONG}{n}"} for n in range(3)]
    with gzip.open(tmp_path / "news.jsonl.gz", "wt", encoding="utf-8") as file:
        file.writelines(json.dumps(record) + "\n" for record in records)
    assert pairs.convert_saudi_titles(tmp_path / "news.jsonl.gz", tmp_path / "eval") == 3
    assert {line["title"] for line in lines(tmp_path / "eval/corpus.jsonl.gz")} == {""}
    queries = dict(line.split("\t") for line in (tmp_path / "eval/queries.tsv").read_text("utf-8").splitlines())
    for row in (tmp_path / "eval/qrels.txt").read_text("utf-8").splitlines():
        name, zero, answer, grade = row.split()
        assert (zero, grade, queries[name]) == ("0", "1", f"افتتاح مكتبة جديدة رقم {answer[1:]}")


def test_ant_news_and_their_pairs(tmp_path: Path) -> None:
    source = tmp_path / "antcorpus.data"
    write(source / "README.md", "ANT Corpus")
    write(source / "culture/JA-culture-1-20170120.txt", ant("1-20170120", LONG, "خلاصة ما جاء في المقال"))
    write(source / "culture/JA-culture-2-20170120.txt", ant("2-20170120", "قصير"))
    assert articles.convert_ant(source, tmp_path / "news.jsonl.gz") == 1
    assert lines(tmp_path / "news.jsonl.gz") == [
        {
            "id": "ant:JA-culture-1-20170120", "title": "عنوان المقال رقم 1-20170120 & غيره", "body": LONG.strip(),
            "tags": ["culture"], "url": "http://www.example.org/ar/article/95/1-20170120",
            "date": "2017-01-20T21:43:00+01:00",
        }
    ]  # fmt: skip
    assert pairs.convert_ant_pairs(source, tmp_path / "pairs.jsonl.gz") == 2
    kinds = {each["kind"]: each for each in lines(tmp_path / "pairs.jsonl.gz")}
    assert kinds["abstract"] == {"a": "خلاصة ما جاء في المقال", "b": LONG.strip(), "kind": "abstract"}
    assert kinds["title"]["a"].startswith("عنوان المقال رقم 1")


def test_khaleej_news(tmp_path: Path) -> None:
    with zipfile.ZipFile(tmp_path / "sanad.zip", "w") as archive:
        archive.writestr("SANAD/Khaleej/Culture/0000.txt", LONG)
        archive.writestr("SANAD/Akhbarona/Culture/0000.txt", LONG + "من صحيفة أخرى")
    assert articles.convert_khaleej(tmp_path / "sanad.zip", tmp_path / "out.jsonl.gz") == 1
    assert lines(tmp_path / "out.jsonl.gz") == [
        {"id": "sanad-khaleej:Culture/0000", "title": "", "body": LONG.strip(), "tags": ["Culture"]}
    ]


def test_tydi_and_kaif(tmp_path: Path) -> None:
    questions = [
        {"id": "arabic-1-0", "question": "كم طول\nالنهر؟", "answers": [{"text": "طويل", "answer_start": 3}]},
        {"id": "english-1-0", "question": "How long is it?", "answers": []},
    ]
    tydi = {"version": "TyDiQA-GoldP-1.1", "data": [{"paragraphs": [{"context": LONG, "qas": questions}]}] * 2}
    source = write(tmp_path / "tydiqa-goldp-v1.1-dev.json", json.dumps(tydi))
    assert pairs.convert_tydi(source, tmp_path / "tydi") == 2
    assert lines(tmp_path / "tydi/corpus.jsonl.gz") == [{"id": "tydi-ar-dev-0", "title": "", "body": LONG}]
    assert (tmp_path / "tydi/queries.tsv").read_text("utf-8").splitlines()[0] == "tydi-ar-dev-q0\tكم طول النهر؟"
    assert (tmp_path / "tydi/qrels.txt").read_text("utf-8").splitlines()[1] == "tydi-ar-dev-q1 0 tydi-ar-dev-0 1"

    kaif = {"version": 1.1, "data": [{"title": "النهر", "context": LONG, "qas": questions[:1]}]}
    source = write(tmp_path / "KaifLematha/development.json", json.dumps(kaif))
    assert pairs.convert_kaif(source, tmp_path / "kaif") == 1
    assert (tmp_path / "kaif/qrels.txt").read_text("utf-8") == "kaif-dev-q0 0 kaif-dev-0 1\n"


def test_pairs_of_questions_and_of_headlines(tmp_path: Path) -> None:
    table = "question1\tquestion2\tlabel\nما أهمية الموقع؟\tما هو الموقع؟\t0\nكيف أتعلم؟\tما طريقة التعلم؟\t1\n"
    assert pairs.convert_questions(write(tmp_path / "train.tsv", table), tmp_path / "q2q.jsonl.gz") == 2
    assert lines(tmp_path / "q2q.jsonl.gz")[1] == {"a": "كيف أتعلم؟", "b": "ما طريقة التعلم؟", "label": 1}

    write(tmp_path / "ans/data/stance/dev.csv", 's1,s2,stance\n"النفط، يرتفع",النفط يهبط,disagree\n')
    write(tmp_path / "ans/data/claim/dev.csv", "claim,fake_flag\nخبر,0\n")
    assert pairs.convert_stance(tmp_path / "ans", tmp_path / "stance.jsonl.gz") == 1
    assert lines(tmp_path / "stance.jsonl.gz") == [{"a": "النفط، يرتفع", "b": "النفط يهبط", "label": "disagree"}]

    with pytest.raises(ConversionError, match=r"train\.tsv has not the columns question1"):
        pairs.convert_questions(write(tmp_path / "train.tsv", "a\tb\n1\t2\n"), tmp_path / "q2q.jsonl.gz")


def test_periodicals(tmp_path: Path) -> None:
    issue = f"""<?xml version="1.0" encoding="UTF-8"?>
    <TEI xmlns="http://www.tei-c.org/ns/1.0"><teiHeader/><text xml:lang="ar"><body>
      <div type="section"><head>المقالات</head>
        <div type="item" subtype="article"><head>صدر <pb n="1"/>المشرق</head>
          <p>{LONG}<note type="footnote">حاشية</note></p><p>{LONG}</p></div>
        <div type="article"><p>بلا عنوان {LONG}</p></div>
      </div></body></text></TEI>"""
    write(tmp_path / "journal_al-muqtabas-master/tei/oclc_4770057679-i_1.TEIP5.xml", issue)
    assert articles.convert_periodicals(tmp_path, tmp_path / "out.jsonl.gz") == 1
    body = f"{LONG.strip()} {LONG.strip()}"
    assert lines(tmp_path / "out.jsonl.gz") == [{"source": "al-muqtabas", "title": "صدر المشرق", "body": body}]


def test_egyptian_wikipedia(tmp_path: Path) -> None:
    article = {
        "id": "6",
        "url": "https://arz.wikipedia.org/wiki?curid=6",
        "text": f"النهر\n\n{LONGER}\n",
        "title": "النهر",
    }
    short = article | {"text": "قصير"}
    content = "".join(json.dumps(each, ensure_ascii=False) + "\n" for each in (article, short)).encode()
    with tarfile.open(tmp_path / "arz.tar.gz", "w:gz") as archive:
        member = tarfile.TarInfo("20181020/AA/wiki_00")
        member.size = len(content)
        archive.addfile(member, io.BytesIO(content))
    assert articles.convert_egyptian(tmp_path / "arz.tar.gz", tmp_path / "out.jsonl.gz") == 1
    assert lines(tmp_path / "out.jsonl.gz") == [{"title": "النهر", "body": f"النهر\n\n{LONGER.strip()}"}]


def test_words(tmp_path: Path) -> None:
    write(tmp_path / "arabizi/training.csv", '\n"7mdula","حمدلله"\n"sheft","شفت"\n')
    write(tmp_path / "arabizi/validation.csv", '"sheft","شفت"\n')
    assert pairs.convert_arabizi(tmp_path / "arabizi", tmp_path / "pairs.tsv") == 2
    assert (tmp_path / "pairs.tsv").read_text("utf-8") == "7mdula\tحمدلله\nsheft\tشفت\n"

    entries = [{"root": "امن", "stem": "امن", "word": "ءامنتم"}]
    source = write(tmp_path / "golden_corpus_arabic.json", json.dumps(entries))
    assert pairs.convert_stems(source, tmp_path / "stems.json") == 1
    assert json.loads((tmp_path / "stems.json").read_text("utf-8")) == entries


def test_the_same_download_becomes_the_same_bytes(tmp_path: Path) -> None:
    write(tmp_path / "Khaleej/Culture/0000.txt", LONG)
    for name in ("one", "two"):
        articles.convert_khaleej(tmp_path / "Khaleej/..", tmp_path / name)
    assert (tmp_path / "one").read_bytes() == (tmp_path / "two").read_bytes()


def test_what_is_not_the_download_is_said_in_one_line(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    source = write(tmp_path / "empty/nothing.txt", "")
    assert main(["--data", str(tmp_path), "khaleej-news", str(source.parent)]) == 1
    printed = capsys.readouterr().err
    assert "khaleej-news was not made" in printed
    assert "has no Khaleej/*/*.txt" in printed
    assert "make data" in printed
    with pytest.raises(ConversionError, match="is not there"):
        list(members(tmp_path / "nowhere", "*"))


def test_every_set_is_explained_and_says_whether_it_is_here(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    write(tmp_path / "language/golden-stems.json", "[]")
    assert main(["--data", str(tmp_path)]) == 0
    printed = capsys.readouterr().out
    assert printed.count("(here)") == 1
    assert "golden-stems (here)" in printed
    for data_set in DATA_SETS:
        for part in (data_set.path, data_set.published, data_set.licence, data_set.download):
            assert part in printed


def test_all_data_that_tests_need_is_in_the_catalogue() -> None:
    known = {data_set.path for data_set in DATA_SETS}
    needed = set()
    for path in (ROOT / "tests").rglob("*.py"):
        text = path.read_text("utf-8")
        for name in re.findall(r'(?:needs|require)_data\(([A-Z_]+|"[^"]+")\)', text):
            [value] = [name] if name.startswith('"') else re.findall(rf'^{name} = ("[^"]+")$', text, re.MULTILINE)
            needed.add(value.strip('"'))
    assert {"corpus/ant-news.jsonl.gz", "language/golden-stems.json", "language/arabizi-pairs.tsv"} <= needed <= known
