"""Articles between reading and indexing: cleaned, recognised, and kept once if they say the same."""

from __future__ import annotations

import dataclasses
from typing import Any

import pytest

import arsearch
from arsearch import Settings, SettingsError
from arsearch.index import IndexSummary, update_index, verify

from ...conftest import WriteCorpus

WORDS = [f"كلمة{first}{second}" for first in "أبتثجحخد" for second in "رزسشصضطظ"]
STORY = " ".join(["سفينة", *WORDS, "ميناء"])
NEARLY = STORY.replace(WORDS[30], "غيرها").replace("سفينة", "سفينه")
OTHER = " ".join(["قمر", *reversed(WORDS)])


def record(identifier: str, body: str, **fields: Any) -> dict[str, Any]:
    return {"id": identifier, "title": identifier, "body": body, "source": f"صحيفة {identifier}", **fields}


def search(settings: Settings, query: str, **request: Any) -> dict[str, list[str]]:
    """The ids found, each with those of its copies."""
    with arsearch.open_index(settings.index, settings=settings) as index:
        hits = index.search(query, mode="lexical", **request).hits
        return {hit.id: [copy.id for copy in hit.copies] for hit in hits}


def counts(summary: IndexSummary) -> tuple[int, int]:
    return summary.articles, summary.copies


def test_articles_that_say_the_same_are_kept_once_and_found_together(
    settings: Settings, write_corpus: WriteCorpus
) -> None:
    corpus = write_corpus([record("a", STORY), record("b", NEARLY), record("c", STORY), record("d", OTHER)])
    summary = update_index([corpus], settings)
    assert counts(summary) == (2, 2)
    assert [(tally.read, tally.duplicates) for tally in summary.tallies] == [(4, 2)]
    assert search(settings, "سفينة") == {"a": ["b", "c"]}
    assert verify(settings.index) == []
    with arsearch.open_index(settings.index) as index:
        [hit] = index.search("سفينة", mode="lexical", facets=True).hits
        assert [copy["source"] for copy in hit.as_dict()["copies"]] == ["صحيفة b", "صحيفة c"]
        assert index.article("b").body == NEARLY
        assert index.marked_article("b", "ميناء")[2] == NEARLY
        assert [article.id for article in index.similar("b", 3)] == ["d"]


def test_a_filter_finds_an_article_by_its_copy(settings: Settings, write_corpus: WriteCorpus) -> None:
    update_index([write_corpus([record("a", STORY, tags=["س"]), record("b", NEARLY, tags=["س", "ص"])])], settings)
    assert search(settings, "سفينة", source=["صحيفة b"]) == {"a": ["b"]}
    with arsearch.open_index(settings.index) as index:
        facets = index.search("سفينة", mode="lexical", facets=True).facets
    assert dict(facets["source"]) == {"صحيفة a": 1, "صحيفة b": 1}
    assert dict(facets["tag"]) == {"س": 1, "ص": 1}


def test_copies_can_stay_apart(settings: Settings, write_corpus: WriteCorpus) -> None:
    corpus = write_corpus([record("a", STORY), record("b", NEARLY)])
    apart = dataclasses.replace(settings, duplicates="separate")
    assert counts(update_index([corpus], apart)) == (2, 0)
    assert search(apart, "سفينة") == {"a": [], "b": []}
    summary = update_index([corpus], settings)
    assert counts(summary) == (1, 1)
    assert "set to something else" in summary.rebuilt_because


def test_the_similarity_can_be_set(settings: Settings, write_corpus: WriteCorpus) -> None:
    corpus = write_corpus([record("a", STORY), record("b", NEARLY)])
    assert counts(update_index([corpus], dataclasses.replace(settings, duplicate_similarity=1.0))) == (2, 0)


def test_short_articles_are_copies_only_word_for_word_and_under_one_title(
    settings: Settings, write_corpus: WriteCorpus
) -> None:
    short = "التفاصيل في الفيديو المرفق"
    records = [
        record("a", short),
        record("b", short),
        record("c", short, title="a"),
        record("d", f"{short} هنا", title="a"),
    ]
    assert counts(update_index([write_corpus(records)], settings)) == (3, 1)


@pytest.mark.parametrize("kept_is", ["gone", "changed"])
def test_when_the_kept_article_goes_its_copies_are_found(
    settings: Settings, write_corpus: WriteCorpus, kept_is: str
) -> None:
    copies = [record("b", NEARLY), record("c", STORY)]
    corpus = write_corpus([record("a", STORY), *copies])
    update_index([corpus], settings)
    write_corpus(copies if kept_is == "gone" else [record("a", OTHER), *copies])
    summary = update_index([corpus], settings)
    assert search(settings, "سفينة") == {"b": ["c"]}
    assert counts(summary) == ((1, 1) if kept_is == "gone" else (2, 1))
    assert verify(settings.index) == []
    assert counts(update_index([corpus], settings))[0] == summary.articles
    assert search(settings, "سفينة") == {"b": ["c"]}


def test_a_new_article_is_compared_with_those_of_earlier_runs(settings: Settings, write_corpus: WriteCorpus) -> None:
    corpus = write_corpus([record("a", STORY)])
    update_index([corpus], settings)
    write_corpus([record("a", STORY), record("b", NEARLY)])
    assert counts(update_index([corpus], settings)) == (1, 1)
    write_corpus([record("a", STORY)])
    summary = update_index([corpus], settings)
    assert (summary.articles, summary.deleted) == (1, 1)
    assert search(settings, "سفينة") == {"a": []}


def test_an_earlier_article_is_found_by_the_sources_of_later_copies(
    settings: Settings, write_corpus: WriteCorpus
) -> None:
    kept, copies = record("a", STORY), [record("b", NEARLY), record("c", STORY)]
    corpus = write_corpus([kept])
    update_index([corpus], settings)
    write_corpus([kept, *copies])
    assert counts(update_index([corpus], settings)) == (1, 2)
    assert search(settings, "سفينة", source=["صحيفة c"]) == {"a": ["b", "c"]}
    assert verify(settings.index) == []
    write_corpus([kept, copies[0]])
    assert counts(update_index([corpus], settings)) == (1, 0)
    assert search(settings, "سفينة", source=["صحيفة c"]) == {}
    assert search(settings, "سفينة", source=["صحيفة b"]) == {"a": ["b"]}
    assert verify(settings.index) == []
    with arsearch.open_index(settings.index) as index:
        facets = index.search("سفينة", mode="hybrid", facets=True).facets
    assert dict(facets["source"]) == {"صحيفة a": 1, "صحيفة b": 1}


def test_a_changed_copy_is_compared_again(settings: Settings, write_corpus: WriteCorpus) -> None:
    corpus = write_corpus([record("a", STORY), record("b", NEARLY)])
    update_index([corpus], settings)
    write_corpus([record("a", STORY), record("b", OTHER)])
    assert counts(update_index([corpus], settings)) == (2, 0)
    assert search(settings, "سفينة") == {"a": []}
    assert verify(settings.index) == []


def test_furniture_is_dropped_and_told(settings: Settings, write_corpus: WriteCorpus) -> None:
    records = [record(f"{number}", f"خبر رقم {number}\nاشترك في نشرتنا\nأترك رد", source="س") for number in range(10)]
    corpus = write_corpus(records)
    summary = update_index([corpus], settings)
    assert search(settings, "نشرتنا") == {}
    assert [(line.line, line.articles) for line in summary.dropped] == [("اشترك في نشرتنا", 10), ("أترك رد", 10)]
    # A later article drops what was learnt, and nothing has changed for the others.
    write_corpus([*records, record("new", "خبر جديد\nاشترك في نشرتنا", source="س")])
    summary = update_index([corpus], settings)
    assert (summary.added, summary.unchanged) == (1, 10)
    assert search(settings, "نشرتنا") == {}
    kept = dataclasses.replace(settings, keep_boilerplate=True)
    assert update_index([corpus], kept).dropped == ()
    assert len(search(kept, "نشرتنا")) == 10


def test_very_short_articles_are_told(settings: Settings, write_corpus: WriteCorpus) -> None:
    [tally] = update_index([write_corpus([record("a", "خبر"), record("b", STORY)])], settings).tallies
    assert (tally.short, tally.short_ids) == (1, ["a"])


def test_names_of_fields_that_make_no_sense_are_refused(settings: Settings, write_corpus: WriteCorpus) -> None:
    with pytest.raises(SettingsError, match="content=body"):
        update_index([write_corpus([record("a", STORY)])], dataclasses.replace(settings, fields=("content=matn",)))


ENGLISH = "The minister visited the capital and talked about the coming elections with several journalists."
FRENCH = "Le ministre a visité la capitale et a parlé des prochaines élections avec plusieurs journalistes."


def test_articles_in_other_languages_are_found_by_their_own_stems(
    settings: Settings, write_corpus: WriteCorpus
) -> None:
    update_index([write_corpus([record("ar", STORY), record("en", ENGLISH), record("fr", FRENCH)])], settings)
    with arsearch.open_index(settings.index) as index:
        assert [index.article(name).language for name in ("ar", "en", "fr")] == ["ar", "en", "fr"]
    assert list(search(settings, "visiting ministers")) == ["en", "fr"]
    assert next(iter(search(settings, "JOURNALIST"))) == "en"
    assert "fr" in search(settings, "visiter")
    assert list(search(settings, "سفينة")) == ["ar"]


def test_a_language_that_is_given_is_believed(settings: Settings, write_corpus: WriteCorpus) -> None:
    update_index([write_corpus([record("en", "talked", language="en-GB")])], settings)
    assert list(search(settings, "talking")) == ["en"]
