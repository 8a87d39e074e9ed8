from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from arsearch.common.bounded_cache import BoundedCache


def test_the_entry_used_least_recently_leaves_first() -> None:
    cache: BoundedCache[str, int] = BoundedCache(2, 100, lambda _: 1)
    cache.put("a", 1)
    cache.put("b", 2)
    assert cache.get("a") == 1
    cache.put("c", 3)
    assert (cache.get("a"), cache.get("b"), cache.get("c")) == (1, None, 3)


def test_what_is_larger_than_everything_may_be_is_not_kept_and_nothing_leaves_for_it() -> None:
    cache: BoundedCache[str, str] = BoundedCache(9, 10, len)
    cache.put("a", "x" * 6)
    cache.put("b", "x" * 11)
    assert (cache.get("a"), cache.get("b"), cache.size) == ("xxxxxx", None, 6)
    cache.put("c", "x" * 5)
    assert (cache.get("a"), cache.get("c"), cache.size) == (None, "xxxxx", 5)


def test_no_entries_or_no_bytes_means_no_cache() -> None:
    for entries, size in ((0, 100), (100, 0)):
        cache: BoundedCache[str, str] = BoundedCache(entries, size, len)
        cache.put("a", "x")
        assert cache.get("a") is None


@given(
    st.integers(0, 4),
    st.integers(0, 20),
    st.lists(st.tuples(st.sampled_from("abcdef"), st.one_of(st.none(), st.integers(0, 12))), max_size=40),
)
def test_bounds_hold_whatever_is_done_and_what_is_found_was_put(
    entries: int, size: int, steps: list[tuple[str, int | None]]
) -> None:
    cache: BoundedCache[str, int] = BoundedCache(entries, size, lambda value: value)
    last: dict[str, int] = {}
    for key, value in steps:
        if value is None:
            assert cache.get(key) in (None, last.get(key))
        else:
            last[key] = value
            cache.put(key, value)
        kept = [cache.get(key) for key in "abcdef"]
        assert len(cache) <= entries
        assert cache.size == sum(found for found in kept if found is not None) <= size
    cache.clear()
    assert (len(cache), cache.size) == (0, 0)
