"""Whole roads by stage: ``python -m benchmarks.road`` has those with a command; the others are run as modules."""
