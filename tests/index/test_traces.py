"""The keys by which articles are compared are found by article and by key; arrays that do not fit are errors."""

from __future__ import annotations

import random
from typing import Any

import numpy as np
import pytest

from arsearch.index.store.traces import KINDS, Trace, TraceTable, trace_arrays


class Arrays(dict[str, Any]):
    def get(self, name: str, *_: Any) -> Any:
        return self[name]


def traces(count: int) -> list[Trace]:
    chance = random.Random(count)

    def keys(most: int) -> bytes:
        some = [chance.choice((0, 1, 7, (1 << 64) - 1, chance.getrandbits(64))) for _ in range(chance.randint(0, most))]
        return np.array(some, np.uint64).tobytes()

    return [Trace(keys(4), keys(13), chance.randint(0, 1)) for _ in range(count)]


@pytest.mark.parametrize("count", [0, 1, 2, 300])
def test_keys_are_found_by_article_and_by_key(count: int) -> None:
    made = traces(count)
    table = TraceTable(Arrays(trace_arrays(made)), count)
    assert [table.of(article) for article in range(count)] == made
    for kind in KINDS:
        of_all = [np.frombuffer(trace.lines[8:] if kind == "line" else trace.bands, np.uint64) for trace in made]
        wanted = np.unique(np.concatenate([np.array([0, 5, 1 << 63], np.uint64), *of_all]))
        which, owners = table.owners(kind, wanted)
        found = sorted(zip(which.tolist(), owners.tolist(), strict=True))
        places = {key: place for place, key in enumerate(wanted.tolist())}
        assert found == sorted((places[key], number) for number, some in enumerate(of_all) for key in some.tolist())


@pytest.mark.parametrize(
    ("name", "values"),
    [("short", np.zeros(1, np.uint8)), ("line_counts", np.zeros(3, np.uint8)), ("band_keys", np.zeros(0, np.uint64)),
     ("band_order", np.zeros(10**4, np.uint32))],
)  # fmt: skip
def test_arrays_that_do_not_fit_are_errors(name: str, values: Any) -> None:
    arrays = Arrays(trace_arrays(traces(3)))
    arrays[name] = values
    with pytest.raises(ValueError, match="do not fit together"):
        TraceTable(arrays, 3)


def test_an_order_that_points_elsewhere_harms_nothing() -> None:
    arrays = Arrays(trace_arrays(traces(50)))
    arrays["band_order"] = np.full_like(arrays["band_order"], 60_000, dtype=np.uint16)
    which, owners = TraceTable(arrays, 50).owners("band", arrays["band_keys"])
    assert len(which) == len(owners) > 0
    assert set(owners.tolist()) <= {*range(50)}
