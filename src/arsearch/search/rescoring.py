"""From the words of an index to the features of candidates: what ties the lexical index to the ranking."""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np
import numpy.typing as npt

from arsearch import ranking
from arsearch.arabic import analyze
from arsearch.backends import SearchableIndex
from arsearch.common.array_types import Vectors
from arsearch.common.deadline import check_time
from arsearch.lexical import LexicalQuery

__all__ = ["find_features", "texts_to_rerank"]

_LONGEST = 2000
"""Words of an article that are looked at: a book must not take as long as all other candidates together."""

_OPENING = 800
"""Code points of an article that stand for it where nothing says which passage is the nearest."""


def find_features(
    index: SearchableIndex, query: LexicalQuery, documents: npt.NDArray[np.int64], scores: npt.NDArray[np.float32]
) -> npt.NDArray[np.float32]:
    """Return the features of *documents*, which are sorted: float32 (documents, len(ranking.FEATURES)).

    *scores* (documents,) are those of the first pass, as shares of the best possible.
    """
    scored = query.scored_words
    stems: dict[str, int] = {}
    for word in scored:
        if word.stem:
            stems.setdefault(word.stem, len(stems))
    # Another form of a word stands for it: a number that means the typed one's stem.
    stands_for = list(range(len(stems)))
    names: dict[int, str] = {}
    for word, forms in zip(scored, query.forms, strict=False):
        for form in forms.others:
            if form.stem not in stems:
                stems[form.stem] = len(stems)
                stands_for.append(stems[word.stem])
                if form.is_same:
                    names[stems[form.stem]] = word.folded + word.folded[-1]
    for synonym in query.synonyms:
        typed = [word for word in query.words[synonym.first : synonym.last + 1] if word.stem in stems]
        # Of several words, the rarest stand for the others.
        other = max(
            (token for folded in synonym.folded_words for token in analyze(folded) if token.stem),
            key=index.words.idf_of,
            default=None,
        )
        if typed and other is not None and other.stem not in stems:
            if synonym.first == synonym.last and len(synonym.folded_words) == 1:
                names[len(stems)] = _as_typed(typed[0].folded, other.folded)
            stems[other.stem] = len(stems)
            stands_for.append(stems[max(typed, key=index.words.idf_of).stem])
    folded_words = "".join(word.folded + ranking.WORD_END for word in scored)
    view = index.forward(documents, ranking.grams_of(folded_words), list(stems), longest=_LONGEST)
    check_time()
    asked = ranking.QueryWords(
        words=folded_words,
        idf=np.array([index.words.idf_of_word(query, at) for at in range(len(scored))], dtype=np.float32),
        stems=np.array([stems.get(word.stem, -1) for word in scored], dtype=np.int64),
    )
    texts = ranking.CandidateTexts(
        words=_with_names_as_typed(view.words, view.stems, names),
        stems=np.array([*stands_for, -1], dtype=np.int64)[view.stems],
        tokens=view.tokens,
        owners=view.owners,
        positions=view.positions,
        lengths=view.lengths,
        average_length=index.words.average_length,
    )
    return ranking.find_features(asked, texts, scores, index.grams)


def _as_typed(typed: str, name: str) -> str:
    """Return how *name*, another name of what was *typed*, is compared: as the same in another script, else nearly.

    Of two spellings in one script the one that was typed comes first.
    """
    return typed if typed.isascii() != name.isascii() else typed + typed[-1]


def _with_names_as_typed(words: str, stems: npt.NDArray[np.int64], names: Mapping[int, str]) -> str:
    """Return *words*, each with WORD_END behind it, with those of other names as they were typed.

    *stems* (words,) are the numbers of their stems; *names* has what was typed for each that is another name. A name in
    another script has none of the letters that were typed, which weigh most, though it is the very same thing.
    """
    if not names:
        return words
    apart = words.split(ranking.WORD_END)
    for at in np.flatnonzero(stems >= min(names)).tolist():
        apart[at] = names.get(int(stems[at]), apart[at])
    return ranking.WORD_END.join(apart)


def texts_to_rerank(index: SearchableIndex, vector: Vectors | None, documents: npt.NDArray[np.int64]) -> list[str]:
    """Return what of each of *documents* a cross-encoder should read: its title and the passage nearest to *vector*.

    Without a vector, and for articles without one, the first passage.
    """
    passages = [None] * len(documents) if vector is None else index.passages(vector, documents)
    texts = []
    for article, passage in zip(index.articles(documents), passages, strict=True):
        start, end = passage or (0, _OPENING)
        texts.append(f"{article.title}\n{article.body[start:end]}")
    return texts
