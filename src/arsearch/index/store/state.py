"""What a commit knows of its articles as a whole: a few small files, written anew by each."""

from __future__ import annotations

import json
from collections import Counter
from dataclasses import dataclass, field
from pathlib import Path
from typing import Self

import numpy as np

from arsearch.common.numpy_files import read_array, write_array
from arsearch.corpus.cleaning.clean import LineCounts

__all__ = ["StoreState"]

_STATE_FILE = "state.json"
_PAGES_FILE = "pages.npy"
_LINES_FILE = "lines.npy"


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
        record = json.loads((folder / _STATE_FILE).read_text(encoding="utf-8"))
        numbers = [record[name] for name in ("next_ordinal", "next_file", "version", "withheld")]
        if not all(type(number) is int and number >= 0 for number in numbers):
            raise ValueError(f"{_STATE_FILE} holds a number that is none")
        next_ordinal, next_file, version, withheld = numbers
        return cls(
            next_ordinal,
            next_file,
            version,
            withheld,
            facts={str(name): str(value) for name, value in record["facts"].items()},
            languages=Counter({str(name): int(count) for name, count in record["languages"].items()}),
            recurring={int(key): (str(source), str(line)) for key, (source, line) in record["recurring"].items()},
            lines=LineCounts(
                read_array(folder / _PAGES_FILE, "u8", 2, mapped=False),
                read_array(folder / _LINES_FILE, "u8", 2, mapped=False),
            ),
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
        (folder / _STATE_FILE).write_text(json.dumps(record, ensure_ascii=False), encoding="utf-8")
        write_array(folder / _PAGES_FILE, self.lines.pages.astype(np.uint64))
        write_array(folder / _LINES_FILE, self.lines.lines.astype(np.uint64))
