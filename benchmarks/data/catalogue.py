"""Every set of data: what it is, where it is published, under which licence, what for, and its converter."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

from benchmarks.data import articles, pairs

__all__ = ["DATA_SETS", "DataSet"]


@dataclass(frozen=True, slots=True)
class DataSet:
    """One set. *path* is below the folder of data; *convert* reads a download, or another set, and returns a count."""

    name: str
    path: str
    what: str
    published: str
    download: str
    licence: str
    use: str
    convert: Callable[[Path, Path], int] | None


_ANT = "https://github.com/antcorpus/antcorpus.data"
_SAUDI = "https://github.com/inparallel/SaudiNewsNet"

DATA_SETS = (
    DataSet(
        "saudi-news",
        "corpus/saudi-news.jsonl.gz",
        "29,052 articles of 14 Saudi newspapers, July and August 2015",
        _SAUDI,
        "the repository, as ZIP or cloned (the files dataset/2015-*.zip)",
        "CC BY-NC-SA 4.0, for research; nothing that ships may be trained on it",
        "tests, benchmarks, evaluation",
        articles.convert_saudi,
    ),
    DataSet(
        "ant-news",
        "corpus/ant-news.jsonl.gz",
        "9,874 articles of a Tunisian radio station, nine sections",
        _ANT,
        "the repository, as ZIP or cloned",
        "Apache-2.0, with a citation",
        "tests, benchmarks, training",
        articles.convert_ant,
    ),
    DataSet(
        "khaleej-news",
        "corpus/khaleej-news.jsonl.gz",
        "45,330 articles without titles, seven sections",
        "https://data.mendeley.com/datasets/57zpx667y9 (SANAD)",
        "the ZIP, of which the folder Khaleej is read",
        "none stated; look at its page before you use it",
        "tests, benchmarks",
        articles.convert_khaleej,
    ),
    DataSet(
        "tydi-ar-dev",
        "eval/tydi-ar-dev",
        "842 passages and 921 questions of native speakers",
        "https://github.com/google-research-datasets/tydiqa",
        "tydiqa-goldp-v1.1-dev.json (the gold passage task)",
        "CC BY-SA 3.0 for the texts, which are from Wikipedia",
        "evaluation",
        pairs.convert_tydi,
    ),
    DataSet(
        "kaif-dev",
        "eval/kaif-dev",
        "592 passages and 619 questions that ask how and why",
        "https://github.com/esulaiman/Arabic-WikiReading-and-KaifLematha-datasets",
        "KaifLematha/development.json",
        "CC BY-NC-SA 4.0",
        "evaluation",
        pairs.convert_kaif,
    ),
    DataSet(
        "saudi-titles",
        "eval/saudi-titles",
        "saudi-news with titles blanked, and 1,000 of them as queries: another draw than that of benchmarks/quality.md",
        _SAUDI,
        "nothing: convert the file that saudi-news became",
        "as saudi-news",
        "evaluation",
        pairs.convert_saudi_titles,
    ),
    DataSet(
        "q2q",
        "train/q2q.jsonl.gz",
        "pairs of questions that mean the same or do not",
        "https://www.kaggle.com/c/nsurl-2019-task8 (Mawdoo3)",
        "the training data, a table of question1, question2 and label",
        "MIT",
        "training",
        pairs.convert_questions,
    ),
    DataSet(
        "news-title-stance",
        "train/news-title-stance.jsonl.gz",
        "3,786 pairs of headlines that agree, disagree or neither",
        "https://github.com/latynt/ans",
        "the repository, of which data/stance is read",
        "Apache-2.0, says its badge",
        "training",
        pairs.convert_stance,
    ),
    DataSet(
        "ant-pairs",
        "train/ant-pairs.jsonl.gz",
        "titles and abstracts of ANT with their articles",
        _ANT,
        "as for ant-news",
        "Apache-2.0, with a citation",
        "training",
        pairs.convert_ant_pairs,
    ),
    DataSet(
        "periodicals",
        "train/periodicals.jsonl.gz",
        "10,471 titled articles of magazines, about 1890 to 1935",
        "https://github.com/OpenArabicPE (journal_al-manar, journal_al-muqtabas, journal_lughat-al-arab, and others)",
        "the repositories, side by side in one folder",
        "texts in the public domain; editions CC BY-SA 4.0",
        "training",
        articles.convert_periodicals,
    ),
    DataSet(
        "egyptian-wikipedia",
        "train/egyptian-wikipedia.jsonl.gz",
        "9,404 articles in Egyptian Arabic",
        "https://github.com/motazsaad/arzWikiExtracts",
        "one of its dated folders",
        "CC BY-SA",
        "training",
        articles.convert_egyptian,
    ),
    DataSet(
        "arabizi-pairs",
        "language/arabizi-pairs.tsv",
        "6,000 words in Latin letters, each with the Arabic that was meant",
        "https://github.com/bashartalafha/Arabizi-Transliteration",
        "keras-attention/data/training.csv and validation.csv, in one folder",
        "none stated: to evaluate with, nothing else",
        "tests, evaluation",
        pairs.convert_arabizi,
    ),
    DataSet(
        "golden-stems",
        "language/golden-stems.json",
        "1,165 words with their stems and roots",
        "https://github.com/assem-ch/arabicstemmer",
        "tests/test_data/golden-corpus/golden_corpus_arabic.json",
        "BSD-2-Clause",
        "tests, evaluation",
        pairs.convert_stems,
    ),
    DataSet(
        "pairs",
        "language/pairs",
        "1,780 pairs of related word forms, judged for this project",
        "not published; nothing that `make test` runs needs it",
        "nothing: ask whoever works on the stemmer",
        "compatible with the GPL",
        "work on the stemmer",
        None,
    ),
)
