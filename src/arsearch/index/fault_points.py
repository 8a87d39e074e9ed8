"""The named steps of a run that writes to an index, so that tests can end it at each of them."""

from __future__ import annotations

import sys

__all__ = ["FAULT_POINTS", "FAULT_POINT_EVENT", "fault_point"]

FAULT_POINT_EVENT = "arsearch.step"
"""The audit event (PEP 578) that is raised at each step, with its name; without a hook it costs next to nothing."""

FAULT_POINTS = (
    "lock taken",
    "plan made",
    "leftovers swept",
    "folder made",
    "sources read",
    "words and meaning added",
    "words written",
    "articles written",
    "vectors written",
    "ranking prepared",
    "manifest written",
    "commit flushed",
    "commit renamed",
    "draft written",
    "pointer switched",
    "old commit renamed",
    "old commits collected",
)
"""In the order an update comes to them. A process may be killed at any: the index is then as it was before, or, from
``pointer switched`` on, as it was to become."""


def fault_point(name: str) -> None:
    """Say that the run has done what *name* says."""
    sys.audit(FAULT_POINT_EVENT, name)
