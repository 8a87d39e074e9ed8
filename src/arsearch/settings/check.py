"""Which values settings may have, beyond their types."""

from __future__ import annotations

import math
import re
from collections.abc import Mapping, Sequence
from typing import Any

from arsearch.errors import SettingsError

__all__ = ["check_values"]

_INDEX_NAME = re.compile("[a-z][a-z0-9_-]{0,99}")
_MAY_BE_ZERO = (
    "cached_answers", "cached_answers_mb", "cached_embeddings", "index_processes", "max_waiting_requests",
    "opensearch_replicas", "slow_query_ms",
)  # fmt: skip
"""Where 0 means none, or that arsearch chooses."""
_LONGEST_HALF_LIFE = 36_500.0
"""A hundred years, in days."""
_ABOVE_ZERO = ("document_seconds", "opensearch_timeout_seconds", "request_seconds")
_BETWEEN = {
    "port": (0, 65535),
    "freshness": (0, _LONGEST_HALF_LIFE),
    "freshness_weight": (0, _LONGEST_HALF_LIFE),
    "passage_diversity": (0, 1),
}
"""The least and the greatest value."""
_REAL = ("semantic_floor", "semantic_weight")
"""Any number, with bounds of its own, though Python writes some of them without a point."""


def check_values(settings: Mapping[str, Any], choices: Mapping[str, Sequence[Any]]) -> None:
    """Raise SettingsError for the first of *settings* that is none of its *choices*, or beyond what it may be."""
    for name, known in choices.items():
        if settings[name] not in known:
            raise SettingsError(f"The setting {name} is {settings[name]!r}; choose one of: {', '.join(known)}.")
    for name, value in settings.items():
        least = 0 if name in _MAY_BE_ZERO else 1
        if type(value) is int and name not in _BETWEEN and name not in _REAL and value < least:
            raise SettingsError(f"The setting {name} is {value}; it must be {least} or more.")
    for name in _ABOVE_ZERO:
        if not 0 < settings[name] < math.inf:
            raise SettingsError(f"The setting {name} is {settings[name]}; it must be above 0.")
    for name, (low, high) in _BETWEEN.items():
        if not low <= settings[name] <= high:
            raise SettingsError(f"The setting {name} is {settings[name]}; it must be between {low} and {high:.0f}.")
    if not _INDEX_NAME.fullmatch(settings["opensearch_index"]):
        raise SettingsError(
            f"The setting opensearch_index is {settings['opensearch_index']!r}; write small Latin letters, digits, - "
            "and _, a letter first."
        )
    if not (math.isfinite(settings["semantic_weight"]) and settings["semantic_weight"] >= 0.0):
        raise SettingsError(f"The setting semantic_weight is {settings['semantic_weight']}; it must be 0 or more.")
    if not math.isfinite(settings["semantic_floor"]):
        raise SettingsError(f"The setting semantic_floor is {settings['semantic_floor']}; it must be a number.")
    if not 0.0 < settings["duplicate_similarity"] <= 1.0:
        raise SettingsError(
            f"The setting duplicate_similarity is {settings['duplicate_similarity']}; it must be above 0 and at most 1."
        )
