"""Analysing in bulk gives the tokens that analysing one text at a time gives."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from arsearch.arabic import analyze
from arsearch.lexical.analysis.bulk import BulkAnalyzer
from arsearch.lexical.segment.builder import Document

TRICKY = "\U0001d7d9ال 1٢.,،٬٫و\u0640\u064b\u200f\n\u200b\ufdfa\ufefb\U00010efdaب-_\u00ad'/😀\x00"


def check(texts: list[str], analyzer: BulkAnalyzer) -> None:
    analysed = analyzer.analyze(texts)
    assert len(analysed.offsets) == len(texts) + 1
    for number, text in enumerate(texts):
        part = slice(*analysed.offsets[number : number + 2])
        words = analysed.words[part]
        tokens = list(
            zip(
                analyzer.exact_texts(words),
                analyzer.stem_texts(words),
                analysed.starts[part].tolist(),
                analysed.ends[part].tolist(),
                strict=True,
            )
        )
        assert tokens == [(token.folded, token.stem, token.start, token.end) for token in analyze(text)]


@given(st.lists(st.text() | st.text(alphabet=st.sampled_from(TRICKY))))
def test_any_texts(texts: list[str]) -> None:
    check(texts, BulkAnalyzer())


@given(st.lists(st.text(alphabet=st.characters(categories=["Cs", "Lo", "Zs"]))))
def test_lone_surrogates_do_no_harm(texts: list[str]) -> None:
    check(texts, BulkAnalyzer())


def test_real_texts(documents: list[Document]) -> None:
    analyzer = BulkAnalyzer()
    for first in range(0, 1000, 100):  # what was met before is looked up
        check([text for each in documents[first : first + 100] for text in (each.title, each.body)], analyzer)


def test_nothing() -> None:
    check([], BulkAnalyzer())
    check(["", ""], BulkAnalyzer())
