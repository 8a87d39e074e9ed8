"""The clock of a query: stages, the limit, and what is not counted; by a clock that only moves when told to."""

from __future__ import annotations

from collections.abc import Callable

import pytest

from arsearch.common.deadline import (
    QueryClock,
    check_time,
    count_lookup,
    cut_short,
    is_cut_short,
    run_clock,
    stage,
    time_is_up,
    time_not_counted,
)
from arsearch.errors import QueryTimeoutError


class Hand:
    """A clock that is moved by hand."""

    def __init__(self) -> None:
        self.seconds = 100.0

    def __call__(self) -> float:
        return self.seconds

    def move(self, seconds: float) -> None:
        self.seconds += seconds


@pytest.fixture
def hand() -> Hand:
    return Hand()


def test_stages_are_measured_and_what_is_within_another_counts_once(hand: Hand) -> None:
    with run_clock(None, hand) as clock:
        hand.move(7)  # no stage
        with stage("lexical"):
            hand.move(1)
            with stage("fetch"):
                hand.move(2)
            hand.move(4)
        with stage("fetch"):
            hand.move(8)
    assert clock.seconds == {"lexical": 5, "fetch": 10}
    assert clock.elapsed == 22


def test_a_query_over_its_time_is_stopped_where_it_asks(hand: Hand) -> None:
    with run_clock(2.0, hand), stage("lexical"):
        hand.move(2.0)
        check_time()  # at the limit is not over it
        assert not time_is_up()
        hand.move(0.1)
        assert time_is_up()
        with pytest.raises(QueryTimeoutError, match="2000 ms"):
            check_time()


def test_what_was_found_in_time_is_shown_however_long_that_takes(hand: Hand) -> None:
    with run_clock(2.0, hand):
        hand.move(3)
        assert not is_cut_short()
        cut_short()
        hand.move(60)
        check_time()
        assert is_cut_short()
    assert not is_cut_short()


def test_what_is_not_counted_shortens_no_query_and_belongs_to_no_stage(hand: Hand) -> None:
    with run_clock(2.0, hand) as clock:
        with stage("semantic"):
            hand.move(1)
            with time_not_counted():
                hand.move(60)
            check_time()
            hand.move(0.5)
        assert clock.elapsed == 1.5
    assert clock.seconds == {"semantic": 1.5}


def test_a_clock_that_runs_goes_on_with_its_own_limit(hand: Hand) -> None:
    with run_clock(1.0, hand) as outer, run_clock(100.0, hand) as inner:
        assert inner is outer
        hand.move(2)
        with pytest.raises(QueryTimeoutError):
            check_time()


@pytest.mark.parametrize("ask", [check_time, lambda: count_lookup("answers", found=True)])
def test_without_a_clock_nothing_is_limited_or_counted(ask: Callable[[], None]) -> None:
    ask()
    with stage("lexical"), time_not_counted():
        ask()


def test_a_clock_is_over_with_its_query_even_if_that_fails(hand: Hand) -> None:
    with pytest.raises(ZeroDivisionError), run_clock(1.0, hand):
        raise ZeroDivisionError
    hand.move(9)
    check_time()


def test_lookups_are_counted(hand: Hand) -> None:
    with run_clock(None, hand) as clock:
        count_lookup("embeddings", found=True)
        count_lookup("embeddings", found=False)
        count_lookup("embeddings", found=True)
    assert clock.lookups == {("embeddings", True): 2, ("embeddings", False): 1}
    assert isinstance(clock, QueryClock)
