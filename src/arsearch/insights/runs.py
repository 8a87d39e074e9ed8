"""What the last runs of indexing did, for who looks after the index: kept beside it, the newest first."""

from __future__ import annotations

import datetime
import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from arsearch.index.durability import replace_file

__all__ = ["last_runs", "remember_run"]

_FILE = "runs.json"
_KEPT = 20
_LISTED = 100
"""Problems that are kept of a run; their number is kept of all."""


def remember_run(index: Path, summary: Mapping[str, Any], *, now: datetime.datetime | None = None) -> None:
    """Keep the *summary* of a run, as ``arsearch index --json`` writes it, in the directory *index*. Raises OSError."""
    finished = (now or datetime.datetime.now(datetime.UTC)).isoformat(timespec="seconds")
    run = {name: value for name, value in summary.items() if name not in ("dropped", "unknown_fields")}
    run |= {"finished": finished, "problem_count": len(summary["problems"]), "problems": summary["problems"][:_LISTED]}
    runs = [run, *last_runs(index)][:_KEPT]
    replace_file(index / _FILE, json.dumps({"runs": runs}, ensure_ascii=False).encode())


def last_runs(index: Path) -> list[dict[str, Any]]:
    """Return what is kept of the runs, the newest first; none if nothing is, or nothing that can be read."""
    try:
        runs = json.loads((index / _FILE).read_bytes())["runs"]
    except (OSError, ValueError, KeyError, TypeError):
        return []
    return [run for run in runs if isinstance(run, dict)] if isinstance(runs, list) else []
