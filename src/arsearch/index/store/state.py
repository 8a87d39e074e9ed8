"""What a commit knows of its articles as a whole: a small file, written anew by each."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Self

import numpy as np

from arsearch.common.array_files import ArrayFile, write_arrays
from arsearch.corpus.cleaning.clean import LineCounts

__all__ = ["StoreState"]

_STATE_FILE = "state.arrays"


@dataclass(slots=True)
class StoreState:
    """The state of the article store of a commit."""

    next_ordinal: int = 1
    """The ordinal of the next new article: those of deleted ones are not used again."""
    next_file: int = 1
    """The number of the next new file."""
    version: int = 0
    """Rises with every commit that builds upon another."""
    withheld: int = 0
    """How many articles were deleted by hand and may not come back."""
    facts: dict[str, str] = field(default_factory=dict)
    """How the store was made."""
    languages: Counter[str] = field(default_factory=Counter)
    """How many articles each language has, copies too."""
    recurring: dict[int, tuple[str, str]] = field(default_factory=dict)
    """Source and text of the lines that are boilerplate, by key."""
    lines: LineCounts = field(default_factory=LineCounts)
    """How often lines are there."""

    def other_languages(self) -> tuple[str, ...]:
        """Return the languages of the articles but for Arabic, the most frequent first."""
        counts = sorted((-count, language) for language, count in self.languages.items())
        return tuple(language for count, language in counts if count and language not in ("", "ar"))

    @classmethod
    def read(cls, folder: Path) -> Self:
        """Read the state of the store in *folder*. Raises OSError, ValueError, KeyError or TypeError."""
        file = ArrayFile(folder / _STATE_FILE)
        return cls.of(file.facts, LineCounts(file.get("pages", "u8", 2).copy(), file.get("lines", "u8", 2).copy()))

    @classmethod
    def of(cls, record: Mapping[str, Any], lines: LineCounts) -> Self:
        """Return the state of which the facts are *record*. Raises ValueError, KeyError or TypeError."""
        numbers = [record[name] for name in ("next_ordinal", "next_file", "version", "withheld")]
        if not all(type(number) is int and number >= 0 for number in numbers):
            raise ValueError("its state holds a number that is none")
        next_ordinal, next_file, version, withheld = numbers
        return cls(
            next_ordinal,
            next_file,
            version,
            withheld,
            facts={str(name): str(value) for name, value in record["facts"].items()},
            languages=Counter({str(name): int(count) for name, count in record["languages"].items()}),
            recurring={int(key): (str(source), str(line)) for key, (source, line) in record["recurring"].items()},
            lines=lines,
        )

    def write(self, folder: Path) -> None:
        """Write the state into *folder*."""
        record = {
            "next_ordinal": self.next_ordinal,
            "next_file": self.next_file,
            "version": self.version,
            "withheld": self.withheld,
            "facts": self.facts,
            "languages": dict(+self.languages),
            "recurring": {str(key): named for key, named in self.recurring.items()},
        }
        arrays = {"pages": self.lines.pages.astype(np.uint64), "lines": self.lines.lines.astype(np.uint64)}
        write_arrays(folder / _STATE_FILE, arrays, record)
