"""Terms are found by the kernel as by bisection in Python; offsets that are none are no way out of the columns."""

from __future__ import annotations

from types import SimpleNamespace
from typing import Any, cast
from unittest import mock

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from arsearch import kernel
from arsearch.lexical.segment.dictionary import TermDictionary, pack_terms

texts = st.binary(max_size=4).filter(lambda text: b"\n" not in text)


@given(st.sets(texts, max_size=30), st.lists(texts, min_size=1, max_size=10), st.data())
def test_terms_are_found_as_by_bisection(terms: set[bytes], asked: list[bytes], data: st.DataObject) -> None:
    blob, offsets = pack_terms(sorted(terms))
    first = data.draw(st.integers(0, len(terms)))
    fields = {"f": (first, data.draw(st.integers(first, len(terms))))}
    dictionary = TermDictionary(cast("Any", SimpleNamespace(fields=fields, term_bytes=blob, term_offsets=offsets)))
    for text in [*asked, *sorted(terms)]:
        native = [dictionary.find("f", text), dictionary.from_text("f", text), dictionary.with_prefix("f", text)]
        native.append(dictionary.between("f", text, text + b"\x01"))
        with mock.patch.object(kernel, "native", None):
            plain = [dictionary.find("f", text), dictionary.from_text("f", text), dictionary.with_prefix("f", text)]
            plain.append(dictionary.between("f", text, text + b"\x01"))
        assert native == plain
        known = dictionary.find("f", text)
        assert (known >= 0) == (text in sorted(terms)[slice(*fields["f"])])


@given(st.lists(st.integers(-(2**63), 2**63 - 1), min_size=2, max_size=6))
def test_damaged_offsets_lead_nowhere(offsets: list[int]) -> None:
    assert kernel.native is not None
    count = len(offsets) - 1
    blob = np.frombuffer(b"abcdef", np.uint8)
    assert 0 <= kernel.native.first_not_before(blob, np.array(offsets, np.int64), b"c", 0, count) <= count


@pytest.mark.parametrize("span", [(-1, 1), (0, 3)])
def test_terms_that_are_none(span: tuple[int, int]) -> None:
    assert kernel.native is not None
    blob, offsets = pack_terms([b"a", b"b"])
    with pytest.raises(IndexError):
        kernel.native.first_not_before(blob, offsets, b"a", *span)
