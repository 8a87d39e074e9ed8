"""arsearch beside its peers: the same documents, the same words, the same queries, in one run.

``python -m benchmarks compare`` measures, ``python -m benchmarks service`` measures what only arsearch has, and
``python -m benchmarks report`` writes what both found as tables and plots. ``benchmarks/README.md`` says how.
"""
