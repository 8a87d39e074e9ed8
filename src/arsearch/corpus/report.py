"""What was wrong with a corpus, collected while it is read."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path

__all__ = ["Problem", "ReadingReport"]


@dataclass(frozen=True, slots=True)
class Problem:
    """Something wrong at *line* (from 1; 0 for the file as a whole) of *path*; *skipped* if the record was lost."""

    path: Path
    line: int
    message: str
    skipped: bool

    def __str__(self) -> str:
        place = f"{self.path}:{self.line}" if self.line else f"{self.path}"
        return f"{place}: {self.message}" + (" (skipped)" if self.skipped else "")


@dataclass(slots=True)
class ReadingReport:
    """Where reading stands, and the problems met.

    *on_problem* is called with each problem as it is met, so that it can be shown at once.
    """

    on_problem: Callable[[Problem], None] | None = None
    problems: list[Problem] = field(default_factory=list)
    source: Path | None = None
    """The file or folder that is being read."""
    path: Path = Path()
    """The file that the last article came from."""
    line: int = 0
    """Its line there, 0 for a file that is one article."""

    def default_id(self, path: Path) -> str:
        """Return the id of a file that is one article: its path below the source, without suffix."""
        if self.source is None or self.source == path:
            return path.stem
        return path.relative_to(self.source).with_suffix("").as_posix()

    def add(self, path: Path, line: int, message: str, *, skipped: bool) -> None:
        """Record one problem."""
        problem = Problem(path, line, message, skipped)
        self.problems.append(problem)
        if self.on_problem is not None:
            self.on_problem(problem)

    @property
    def skipped(self) -> int:
        """How many records or files were skipped."""
        return sum(problem.skipped for problem in self.problems)
