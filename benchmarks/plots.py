"""Plots of comparisons, as PNG."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

__all__ = ["draw_growth", "draw_queries"]

_OWN, _PEER = "#1f6f54", "#9a9a9a"
_LINES = ("#1f6f54", "#57b08f", "#8e3b8f", "#c2571a", "#2f6fb2", "#b59b1a", "#777777", "#0b3d2e")


def draw_queries(runs: Sequence[Mapping[str, Any]], names: Mapping[str, str], path: Path) -> None:
    """Draw a panel for each run: marks at the p50, p95 and p99 of each engine."""
    plot = _pyplot()
    figure, panels = plot.subplots(
        len(runs), 1, figsize=(9, 1.2 + 2.9 * len(runs)), squeeze=False, sharex=True, layout="constrained"
    )
    for run, panel in zip(runs, panels[:, 0], strict=True):
        engines = sorted(run["engines"].items(), key=lambda item: -item[1]["query_ms"]["p50"])
        for place, (name, engine) in enumerate(engines):
            times = engine["query_ms"]
            color = _OWN if name.startswith("arsearch") else _PEER
            panel.plot([times["p50"], times["p99"]], [place, place], color=color, linewidth=2)
            panel.plot(times["p50"], place, "o", color=color, markersize=9)
            panel.plot(times["p95"], place, "|", color=color, markersize=13, markeredgewidth=2)
            panel.plot(times["p99"], place, ".", color=color, markersize=5)
        panel.set_yticks(range(len(engines)), [names[name] for name, _ in engines])
        panel.set_xscale("log")
        panel.xaxis.set_major_formatter(_plain)
        panel.grid(axis="x", alpha=0.3)
        panel.set_title(f"{run['size']:,} documents", loc="left")
        panel.spines[["top", "right"]].set_visible(False)
    panels[-1, 0].set_xlabel("milliseconds a query, top 10 (circle: p50, stroke: p95, dot: p99)")
    figure.savefig(path, dpi=110)
    plot.close(figure)


def draw_growth(runs: Sequence[Mapping[str, Any]], names: Mapping[str, str], path: Path) -> None:
    """Draw documents a second, bytes, p50 and p95 of each engine against the number of documents."""
    plot = _pyplot()
    figure, panels = plot.subplots(2, 2, figsize=(11, 8), layout="constrained")
    measures = (
        ("documents/s while indexing", ("index", "documents_per_second")),
        ("index, MB", ("index", "index_mb")),
        ("query p50, ms", ("query_ms", "p50")),
        ("query p95, ms", ("query_ms", "p95")),
    )
    for (title, (part, measure)), panel in zip(measures, panels.flat, strict=True):
        for (name, label), color in zip(names.items(), _LINES, strict=True):
            points = [(run["size"], run["engines"][name][part][measure]) for run in runs if name in run["engines"]]
            if points:
                panel.plot(*zip(*points, strict=True), "o-", label=label, color=color)
        panel.set_xscale("log")
        panel.set_yscale("log")
        panel.set_xticks([run["size"] for run in runs], [f"{run['size']:,}" for run in runs])
        panel.set_xticks([], minor=True)
        panel.yaxis.set_major_formatter(_plain)
        panel.yaxis.set_minor_formatter("")
        panel.set_title(title, loc="left")
        panel.set_xlabel("documents")
        panel.grid(alpha=0.3)
        panel.spines[["top", "right"]].set_visible(False)
    handles, labels = panels.flat[0].get_legend_handles_labels()
    figure.legend(handles, labels, loc="outside lower center", ncols=3)
    figure.savefig(path, dpi=110)
    plot.close(figure)


def _plain(value: float, _: int) -> str:
    return f"{value:,g}"


def _pyplot() -> Any:
    import matplotlib

    matplotlib.use("Agg")
    from matplotlib import pyplot

    return pyplot
