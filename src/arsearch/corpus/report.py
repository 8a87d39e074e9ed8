"""What was wrong with a corpus, and how much of what was in it, collected while it is read."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Callable, Iterable, Mapping
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import Any

from arsearch.corpus.article import Article
from arsearch.corpus.cleaning.clean import DroppedLine
from arsearch.corpus.files.names import path_text
from arsearch.corpus.origin import Origin
from arsearch.corpus.storable import storable_line

__all__ = ["CorpusProblem", "ReadingReport", "Tally"]

MAX_PROBLEMS_OF_A_FILE = 1_000
"""Problems of one file that are told one by one; a file of nothing else would fill the memory with them."""
SHORT_WORDS = 10
"""An article with fewer words is told of: it is more likely a failed extraction than an article."""
MAX_SHORT_IDS = 100
MAX_UNKNOWN_FIELDS = 100
MAX_LEFT_OUT = 100
"""Records and files of a source and format that were left out and are named; further ones are counted."""
MAX_NAME = 200
_REASON_END = re.compile(r"[:;(]|, but| at | \d")


@dataclass(frozen=True, slots=True)
class CorpusProblem:
    """Something wrong at *line* (from 1; 0 for the file as a whole) of *path*; *skipped* if the record was lost."""

    path: Path
    line: int
    message: str
    skipped: bool

    def __str__(self) -> str:
        path = path_text(self.path)
        place = f"{path}:{self.line}" if self.line else path
        return f"{place}: {self.message}" + (" (skipped)" if self.skipped else "")

    @property
    def reason(self) -> str:
        """The beginning of the message, which many problems of one kind share."""
        return _REASON_END.split(self.message, maxsplit=1)[0].strip().rstrip(",")


@dataclass(slots=True)
class Tally:
    """What became of the records of one format in one source."""

    source: str
    format: str
    read: int = 0
    """Records that gave an article."""
    added: int = 0
    changed: int = 0
    unchanged: int = 0
    replaced: int = 0
    """Records whose place was taken by another one with the same id, of the same file or a later one."""
    withheld: int = 0
    """Records that stay out because their article was deleted by hand."""
    duplicates: int = 0
    """New articles that say what another one says."""
    mended: int = 0
    """Problems that cost no record."""
    short: int = 0
    """Articles of very few words."""
    short_ids: list[str] = field(default_factory=list)
    """The ids of the first of these."""
    skipped: Counter[str] = field(default_factory=Counter)
    """Records and files that gave no article, by reason."""
    left_out: list[dict[str, str]] = field(default_factory=list)
    """Those of them that are no problem, the first of them: ``why``, ``name``, and ``path``, where they are."""

    def count(self, article: Article) -> None:
        """Count *article*, which has been read."""
        self.read += 1
        if len(article.body.split(maxsplit=SHORT_WORDS)) < SHORT_WORDS:
            self.short += 1
            if self.short <= MAX_SHORT_IDS:
                self.short_ids.append(article.id)

    def add(self, outcomes: Mapping[str, int]) -> None:
        """Add how many records were ``added``, ``changed``, ``unchanged``, ``replaced`` or ``withheld``."""
        for outcome, count in outcomes.items():
            setattr(self, outcome, getattr(self, outcome) + count)

    def as_dict(self) -> dict[str, Any]:
        """Return the tally as JSON types."""
        return asdict(self) | {"skipped": dict(self.skipped.most_common())}


@dataclass(slots=True)
class ReadingReport:
    """The problems met, and a tally for each source and format.

    *on_problem* is called with each problem as it is met, so that it can be shown at once.
    """

    on_problem: Callable[[CorpusProblem], None] | None = None
    on_record: Callable[[Any, Any, Origin, Any], None] | None = None
    """Called with each record as it was found, the outcome, where it stands, and the document: for who looks closer."""
    problems: list[CorpusProblem] = field(default_factory=list)
    tallies: list[Tally] = field(default_factory=list)
    skipped: int = 0
    """How many records or files were skipped."""
    count: int = 0
    """How many problems there were, those too that are not told one by one."""
    dropped: list[DroppedLine] = field(default_factory=list)
    """Boilerplate that was taken out of articles."""
    unknown_fields: Counter[str] = field(default_factory=Counter)
    """Names of fields in the corpus that were not kept, with the articles that have them."""
    _numbers: dict[tuple[str, str], int] = field(default_factory=dict)
    _of_file: int = 0
    _last_file: Path = Path()

    def add(self, origin: Origin, message: str, *, skipped: bool) -> None:
        """Record one problem at *origin*."""
        self.count += 1
        path, line = origin.path, origin.line
        problem = CorpusProblem(path, line, message, skipped)
        tally = self.tally(origin)
        if skipped:
            self.skipped += 1
            tally.skipped[problem.reason] += 1
        else:
            tally.mended += 1
        self._of_file = self._of_file + 1 if path == self._last_file else 1
        self._last_file = path
        if self._of_file > MAX_PROBLEMS_OF_A_FILE:
            return
        if self._of_file == MAX_PROBLEMS_OF_A_FILE:
            problem = CorpusProblem(
                path, line, "more problems than are told one by one; further ones are counted", False
            )
        self.problems.append(problem)
        if self.on_problem is not None:
            self.on_problem(problem)

    def count_unknown(self, names: Iterable[str]) -> None:
        """Count fields of an article that are not kept; of very many names only the first are told."""
        for name in names:
            if name in self.unknown_fields or len(self.unknown_fields) < MAX_UNKNOWN_FIELDS:
                self.unknown_fields[name] += 1

    def leave_out(self, origin: Origin, why: str, name: str) -> None:
        """Count and name a record at *origin* that is not to be indexed, or a file that holds no articles.

        That is no problem: an export may hold drafts, and a folder pictures.
        """
        tally = self.tally(origin)
        tally.skipped[why] += 1
        if len(tally.left_out) < MAX_LEFT_OUT:
            place = path_text(origin.path) + (f":{origin.line}" if origin.line else "")
            tally.left_out.append({"why": why, "name": storable_line(name)[:MAX_NAME], "path": place})

    def tally(self, origin: Origin) -> Tally:
        """Return the tally of the source and format of *origin*."""
        return self.tallies[self.tally_number(origin)]

    def tally_number(self, origin: Origin) -> int:
        """Return which of the tallies is that of the source and format of *origin*."""
        key = (path_text(origin.source), origin.format)
        number = self._numbers.setdefault(key, len(self.tallies))
        if number == len(self.tallies):
            self.tallies.append(Tally(*key))
        return number
