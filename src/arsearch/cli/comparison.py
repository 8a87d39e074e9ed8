"""Two runs over the same queries, compared on a terminal."""

from __future__ import annotations

from typing import TYPE_CHECKING

from arsearch.cli.options import show

if TYPE_CHECKING:
    from arsearch.evaluation import Comparison, QueryChange

__all__ = ["show_comparison"]


def show_comparison(comparisons: dict[str, Comparison], changes: list[QueryChange]) -> None:
    """Print each measure's difference with its interval, and the queries that changed."""
    show()
    for name, found in comparisons.items():
        difference = found.difference
        show(
            f"{name:<10} {difference.mean:+.4f}  [{difference.low:+.4f}, {difference.high:+.4f}]  "
            f"p = {found.p_value:.4f}  {found.better} better, {found.worse} worse"
        )
    show()
    for change in changes:
        show(f"{change.before:.3f} -> {change.after:.3f}  {change.query}  {change.text}")
