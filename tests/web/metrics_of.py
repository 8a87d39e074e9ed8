"""Reading what the server counts."""

from __future__ import annotations

from collections import defaultdict

from arsearch.web import metrics

__all__ = ["counts", "parsed"]


def parsed(text: str) -> dict[str, float]:
    """Return the samples of an exposition in Prometheus' text format, 0 for those that are not there."""
    samples: dict[str, float] = defaultdict(float)
    for line in text.splitlines():
        if line and not line.startswith("#"):
            name, _, value = line.rpartition(" ")
            samples[name] = float(value)
    return samples


def counts() -> dict[str, float]:
    """Return what this process counts."""
    return parsed(metrics.exposition().decode())
