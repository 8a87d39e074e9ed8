"""Whole roads, by stage: ``python -m benchmarks.road index SOURCE``.

Processor time of the process, all its threads, and of the processes it started; wall time beside it means little where
others work on the same machine. A module of :mod:`benchmarks.roads` is a road: it has ``add_command``.
"""

from __future__ import annotations

import argparse

from benchmarks.roads import indexing

_ROADS = (indexing,)


def main() -> None:
    """Run the command."""
    parser = argparse.ArgumentParser(prog="python -m benchmarks.road", description=__doc__)
    commands = parser.add_subparsers(required=True)
    for road in _ROADS:
        road.add_command(commands)
    arguments = parser.parse_args()
    arguments.run(arguments)


if __name__ == "__main__":
    main()
