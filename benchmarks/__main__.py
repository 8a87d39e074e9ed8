"""The command: ``python -m benchmarks compare|service|soak|report``."""

from __future__ import annotations

import argparse
from pathlib import Path

from benchmarks.worker import serve

_HERE = Path(__file__).parent


def main() -> None:
    """Run the command."""
    parser = argparse.ArgumentParser(prog="python -m benchmarks")
    commands = parser.add_subparsers(dest="command", required=True)
    compare = commands.add_parser("compare", help="measure arsearch beside its peers")
    compare.add_argument("--size", type=int, default=29_052, help="documents (29052: the articles as they are)")
    compare.add_argument("--engines", default="", help="names with commas between; all without it")
    compare.add_argument("--rounds", type=int, default=5, help="rounds of queries")
    compare.add_argument("--index-rounds", type=int, default=3, help="times that each engine indexes")
    compare.add_argument("--queries", type=int, default=1000)
    service = commands.add_parser("service", help="measure the command line and the server of arsearch")
    service.add_argument("--size", type=int, default=29_052)
    service.add_argument("--seconds", type=int, default=10, help="how long each load lasts")
    soak = commands.add_parser("soak", help="load a server while its index is built anew")
    soak.add_argument("--size", type=int, default=29_052)
    soak.add_argument("--minutes", type=float, default=10)
    for command in (compare, service, soak):
        command.add_argument("--data", type=Path, default=_HERE.parents[1] / "shared/data", help="corpus/ and eval/")
        command.add_argument("--work", type=Path, default=_HERE / "work", help="documents and indexes while measuring")
    commands.add_parser("report", help="write tables and plots of what was measured")
    for command in commands.choices.values():
        command.add_argument("--results", type=Path, default=_HERE / "results")
    worker = commands.add_parser("worker", help="one engine, told what to do on standard input")
    worker.add_argument("engine")
    arguments = parser.parse_args()
    if arguments.command == "worker":
        serve(arguments.engine)
    elif arguments.command == "compare":
        _compare(arguments)
    elif arguments.command == "service":
        from benchmarks.compare import save
        from benchmarks.service import measure_service

        result = measure_service(arguments.size, arguments.data, arguments.work, seconds=arguments.seconds)
        save(result, arguments.results / f"service-{result['size']}.json")
    elif arguments.command == "soak":
        from benchmarks.compare import save
        from benchmarks.soak_service import show, soak_service

        result = soak_service(arguments.size, arguments.data, arguments.work, minutes=arguments.minutes)
        save(result, arguments.results / f"soak-{result['size']}.json")
        show(result)
        if result["failed"]:
            raise SystemExit(1)
    else:
        from benchmarks.report import write_report

        write_report(arguments.results)


def _compare(arguments: argparse.Namespace) -> None:
    from benchmarks.compare import ENGINES, Plan, compare, save

    plan = Plan(
        size=arguments.size,
        engines=arguments.engines.split(",") if arguments.engines else ENGINES,
        data=arguments.data.resolve(),
        work=arguments.work.resolve(),
        rounds=arguments.rounds,
        index_rounds=arguments.index_rounds,
        query_count=arguments.queries,
    )
    result = compare(plan)
    save(result, arguments.results / f"compare-{result['size']}.json")


if __name__ == "__main__":
    main()
