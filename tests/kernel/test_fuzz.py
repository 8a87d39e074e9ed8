"""What is called by chance gets through often enough to be worth it, and never harms; sanitizers see more."""

from __future__ import annotations

import pytest

from arsearch.kernel import native

from .fuzz import Fuzz


@pytest.mark.skipif(native is None, reason="there is no compiled kernel here")
def test_every_function_is_reached_and_answers() -> None:
    fuzz = Fuzz(20)
    for _ in range(30_000):
        fuzz.call()
    ways = {
        "alignment", "features", "forward", "grams_of_words", "hashes", "inversion", "marks", "means", "nearest",
        "packing", "postings", "sketches", "spans", "spelling",
    }  # fmt: skip
    assert {name for name, count in fuzz.answered.items() if count >= 5} == ways, fuzz.answered
