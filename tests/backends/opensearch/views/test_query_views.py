"""What nodes send of documents, read here; and the column they read it from. Real nodes answer in tests/cluster."""

from __future__ import annotations

import numpy as np
import pytest

from arsearch.backends.opensearch.views.query_views import QueryViews, Wanted
from arsearch.backends.opensearch.views.word_column import pack_column, word_hash
from arsearch.errors import CorruptIndexError


def written(*numbers: int) -> str:
    """Numbers as the script on the nodes writes them."""
    text = ""
    for number in numbers:
        rest = number
        while rest >= 57:
            text += chr(93 + rest % 34)
            rest //= 34
        text += chr(35 + rest)
    return text


HALF = (1 << 24) * 3 // 2


def test_what_nodes_send_is_read() -> None:
    views = QueryViews(Wanted(("قمر", "بحر"), ("في",), ()), None)
    first = written(1200, 900, 7, 5, 1, HALF, 2, 310, 640, 3, 0, 0, 3, 1, 0, 4, 1, 1, 2, 1000) + " في بحر قمرية"
    second = written(3, 2, 1, 1, 0, 0, 0, 0, 0, 0, 0) + " "
    assert views.take([5, 8, 9], [first, "", second.rstrip() + ""]) == [8]
    view, empty = views.get(5), views.get(9)
    assert view is not None
    assert empty is not None
    assert (view.cosine, view.passage, view.copied) == (0.5, (310, 640), True)
    assert view.tokens.lengths == (1200, 900, 7, 5)
    assert view.tokens.positions.tolist() == [4, 5, 1005]
    assert [views.folded_words.text(number) for number in view.tokens.folded_words.tolist()] == ["في", "بحر", "قمرية"]
    assert [views.stems.of(""), views.stems.of("بحر")] == view.tokens.stems.tolist()[:2]
    assert view.tokens.stems.tolist()[2] not in (views.stems.of(""), views.stems.of("قمر"), views.stems.of("بحر"))
    assert (empty.cosine, empty.passage, empty.tokens.lengths) == (-1.0, None, (3, 2, 1, 1))


def test_a_view_is_the_same_alone_and_among_others() -> None:
    texts = [
        written(900, 800, 5, 4, 0, HALF, 1, 10, 90, 2, 0, 2, 1, 0, 3, 1, 40, 0, 2) + " قمر في",
        written(3, 2, 1, 1, 1, 0, 0, 0, 0, 0, 0),
        written(1200, 900, 7, 5, 1, HALF, 2, 310, 640, 3, 0, 0, 3, 1, 0, 4, 1, 1, 2, 1000) + " في بحر قمرية",
    ]
    together = QueryViews(Wanted(("قمر", "بحر"), ("في",), ()), None)
    assert together.take([1, 2, 3], texts) == []
    for document, text in enumerate(texts, 1):
        alone = QueryViews(together.wanted, None)
        alone.take([document], [text])
        one, other = alone.get(document), together.get(document)
        assert one is not None
        assert other is not None
        assert (one.cosine, one.passage, one.copied) == (other.cosine, other.passage, other.copied)
        assert (one.tokens.title, one.tokens.lengths) == (other.tokens.title, other.tokens.lengths)
        assert one.tokens.positions.tolist() == other.tokens.positions.tolist()
        for numbers, words in (("folded_words", "folded_words"), ("stems", "stems")):
            read = [
                [getattr(views, words).text(number) for number in getattr(view.tokens, numbers).tolist()]
                for views, view in ((alone, one), (together, other))
            ]
            assert read[0] == read[1]


HEAD = (9, 9, 1, 1, 0, HALF, 0, 0, 0)


@pytest.mark.parametrize(
    ("text", "wrong"),
    [
        (written(1, 2, 3) + " كلمة", "head is too short"),
        (written(*HEAD, 2, 0, 1, 1, 0, 1) + " كلمة", "number of words"),
        (written(*HEAD, 1, 0, 1, 0) + " كلمة", "no pairs"),
        (written(*HEAD, 1, 0, 1, 1, 5) + " كلمة", "none of its words"),
        (written(*HEAD, 0, 1, 1, 5), "not asked for"),
        (written(*HEAD, 0, 1, 1, 10), "too many words"),
    ],
)
def test_what_is_something_else_is_told(text: str, wrong: str) -> None:
    views = QueryViews(Wanted((), (), ()), None)
    right = written(*HEAD, 1, 0, 1, 0, 5) + " كلمة"
    with pytest.raises(CorruptIndexError, match=f"document 5 .*{wrong}"):
        views.take([4, 5, 6], [right, text, right])
    assert views.get(4) is None, "nothing of such an answer is believed"


def test_a_column_has_each_word_once_and_how_it_is_written() -> None:
    column = pack_column(["الحكومه", "ha", "الحكومه"], ["حكوم", "ha", "حكوم"], 1, ["الحكومة", "ha", "الحكومة"])
    assert column[:5] == bytes([3, 3, 1, 1, 2])
    assert column[-3:] == bytes([0, 1, 0])
    assert column.count("الحكومه".encode("utf-16-le")[::2]) == 1
    assert column.count("الحكومة".encode("utf-16-le")[::2]) == 1
    lone = pack_column(["\ud800x"], [""], 0, ["\ud800x"])
    assert "\ud800".encode("utf-16-le", "surrogatepass")[1:] not in lone, "half a pair cannot be sent"


def test_hashes_are_those_of_the_script() -> None:
    """Java's: 31 times what came before, in 32 bits."""
    value = np.int32(0)
    with np.errstate(over="ignore"):
        for low in "الاقتصاديه".encode("utf-16-le")[::2]:
            value = np.int32(31) * value + np.int32(low)
    assert word_hash("الاقتصاديه") == int(value)
