"""Whole roads by stage: ``python -m benchmarks.road`` has those with a command; ``search`` is run as a module."""
