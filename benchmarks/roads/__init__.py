"""Whole roads by stage: ``python -m benchmarks.road`` runs those with a command, ``-m benchmarks.roads.search`` itself."""
