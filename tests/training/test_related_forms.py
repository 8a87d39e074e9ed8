"""Known items by another form of a word: the article has the other word of a pair, and not the one that is typed."""

from __future__ import annotations

import gzip
import json
from pathlib import Path

import pytest

from training.related_forms import RelatedForms, related_forms

ARTICLES = [
    {"title": "اجتماع البلدية", "body": "أغلق سوق الخضار"},
    {"title": "زوار المدينة", "body": "امتلأت أسواق كثيرة"},
    {"title": "سوق وأسواق", "body": "سوق وأسواق"},
    {"title": "سوق", "body": "سوق قديم"},
]
PAIRS = ["سوق\tأسواق\tbroken_plural", "عبد الله\tعبدالله\tabd", "قلم\tأقلام\tbroken_plural"]


@pytest.fixture(scope="module")
def found(tmp_path_factory: pytest.TempPathFactory) -> RelatedForms:
    folder: Path = tmp_path_factory.mktemp("related")
    (folder / "corpus").mkdir()
    with gzip.open(folder / "corpus/ant-news.jsonl.gz", "wt", encoding="utf-8") as file:
        file.writelines(json.dumps({"id": str(at), **article}) + "\n" for at, article in enumerate(ARTICLES))
    (folder / "language/pairs").mkdir(parents=True)
    (folder / "language/pairs/a_broken_plural.tsv").write_text("\n".join(PAIRS), encoding="utf-8")
    (folder / "language/pairs/j_must_not_meet.tsv").write_text("سوق\tزوار\tapart", encoding="utf-8")
    return related_forms(folder)


def test_the_answer_has_the_other_word_of_the_pair_and_a_title_to_ask_for(found: RelatedForms) -> None:
    queries = found.fitting | found.checking
    assert sorted(answer for answers in queries.values() for answer in answers) == [0, 1]
    for query, [answer] in queries.items():
        typed, of_title = query.split()
        assert typed == ("أسواق" if answer == 0 else "سوق")
        assert of_title in ARTICLES[answer]["title"].split()


def test_both_directions_of_a_pair_are_in_one_half(found: RelatedForms) -> None:
    assert not found.fitting or not found.checking
