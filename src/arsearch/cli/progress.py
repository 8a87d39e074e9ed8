"""How far a long run has come: a bar on a terminal, events for programs.

Events are JSON objects, one a line, on standard error::

    {"event": "progress", "stage": "indexing", "unit": "articles", "done": 4096, "total": 29052,
     "rate": 1930.2, "remaining_seconds": 12.9}
    {"event": "problem", "path": "news.jsonl", "line": 7, "message": "not JSON: ...", "skipped": true}

The rate is that of the stage so far, in units a second; it and the remaining time are null where they are not known.
Of ``reading`` the unit is bytes of files, of ``embedding`` passages. Where that takes long, an event says so once::

    {"event": "embedding", "passages": 85766, "remaining_seconds": 2144.2}
"""

from __future__ import annotations

import json
import sys
import time
from collections.abc import Callable
from typing import TYPE_CHECKING, Any

from arsearch.cli.options import say
from arsearch.corpus.files.names import path_text

if TYPE_CHECKING:
    from arsearch.corpus import CorpusProblem
    from arsearch.index import EmbeddingPace

__all__ = ["IndexingProgress", "ProgressEvents"]

_READING = "reading"
_EMBEDDING = "embedding"
_EVERY_SECONDS = 1.0


class IndexingProgress:
    """Shows the progress of an indexing run and the problems it meets. A context manager."""

    def __init__(self, *, as_json: bool) -> None:
        """Write events with *as_json*, else a bar if standard error is a terminal."""
        self._events = ProgressEvents(_write_event) if as_json else None
        self._bar: Any = None
        self._stage = ""

    def __enter__(self) -> IndexingProgress:
        return self

    def __exit__(self, *error: object) -> None:
        self._close()

    def show(self, stage: str, done: int, total: int | None) -> None:
        """Show that *done* of *total* is done in *stage*."""
        if self._events:
            self._events.show(stage, done, total)
        elif sys.stderr.isatty():
            self._draw(stage, done, total)

    def tell(self, problem: CorpusProblem) -> None:
        """Show something that is wrong with the corpus."""
        if self._events:
            place = {"path": path_text(problem.path), "line": problem.line}
            _write_event({"event": "problem", **place, "message": problem.message, "skipped": problem.skipped})
        else:
            say(f"Warning: {problem}")

    def tell_pace(self, pace: EmbeddingPace) -> None:
        """Show how long embedding takes, where it takes long."""
        if self._events:
            seconds = round(pace.seconds, 1)
            _write_event({"event": "embedding", "passages": pace.passages, "remaining_seconds": seconds})
        else:
            say(
                f"{pace.passages:,} passages have yet to be embedded, which takes about {_duration(pace.seconds)}. "
                "Words find their articles in the meantime. `--model fast` is hundreds of times faster, and finds less."
            )

    def _draw(self, stage: str, done: int, total: int | None) -> None:
        if stage != self._stage:
            from tqdm import tqdm

            self._close()
            self._stage = stage
            unit = {"unit": "B", "unit_scale": True} if stage == _READING else {"unit": f" {_unit(stage)}"}
            self._bar = tqdm(desc=stage, total=total, file=sys.stderr, **unit)
        self._bar.update(done - self._bar.n)

    def _close(self) -> None:
        if self._bar is not None:
            self._bar.close()


class ProgressEvents:
    """Makes events of progress: one when a stage begins, one when it ends, and one a second between."""

    def __init__(self, write: Callable[[dict[str, Any]], None], clock: Callable[[], float] = time.monotonic) -> None:
        """Hand events to *write*; *clock* gives the time in seconds."""
        self._write = write
        self._clock = clock
        self._stage = ""
        self._began = self._told = 0.0
        self._done_before = 0

    def show(self, stage: str, done: int, total: int | None) -> None:
        """Tell, if it is time to, that *done* of *total* is done in *stage*."""
        now = self._clock()
        begins = stage != self._stage
        if begins:
            self._stage, self._began, self._done_before = stage, now, done
        elif done != total and now - self._told < _EVERY_SECONDS:
            return
        self._told = now
        elapsed, advance = now - self._began, done - self._done_before
        rate = advance / elapsed if advance > 0 and elapsed > 0 else None
        remaining = (total - done) / rate if rate and total is not None else None
        self._write(
            {
                "event": "progress",
                "stage": stage,
                "unit": _unit(stage),
                "done": done,
                "total": total,
                "rate": None if rate is None else round(rate, 1),
                "remaining_seconds": None if remaining is None else round(remaining, 1),
            }
        )


def _unit(stage: str) -> str:
    return {_READING: "bytes", _EMBEDDING: "passages"}.get(stage, "articles")


def _duration(seconds: float) -> str:
    """Return *seconds* as somebody would say them."""
    for length, unit in ((3600, "hour"), (60, "minute")):
        if seconds >= 1.5 * length:
            return f"{seconds / length:.0f} {unit}s"
    return "a minute" if seconds > 30 else "half a minute"


def _write_event(event: dict[str, Any]) -> None:
    say(json.dumps(event, ensure_ascii=False))
