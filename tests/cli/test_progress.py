"""Events of progress: when they come, and what they say of rate and remaining time."""

from __future__ import annotations

from typing import Any

from arsearch.cli.progress import ProgressEvents


class Clock:
    now = 100.0

    def __call__(self) -> float:
        return self.now


def test_a_stage_is_told_of_when_it_begins_once_a_second_and_when_it_ends() -> None:
    events: list[dict[str, Any]] = []
    clock = Clock()
    progress = ProgressEvents(events.append, clock)
    for tenths, done in ((0, 0), (1, 10), (9, 80), (11, 100), (12, 110), (20, 400)):
        clock.now = 100 + tenths / 10
        progress.show("indexing", done, 400)
    assert [event["done"] for event in events] == [0, 100, 400]
    assert [event["rate"] for event in events] == [None, 90.9, 200.0]
    assert [event["remaining_seconds"] for event in events] == [None, 3.3, 0.0]
    assert {event["unit"] for event in events} == {"articles"}
    progress.show("writing", 400, 400)
    assert (events[-1]["stage"], events[-1]["rate"]) == ("writing", None)


def test_what_was_done_before_a_stage_began_to_be_told_does_not_make_it_faster() -> None:
    events: list[dict[str, Any]] = []
    clock = Clock()
    progress = ProgressEvents(events.append, clock)
    progress.show("reading", 500, 700)
    clock.now += 2
    progress.show("reading", 600, 700)
    assert (events[-1]["rate"], events[-1]["remaining_seconds"], events[-1]["unit"]) == (50.0, 2.0, "bytes")


def test_without_a_total_the_remaining_time_is_not_known() -> None:
    events: list[dict[str, Any]] = []
    clock = Clock()
    progress = ProgressEvents(events.append, clock)
    progress.show("reading", 0, None)
    clock.now += 2
    progress.show("reading", 600, None)
    assert (events[-1]["rate"], events[-1]["remaining_seconds"]) == (300.0, None)
