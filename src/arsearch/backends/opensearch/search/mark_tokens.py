"""Where the words of a query stand in a document whose tokens are at hand."""

from __future__ import annotations

from functools import reduce

import numpy as np

from arsearch.backends.opensearch.search.token_columns import DocumentTokens, WordNumbers
from arsearch.common.array_types import Int64s
from arsearch.lexical.query.parse import LexicalQuery
from arsearch.lexical.search.highlight import Marks

__all__ = ["mark_tokens"]


def mark_tokens(
    query: LexicalQuery, tokens: DocumentTokens, spans: Int64s, folded_numbers: WordNumbers, stem_numbers: WordNumbers
) -> tuple[Marks, Marks]:
    """Return where the words of *query* stand in the title and in the body; *spans* int64 (tokens, 2).

    Quoted words stand only where they have the form that was quoted.
    """
    quoted = {term for phrase in query.phrases for term in phrase}
    positions: dict[int, int] = {}
    as_typed: set[int] = set()
    places = tokens.positions
    for asked, word in enumerate(query.scored_words):
        folded = places[tokens.folded_words == folded_numbers.of(word.folded)].tolist()
        as_typed.update(folded)
        stem = stem_numbers.of(word.stem) if word.stem else -1
        inflected = places[tokens.stems == stem].tolist() if stem >= 0 else []
        for position in folded if word.folded in quoted else (*folded, *inflected):
            positions.setdefault(position, asked)
    for asked, word in enumerate(query.scored_words):
        for form in query.forms_of(word) if word.folded not in quoted else ():
            number = stem_numbers.of(form.stem)
            for position in places[tokens.stems == number].tolist() if number >= 0 else ():
                positions.setdefault(position, asked)
    for prefix in query.prefixes:
        asked = next((at for at, word in enumerate(query.scored_words) if word.folded == prefix), 0)
        for position, folded_word, stem in zip(
            places.tolist(), tokens.folded_words.tolist(), tokens.stems.tolist(), strict=True
        ):
            if folded_numbers.text(folded_word).startswith(prefix) or stem_numbers.text(stem).startswith(prefix):
                positions.setdefault(position, asked)
    scored = {word: at for at, word in enumerate(query.scored_words)}
    for synonym in query.synonyms:
        asked = next((scored[word] for word in query.words[synonym.first :] if word in scored), 0)
        length = len(synonym.folded_words)
        stands = [
            places[tokens.folded_words == folded_numbers.of(folded)] - offset
            for offset, folded in enumerate(synonym.folded_words)
        ]
        for position in reduce(np.intersect1d, stands).tolist():
            for offset in range(length):
                positions.setdefault(position + offset, asked)
    title = tokens.title
    parts = (range(title), range(title, len(spans)))
    in_title, in_body = (
        Marks.of(
            spans[part.start : part.stop],
            {at - part.start: word for at, word in positions.items() if at in part},
            {at - part.start for at in as_typed if at in part},
        )
        for part in parts
    )
    return in_title, in_body
