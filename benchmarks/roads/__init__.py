"""Whole roads by stage; each module adds its command to ``python -m benchmarks.road``."""
